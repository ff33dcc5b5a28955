import fc from "fast-check";
import { config, jit, jnp, type NDArray } from "fluxion";
import { afterAll, beforeAll, test } from "vitest";
import type { ArrayImpl } from "../../src/core/array.ts";
import { float32, float64 } from "../../src/dtypes/index.ts";
import { onReference } from "../fuzz/check.ts";
import { array, check, type F } from "./harness.ts";

// Programs of reductions, broadcasts and elementwise operations over few axes: what row fusion is about.

/** A value over all axes, or with some of them reduced to one element. */
type Step =
  | { readonly kind: "reduce"; readonly op: number; readonly axes: number; readonly of: number }
  | { readonly kind: "binary"; readonly op: number; readonly of: readonly [number, number] }
  | { readonly kind: "unary"; readonly op: number; readonly of: number };

const reductions = [jnp.sum, jnp.max, jnp.min, jnp.mean, jnp.prod] as const;
// Continuous, so that rounding makes small differences only.
const unary: readonly ((x: NDArray) => NDArray)[] = [
  jnp.tanh,
  (x) => jnp.square(jnp.tanh(x)),
  (x) => jnp.exp(jnp.tanh(x)),
  jnp.negative,
  (x) => jnp.where(x.gt(0), x, x.mul(0.5)),
  (x) => jnp.swapaxes(jnp.swapaxes(x, 0, -1).mul(2), 0, -1),
];
const binary: readonly ((x: NDArray, y: NDArray) => NDArray)[] = [
  (x, y) => x.add(y),
  (x, y) => x.sub(y),
  (x, y) => x.mul(jnp.tanh(y)),
  jnp.maximum,
  (x, y) => jnp.where(x.lt(y), x, y),
  (x, y) => x.div(jnp.abs(y).add(1)),
];

const of = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("reduce" as const), op: fc.nat(100), axes: fc.nat(100), of }),
  fc.record({ kind: fc.constant("binary" as const), op: fc.nat(100), of: fc.tuple(of, of) }),
  fc.record({ kind: fc.constant("unary" as const), op: fc.nat(100), of }),
);
const programs = fc.record({
  shape: fc.array(fc.constantFrom(1, 2, 3, 5, 8, 17, 33), { minLength: 1, maxLength: 3 }),
  /** Most reductions are over the same axes. */
  axes: fc.nat(100),
  steps: fc.array(step, { minLength: 3, maxLength: 14 }),
  results: fc.array(of, { minLength: 1, maxLength: 3 }),
  wide: fc.boolean(),
});
type Program = typeof programs extends fc.Arbitrary<infer P> ? P : never;

function run({ shape, axes, steps, results }: Program, inputs: readonly NDArray[]): NDArray[] {
  const values = inputs.slice();
  const pick = (k: number) => values[values.length - 1 - (k % values.length)];
  const subset = (code: number) =>
    shape.map((_, d) => d).filter((d) => ((code % ((1 << shape.length) - 1)) + 1) & (1 << d));
  for (const s of steps) {
    if (s.kind === "unary") values.push(unary[s.op % unary.length](pick(s.of)));
    else if (s.kind === "binary") values.push(binary[s.op % binary.length](pick(s.of[0]), pick(s.of[1])));
    else {
      const axis = subset(s.axes % 4 === 0 ? s.axes : axes);
      if (s.op % 7 === 0) {
        // Of what is exact.
        const x = inputs[s.of % inputs.length];
        values.push(jnp.argmax(x, { axis: axis[0], keepdims: true }).astype(x.dtype).mul(0.125));
        continue;
      }
      const f = reductions[s.op % reductions.length];
      const x = pick(s.of);
      values.push(f(f === jnp.prod ? jnp.tanh(x) : x, { axis, keepdims: true }));
    }
  }
  return results.map((k) => pick(k));
}

const inputsOf = ({ shape, wide }: Program): ArrayImpl[] => {
  const dtype = wide ? float64 : float32;
  return [
    array(shape, dtype, 1),
    array(shape, dtype, 2),
    array(
      shape.map((n, d) => (d === shape.length - 1 ? n : 1)),
      dtype,
      3,
    ),
  ];
};

/** Relative to the largest element: sums cancel. */
function close(actual: readonly NDArray[], expected: readonly NDArray[], tolerance: number): void {
  expected.forEach((e, i) => {
    const [p, q] = [actual[i].dataSync(), e.dataSync()];
    let scale = 1;
    for (const v of q) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(Number(v)));
    for (let k = 0; k < q.length; k++) {
      if (Object.is(p[k], q[k]) || Math.abs(Number(p[k]) - Number(q[k])) <= tolerance * scale) continue;
      throw new Error(`result ${i}, element ${k} of ${q.length}: ${p[k]}, expected ${q[k]}`);
    }
  });
}

beforeAll(() => config.update("enableChecks", true));
afterAll(() => config.update("enableChecks", false));

test("random programs of rows compute what the reference rules do", () => {
  fc.assert(
    fc.property(programs, (p) => {
      const inputs = inputsOf(p);
      const expected = onReference(() => run(p, inputs));
      const f: F = (...xs) => run(p, xs);
      check(f, inputs, { tolerance: 1e-3 });
      close(jit((...xs: NDArray[]) => run(p, xs))(...inputs), expected, p.wide ? 1e-9 : 1e-3);
    }),
    { seed: 20260201, numRuns: 400 },
  );
});
