import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import { printProgram } from "../../src/compiler/print.ts";
import type { NDArray } from "../../src/core/array.ts";
import { float32, float64, int32, uint8 } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { Random } from "../backends/randomKernels.ts";
import { runProgram } from "../backends/runProgram.ts";
import { expectSame } from "../backends/same.ts";
import { array, check, kernels } from "./harness.ts";

const shuffled = (r: Random, n: number): number[] => {
  const order = Array.from({ length: n }, (_, d) => d);
  for (let i = n - 1; i > 0; i--) {
    const j = r.int(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};

/** A contraction of random dimensions, then random views of its result. */
function randomContraction(seed: number) {
  const r = new Random(seed);
  const sizes = (most: number) => Array.from({ length: r.int(most + 1) }, () => r.pick([1, 2, 3, 5]));
  const [batch, left, right, sum] = [sizes(2), sizes(2), sizes(2), sizes(2)];
  const operand = (free: readonly number[]) => {
    const dims = [...batch, ...free, ...sum];
    const order = shuffled(r, dims.length);
    const at = (start: number, count: number) =>
      Array.from({ length: count }, (_, i) => order.indexOf(start + i));
    return {
      shape: order.map((d) => dims[d]),
      batch: at(0, batch.length),
      contract: at(batch.length + free.length, sum.length),
    };
  };
  const [x, y] = [operand(left), operand(right)];
  const dtype = r.pick([float32, float32, float64, int32, uint8]);
  const rank = batch.length + left.length + right.length;
  const views = r.int(3);
  const orders = Array.from({ length: 1 + r.int(3) }, () => shuffled(r, rank));
  const again = r.chance(0.2);
  const f = (a: NDArray, b: NDArray) => {
    const product = lax.dotGeneral(a, b, [
      [x.contract, y.contract],
      [x.batch, y.batch],
    ]);
    let z = product;
    for (const order of orders) z = lax.transpose(z, order);
    if (views === 1) z = lax.reshape(z, [z.size]);
    if (views === 2) z = lax.neg(z);
    return again ? [z, product] : z;
  };
  return { f, args: [array(x.shape, dtype, seed), array(y.shape, dtype, seed + 1)] };
}

describe("layouts of products", () => {
  it("are right for any transposition of any contraction", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
        const { f, args } = randomContraction(seed);
        const program = check(f, args);
        const data = args.map((a) => a.toHost());
        const actual = runProgram(program, data);
        interpretProgram(program, data).forEach((e, i) =>
          expectSame(actual[i], e, 1e-5, () => printProgram(program)),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("suit the transposition that follows, so that nothing is moved", () => {
    const heads = (q: NDArray, k: NDArray) =>
      lax.transpose(
        lax.dotGeneral(q, k, [
          [[1], [3]],
          [
            [0, 2],
            [0, 1],
          ],
        ]),
        [0, 3, 1, 2],
      );
    expect(kernels(heads, array([2, 5, 3, 4]), array([2, 3, 6, 5]))).toEqual([
      "kernel 0: dot_general f32 batch 2x3, m=6 n=4 k=5: y2(72,4,12,1) = x1(90,30,5,1) . x0(60,4,12,1)",
    ]);
    const twice = (x: NDArray, y: NDArray) =>
      lax.neg(lax.transpose(lax.transpose(lax.dot(x, y), [1, 0]), [1, 0]));
    expect(kernels(twice, array([4, 6]), array([6, 3]))[0]).toBe(
      "kernel 0: dot_general f32 m=4 n=3 k=6: t2 = x0(6,1) . x1(3,1)",
    );
  });

  it("stay row-major where no dimension of the product would be contiguous", () => {
    const f = (x: NDArray, y: NDArray) => lax.transpose(lax.batchMatmul(x, y), [1, 2, 0]);
    expect(kernels(f, array([5, 2, 3]), array([5, 3, 4])).map((k) => k.split(":")[1])).toEqual([
      " dot_general f32 batch 5, m=2 n=4 k=3",
      " copy for i in 8, j in 5",
    ]);
  });
});
