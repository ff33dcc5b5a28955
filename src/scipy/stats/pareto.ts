import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";
import { outsideUnit } from "./quantile.ts";

// The Pareto distribution of shape b, from `loc + scale`.

/** The logarithm of the density. @example `String(scipy.stats.pareto.logpdf(1, 1)); // => "-0.0"` */
export function logpdf(x: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, p, loc, scale] = withLocScale("pareto.logpdf", [x, b], options);
  const z = a.sub(loc).div(scale);
  const value = lax
    .log(scale.div(p))
    .add(p.add(1).mul(lax.log(z)))
    .neg();
  return where(bi.less(a, loc.add(scale)), Number.NEGATIVE_INFINITY, value);
}

/** The density. @example `String(scipy.stats.pareto.pdf(0, 1)); // => "0.0"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.pareto.cdf(2, 1)); // => "0.5"` */
export function cdf(x: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, p, loc, scale] = withLocScale("pareto.cdf", [x, b], options);
  const value = bi.subtract(1, bi.power(a.sub(loc).div(scale), p.neg()));
  return where(bi.less(a, loc.add(scale)), 0, value);
}

/** The logarithm of the distribution function. */
export function logcdf(x: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, p, loc, scale] = withLocScale("pareto.logcdf", [x, b], options);
  const value = lax.log1p(bi.power(a.sub(loc).div(scale), p.neg()).neg());
  return where(bi.less(a, loc.add(scale)), Number.NEGATIVE_INFINITY, value);
}

/** The logarithm of the survival function. */
export function logsf(x: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, p, loc, scale] = withLocScale("pareto.logsf", [x, b], options);
  return where(bi.less(a, loc.add(scale)), 0, p.mul(lax.log(a.sub(loc).div(scale))).neg());
}

/** The survival function, `1 - cdf`. */
export const sf = expOf(logsf);

/** The quantile, the inverse of the distribution function; NaN outside of [0, 1]. @example `String(scipy.stats.pareto.ppf(0.5, 1)); // => "2.0"` */
export function ppf(q: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, p, loc, scale] = withLocScale("pareto.ppf", [q, b], options);
  const value = loc.add(scale.mul(bi.power(bi.subtract(1, a), bi.divide(-1, p))));
  return where(outsideUnit(a), Number.NaN, value);
}
