import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// The Laplace distribution around `loc`.

/** The logarithm of the density. @example `String(scipy.stats.laplace.logpdf(0)); // => "-0.6931472"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("laplace.logpdf", [x], options);
  return lax
    .abs(a.sub(loc))
    .div(scale)
    .add(lax.log(scale.mul(2)))
    .neg();
}

/** The density. @example `String(scipy.stats.laplace.pdf(0)); // => "0.5"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.laplace.cdf(0)); // => "0.5"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("laplace.cdf", [x], options);
  const z = a.sub(loc).div(scale);
  const tail = lax.exp(lax.abs(z).neg()).mul(0.5);
  return where(z.le(0), tail, bi.subtract(1, tail));
}
