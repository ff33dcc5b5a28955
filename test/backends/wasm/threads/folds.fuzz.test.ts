import fc from "fast-check";
import { config, jit, jnp, type NDArray } from "fluxion";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folding } from "../../../../src/backends/wasm/codegen/foldPlan.ts";
import { splitting } from "../../../../src/backends/wasm/codegen/split.ts";

// Reductions of rows to rows, folded and cut however small they are.
const usual = { ...splitting };
const usualFolds = { ...folding };
beforeEach(() => {
  config.update("enableChecks", true);
  Object.assign(splitting, { pieceNanoseconds: 1, leastUnits: 1 });
  Object.assign(folding, { leastColumns: 1, leastRows: 2, leastBytes: 0, blockBytes: 160, unit: 8 });
});
afterEach(() => {
  Object.assign(splitting, usual);
  Object.assign(folding, usualFolds);
  config.update("enableChecks", false);
  config.update("evaluator", "wasm");
  config.update("numThreads", "auto");
});

type Operands = readonly [x: NDArray, y: NDArray, column: NDArray];
const values: Record<string, (...operands: Operands) => NDArray> = {
  x: (x) => x,
  "x y": (x, y) => x.mul(y),
  "x + column": (x, _, column) => x.add(column),
  "(x - column) y": (x, y, column) => x.sub(column).mul(y),
  "row number": (x) => jnp.broadcastTo(jnp.arange(x.shape[0]).reshape(-1, 1, 1).astype(x.dtype), x.shape),
};
const reductions: Record<string, (v: NDArray, axis: number | number[]) => NDArray | NDArray[]> = {
  sum: (v, axis) => v.sum(axis),
  mean: (v, axis) => v.mean(axis).add(1),
  max: (v, axis) => v.max(axis),
  min: (v, axis) => v.min(axis),
  "sum and max": (v, axis) => [v.sum(axis), v.mul(2).max(axis)],
  argmax: (v, axis) => v.argmax(typeof axis === "number" ? axis : axis[0]),
  argmin: (v, axis) => jnp.argmin(v, typeof axis === "number" ? axis : axis[0]),
  any: (v, axis) => jnp.any(v.gt(3), axis),
};

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 31, 64, 65, 130, 200));
const programs = fc.record({
  shape: fc.tuple(size, fc.integer({ min: 1, max: 9 }), size),
  axis: fc.constantFrom<number | number[]>(0, 0, 1, [0, 1]),
  dtype: fc.constantFrom("float32" as const, "float32" as const, "int32" as const, "float64" as const),
  value: fc.constantFrom(...Object.keys(values)),
  reduction: fc.constantFrom(...Object.keys(reductions)),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

/** Small whole numbers, whose sums are exact in every order; now and then a NaN or a zero of either sign. */
function numbers(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const kind = state >>> 24;
    return kind === 0 ? NaN : kind < 8 ? -0 : ((state >>> 12) % 17) - 8;
  });
}

let folded = 0;

test("folded reductions compute what the reference computes, with the same bits on any number of threads", () => {
  fc.assert(
    fc.property(programs, ({ shape, axis, dtype, value, reduction, seed }) => {
      const array = (s: number[], k: number) =>
        jnp
          .array(
            numbers(
              s.reduce((a, b) => a * b, 1),
              seed + k,
            ).map((v) => (dtype === "int32" && Number.isNaN(v) ? 5 : v)),
            { dtype: "float64" },
          )
          .astype(dtype)
          .reshape(s);
      const operands = [array(shape, 0), array(shape, 1), array([shape[0], shape[1], 1], 2)] as const;
      const f = (...xs: Operands) => reductions[reduction](values[value](...xs), axis);
      const bits = () =>
        [jit(f)(...operands)].flat().map((r) => [...new Uint8Array(r.dataSync().buffer.slice(0))]);
      const text = jit(f)
        .lower(...operands)
        .asText("choices");
      if (text.includes("results in memory")) folded++;
      // The sum of one zero may have its sign or not.
      const plain = (r: NDArray) => (reduction === "max" || reduction === "min" ? r : r.add(0)).tolist();
      const results = [jit(f)(...operands)].flat().map(plain);
      config.update("evaluator", "reference");
      const expected = [f(...operands)].flat().map(plain);
      config.update("evaluator", "wasm");
      expect(results).toEqual(expected);
      config.update("numThreads", 1);
      const alone = bits();
      for (const threads of [2, 4]) {
        config.update("numThreads", threads);
        expect(bits()).toEqual(alone);
      }
    }),
    { numRuns: 250 },
  );
  expect(folded).toBeGreaterThan(60);
}, 60_000);
