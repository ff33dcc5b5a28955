import {
  config,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  type NDArray,
  nn,
  optim,
  random,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";

// The whole stack in a few seconds, for the inner loop: `npm run test:smoke`.

describe("smoke", () => {
  test("a pytree round trip", () => {
    const [leaves, treedef] = tree.flatten({ b: [1, 2], a: null });
    expect(leaves).toEqual([1, 2]);
    expect(tree.unflatten(treedef, leaves)).toEqual({ a: null, b: [1, 2] });
  });

  test("arrays: arithmetic, broadcasting, promotion, printing", () => {
    const x = jnp.array([
      [1, 2],
      [3, 4],
    ]);
    expect(x.add(jnp.array([10, 20])).tolist()).toEqual([
      [11, 22],
      [13, 24],
    ]);
    expect(jnp.int32([1, 2]).mul(0.5).dtype.name).toBe("float32");
    expect(String(jnp.arange(3))).toBe("[0 1 2]");
    expect(jnp.sum(x, { axis: 0 }).tolist()).toEqual([4, 6]);
    expect(x.get(":", -1).tolist()).toEqual([2, 4]);
    expect(x.at(0).set(9).tolist()).toEqual([
      [9, 9],
      [3, 4],
    ]);
    expect(jnp.sort(jnp.array([3, 1, 2])).tolist()).toEqual([1, 2, 3]);
    expect(jnp.cumsum(jnp.array([3, 1, 2])).tolist()).toEqual([3, 4, 6]);
    expect(jnp.where(x.gt(2), x, 0).tolist()).toEqual([
      [0, 0],
      [3, 4],
    ]);
  });

  test.each([1, 2, 7, 16, 33, 65])("the product of matrices of odd sizes around %i", (n) => {
    const [m, k] = [n + 1, 2 * n + 1];
    const a = random.normal(random.key(n), [m, k]);
    const b = random.normal(random.key(n + 1), [k, n]);
    const [p, q] = [a.tolist() as number[][], b.tolist() as number[][]];
    const product = jnp.matmul(a, b).tolist() as number[][];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        expect(product[i][j]).toBeCloseTo(
          p[i].reduce((s, v, l) => s + v * q[l][j], 0),
          3,
        );
      }
    }
  });

  test("compiled, eager and reference evaluation agree", () => {
    const f = (x: NDArray) => nn.softmax(jnp.tanh(x).matmul(x.T).div(3), { axis: -1 }).sub(jnp.mean(x));
    const x = random.normal(random.key(3), [5, 7]);
    const [eager, compiled] = [f(x), jit(f)(x)];
    config.update("evaluator", "reference");
    const expected = f(x);
    config.update("evaluator", "wasm");
    for (const y of [eager, compiled]) expect(jnp.allclose(y, expected, { atol: 1e-6 }).item()).toBe(true);
  });

  test("derivatives, forwards and backwards, and their nesting", () => {
    const f = (x: NDArray) => x.pow(3);
    expect(grad(f)(2).item()).toBe(12);
    expect(grad(grad(f))(2).item()).toBe(12);
    expect(jvp(f, [jnp.array(2)], [jnp.array(1)])[1].item()).toBe(12);
    expect(vjp(f, jnp.array(2))[1](jnp.array(1))[0].item()).toBe(12);
    expect(vmap(grad(f))(jnp.array([1, 2, 3])).tolist()).toEqual([3, 12, 27]);
    expect(jit(vmap(grad(jit(f))))(jnp.array([1, 2, 3])).tolist()).toEqual([3, 12, 27]);
  });

  test("vmap over an inner axis", () => {
    const dot = vmap((x: NDArray, y: NDArray) => jnp.dot(x, y), { inAxes: [1, null] });
    expect(
      dot(
        jnp.array([
          [1, 2],
          [3, 4],
        ]),
        jnp.array([1, 10]),
      ).tolist(),
    ).toEqual([31, 42]);
  });

  test("jaxprs print as JAX prints them", () => {
    const jaxpr = makeJaxpr((x: NDArray) => lax.mul(lax.sin(x), x))(jnp.zeros(3));
    expect(String(jaxpr)).toBe("{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul b a in (c,) }");
  });

  test("random numbers are JAX's", () => {
    const [a, b] = random.split(random.key(42));
    expect(random.keyData(a).tolist()).toEqual([1832780943, 270669613]);
    expect(random.keyData(b).tolist()).toEqual([64467757, 2916123636]);
    expect(random.permutation(random.key(42), 5).tolist()).toEqual([4, 2, 3, 0, 1]);
  });

  test("a network learns", () => {
    const [k0, k1, k2] = random.split(random.key(0), 3);
    const x = random.normal(k0, [64, 8]);
    const y = jnp.argmax(x.matmul(random.normal(k1, [8, 3])), 1);
    const init = nn.initializers.heNormal();
    let params = {
      w0: init(k1, [8, 32]),
      b0: jnp.zeros(32),
      w1: init(k2, [32, 3]),
      b1: jnp.zeros(3),
    };
    type Params = typeof params;
    const logits = (p: Params, input: NDArray) =>
      nn.relu(input.matmul(p.w0).add(p.b0)).matmul(p.w1).add(p.b1);
    const loss = (p: Params) =>
      jnp.mean(jnp.sum(nn.logSoftmax(logits(p, x)).mul(nn.oneHot(y, 3)), { axis: -1 })).neg();
    const optimizer = optim.adam(0.02);
    let state = optimizer.init(params);
    const step = jit(
      (p: Params, s: typeof state) => {
        const [value, gradients] = valueAndGrad(loss)(p);
        const [updates, next] = optimizer.update(gradients, s, p);
        return [optim.applyUpdates(p, updates), next, value] as const;
      },
      { donateArgnums: [0, 1] },
    );
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const [p, s, value] = step(params, state);
      [params, state] = [p as Params, s as typeof state];
      losses.push(value.item() as number);
    }
    expect(losses[0]).toBeGreaterThan(0.8);
    expect(losses[59]).toBeLessThan(0.1);
    const right = jnp.mean(jnp.argmax(logits(params, x), 1).eq(y)).item();
    expect(right).toBeGreaterThan(0.97);
  });
});
