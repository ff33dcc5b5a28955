import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import * as lax from "../../src/lax/index.ts";
import { readGolden } from "../support/goldens.ts";
import { array, elements } from "./host.ts";

// Gathers and scatters with random dimension numbers, windows out of bounds among them, as JAX evaluates them.

interface Case {
  readonly mode: "clip" | "fill" | "promise_in_bounds";
  readonly operand: { readonly shape: number[]; readonly data: number[] };
  readonly indices: { readonly shape: number[]; readonly data: number[] };
  readonly dimensionNumbers: Required<lax.GatherDimensionNumbers>;
  readonly sliceSizes: number[];
  readonly updates: number[];
  readonly expected: { readonly shape: number[]; readonly gather: number[] } & Record<ScatterName, number[]>;
}
type ScatterName = "scatter_add" | "scatter_sub" | "scatter_mul" | "scatter_min" | "scatter_max";
const scatters: Record<ScatterName, typeof lax.scatterAdd> = {
  scatter_add: lax.scatterAdd,
  scatter_sub: lax.scatterSub,
  scatter_mul: lax.scatterMul,
  scatter_min: lax.scatterMin,
  scatter_max: lax.scatterMax,
};

const { cases } = await readGolden<{ cases: Case[] }>("lax_windows");
/** A zero has no sign here. */
const plain = (xs: readonly number[]): number[] => xs.map((x) => x + 0);

describe.each(cases.map((c, k) => [k, c] as const))("case %i", (_k, c) => {
  const x = array(c.operand.data, c.operand.shape);
  const indices = array(c.indices.data, c.indices.shape, "int32");
  const n = c.dimensionNumbers;
  test("gather", () => {
    const y = lax.gather(x, indices, n, c.sliceSizes, { mode: c.mode, fillValue: 99 });
    expect(y.shape).toEqual(c.expected.shape);
    expect(elements(y)).toEqual(c.expected.gather);
  });
  test("scatters", () => {
    const numbers = {
      updateWindowDims: n.offsetDims,
      insertedWindowDims: n.collapsedSliceDims,
      scatterDimsToOperandDims: n.startIndexMap,
      operandBatchingDims: n.operandBatchingDims,
      scatterIndicesBatchingDims: n.startIndicesBatchingDims,
    };
    const updates = array(c.updates, c.expected.shape);
    for (const [name, f] of Object.entries(scatters)) {
      const y = f(x, indices, updates, numbers, { mode: c.mode });
      expect(plain(elements(y)), name).toEqual(c.expected[name as ScatterName]);
    }
  });
});
