import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import "../../src/backends/install.ts";
import { NDArray } from "../../src/core/array.ts";
import { asDType, computableDTypes, type DTypeName } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { jit } from "../../src/transforms/jit.ts";
import { array, elements, firstDifference } from "./host.ts";

// Values of elementwise operations, reductions, products and sorts, as JAX computes them.

type GoldenNumber = number | string | boolean | readonly (number | string)[];
interface Golden {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly data: readonly GoldenNumber[];
}
interface Case {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
  readonly rtol: number;
  readonly atol: number;
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
};
const number = (v: number | string | boolean) => (typeof v === "string" ? special[v] : Number(v));
const isGolden = (x: unknown): x is Golden =>
  typeof x === "object" && x !== null && "dtype" in x && "data" in x;
const decode = (x: unknown): unknown =>
  isGolden(x) ? array(x.data.flat().map(number), x.shape, x.dtype) : Array.isArray(x) ? x.map(decode) : x;
const goldensIn = (x: unknown): Golden[] =>
  isGolden(x) ? [x] : Array.isArray(x) ? x.flatMap(goldensIn) : [];

const functions = lax as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Written in other files of lax. */
const elsewhere =
  /^lax\.(conv|gather|scatter|dynamic|reduceWindow|reduce$|pad|broadcast|iota|fullLike|empty|collapse|concat|reshape|slice|index)/;

for (const file of ["lax_elementwise", "lax_structural", "sorting"]) {
  const { cases: all } = await readGolden<{ cases: Case[] }>(file);
  const cases = all.filter(
    (c) =>
      c.fn.startsWith("lax.") &&
      !elsewhere.test(c.fn) &&
      functions[c.fn.slice(4)] !== undefined &&
      [...goldensIn(c.args), ...goldensIn(c.expected)].every((g) => computableDTypes.has(asDType(g.dtype))),
  );
  describe(file, () => {
    test.each(cases.map((c) => [c.id, c] as const))("%s", (_id, c) => {
      const f = functions[c.fn.slice(4)];
      const args = c.args.map(decode);
      const options = c.kwargs === undefined || Object.keys(c.kwargs).length === 0 ? [] : [c.kwargs];
      const eager = f(...args, ...options);
      check(eager, c.expected, c);
      const arrays = args.filter((x) => x instanceof NDArray);
      const compiled = jit((...xs: NDArray[]) => {
        let next = 0;
        return f(...args.map((x) => (x instanceof NDArray ? xs[next++] : x)), ...options) as NDArray;
      });
      check(compiled(...arrays), c.expected, c);
    });
  });
}

function check(actual: unknown, expected: unknown, c: Case): void {
  if (Array.isArray(expected)) {
    expected.forEach((e, i) => {
      check((actual as unknown[])[i], e, c);
    });
  } else if (isGolden(expected)) {
    const x = actual as NDArray;
    expect([x.dtype.name, x.shape]).toEqual([expected.dtype, expected.shape]);
    const want = elements(decode(expected) as NDArray); // rounded to the dtype
    expect(firstDifference(elements(x), want, c.rtol, c.atol)).toBeNull();
  } else {
    expect(actual).toEqual(expected);
  }
}
