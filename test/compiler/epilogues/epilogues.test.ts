import { afterEach, describe, expect, it } from "vitest";
import type { CompiledProgram } from "../../../src/compiler/compile.ts";
import { printProgram } from "../../../src/compiler/print.ts";
import { validateProgram } from "../../../src/compiler/validate.ts";
import type { NDArray } from "../../../src/core/array.ts";
import { arrayFromHost } from "../../../src/core/values.ts";
import { float64, int32, uint8 } from "../../../src/dtypes/index.ts";
import * as lax from "../../../src/lax/index.ts";
import * as nn from "../../../src/nn/index.ts";
import * as jnp from "../../../src/numpy/index.ts";
import { grad } from "../../../src/transforms/grad.ts";
import { vmap } from "../../../src/transforms/vmap.ts";
import { array, type F, kernels } from "../harness.ts";
import { checkCode, forceEpilogues, restoreEpilogues, withEpilogues } from "./forced.ts";

afterEach(restoreEpilogues);

/** Everything a program does, as kernels. */
const kinds = (program: CompiledProgram) => program.kernels.map((k) => k.kind);
const [x, w, b] = [array([6, 5]), array([5, 9], undefined, 2), array([9], undefined, 3)];
const r = array([6, 9], undefined, 4);

describe("epilogues of products", () => {
  it("add a bias and apply a function", () => {
    expect(kernels((x, w, b) => nn.relu(x.matmul(w).add(b)), x, w, b)).toEqual([
      "kernel 0: dot_general_add_max f32 m=6 n=9 k=5: r0 = x0(5,1) . x1(9,1); y4[i*9 + j] = max(r0 + x2[j], 0) for i in 6, j in 9",
    ]);
    checkCode((x, w, b) => nn.relu(x.matmul(w).add(b)), [x, w, b]);
  });

  it("add a residual, scale, choose by a mask", () => {
    const cases: F[] = [
      (x, w, _, r) => r.add(x.matmul(w)),
      (x, w, _, r) => r.sub(x.matmul(w).mul(0.5)),
      (x, w, _, r) => jnp.where(r.gt(0), x.matmul(w), 0),
      (x, w, b, r) => jnp.maximum(x.matmul(w).add(b).mul(r), r),
    ];
    for (const f of cases) expect(kinds(checkCode(f, [x, w, b, r]))).toEqual(["dot"]);
  });

  it("keep the product where it is needed, too", () => {
    const program = checkCode(
      (x, w, b) => {
        const y = x.matmul(w);
        return [y, nn.relu(y.add(b))];
      },
      [x, w, b],
    );
    expect(kinds(program)).toEqual(["dot"]);
    const read = checkCode(
      (x, w, b) => {
        const y = x.matmul(w);
        return [y.sum(0), nn.relu(y.add(b))];
      },
      [x, w, b],
    );
    expect(kinds(read)).toEqual(["dot", "loop"]);
  });

  it("go with products of any layout and batch", () => {
    const cases: [F, ReturnType<typeof array>[]][] = [
      [(x, w, b) => nn.relu(x.T.matmul(w.T).add(b)), [array([5, 6]), array([9, 5]), b]],
      // The product is stored as its transposition is read.
      [(x, w, b) => x.matmul(w).T.add(b.reshape([9, 1])), [x, w, b]],
      [(x, w, b) => x.matmul(w).add(b), [array([3, 6, 5]), array([3, 5, 9]), b]],
      [(x, w, r) => x.matmul(w).add(r), [array([3, 6, 5]), w, array([3, 6, 9])]],
      [(x, w, r) => x.matmul(w).reshape([2, 3, 9]).add(r), [x, w, array([2, 3, 9])]],
      [
        (x, w, r) => lax.transpose(x.matmul(w), [1, 0, 2]).add(r),
        [array([3, 6, 5]), array([3, 5, 9]), array([6, 3, 9])],
      ],
    ];
    for (const [f, args] of cases) {
      const program = checkCode(f, args);
      expect(withEpilogues(program).length, printProgram(program)).toBe(1);
      expect(kinds(program)).toEqual(["dot"]);
    }
  });

  it("go with convolutions", () => {
    const image = array([2, 9, 8, 4]);
    const kernel = array([3, 3, 4, 8], undefined, 2);
    const bias = array([8], undefined, 3);
    const program = checkCode(
      (x, k, b) =>
        nn.relu(
          lax
            .convGeneralDilated(x, k, [1, 1], "VALID", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] })
            .add(b),
        ),
      [image, kernel, bias],
    );
    expect(kinds(program)).toEqual(["contract"]);
  });

  it("update a donated parameter in place, after all others have read it", () => {
    const f: F = (p, x, g) => {
      const gradient = x.T.matmul(g);
      const back = g.matmul(p.T);
      return [p.sub(gradient.mul(0.1)), back];
    };
    const args = [array([5, 9]), array([6, 5]), array([6, 9])];
    const program = checkCode(f, args, { donated: [true, false, false] });
    expect(program.results[0]).toMatchObject({ donatedArg: 0 });
    expect(withEpilogues(program)).toHaveLength(1);
    expect(program.arenaBytes).toBe(0);
    // The argument is not overwritten where it is an operand, too.
    const own = checkCode((p) => p.add(p.matmul(p)), [array([7, 7])], { donated: [true] });
    expect(withEpilogues(own)).toHaveLength(1);
    expect(own.results[0]).not.toHaveProperty("donatedArg");
  });

  it("update in place when the sums take several passes over memory", () => {
    forceEpilogues();
    const args = [array([8, 40]), array([900, 8]), array([900, 40])];
    const program = checkCode((p, x, g) => p.sub(x.T.matmul(g).mul(0.25)), args, {
      donated: [true, false, false],
      tolerance: 1e-4,
    });
    expect(kinds(program)).toEqual(["dot"]);
    expect(program.results[0]).toMatchObject({ donatedArg: 0 });
  });

  it("see the special values of sums and operands", () => {
    const special = [NaN, Infinity, -Infinity, -0, 0, 1];
    const of = (shape: number[], seed: number) =>
      arrayFromHost(
        Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => special[(i * seed) % 6]),
        array(shape).aval,
      ) as ReturnType<typeof array>;
    const args = [of([6, 5], 5), of([5, 9], 7), of([6, 9], 11)];
    for (const f of [
      (x, w) => nn.relu(x.matmul(w)),
      (x, w, r) => jnp.where(x.matmul(w).gt(r), r, 1),
      (x, w, r) => jnp.minimum(x.matmul(w), r).neg(),
    ] as F[])
      expect(withEpilogues(checkCode(f, args)).length).toBe(1);
  });

  it("are computed in other dtypes, and left out for bytes", () => {
    for (const [dtype, fused] of [
      [float64, 1],
      [int32, 1],
      [uint8, 0],
    ] as const) {
      const args = [array([6, 5], dtype), array([5, 9], dtype, 2), array([9], dtype, 3)];
      const program = checkCode((x, w, b) => jnp.maximum(x.matmul(w).add(b), 0), args);
      expect(withEpilogues(program)).toHaveLength(fused);
    }
    forceEpilogues();
    const wide = [array([6, 5], float64), array([5, 9], float64, 2), array([9], float64, 3)];
    expect(withEpilogues(checkCode((x, w, b) => jnp.tanh(x.matmul(w).add(b)), wide))).toHaveLength(1);
    // Masks and conversions of one width are fine, bytes in memory are not.
    expect(withEpilogues(checkCode((x, w) => x.matmul(w).gt(0).astype("float32"), [x, w]))).toHaveLength(1);
    expect(withEpilogues(checkCode((x, w) => x.matmul(w).gt(0), [x, w]))).toHaveLength(0);
    expect(
      withEpilogues(
        checkCode((x, w, m) => x.matmul(w).mul(m.astype("float32")), [x, w, array([6, 9], uint8)]),
      ),
    ).toHaveLength(0);
  });

  it("decline what is not element by element, or not worth it", () => {
    const none: [F, ReturnType<typeof array>[]][] = [
      [(x, w) => x.matmul(w).sum(1), [x, w]],
      [(x, w) => nn.softmax(x.matmul(w)), [x, w]],
      // Read in two places.
      [(x) => x.matmul(x).add(x.matmul(x).T), [array([7, 7])]],
      [(x, w) => jnp.flip(x.matmul(w), 0).mul(2), [x, w]],
      // The index itself.
      [(x, w) => x.matmul(w).add(lax.broadcastedIota("float32", [6, 9], 0)), [x, w]],
      [(x, w, r) => x.matmul(w).add(r.T), [x, w, array([9, 6])]],
      // Along a part of what are rows to the product.
      [(x, w, b) => x.matmul(w).add(b), [array([3, 6, 5]), w, array([3, 1, 9])]],
      // Costly functions, one row.
      [(x, w) => jnp.tanh(x.matmul(w)), [x, w]],
      [(x, w, b) => x.matmul(w).add(b), [array([1, 5]), w, b]],
      [(x, w, b) => x.matmul(w).add(b), [array([5]), w, b]],
    ];
    for (const [f, args] of none) {
      const program = checkCode(f, args);
      expect(withEpilogues(program).length, printProgram(program)).toBe(0);
    }
    // No products at all: the epilogue of zeros is a loop.
    const empty = checkCode((x, w, b) => nn.relu(x.matmul(w).add(b)), [array([6, 0]), array([0, 9]), b]);
    expect(kinds(empty)).toEqual(["loop"]);
  });

  it("go with gradients and maps of dense layers", () => {
    const loss = (w: NDArray, b: NDArray, x: NDArray) => nn.relu(x.matmul(w).add(b)).mul(0.5).sum();
    const step: F = (w, b, x) => {
      const [dw, db] = grad(loss, { argnums: [0, 1] })(w, b, x) as unknown as [NDArray, NDArray];
      return [w.sub(dw.mul(0.1)), b.sub(db.mul(0.1))];
    };
    const program = checkCode(step, [w, b, x], { donated: [true, true, false] });
    expect(withEpilogues(program).length).toBeGreaterThan(0);
    const mapped = checkCode(
      (w, b, x) => vmap(nn.relu)(vmap((v: NDArray) => v.matmul(w).add(b))(x)),
      [w, b, x],
    );
    expect(withEpilogues(mapped)).toHaveLength(1);
    const each = checkCode(
      (w, b, x) => vmap((v: NDArray) => step(w, b, v) as NDArray[])(x) as never,
      [w, b, array([4, 6, 5])],
    );
    expect(each.results.length).toBe(2);
  });

  it("are checked by the validator", () => {
    const program = checkCode((x, w, b) => nn.relu(x.matmul(w).add(b)), [x, w, b]);
    const [kernel] = withEpilogues(program);
    const broken = (change: object) => () =>
      validateProgram({ ...program, kernels: [{ ...kernel, ...change } as (typeof program.kernels)[0]] });
    const [store] = kernel.epilogue ?? [];
    expect(broken({})).not.toThrow();
    expect(broken({ out: 99 })).toThrow();
    expect(broken({ epilogue: [store, store] })).toThrow("twice");
    expect(broken({ epilogue: [{ ...store, offset: store.value }] })).toThrow();
    expect(broken({ result: { batch: [], rowStride: 18 } })).toThrow();
  });
});
