// Random indices: what JAX reads and writes with them, eagerly and under jit.

import { type DTypeLike, jit, jnp, type NDArray, slice } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";

type IndexEntry = Parameters<NDArray["get"]>[number];
type Entry =
  | number
  | boolean
  | { slice: (number | null)[] }
  | { newaxis: true }
  | { ellipsis: true }
  | { dtype: string; shape: number[]; data: (number | boolean)[] };
type Result = { shape: number[]; data: (number | string)[] } | { raises: string; message: string };
interface Case {
  shape: number[];
  index: Entry[];
  mode?: "clip" | "fill" | "drop" | "promise_in_bounds";
  wrapNegativeIndices?: false;
  fillValue?: number;
  get: Result;
  op?: "set" | "add" | "subtract" | "mul" | "min" | "max";
  values?: { shape: number[]; data: number[] };
  update?: Result;
}
const { cases } = await readGolden<{ cases: Case[] }>("indexing_fuzz");

const range = (shape: number[]): NDArray => {
  const size = shape.reduce((n, d) => n * d, 1);
  return jnp.array(Float32Array.from({ length: size }, (_, i) => i)).reshape(shape);
};

/** The index with its integer arrays taken from a list, so that they can be traced. */
function decode(index: Entry[]): { arrays: NDArray[]; build: (arrays: NDArray[]) => IndexEntry[] } {
  const arrays: NDArray[] = [];
  const parts = index.map((e): IndexEntry | ((arrays: NDArray[]) => NDArray) => {
    if (typeof e !== "object") return e;
    if ("slice" in e) return slice(e.slice[0], e.slice[1], e.slice[2]);
    if ("newaxis" in e) return null;
    if ("ellipsis" in e) return "...";
    const array = jnp.array(e.data, { dtype: e.dtype as DTypeLike }).reshape(e.shape);
    if (e.dtype === "bool") return array;
    const at = arrays.push(array) - 1;
    return (given) => given[at];
  });
  return {
    arrays,
    build: (given) => parts.map((p) => (typeof p === "function" ? p(given) : p)) as IndexEntry[],
  };
}

function check(f: (...args: NDArray[]) => NDArray, args: NDArray[], want: Result): void {
  if ("raises" in want) {
    expect(() => f(...args)).toThrow(expect.objectContaining({ name: want.raises }));
    return;
  }
  for (const run of [f, jit(f)]) {
    const got = run(...args);
    expect(got.shape).toEqual(want.shape);
    const data = Array.from(got.dataSync() as Float32Array, (v) => v + 0);
    expect(data).toEqual(want.data.map(Number));
  }
}

describe("random indices", () => {
  test.each(cases.map((c, i) => [`${i} ${JSON.stringify(c.shape)} ${JSON.stringify(c.index)}`, c] as const))(
    "%s",
    (_name, c) => {
      const { mode, wrapNegativeIndices } = c;
      const options = { mode, wrapNegativeIndices };
      const { arrays, build } = decode(c.index);
      const x = range(c.shape);
      check(
        (a, ...rest) => a.at(...build(rest)).get({ ...options, fillValue: c.fillValue }),
        [x, ...arrays],
        c.get,
      );
      const { op, values, update } = c;
      if (op === undefined || values === undefined || update === undefined) return;
      const v = jnp.array(Float32Array.from(values.data)).reshape(values.shape);
      check((a, b, ...rest) => a.at(...build(rest))[op](b, options), [x, v, ...arrays], update);
    },
  );
});
