import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { gammainc, gammaincc } from "../special/gammas.ts";
import { expOf, type LocScaleArguments, logOf, withLocScale } from "./arguments.ts";

// The chi-squared distribution of df degrees of freedom.

/** The logarithm of the density. @example `String(scipy.stats.chi2.logpdf(2, 2)); // => "-1.6931472"` */
export function logpdf(x: ArrayLike, df: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, k, loc, scale] = withLocScale("chi2.logpdf", [x, df], options);
  const z = a.sub(loc).div(scale);
  const half = k.div(2);
  const kernel = half.sub(1).mul(lax.log(z)).sub(z.div(2));
  const normalizer = lax.lgamma(half).add(half.mul(Math.LN2)).neg();
  const value = normalizer.sub(lax.log(scale)).add(kernel);
  return where(bi.less(a, loc), Number.NEGATIVE_INFINITY, value);
}

/** The density. @example `String(scipy.stats.chi2.pdf(0, 2)); // => "nan"` */
export const pdf = expOf(logpdf);

function halfStandardized(
  name: string,
  x: ArrayLike,
  df: ArrayLike,
  options: LocScaleArguments,
): [NDArray, NDArray] {
  const [a, k, loc, scale] = withLocScale(name, [x, df], options);
  return [k.div(2), bi.maximum(0, a.sub(loc).div(scale.mul(2)))];
}

/** The distribution function. @example `String(scipy.stats.chi2.cdf(0, 2)); // => "0.0"` */
export function cdf(x: ArrayLike, df: ArrayLike, ...options: LocScaleArguments): NDArray {
  return gammainc(...halfStandardized("chi2.cdf", x, df, options));
}

/** The logarithm of the distribution function. */
export const logcdf = logOf(cdf);

/** The survival function, `1 - cdf`. @example `String(scipy.stats.chi2.sf(0, 2)); // => "1.0"` */
export function sf(x: ArrayLike, df: ArrayLike, ...options: LocScaleArguments): NDArray {
  return gammaincc(...halfStandardized("chi2.sf", x, df, options));
}

/** The logarithm of the survival function. */
export const logsf = logOf(sf);
