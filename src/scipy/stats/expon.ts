import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";
import { outsideUnit } from "./quantile.ts";

// The exponential distribution from `loc`, with mean `scale` from there.

/** The logarithm of the density. @example `String(scipy.stats.expon.logpdf(1)); // => "-1.0"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("expon.logpdf", [x], options);
  const value = a.sub(loc).div(scale).add(lax.log(scale)).neg();
  return where(bi.less(a, loc), Number.NEGATIVE_INFINITY, value);
}

/** The density. @example `String(scipy.stats.expon.pdf(0)); // => "1.0"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.expon.cdf(-1)); // => "0.0"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("expon.cdf", [x], options);
  return where(bi.less(a, loc), 0, lax.expm1(bi.subtract(loc, a).div(scale)).neg());
}

/** The logarithm of the survival function. @example `String(scipy.stats.expon.logsf(2)); // => "-2.0"` */
export function logsf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("expon.logsf", [x], options);
  return where(bi.less(a, loc), 0, bi.subtract(loc, a).div(scale));
}

/** The survival function, `1 - cdf`. */
export const sf = expOf(logsf);

/** The logarithm of the distribution function. */
export function logcdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  return lax.log1p(sf(x, ...options).neg());
}

/** The quantile, the inverse of the distribution function; NaN outside of [0, 1]. @example `String(scipy.stats.expon.ppf(0)); // => "0.0"` */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("expon.ppf", [q], options);
  return where(outsideUnit(a), Number.NaN, bi.subtract(loc, scale.mul(lax.log1p(a.neg()))));
}
