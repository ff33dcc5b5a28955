import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { logaddexp } from "../../numpy/binary.ts";
import { logit } from "../special/entropies.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// The logistic distribution around `loc`.

/** The logarithm of the density. @example `String(scipy.stats.logistic.logpdf(0)); // => "-1.3862944"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("logistic.logpdf", [x], options);
  const half = a.sub(loc).div(scale).div(2);
  return logaddexp(half, half.neg()).mul(-2).sub(lax.log(scale));
}

/** The density. @example `String(scipy.stats.logistic.pdf(0)); // => "0.25"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.logistic.cdf(0)); // => "0.5"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("logistic.cdf", [x], options);
  return lax.logistic(a.sub(loc).div(scale));
}

/** The survival function, `1 - cdf`. @example `String(scipy.stats.logistic.sf(0)); // => "0.5"` */
export function sf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("logistic.sf", [x], options);
  return lax.logistic(a.sub(loc).div(scale).neg());
}

/** The quantile, the inverse of the distribution function. @example `String(scipy.stats.logistic.ppf(0.5)); // => "0.0"` */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("logistic.ppf", [q], options);
  return logit(a).mul(scale).add(loc);
}

/** The inverse of the survival function. @example `String(scipy.stats.logistic.isf(0.5)); // => "0.0"` */
export function isf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("logistic.isf", [q], options);
  return logit(a).neg().mul(scale).add(loc);
}
