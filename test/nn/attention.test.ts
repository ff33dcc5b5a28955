// Attention beyond the goldens: blocks as all at once, groups, masks, windows, lengths, derivatives and misuse.

import { grad, jit, jnp, type NDArray, nn, random, testUtil, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const draw = (seed: number, ...shape: number[]): NDArray => random.normal(random.key(seed), shape);
const close = (a: NDArray, b: NDArray, tolerance = 2e-5): boolean =>
  jnp.allclose(a, b, { rtol: tolerance, atol: tolerance }).item() as boolean;

const q = draw(0, 2, 7, 4, 8);
const k = draw(1, 2, 9, 2, 8);
const v = draw(2, 2, 9, 2, 8);

/** The definition, for one batch and one head. */
function oneHead(query: NDArray, key: NDArray, value: NDArray, seen: NDArray): NDArray {
  const logits = jnp.where(seen, query.matmul(key.transpose()).div(Math.sqrt(8)), -1e30);
  return nn.softmax(logits, -1).matmul(value);
}

const rows: [string, nn.DotProductAttentionOptions, (t: NDArray, s: NDArray) => NDArray][] = [
  ["no mask", {}, (t, s) => t.add(s).ge(0)],
  ["causal", { isCausal: true }, (t, s) => s.le(t)],
  ["a window", { localWindowSize: [2, 1] }, (t, s) => jnp.logicalAnd(t.le(s.add(2)), t.ge(s.sub(1)))],
  [
    "lengths of keys",
    { keyValueSeqLengths: jnp.array([5, 5], "int32") },
    (t, s) => jnp.logicalAnd(t.ge(0), s.lt(5)),
  ],
];

describe.each(rows)("%s", (_name, options, seen) => {
  const mask = seen(jnp.arange(7).reshape([7, 1]), jnp.arange(9));

  test("is the definition, head by head; in blocks too", () => {
    const all = nn.dotProductAttention(q, k, v, options);
    for (const head of [0, 3]) {
      const group = Math.floor(head / 2);
      const one = oneHead(q.get(1, ":", head), k.get(1, ":", group), v.get(1, ":", group), mask);
      expect(close(all.get(1, ":", head), one)).toBe(true);
    }
    const blocks = nn.dotProductAttention(q, k, v, { ...options, implementation: "blockwise" });
    expect(close(all, blocks)).toBe(true);
    expect(close(jit((a: NDArray) => nn.dotProductAttention(a, k, v, options))(q), all)).toBe(true);
  });
});

test("several blocks, with bias, mask and padding of the last block, and their derivatives", () => {
  const [a, b, c] = [draw(3, 1, 5, 2, 4), draw(4, 1, 1100, 2, 4), draw(5, 1, 1100, 2, 4)];
  const bias = draw(6, 1, 2, 5, 1100);
  const mask = random.bernoulli(random.key(7), 0.7, [1, 1, 5, 1100]);
  const f =
    (implementation: "xla" | "blockwise") =>
    (x: NDArray, y: NDArray, z: NDArray): NDArray =>
      nn.dotProductAttention(x, y, z, { bias, mask, implementation });
  expect(close(f("xla")(a, b, c), f("blockwise")(a, b, c))).toBe(true);
  const loss = (g: typeof f, kind: "xla" | "blockwise") => (x: NDArray, y: NDArray, z: NDArray) =>
    g(kind)(x, y, z).pow(2).sum();
  const [direct, blocks] = (["xla", "blockwise"] as const).map((kind) =>
    jit(grad(loss(f, kind), [0, 1, 2]))(a, b, c),
  ) as unknown as [NDArray[], NDArray[]];
  direct.forEach((g, i) => expect(close(g, blocks[i], 1e-4)).toBe(true));
});

test("queries that see nothing get the mean of the values; padding of queries is 0", () => {
  const none = jnp.zeros([1, 1, 7, 9], "bool");
  const [encoded, residual] = nn.dotProductAttention(q, k, v, { mask: none, returnResidual: true });
  expect(close(encoded.get(0, 0, 0), v.get(0, ":", 0).mean(0))).toBe(true);
  expect(residual.shape).toEqual([2, 7, 4]);
  const short = nn.dotProductAttention(q, k, v, { querySeqLengths: jnp.array([3, 7], "int32") });
  expect(Number(jnp.abs(short.get(0, "3:")).max())).toBe(0);
  expect(close(short.get(1), nn.dotProductAttention(q, k, v).get(1))).toBe(true);
});

test("derivatives, batches, half precision", () => {
  testUtil.checkGrads((x, y, z) => nn.dotProductAttention(x, y, z, { isCausal: true }), [q, k, v], 1, {
    modes: ["fwd", "rev"],
    atol: 2e-2,
    rtol: 2e-2,
  });
  const single = vmap((x: NDArray, y: NDArray, z: NDArray) => nn.dotProductAttention(x, y, z))(q, k, v);
  expect(close(single, nn.dotProductAttention(q, k, v))).toBe(true);
  const [h, i, j] = [q, k, v].map((x) => x.astype("bfloat16"));
  expect(nn.dotProductAttention(h, i, j).dtype.name).toBe("bfloat16");
});

test.each<[string, () => unknown, string]>([
  ["values of another shape", () => nn.dotProductAttention(q, k, q), "value shape"],
  [
    "heads that do not divide",
    () => nn.dotProductAttention(q.get(":", ":", "0:3"), k, v),
    "multiple of key/value heads",
  ],
  [
    "a mask of floats",
    () => nn.dotProductAttention(q, k, v, { mask: jnp.ones([1, 1, 7, 9]) }),
    "mask dtype should be bool",
  ],
  [
    "lengths of floats",
    () => nn.dotProductAttention(q, k, v, { querySeqLengths: jnp.ones(2) }),
    "querySeqLengths dtype",
  ],
  [
    "another implementation",
    () => nn.dotProductAttention(q, k, v, { implementation: "cudnn" as never }),
    "Unsupported implementation",
  ],
  ["an unknown option", () => nn.dotProductAttention(q, k, v, { causal: true } as never), "causal"],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
