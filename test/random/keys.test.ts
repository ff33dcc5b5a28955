import { grad, jit, jnp, random, tree, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, expectClose } from "../transforms/helpers.ts";

const words = (k: A): unknown => random.keyData(k).tolist();

describe("keys", () => {
  test("key data of seeds, as JAX gives them", () => {
    expect(words(random.key(42))).toEqual([0, 42]);
    expect(words(random.key(-1))).toEqual([0, 4294967295]);
    expect(words(random.key(2 ** 31))).toEqual([0, 2 ** 31]);
    // Seeds beyond 32 bits count by their low bits: the time of day is a fine seed.
    expect(words(random.key(2 ** 40 + 5))).toEqual([0, 5]);
    expect(words(random.key(2n ** 40n + 5n))).toEqual([0, 5]);
    expect(words(random.key(jnp.int32(7)))).toEqual([0, 7]);
    expect(words(random.key(jnp.uint32(4294967295)))).toEqual([0, 4294967295]);
  });

  test("a typed key is a scalar of its own dtype, a raw one two words", () => {
    const k = random.key(0);
    expect(k.shape).toEqual([]);
    expect(k.dtype.name).toBe("key<fry>");
    expect(random.PRNGKey(0).shape).toEqual([2]);
    expect(random.PRNGKey(0).dtype.name).toBe("uint32");
    expect(random.keyImpl(k)).toBe("fry");
  });

  test("typed and raw keys give the same numbers, and each its own kind back", () => {
    const typed = random.key(3);
    const raw = random.PRNGKey(3);
    expectClose(random.uniform(raw, [4]), random.uniform(typed, [4]).tolist(), 0);
    expect(random.split(raw).dtype.name).toBe("uint32");
    expect(random.split(raw).shape).toEqual([2, 2]);
    expect(random.split(typed).shape).toEqual([2]);
    expect(random.split(raw).tolist()).toEqual(words(random.split(typed)));
    expect(random.foldIn(raw, 5).tolist()).toEqual(words(random.foldIn(typed, 5)));
    expect(words(random.wrapKeyData(raw))).toEqual(words(typed));
    expect(random.clone(raw).tolist()).toEqual(raw.tolist());
  });

  test("split gives keys of any shape; destructuring works", () => {
    const [a, b, c] = random.split(random.key(0), 3) as unknown as [A, A, A];
    expect(new Set([a, b, c].map((k) => String(words(k)))).size).toBe(3);
    expect(a.shape).toEqual([]);
    expect(random.split(random.key(0), [2, 3]).shape).toEqual([2, 3]);
    expect(words(random.split(random.key(0), [2, 3]).get(1, 0))).toEqual(
      words(random.split(random.key(0), 6).get(3)),
    );
    expect(random.split(random.key(0), 0).shape).toEqual([0]);
  });

  test("keys can be indexed, stacked, reshaped, carried through jit and trees", () => {
    const ks = random.split(random.key(0), 4);
    expect(words(ks.get("1:3"))).toEqual((words(ks) as unknown[]).slice(1, 3));
    expect(words(ks.reshape(2, 2).T.get(0))).toEqual([words(ks.get(0)), words(ks.get(2))]);
    expect(words(jnp.stack([ks.get(3), ks.get(0)]))).toEqual([words(ks.get(3)), words(ks.get(0))]);
    expect(words(jnp.concatenate([ks, ks]))).toEqual([
      ...(words(ks) as unknown[]),
      ...(words(ks) as unknown[]),
    ]);
    expect(words(jnp.where(jnp.array([true, false]), ks.get(":2"), ks.get("2:")))).toEqual([
      words(ks.get(0)),
      words(ks.get(3)),
    ]);
    const state = { key: random.key(1), n: 0 };
    const step = jit((s: typeof state) => {
      const [key, draw] = random.split(s.key) as unknown as [A, A];
      return [{ key, n: jnp.add(s.n, 1) }, random.normal(draw)] as const;
    });
    const [next, x] = step(state);
    const [, y] = step(next as unknown as typeof state);
    expect(x.item()).not.toBe(y.item());
    expect(tree.leaves(next).length).toBe(2);
  });

  test("foldIn with the indices of a loop", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) seen.add(String(words(random.foldIn(random.key(0), i))));
    expect(seen.size).toBe(50);
    const folded = vmap((i: A) => random.foldIn(random.key(0), i))(jnp.arange(3));
    expect(words(folded)).toEqual([0, 1, 2].map((i) => words(random.foldIn(random.key(0), i))));
  });
});

