import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.ts";
import { float32 } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { array, check, compile, kernels } from "./harness.ts";

const x = array([4, 6]);
const v = array([6]);
const like = (y: NDArray, value: number) => lax.fullLike(y, value);
const rows = (y: NDArray, n: number) => lax.broadcastInDim(y, [y.shape[0], n], [0]);

function softmax(y: NDArray): NDArray {
  const e = lax.exp(lax.sub(y, rows(lax.reduceMax(y, [1]), y.shape[1])));
  return lax.div(e, rows(lax.reduceSum(e, [1]), y.shape[1]));
}

describe("fusion", () => {
  it("turns an elementwise chain over contiguous arrays into one flat loop", () => {
    expect(kernels((y) => lax.mul(lax.add(y, 1), y), x)).toEqual([
      "kernel 0: fused_add_mul for i in 24: y1[i] = (x0[i] + 1)*x0[i]",
    ]);
  });

  it("keeps axes that broadcast", () => {
    expect(kernels((y, b) => lax.add(y, lax.broadcastInDim(b, [4, 6], [1])), x, v)).toEqual([
      "kernel 0: add for i in 4, j in 6: y2[i*6 + j] = x0[i*6 + j] + x1[j]",
    ]);
  });

  it("writes views into their consumers without division", () => {
    const f = (y: NDArray) =>
      lax.neg(lax.reshape(lax.slice(lax.transpose(y, [1, 0]), [1, 0], [5, 4]), [2, 8]));
    expect(kernels(f, x)).toEqual([
      "kernel 0: neg for i in 2, j in 8: y1[i*8 + j] = neg(x0[i*2 + (j%4)*6 + j/4 + 1])",
    ]);
  });

  it("inlines the operand of a reduction and folds what follows into its store", () => {
    expect(kernels((y) => lax.neg(lax.reduceSum(lax.square(y), [1])), x)).toEqual([
      "kernel 0: fused_square_reduce_sum_neg for i in 4: r0 = sum(x0[i*6 + j]*x0[i*6 + j]) for j in 6; y2[i] = neg(r0)".replace(
        "square",
        "mul",
      ),
    ]);
  });

  it("computes an exponential once for both of its uses", () => {
    expect(kernels(softmax, x)).toEqual([
      "kernel 0: rows_reduce_max_sub_exp_reduce_sum_etc for i in 4: (r0 = max(x0[i*6 + j])) for j in 6; (v0 = exp(x0[i*6 + j] - r0); l5[j] = v0; r1 = sum(v0)) for j in 6; (y4[i*6 + j] = l5[j]/r1) for j in 6",
    ]);
    check(softmax, [x]);
  });

  it("reduces side by side", () => {
    const f = (y: NDArray) => [lax.reduceSum(y, [1]), lax.reduceMax(y, [1])];
    expect(kernels(f, x)).toEqual([
      "kernel 0: fused_reduce_sum_reduce_max for i in 4: r0 = sum(x0[i*6 + j]) for j in 6; r1 = max(x0[i*6 + j]) for j in 6; y1[i] = r0; y2[i] = r1",
    ]);
  });

  it("makes one kernel of an optimizer step", () => {
    const shape = [8, 5];
    const adam = (p: NDArray, m: NDArray, s: NDArray, g: NDArray) => {
      const m1 = lax.add(lax.mul(m, like(m, 0.9)), lax.mul(g, like(g, 0.1)));
      const s1 = lax.add(lax.mul(s, like(s, 0.99)), lax.mul(lax.mul(g, g), like(g, 0.01)));
      const step = lax.div(m1, lax.add(lax.sqrt(s1), like(s1, 1e-8)));
      return [lax.sub(p, lax.mul(step, like(p, 0.001))), m1, s1];
    };
    const args = [
      array(shape),
      array(shape, float32, 2),
      lax.abs(array(shape, float32, 3)),
      array(shape, float32, 4),
    ];
    const program = check(adam, args as never, { donated: [true, true, true, true] });
    expect(program.kernels.length).toBe(1);
    // Every state is updated in place.
    expect(program.results.map((r) => (r.kind === "buffer" ? r.donatedArg : undefined))).toEqual([0, 1, 2]);
    expect(program.arenaBytes).toBe(0);
  });

  it("stores a relu and its mask together", () => {
    const f = (y: NDArray) => [lax.max(y, like(y, 0)), lax.gt(y, like(y, 0))];
    expect(kernels(f, x)).toEqual([
      "kernel 0: fused_max_gt for i in 24: y1[i] = max(x0[i], 0); y2[i] = x0[i] > 0",
    ]);
  });

  it("multiplies through strides and chooses the layout that a transposition wants", () => {
    const w = array([6, 3]);
    const loss = (m: NDArray, b: NDArray, y: NDArray) =>
      lax.reduceSum(lax.tanh(lax.add(lax.dot(y, m), b)), [0, 1]);
    const g = (m: NDArray, b: NDArray, y: NDArray) =>
      (grad(loss as never) as unknown as (...args: NDArray[]) => NDArray)(m, b, y);
    const dots = kernels(g, w, array([1, 3]), x).filter((k) => k.includes("dot_general"));
    expect(dots).toEqual([
      "kernel 0: dot_general f32 m=4 n=3 k=6: t3 = x2(6,1) . x0(3,1)",
      "kernel 2: dot_general f32 m=6 n=3 k=4: y6 = x2(1,6) . t5(3,1)",
    ]);
    check(g, [w, array([1, 3]), x]);
  });

  it("does not repeat an expensive value for every row", () => {
    const f = (y: NDArray, b: NDArray) => lax.add(y, lax.broadcastInDim(lax.exp(b), [4, 6], [1]));
    expect(kernels(f, x, v).map((k) => k.split(" for ")[0])).toEqual(["kernel 0: exp", "kernel 1: add"]);
    check(f, [x, v]);
  });

  it("gives a value that is read through a gather with repeats a buffer", () => {
    const f = (y: NDArray, i: NDArray) =>
      lax.gather(lax.exp(y), i, { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] }, [1], {
        mode: "clip",
      });
    const program = check(f, [v, array([50, 1], (lax.iota("int32", 1) as NDArray).dtype)]);
    expect(program.kernels.length).toBe(2);
  });

  it("copies a result that is wanted twice, and passes arguments through", () => {
    const program = compile((y) => [y, y, lax.neg(y), lax.neg(y)], [x]);
    expect(program.results.map((r) => r.kind)).toEqual(["argument", "argument", "buffer", "buffer"]);
    expect(program.kernels.length).toBe(1);
  });

  it("cuts paddings and concatenations of some size into regions with plain accesses", () => {
    const f = (y: NDArray, z: NDArray) => [lax.pad(y, 0, [[2, 1, 0]]), lax.exp(lax.concatenate([y, z], 0))];
    const args = [array([300]), array([200], float32, 2)];
    expect(kernels(f, ...args)).toEqual([
      "kernel 0: fill for i in 2: y2[i] = 0",
      "kernel 1: copy for i in 300: y2[i + 2] = x0[i]",
      "kernel 2: fill: y2[302] = 0",
      "kernel 3: exp for i in 300: y3[i] = exp(x0[i])",
      "kernel 4: exp for i in 200: y3[i + 300] = exp(x1[i])",
    ]);
    check(f, args);
    const images = (y: NDArray) =>
      lax.pad(
        lax.rev(
          lax.pad(y, 1, [
            [1, 1, 0],
            [2, 0, 0],
          ]),
          [1],
        ),
        2,
        [
          [0, 1, 0],
          [1, -1, 0],
        ],
      );
    check(images, [array([20, 30])]);
  });

  it("updates a donated array in place", () => {
    const f = (y: NDArray, u: NDArray, i: NDArray) => lax.dynamicUpdateSlice(y, u, [i, 0]);
    const i32 = lax.iota("int32", 1).dtype;
    const program = check(f, [x, array([1, 6]), array([], i32)], { donated: [true, false, false] });
    expect(program.placements[3]).toEqual({ kind: "argument", index: 0 });
  });
});
