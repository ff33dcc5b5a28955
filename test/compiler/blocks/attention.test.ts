import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NDArray } from "../../../src/core/array.ts";
import { bool, type DType, float32, float64 } from "../../../src/dtypes/index.ts";
import * as nn from "../../../src/nn/index.ts";
import * as jnp from "../../../src/numpy/index.ts";
import { grad } from "../../../src/transforms/grad.ts";
import { vmap } from "../../../src/transforms/vmap.ts";
import { array, compile, type F, text } from "../harness.ts";
import {
  blockedKernels,
  checkBlocks,
  expectAttentionInBlocks,
  forceBlocks,
  restoreBlocks,
} from "./forced.ts";

// A few rows of short sequences, and about as much of long ones.
beforeEach(() => forceBlocks(160));
afterEach(restoreBlocks);

type Change = (scores: NDArray) => NDArray;
const same: Change = (scores) => scores;
const scale: Change = (scores) => scores.mul(0.25);

/** Queries, keys and values of [batch, heads, positions, width]. */
const headsFirst =
  (change: Change): F =>
  (q, k, v) =>
    jnp.matmul(nn.softmax(change(jnp.matmul(q, k.swapaxes(-1, -2)))), v);
/** The same of [batch, positions, heads, width]. */
const positionsFirst =
  (change: Change): F =>
  (q, k, v) =>
    jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(change(jnp.einsum("bqhd,bkhd->bhqk", q, k))), v);

const causal: Change = (scores) => {
  const [rows, columns] = scores.shape.slice(-2);
  const allowed = jnp.tril(jnp.ones([rows, columns], { dtype: "bool" }));
  return jnp.where(allowed, scores.mul(0.25), Number.NEGATIVE_INFINITY);
};

const inputs = (shape: readonly number[], dtype: DType = float32) =>
  [1, 2, 3].map((seed) => array(shape, dtype, seed));

const sizes = [7, 33, 129, 257];

/** Interpreting many blocks takes long: larger ones for longer sequences. */
const blocksFor = (s: number) => forceBlocks(s > 100 ? 24 * s : 160);

