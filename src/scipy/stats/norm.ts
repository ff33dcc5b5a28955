import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { logNdtr, ndtr, ndtri } from "../special/errorFunctions.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// The normal distribution, with mean `loc` and standard deviation `scale`.

/** The logarithm of the density. @example `String(scipy.stats.norm.logpdf(0)); // => "-0.9189385"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.logpdf", [x], options);
  const variance = lax.square(scale);
  return lax
    .log(variance.mul(2 * Math.PI))
    .add(lax.square(a.sub(loc)).div(variance))
    .div(-2);
}

/** The density. @example `String(scipy.stats.norm.pdf(0)); // => "0.3989423"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.norm.cdf(0)); // => "0.5"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.cdf", [x], options);
  return ndtr(a.sub(loc).div(scale));
}

/** The logarithm of the distribution function. @example `String(scipy.stats.norm.logcdf(0)); // => "-0.6931472"` */
export function logcdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.logcdf", [x], options);
  return logNdtr(a.sub(loc).div(scale));
}

/** The survival function, `1 - cdf`. @example `String(scipy.stats.norm.sf(0)); // => "0.5"` */
export function sf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.sf", [x], options);
  return cdf(a.neg(), loc.neg(), scale);
}

/** The logarithm of the survival function. @example `String(scipy.stats.norm.logsf(0)); // => "-0.6931472"` */
export function logsf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.logsf", [x], options);
  return logcdf(a.neg(), loc.neg(), scale);
}

/** The quantile, the inverse of the distribution function. @example `String(scipy.stats.norm.ppf(0.5)); // => "0.0"` */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("norm.ppf", [q], options);
  return ndtri(a).mul(scale).add(loc);
}

/** The inverse of the survival function. @example `String(scipy.stats.norm.isf(0.5)); // => "0.0"` */
export function isf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  return ppf(bi.subtract(1, q), ...options);
}
