// Distributions beyond the goldens: derivatives, vmap, jit, sums of densities, and misuse.

import { jit, jnp, type NDArray, random, scipy, testUtil, tree, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { stats } = scipy;
const x = jnp.array([0.3, 0.9, 1.6]);
const a = jnp.array([1.2, 2.5, 0.8]);
const b = jnp.array([0.7, 1.9, 3.1]);
const unit = jnp.array([0.2, 0.5, 0.7]);

type Row = [name: string, f: (...xs: NDArray[]) => NDArray, ...args: NDArray[]];
const rows: Row[] = [
  ["norm.logpdf", (v, m, s) => stats.norm.logpdf(v, m, s), x, a, b],
  ["norm.logcdf", (v) => stats.norm.logcdf(v), x.sub(4)],
  ["norm.ppf", (q, m, s) => stats.norm.ppf(q, m, s), unit, a, b],
  ["cauchy.logpdf", (v, m, s) => stats.cauchy.logpdf(v, m, s), x, a, b],
  ["cauchy.cdf", (v) => stats.cauchy.cdf(v), x],
  ["cauchy.ppf", (q) => stats.cauchy.ppf(q), unit],
  ["expon.logpdf", (v, s) => stats.expon.logpdf(v, 0, s), x, b],
  ["expon.logcdf", (v) => stats.expon.logcdf(v), x],
  ["laplace.cdf", (v, m) => stats.laplace.cdf(v, m), x, a],
  ["logistic.logpdf", (v, m, s) => stats.logistic.logpdf(v, { loc: m, scale: s }), x, a, b],
  ["logistic.ppf", (q) => stats.logistic.ppf(q), unit],
  ["gumbelL.logpdf", (v, s) => stats.gumbelL.logpdf(v, 0, s), x, b],
  ["gumbelL.logcdf", (v) => stats.gumbelL.logcdf(v), x],
  ["gumbelR.logsf", (v) => stats.gumbelR.logsf(v), x],
  ["gumbelR.ppf", (q) => stats.gumbelR.ppf(q), unit],
  ["uniform.cdf", (v, s) => stats.uniform.cdf(v, 0, s), unit, b],
  ["beta.logpdf", (v, p, q) => stats.beta.logpdf(v, p, q), unit, a, b],
  ["beta.cdf", (v) => stats.beta.cdf(v, 2, 3), unit],
  ["gamma.logpdf", (v, p) => stats.gamma.logpdf(v, p), x, a],
  ["gamma.cdf", (v, p) => stats.gamma.cdf(v, p), x, a],
  ["chi2.logsf", (v, k) => stats.chi2.logsf(v, k), x, a],
  ["pareto.logpdf", (v, p) => stats.pareto.logpdf(v.add(1), p), x, a],
  ["t.logpdf", (v, k) => stats.t.logpdf(v, k), x, a],
  ["gennorm.logpdf", (v, p) => stats.gennorm.logpdf(v, p), x, a],
  ["gennorm.cdf", (v) => stats.gennorm.cdf(v, 1.5), x],
  ["vonmises.logpdf", (v, k) => stats.vonmises.logpdf(v, k), x, a],
  ["wrapcauchy.logpdf", (v, c) => stats.wrapcauchy.logpdf(v, c), x, unit],
  ["truncnorm.logpdf", (v) => stats.truncnorm.logpdf(v, -1, 2), x],
  ["truncnorm.logcdf", (v) => stats.truncnorm.logcdf(v, -1, 2), x],
  ["truncnorm.logsf, both in one tail", (v) => stats.truncnorm.logsf(v, 3, 6), x.add(3.2)],
  ["bernoulli.logpmf", (p) => stats.bernoulli.logpmf(1, p), unit],
  ["binom.logpmf", (p) => stats.binom.logpmf(2, 5, p), unit],
  ["betabinom.logpmf", (p, q) => stats.betabinom.logpmf(2, 5, p, q), a, b],
  ["geom.logpmf", (p) => stats.geom.logpmf(3, p), unit],
  ["nbinom.logpmf", (n, p) => stats.nbinom.logpmf(3, n, p), a, unit],
  ["poisson.logpmf", (m) => stats.poisson.logpmf(3, m), a],
  ["poisson.entropy", (m) => stats.poisson.entropy(m.mul(4)), a],
];

describe("derivatives, vmap as a loop, jit as eager", () => {
  test.each(rows)("%s", (_name, f, ...args) => {
    testUtil.checkGrads(f, args, 1, { atol: 2e-2, rtol: 2e-2 });
    const value = f(...args);
    const close = (y: NDArray): boolean =>
      jnp.allclose(y, value, { rtol: 1e-5, atol: 1e-6 }).item() as boolean;
    expect(close(jit(f)(...args))).toBe(true);
    expect(close(vmap(f)(...args))).toBe(true);
  });
});

test("densities and probabilities add up to 1", () => {
  const grid = jnp.linspace(-60, 60, 24001);
  const integral = (density: NDArray): number => Number(density.sum().mul(120 / 24000));
  for (const density of [
    stats.norm.pdf(grid, 1, 2),
    stats.laplace.pdf(grid, 1, 2),
    stats.logistic.pdf(grid, 0, 1.5),
    stats.gumbelL.pdf(grid),
    stats.gumbelR.pdf(grid),
    stats.t.pdf(grid, 4),
    stats.gennorm.pdf(grid, 3),
    stats.truncnorm.pdf(grid, -1, 2, 0.0025, 3),
  ]) {
    expect(integral(density)).toBeCloseTo(1, 3);
  }
  const k = jnp.arange(200);
  for (const mass of [
    stats.binom.pmf(k, 20, 0.3),
    stats.betabinom.pmf(k, 20, 2, 3),
    stats.geom.pmf(k, 0.2),
    stats.nbinom.pmf(k, 3, 0.2),
    stats.poisson.pmf(k, 30),
  ]) {
    expect(Number(mass.sum())).toBeCloseTo(1, 4);
  }
});

test("multivariate normal: batches, numbers as covariance, and the univariate case", () => {
  const points = random.normal(random.key(0), [4, 2]);
  const cov = jnp.array([[2, 0.5], [0.5, 1]]); // biome-ignore format: a matrix
  const each = jnp.stack(
    [0, 1, 2, 3].map((i) => stats.multivariateNormal.logpdf(points.get(i), 0, cov.get(0, 0))),
  );
  expect(each.shape).toEqual([4, 2]);
  const all = stats.multivariateNormal.logpdf(points, jnp.zeros(2), cov);
  const one = stats.multivariateNormal.logpdf(points.get(2), jnp.zeros(2), cov);
  expect(Number(all.get(2))).toBeCloseTo(Number(one), 5);
  const spherical = stats.multivariateNormal.logpdf(points, jnp.zeros(2), 3);
  const matrix = stats.multivariateNormal.logpdf(points, jnp.zeros(2), jnp.eye(2).mul(3));
  expect(jnp.allclose(spherical, matrix, { rtol: 1e-5 }).item()).toBe(true);
});

test("gaussianKde: a pytree, integrals, draws", () => {
  const data = random.normal(random.key(1), [2, 50]);
  const kde = new stats.gaussianKde(data);
  const again = tree.unflatten(tree.structure(kde), tree.leaves(kde));
  const points = random.normal(random.key(2), [2, 3]);
  expect(jnp.allclose(again.evaluate(points), kde.pdf(points)).item()).toBe(true);
  const density = jit((k: InstanceType<typeof stats.gaussianKde>, p: NDArray) => k.logpdf(p))(kde, points);
  expect(jnp.allclose(density, jnp.log(kde.evaluate(points)), { rtol: 1e-4, atol: 1e-5 }).item()).toBe(true);
  // The integral of the square, from the estimate convolved with itself and by points of the estimate.
  const other = new stats.gaussianKde(data.get(":", "0:20"), { bwMethod: "silverman" });
  expect(Number(kde.integrateKde(other))).toBeCloseTo(Number(other.integrateKde(kde)), 5);
  const drawn = kde.resample(random.key(3), [4000]);
  expect(drawn.shape).toEqual([2, 4000]);
  expect(jnp.allclose(drawn.mean(1), data.mean(1), { atol: 0.1 }).item()).toBe(true);
  expect(Number(kde.integrateGaussian(jnp.zeros(2), jnp.eye(2)))).toBeGreaterThan(0);
  const line = new stats.gaussianKde(jnp.array([-1, 0, 1]), { weights: jnp.array([1, 2, 1]) });
  expect(Number(line.integrateBox1d(-10, 10))).toBeCloseTo(1, 5);
  expect(Number(line.integrateBox1d(-10, 0))).toBeCloseTo(0.5, 5);
});

test("mode, rankdata and sem along axes", () => {
  const m = jnp.array([[1, 2, 2], [3, 2, 1]]); // biome-ignore format: a matrix
  const { mode, count } = stats.mode(m, null);
  expect([Number(mode), Number(count)]).toEqual([2, 3]);
  expect(String(stats.mode(m).mode)).toBe("[1. 2. 1.]");
  expect(String(stats.rankdata(m, "dense", { axis: 1 }))).toBe("[[1. 2. 2.]\n [3. 2. 1.]]");
  expect(String(stats.rankdata(jnp.array([1, Number.NaN])))).toBe("[nan nan]");
  expect(Number(stats.sem(jnp.array([1, Number.NaN, 3]), { nanPolicy: "omit" }))).toBeCloseTo(1, 6);
});

test.each<[string, () => unknown, string]>([
  [
    "three positional options",
    () => (stats.norm.pdf as (...xs: number[]) => unknown)(0, 0, 1, 2),
    "at most 2",
  ],
  ["an unknown option", () => stats.norm.pdf(0, { sigma: 1 } as never), "sigma"],
  ["a matrix of parameters", () => stats.dirichlet.logpdf(jnp.ones(2), jnp.ones([2, 2])), "one-dimensional"],
  ["coordinates that are missing", () => stats.dirichlet.logpdf(jnp.ones(2), jnp.ones(4)), "one entry fewer"],
  [
    "a covariance of another size",
    () => stats.multivariateNormal.logpdf(jnp.ones(2), jnp.ones(2), jnp.eye(3)),
    "incompatible shapes",
  ],
  [
    "counts that are floats",
    () => stats.multinomial.logpmf(jnp.array([0.5]), 1, jnp.ones(1)),
    "integer type",
  ],
  ["a single point", () => new stats.gaussianKde(jnp.ones(1)), "multiple elements"],
  ["weights that do not fit", () => new stats.gaussianKde(jnp.ones(3), { weights: jnp.ones(2) }), "length n"],
  ["another bandwidth", () => new stats.gaussianKde(jnp.ones(3), "wide" as never), "bwMethod"],
  [
    "points of another dimension",
    () => new stats.gaussianKde(jnp.arange(6).reshape([2, 3])).evaluate(jnp.ones([3, 1])),
    "points have dimension 3",
  ],
  [
    "a box in two dimensions",
    () => new stats.gaussianKde(random.normal(random.key(0), [2, 9])).integrateBox1d(0, 1),
    "1D",
  ],
  ["another method of ranks", () => stats.rankdata(jnp.ones(2), "mean" as never), "unknown method"],
  ["another NaN policy", () => stats.mode(jnp.ones(2), { nanPolicy: "drop" as never }), "Illegal nanPolicy"],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
