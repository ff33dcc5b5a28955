import { grad, hessian, jacfwd, jit, jnp, jvp, makeJaxpr, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl } from "../../src/core/array.ts";

const key = random.key(7);
const numbers = (x: NDArray): number[] => Array.from(x.dataSync() as Float32Array, Number);
const largest = (x: NDArray): number => Number(jnp.abs(x).max());

describe("samples", () => {
  test.each([0.05, 0.5, 1, 3, 50])("of a = %s have its moments", (a) => {
    const n = 20_000;
    const x = random.gamma(key, a, [n]);
    const [mean, variance] = [Number(x.mean()), Number(x.var())];
    expect(Math.abs(mean - a) / Math.sqrt(a / n)).toBeLessThan(4.5);
    // The variance of (x - a)^2 is 2 a^2 + 6 a.
    expect(Math.abs(variance - a) / Math.sqrt((2 * a * a + 6 * a) / n)).toBeLessThan(4.5);
    expect(Number(x.min())).toBeGreaterThanOrEqual(0);
  });
  test("logarithms are those of the samples, and finite where these underflow", () => {
    const a = jnp.array([0.2, 1, 7]);
    expect(largest(jnp.exp(random.loggamma(key, a)).sub(random.gamma(key, a)))).toBeLessThan(1e-5);
    const tiny = random.loggamma(key, 1e-5, [100]);
    expect(Number(tiny.max())).toBeLessThan(0);
    expect(numbers(tiny).every(Number.isFinite)).toBe(true);
    expect(Number(random.gamma(key, 1e-5, [100]).max())).toBe(0);
  });
  test("are the same eagerly, compiled, mapped and by the reference rules", () => {
    const a = jnp.array([
      [0.3, 1, 4],
      [2, 0.9, 30],
    ]);
    const f = (k: NDArray, x: NDArray) => random.gamma(k, x);
    const expected = f(key, a);
    expect(jit(f)(key, a).tolist()).toEqual(expected.tolist());
    const keys = random.split(key, 2);
    const mapped = vmap(f)(keys, a);
    expect(mapped.get(1).tolist()).toEqual(f(keys.get(1), a.get(1)).tolist());
    expect(vmap(f, [null, 1])(key, a).get(0).tolist()).toEqual(f(key, a.get(":", 0)).tolist());
    const host = [key, a].map((x) => ({ shape: x.shape, dtype: x.dtype, data: (x as ArrayImpl).toHost() }));
    const [reference] = interpretReference(makeJaxpr(f)(key, a), host);
    numbers(expected).forEach((x, i) => expect(x).toBeCloseTo(Number((reference as Float32Array)[i]), 4));
  });
  test("of other shapes and dtypes", () => {
    expect(random.gamma(key, jnp.ones([3]), [2, 3], "float64").dtype.name).toBe("float64");
    expect(random.gamma(key, 2, { shape: [0, 3] }).shape).toEqual([0, 3]);
    expect(() => random.gamma(key, jnp.ones([3]), [2])).toThrow(/broadcast/i);
    expect(() => random.gamma(key, 2, [2], "int32")).toThrow(/must be a float dtype/);
    expect(() => random.loggamma(random.split(key), 2)).toThrow("accepts a single key");
  });
});

describe("derivatives", () => {
  const a = jnp.array([0.3, 1.2, 4, 25], { dtype: "float64" });
  test.each([
    ["gamma", random.gamma],
    ["loggamma", random.loggamma],
  ] as const)("of %s in both modes, compiled", (_name, sample) => {
    const f = (x: NDArray) => sample(key, x, { dtype: "float64" });
    const [, t] = jvp(f, [a], [jnp.onesLike(a)]);
    const reverse = grad((x: NDArray) => f(x).sum())(a);
    expect(largest(t.sub(reverse))).toBe(0);
    expect(numbers(t).every((x) => x > 0)).toBe(true);
    expect(largest(jit(jacfwd(f))(a).sub(jnp.diag(t)))).toBeLessThan(1e-12);
  });
  test("have the mean of the derivative of the mean", () => {
    const n = 20_000;
    const mean = (x: NDArray) => random.gamma(key, x, [n]).mean();
    for (const x of [0.5, 2, 20]) expect(Number(grad(mean)(x))).toBeCloseTo(1, 1);
  });
  test("of second order do not exist, as in JAX", () => {
    expect(() => hessian((x: NDArray) => random.gamma(key, x).sum())(a)).toThrow(/random_gamma_grad/);
  });
});
