import type { ArrayLike, NDArray } from "../core/array.ts";
import { type DType, type DTypeLike, finfo } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { broadcastToShape, convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import { where } from "../numpy/where.ts";
import { jit } from "../transforms/jit.ts";
import { gamma, loggamma } from "./gamma.ts";
import { checkKey, split } from "./keys.ts";
import { checkShape, floatDType, type SampleOptions, type Shape, shapeOf, toFloat } from "./parameters.ts";
import { exponential, normal, rademacher, uniform } from "./samplers.ts";

// Distributions of floats, made from uniform, normal and gamma samples.

/** The shape, default that of the parameters together or that given, and the dtype. */
export type SampleArguments = [(Shape | SampleOptions)?, DTypeLike?, SampleOptions?] | unknown[];

type Draw = (key: NDArray, shape: readonly number[], dtype: DType, ...params: NDArray[]) => NDArray;

/**
 * A sampler: its parameters come as arrays of the dtype and, with `broadcast`, of the shape of the result.
 */
/* @__NO_SIDE_EFFECTS__ */
function sampler(
  name: string,
  draw: Draw,
  { broadcast = true, shapeFromParameters = true } = {},
): (key: NDArray, params: readonly ArrayLike[], args: readonly unknown[]) => NDArray {
  const compiled = jit(draw, { name: `_${name}`, staticArgnums: [1, 2] });
  return (key, params, args) => {
    const o = readOptions<SampleOptions>(name, ["shape", "dtype"], args);
    const { typed } = checkKey(name, key);
    const dtype = floatDType(name, o.dtype);
    const arrays = params.map((p) => convert(toFloat(p), dtype));
    const own =
      shapeFromParameters && arrays.length > 0 ? lax.broadcastShapes(...arrays.map((p) => p.shape)) : [];
    const shape = o.shape === undefined || o.shape === null ? own : shapeOf(name, o.shape);
    if (broadcast) checkShape(name, shape, ...arrays);
    return compiled(
      typed,
      shape,
      dtype,
      ...(broadcast ? arrays.map((p) => broadcastToShape(p, shape)) : arrays),
    );
  };
}

const drawCauchy = sampler("cauchy", (key, shape, dtype) => {
  const u = uniform(key, { shape, dtype, minval: Number(finfo(dtype).eps), maxval: 1 });
  return lax.tan(u.sub(0.5).mul(Math.PI));
});
/**
 * Samples of the Cauchy distribution with density proportional to `1 / (x² + 1)`.
 *
 * @example `random.cauchy(random.key(0), [2]).shape; // => [2]`
 */
export function cauchy(key: NDArray, ...args: SampleArguments): NDArray {
  return drawCauchy(key, [], args);
}

const drawLogistic = sampler("logistic", (key, shape, dtype) => {
  const u = uniform(key, { shape, dtype, minval: Number(finfo(dtype).tiny), maxval: 1 });
  return lax.log(u).sub(lax.log1p(u.neg()));
});
/**
 * Samples of the logistic distribution, whose distribution function is the logistic function.
 *
 * @example `random.logistic(random.key(0), [2]).shape; // => [2]`
 */
export function logistic(key: NDArray, ...args: SampleArguments): NDArray {
  return drawLogistic(key, [], args);
}

const drawBeta = sampler("beta", (key, shape, dtype, a, b) => {
  const [keyA, keyB] = split(key);
  const [logA, logB] = [loggamma(keyA, a, shape, dtype), loggamma(keyB, b, shape, dtype)];
  const top = lax.max(logA, logB);
  const [x, y] = [lax.exp(logA.sub(top)), lax.exp(logB.sub(top))];
  return x.div(x.add(y));
});
/**
 * Samples of the beta distribution with density proportional to `x^(a - 1) (1 - x)^(b - 1)`.
 *
 * @param args the shape, default that of the parameters together, and the dtype, default float32; or an object with these
 * @throws ValueError when the parameters do not broadcast to the shape
 * @example `random.beta(random.key(0), 1, jnp.ones(3)).shape; // => [3]`
 */
export function beta(key: NDArray, a: ArrayLike, b: ArrayLike, ...args: SampleArguments): NDArray {
  return drawBeta(key, [a, b], args);
}

const drawPareto = sampler("pareto", (key, shape, dtype, b) =>
  lax.exp(exponential(key, shape, dtype).div(b)),
);
/**
 * Samples of the Pareto distribution with density `b / x^(b + 1)` from 1.
 *
 * @example `random.pareto(random.key(0), 2).item() >= 1; // => true`
 */
export function pareto(key: NDArray, b: ArrayLike, ...args: SampleArguments): NDArray {
  return drawPareto(key, [b], args);
}

const drawT = sampler("t", (key, shape, dtype, df) => {
  const [keyN, keyG] = split(key);
  const half = df.div(2);
  return normal(keyN, shape, dtype).mul(lax.sqrt(half.div(gamma(keyG, half, shape, dtype))));
});
/**
 * Samples of Student's t distribution of df degrees of freedom.
 *
 * @example `random.t(random.key(0), jnp.array([1, 2])).shape; // => [2]`
 */
export function t(key: NDArray, df: ArrayLike, ...args: SampleArguments): NDArray {
  return drawT(key, [df], args);
}

const drawChisquare = sampler("chisquare", (key, shape, dtype, df) =>
  lax.exp(loggamma(key, df.div(2), shape, dtype)).mul(2),
);
/**
 * Samples of the chi-squared distribution of df degrees of freedom.
 *
 * @example `random.chisquare(random.key(0), 3).item() > 0; // => true`
 */
export function chisquare(key: NDArray, df: ArrayLike, ...args: SampleArguments): NDArray {
  return drawChisquare(key, [df], args);
}

const drawF = sampler("f", (key, shape, dtype, dfnum, dfden) => {
  const [keyDen, keyNum] = split(key);
  const numerator = chisquare(keyNum, dfnum, shape, dtype).div(dfnum);
  return numerator.div(chisquare(keyDen, dfden, shape, dtype).div(dfden));
});
/**
 * Samples of the F distribution, the ratio of two scaled chi-squared variables.
 *
 * @example `random.f(random.key(0), 3, 4).item() > 0; // => true`
 */
export function f(key: NDArray, dfnum: ArrayLike, dfden: ArrayLike, ...args: SampleArguments): NDArray {
  return drawF(key, [dfnum, dfden], args);
}

const drawMaxwell = sampler("maxwell", (key, shape, dtype) =>
  lax.sqrt(reductions.sum(lax.square(normal(key, [...shape, 3], dtype)), -1)),
);
/**
 * Samples of the Maxwell distribution, the length of a vector of three standard normal variables.
 *
 * @example `random.maxwell(random.key(0)).item() > 0; // => true`
 */
export function maxwell(key: NDArray, ...args: SampleArguments): NDArray {
  return drawMaxwell(key, [], args);
}

const drawDoubleSidedMaxwell = sampler(
  "double_sided_maxwell",
  (key, shape, dtype, loc, scale) => {
    const own = lax.broadcastShapes(loc.shape, scale.shape);
    const full = [...(shape.length === 0 ? own : shape), ...own];
    const [keyM, keyR] = split(key);
    const sign = convert(rademacher(keyR, full), dtype);
    return sign
      .mul(maxwell(keyM, full, dtype))
      .mul(scale)
      .add(loc);
  },
  { broadcast: false, shapeFromParameters: false },
);
/**
 * Samples of the Maxwell distribution with a random sign.
 *
 * @param args the shape to which that of the parameters is appended (default their shape), and the dtype, default float32
 * @example `random.doubleSidedMaxwell(random.key(0), 0, jnp.ones(2), [3]).shape; // => [3, 2]`
 */
export function doubleSidedMaxwell(
  key: NDArray,
  loc: ArrayLike,
  scale: ArrayLike,
  ...args: SampleArguments
): NDArray {
  return drawDoubleSidedMaxwell(key, [loc, scale], args);
}

const drawWeibull = sampler(
  "weibull_min",
  (key, shape, dtype, scale, concentration) =>
    bi.power(lax.log1p(uniform(key, shape, dtype).neg()).neg(), bi.divide(1, concentration)).mul(scale),
  { broadcast: false, shapeFromParameters: false },
);
/**
 * Samples of the Weibull distribution of the minimum, with density proportional to `x^(c - 1) exp(-x^c)`, times the scale.
 *
 * @param args the shape, default a single number, with which the parameters broadcast, and the dtype, default float32
 * @example `random.weibullMin(random.key(0), 1, 2).item() > 0; // => true`
 */
export function weibullMin(
  key: NDArray,
  scale: ArrayLike,
  concentration: ArrayLike,
  ...args: SampleArguments
): NDArray {
  return drawWeibull(key, [scale, concentration], args);
}

const drawRayleigh = sampler("rayleigh", (key, shape, dtype, scale) =>
  scale.mul(lax.sqrt(lax.log(uniform(key, shape, dtype)).mul(-2))),
);
/**
 * Samples of the Rayleigh distribution with density proportional to `x exp(-x² / 2)`, times the scale.
 *
 * @example `random.rayleigh(random.key(0), 2).item() > 0; // => true`
 */
export function rayleigh(key: NDArray, scale: ArrayLike, ...args: SampleArguments): NDArray {
  return drawRayleigh(key, [scale], args);
}

const drawWald = sampler("wald", (key, shape, dtype, mean) => {
  const [keyN, keyU] = split(key);
  const [v, z] = [normal(keyN, shape, dtype), uniform(keyU, shape, dtype)];
  const y = v.mul(v);
  const square = mean.mul(mean);
  const root = lax.sqrt(
    mean
      .mul(4)
      .mul(y)
      .add(square.mul(y.mul(y))),
  );
  const x = mean.add(square.mul(y).div(2)).sub(mean.div(2).mul(root));
  return where(bi.lessEqual(z, mean.div(mean.add(x))), x, square.div(x));
});
/**
 * Samples of the Wald (inverse Gaussian) distribution of scale 1.
 *
 * Source: Michael, Schucany and Haas, [Generating Random Variates Using Transformations with Multiple
 * Roots](https://doi.org/10.2307/2683801), 1976.
 *
 * @example `random.wald(random.key(0), 2).item() > 0; // => true`
 */
export function wald(key: NDArray, mean: ArrayLike, ...args: SampleArguments): NDArray {
  return drawWald(key, [mean], args);
}

const drawTriangular = sampler("triangular", (key, shape, dtype, left, mode, right) => {
  const width = right.sub(left);
  const u = uniform(key, shape, dtype);
  const rising = left.add(lax.sqrt(u.mul(width).mul(mode.sub(left))));
  const falling = right.sub(lax.sqrt(bi.subtract(1, u).mul(width).mul(right.sub(mode))));
  return where(bi.less(u, mode.sub(left).div(width)), rising, falling);
});
/**
 * Samples of the triangular distribution on [left, right], with its peak at `mode`.
 *
 * @example `random.triangular(random.key(0), 0, 1, jnp.array([2, 3])).shape; // => [2]`
 */
export function triangular(
  key: NDArray,
  left: ArrayLike,
  mode: ArrayLike,
  right: ArrayLike,
  ...args: SampleArguments
): NDArray {
  return drawTriangular(key, [left, mode, right], args);
}

const drawLognormal = sampler("lognormal", (key, shape, dtype, sigma) =>
  lax.exp(normal(key, shape, dtype).mul(sigma)),
);
/**
 * Samples whose logarithm is normal, of mean 0 and standard deviation `sigma`.
 *
 * @param args sigma (default 1), the shape, default that of sigma, and the dtype, default float32; or an object with these
 * @example `random.lognormal(random.key(0)).item() > 0; // => true`
 */
export function lognormal(
  key: NDArray,
  ...args: [(ArrayLike | (SampleOptions & { sigma?: ArrayLike }))?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions & { sigma: ArrayLike }>("lognormal", ["sigma", "shape", "dtype"], args);
  const { sigma = 1, ...rest } = o;
  return drawLognormal(key, [sigma], [rest]);
}

const drawGeneralizedNormal = sampler(
  "generalized_normal",
  (key, shape, dtype, p) => {
    const [keyG, keyR] = split(key);
    const inverse = bi.divide(1, p);
    const sign = convert(rademacher(keyR, shape), dtype);
    return sign.mul(bi.power(gamma(keyG, inverse, shape, dtype), inverse));
  },
  { broadcast: false, shapeFromParameters: false },
);
/**
 * Samples of the generalized normal distribution with density proportional to `exp(-|x|^p)`.
 *
 * @param p the shape, a positive number
 * @example `random.generalizedNormal(random.key(0), 3, [2]).shape; // => [2]`
 */
export function generalizedNormal(key: NDArray, p: ArrayLike, ...args: SampleArguments): NDArray {
  return drawGeneralizedNormal(key, [p], args);
}

/**
 * Points spread evenly over the unit ball of the p-norm in d dimensions.
 *
 * Source: Barthe et al., [A probabilistic approach to the geometry of the l_p^n-ball](https://arxiv.org/abs/math/0503650), 2005.
 *
 * @param d the number of dimensions, known when the program is traced
 * @param args the order of the norm (default 2), the shape in front of d (default none) and the dtype, default float32; or an object with
 * `p`, `shape` and `dtype`
 * @example `random.ball(random.key(0), 3, 2, [5]).shape; // => [5, 3]`
 */
export function ball(
  key: NDArray,
  d: number,
  ...args: [(number | (SampleOptions & { p?: number }))?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions & { p: number }>("ball", ["p", "shape", "dtype"], args);
  if (typeof d !== "number" || !Number.isInteger(d) || d < 1) {
    throw new ValueError(`random.ball: d must be a positive integer, got ${String(d)}`);
  }
  const { p = 2 } = o;
  const shape = shapeOf("ball", o.shape);
  const [keyG, keyE] = split(checkKey("ball", key).typed);
  const g = generalizedNormal(keyG, p, [...shape, d], o.dtype);
  const e = exponential(keyE, { shape, dtype: o.dtype });
  const norm = reductions
    .sum(bi.power(lax.abs(g), p), -1)
    .add(e)
    .pow(1 / p);
  return g.div(norm.reshape([...shape, 1]));
}
