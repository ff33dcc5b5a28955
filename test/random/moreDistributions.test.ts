// Distributions beyond the goldens: moments, derivatives with the random numbers fixed, batches and misuse.

import { grad, jit, jnp, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const key = random.key(17);
const n = 20000;

type Row = [name: string, draw: (shape: number[]) => NDArray, mean: number, variance: number];
const rows: Row[] = [
  ["beta", (s) => random.beta(key, 2, 3, s), 0.4, 0.04],
  ["binomial, few", (s) => random.binomial(key, 12, 0.3, s), 3.6, 2.52],
  ["binomial, many", (s) => random.binomial(key, 100, 0.7, s), 70, 21],
  ["chisquare", (s) => random.chisquare(key, 5, s), 5, 10],
  ["f", (s) => random.f(key, 6, 24, s), 12 / 11, 0.5554],
  ["generalizedNormal", (s) => random.generalizedNormal(key, 2, s), 0, 0.5],
  ["geometric", (s) => random.geometric(key, 0.25, s), 4, 12],
  ["logistic", (s) => random.logistic(key, s), 0, Math.PI ** 2 / 3],
  ["lognormal", (s) => random.lognormal(key, 0.5, s), Math.exp(0.125), (Math.exp(0.25) - 1) * Math.exp(0.25)],
  ["maxwell", (s) => random.maxwell(key, s), Math.sqrt(8 / Math.PI), 3 - 8 / Math.PI],
  ["pareto", (s) => random.pareto(key, 8, s), 8 / 7, 8 / (49 * 6)],
  ["poisson, small", (s) => random.poisson(key, 3.5, s), 3.5, 3.5],
  ["poisson, large", (s) => random.poisson(key, 50, s), 50, 50],
  ["rayleigh", (s) => random.rayleigh(key, 2, s), 2 * Math.sqrt(Math.PI / 2), 4 * (2 - Math.PI / 2)],
  ["t", (s) => random.t(key, 10, s), 0, 1.25],
  ["triangular", (s) => random.triangular(key, 0, 1, 3, s), 4 / 3, 7 / 18],
  ["wald", (s) => random.wald(key, 1, s), 1, 1],
  ["weibullMin", (s) => random.weibullMin(key, 1, 2, s), Math.sqrt(Math.PI) / 2, 1 - Math.PI / 4],
];

describe("mean and variance of many draws", () => {
  test.each(rows)("%s", (_name, draw, mean, variance) => {
    const x = draw([n]).astype("float32");
    // Five standard errors of the mean; the variance within 15 %, as tails are long.
    expect(Math.abs(Number(x.mean()) - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
    expect(Math.abs(Number(x.var()) / variance - 1)).toBeLessThan(0.15);
  });
});

test("samples follow their parameters when the random numbers are fixed", () => {
  const step = 1e-2;
  const draws: ((p: NDArray) => NDArray)[] = [
    (p) => random.pareto(key, p),
    (p) => random.rayleigh(key, p),
    (p) => random.wald(key, p),
    (p) => random.weibullMin(key, 1, p),
    (p) => random.multivariateNormal(key, jnp.zeros(2), jnp.eye(2).mul(p)).get(1),
  ];
  for (const draw of draws) {
    const slope = Number(grad(draw)(1.5));
    const [up, down] = [draw(jnp.array(1.5 + step)), draw(jnp.array(1.5 - step))];
    expect(slope).toBeCloseTo(Number(up.sub(down)) / (2 * step), 2);
  }
});

test("derivatives of samples that are rejected and drawn again are right on average", () => {
  const slope = (draw: (p: NDArray) => NDArray): number => Number(grad((p: NDArray) => draw(p).mean())(1.5));
  expect(slope((p) => random.chisquare(key, p, [n]))).toBeCloseTo(1, 1);
  expect(slope((p) => random.beta(key, p, 2, [n]))).toBeCloseTo(2 / 3.5 ** 2, 2);
  expect(slope((p) => random.dirichlet(key, jnp.stack([p, p.mul(0).add(2)]), [n]).get("...", 0))).toBeCloseTo(
    2 / 3.5 ** 2,
    2,
  );
});

test("batches of keys, jit, dtypes and points of balls and simplices", () => {
  const keys = random.split(key, 3);
  const each = vmap((k: NDArray) => random.poisson(k, jnp.array([2, 20])))(keys);
  expect(each.shape).toEqual([3, 2]);
  expect(String(each.get(1))).toBe(String(random.poisson(keys.get(1), jnp.array([2, 20]))));
  expect(String(jit((k: NDArray) => random.binomial(k, 7, 0.5, [4]))(key))).toBe(
    String(random.binomial(key, 7, 0.5, [4])),
  );
  expect(random.beta(key, 1, 1, { dtype: "float64" }).dtype.name).toBe("float64");
  expect(random.poisson(key, 3, { dtype: "int16" }).dtype.name).toBe("int16");
  const points = random.ball(key, 3, 1, [500]);
  expect(Number(jnp.abs(points).sum(-1).max())).toBeLessThanOrEqual(1.0001);
  expect(jnp.allclose(random.dirichlet(key, jnp.ones(4), [9]).sum(-1), 1, { rtol: 1e-5 }).item()).toBe(true);
  const cov = jnp.array([[2, 0.5], [0.5, 1]]); // biome-ignore format: a matrix
  for (const method of ["cholesky", "eigh", "svd"] as const) {
    const x = random.multivariateNormal(key, jnp.array([1, -1]), cov, { shape: [n], method });
    expect(jnp.allclose(jnp.cov(x.transpose()), cov, { atol: 0.1 }).item()).toBe(true);
  }
  const counts = random.multinomial(key, jnp.array([5, 9]), jnp.full([2, 3], 1 / 3));
  expect(String(counts.sum(-1))).toBe("[5. 9.]");
});

test("special parameters", () => {
  expect(String(random.binomial(key, jnp.array([-1, 5, 5]), jnp.array([0.5, 1.5, 1])))).toBe("[nan nan  5.]");
  expect(Number(random.poisson(key, 0))).toBe(0);
  expect(random.poisson(key, jnp.zeros([0])).shape).toEqual([0]);
});

test.each<[string, () => unknown, string]>([
  ["parameters that do not broadcast", () => random.beta(key, jnp.ones(2), 1, [3]), "broadcast"],
  ["integers as dtype", () => random.cauchy(key, { dtype: "int32" }), "float dtype"],
  ["floats as dtype of counts", () => random.poisson(key, 1, { dtype: "float32" }), "int dtype"],
  ["an unknown option", () => random.pareto(key, 1, { size: 3 } as never), "size"],
  ["a scalar alpha", () => random.dirichlet(key, 1), "alpha.ndim >= 1"],
  ["a scalar mean", () => random.multivariateNormal(key, 1, jnp.eye(2)), "mean.ndim >= 1"],
  ["a covariance of another size", () => random.multivariateNormal(key, jnp.zeros(2), jnp.eye(3)), "n=2"],
  [
    "another factorization",
    () => random.multivariateNormal(key, jnp.zeros(2), jnp.eye(2), { method: "qr" as never }),
    "method must be",
  ],
  ["no dimensions", () => random.ball(key, 0), "positive integer"],
  ["no key", () => random.t(1 as never, 2), "key"],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