describe("determinism", () => {
  const samplers: [string, (k: A) => A][] = [
    ["bits", (k) => random.bits(k, [5])],
    ["uniform", (k) => random.uniform(k, [5])],
    ["uniform in a range", (k) => random.uniform(k, { shape: [2, 3], minval: -2, maxval: 5 })],
    ["normal", (k) => random.normal(k, [5])],
    ["truncatedNormal", (k) => random.truncatedNormal(k, -1, 2, [5])],
    ["bernoulli", (k) => random.bernoulli(k, 0.3, [5])],
    ["randint", (k) => random.randint(k, [5], -3, 12)],
    ["randint of 8 bits", (k) => random.randint(k, [5], 0, 300, { dtype: "uint8" })],
    ["permutation", (k) => random.permutation(k, 7)],
    ["permutation of rows", (k) => random.permutation(k, jnp.arange(12).reshape(4, 3))],
    ["choice", (k) => random.choice(k, jnp.array([1, 2, 3]), [5])],
    ["choice without replacement", (k) => random.choice(k, 6, { shape: [4], replace: false })],
    ["choice with probabilities", (k) => random.choice(k, 3, { shape: [5], p: jnp.array([0.2, 0.3, 0.5]) })],
    ["categorical", (k) => random.categorical(k, jnp.zeros([2, 4]))],
    ["gumbel", (k) => random.gumbel(k, [5])],
    ["exponential", (k) => random.exponential(k, [5])],
    ["laplace", (k) => random.laplace(k, [5])],
    ["rademacher", (k) => random.rademacher(k, [5])],
  ];
  describe.each(samplers)("%s", (_name, draw) => {
    test("the same key, the same numbers; under jit too", () => {
      const once = draw(random.key(9));
      expect(draw(random.key(9)).tolist()).toEqual(once.tolist());
      expect(draw(random.key(10)).tolist()).not.toEqual(once.tolist());
      const compiled = jit(draw)(random.key(9));
      expect(compiled.dtype).toBe(once.dtype);
      expectClose(compiled, once.tolist(), 1e-6);
      expectClose(draw(random.PRNGKey(9)), once.tolist(), 0);
    });
    test("vmap over keys is a loop over keys", () => {
      const ks = random.split(random.key(1), 3);
      expectClose(
        vmap(draw)(ks),
        [...ks].map((k) => draw(k).tolist()),
        1e-6,
      );
      expectClose(
        jit(vmap(draw))(ks),
        [...ks].map((k) => draw(k).tolist()),
        1e-6,
      );
    });
  });
  test("jitted samplers trace once", () => {
    const f = counted((k: A) => random.normal(k, [3]));
    const g = jit(f);
    for (const k of random.split(random.key(0), 4)) g(k);
    expect(f.count()).toBe(1);
  });
});

describe("derivatives of samples", () => {
  test("with respect to the limits and parameters", () => {
    const k = random.key(5);
    const u = random.uniform(k).item() as number;
    const draw = (lo: A, hi: A): A => random.uniform(k, { minval: lo, maxval: hi });
    expectClose(grad(draw, [0, 1])(jnp.float32(-1), jnp.float32(3)), [1 - u, u]);
    const reparameterised = (m: A, s: A): A => random.normal(k).mul(s).add(m);
    expectClose(grad(reparameterised, [0, 1])(0.5, 2), [1, random.normal(k).item()]);
  });
});