describe("attention in blocks", () => {
  it.each(sizes)("of %i positions, heads first", (s) => {
    blocksFor(s);
    for (const change of [same, scale, causal]) {
      expectAttentionInBlocks(checkBlocks(headsFirst(change), inputs([1, 2, s, 4])));
    }
  });

  it.each(sizes)("of %i positions, positions first", (s) => {
    blocksFor(s);
    for (const change of [scale, causal]) {
      expectAttentionInBlocks(checkBlocks(positionsFirst(change), inputs([2, s, 3, 4])));
    }
  });

  it.each([
    ["of all heads", [33, 33]],
    ["of each head", [3, 33, 33]],
    ["of each batch", [2, 1, 33, 33]],
    ["of keys", [2, 1, 1, 33]],
  ])("with an additive mask %s", (_, shape) => {
    const f: F = (q, k, v, mask) => headsFirst((scores) => scores.mul(0.5).add(mask))(q, k, v);
    expectAttentionInBlocks(checkBlocks(f, [...inputs([2, 3, 33, 4]), array(shape, float32, 9)]));
  });

  it("with a mask of bools, and everything masked in some rows", () => {
    const f: F = (q, k, v, mask) =>
      headsFirst((scores) => jnp.where(mask, scores, Number.NEGATIVE_INFINITY))(q, k, v);
    expectAttentionInBlocks(checkBlocks(f, [...inputs([1, 2, 9, 4]), array([9, 9], bool, 5)]));
    expectAttentionInBlocks(checkBlocks(f, [...inputs([1, 2, 9, 4]), array([9, 1], bool, 5)]));
  });

  it("with where in the softmax", () => {
    const f: F = (q, k, v, mask) =>
      jnp.matmul(nn.softmax(jnp.matmul(q, k.swapaxes(-1, -2)), { where: mask }), v);
    checkBlocks(f, [...inputs([2, 2, 9, 4]), array([9, 9], bool, 5)]);
  });

  it("in float64", () => {
    expectAttentionInBlocks(checkBlocks(headsFirst(causal), inputs([2, 2, 17, 5], float64), 1e-12));
  });

  it("under vmap", () => {
    const one: F = (q, k, v) => jnp.matmul(nn.softmax(jnp.matmul(q, k.T).mul(0.5)), v);
    const all = vmap(vmap(one as never)) as unknown as F;
    expectAttentionInBlocks(checkBlocks(all, inputs([2, 3, 17, 4])));
    const sharedKeys = vmap(one as never, [0, null, null] as never) as unknown as F;
    const [q, k, v] = inputs([17, 4]);
    expectAttentionInBlocks(checkBlocks(sharedKeys, [array([3, 17, 4], float32, 4), k, v]));
    expectAttentionInBlocks(checkBlocks(one, [q, k, v]));
  });

  it("of one array with itself, and of the parts of one projection", () => {
    const self: F = (x) => headsFirst(scale)(x, x, x);
    expectAttentionInBlocks(checkBlocks(self, inputs([2, 2, 17, 4]).slice(0, 1)));
    const parts: F = (x) => {
      const [q, k, v] = [0, 1, 2].map((i) => x.get("...", i, ":", ":"));
      return positionsFirst(scale)(q, k, v);
    };
    expectAttentionInBlocks(checkBlocks(parts, [array([2, 17, 3, 2, 4], float32, 3)]));
  });

  it("with fewer queries than keys", () => {
    const [q] = inputs([2, 2, 5, 4]);
    const [, k, v] = inputs([2, 2, 13, 4]);
    expectAttentionInBlocks(checkBlocks(headsFirst(scale), [q, k, v]));
    expectAttentionInBlocks(checkBlocks(headsFirst(causal), [q, k, v]));
  });

  it("with the products written in any order", () => {
    const f: F = (q, k, v) => {
      const p = nn.softmax(jnp.einsum("bkhd,bqhd->bhqk", k, q));
      return jnp.einsum("bkhd,bhqk->bqhd", v, p);
    };
    expectAttentionInBlocks(checkBlocks(f, inputs([2, 17, 2, 4])));
    const columns: F = (q, k, v) => {
      const p = nn.softmax(jnp.einsum("bkhd,bqhd->bhkq", k, q), { axis: -2 });
      return jnp.einsum("bhkq,bkhd->bqhd", p, v);
    };
    checkBlocks(columns, inputs([2, 17, 2, 4]));
  });

  it("gives the right gradients", () => {
    for (const s of [7, 33]) {
      const loss = (q: NDArray, k: NDArray, v: NDArray) => {
        const out = headsFirst(causal)(q, k, v) as NDArray;
        return jnp.sum(jnp.sin(out));
      };
      const g = grad(loss as never, { argnums: [0, 1, 2] } as never) as unknown as F;
      expect(blockedKernels(checkBlocks(g, inputs([2, 2, s, 4]), 1e-4)).length).toBeGreaterThan(0);
    }
  });

  it("writes the scores of long sequences nowhere", () => {
    restoreBlocks();
    const zeros = [1, 2, 3].map(() => array([2, 4, 1024, 64]));
    const program = compile(headsFirst(causal), zeros);
    expect(program.arenaBytes).toBe(0);
    const [kernel] = blockedKernels(program);
    expect(kernel.localBytes).toBeLessThanOrEqual(1 << 20);
    expect(program.kernels).toEqual([kernel]);
  });

  it("prints its stages", () => {
    forceBlocks(64);
    expect(text(positionsFirst(causal), ...inputs([2, 8, 2, 3]))).toMatchInlineSnapshot(`
      "program test: arena 0 bytes
        x0: f32[96] in argument 0
        x1: f32[96] in argument 1
        x2: f32[96] in argument 2
        y8: f32[96] in result 0
        l9: f32[8] in scratch
        l10: f32[16] in scratch
        l11: f32[16] in scratch
        l12: i32[3] in scratch
      kernel 0: blocks_dot_general_to_dot_general for I in 2, J in 2, K in 4, 128 bytes:
          dot_general f32 m=2 n=8 k=3: l10 = x0{I*48 + J*3 + K*12}(6,1) . x1{I*48 + J*3}(1,6)
          rows_ge_mul_select_reduce_max_etc for i in 2: (v0 = select((origin[2]*2 + i) >= j, l10[i*8 + j]*0.25, -Infinity); r0 = max(v0)) for j in 8; (v1 = exp(v0 - r0); l9[j] = v1; r1 = sum(v1)) for j in 8; (l11[i*8 + j] = l9[j]/r1) for j in 8
          dot_general f32 m=2 n=3 k=8: y8{I*48 + J*3 + K*12}(6,1) = l11(8,1) . x2{I*48 + J*3}(6,1)
      return y8"
    `);
  });
});
