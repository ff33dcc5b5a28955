import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { xlogy } from "../special/entropies.ts";
import { gammainc, gammaincc, gammaln } from "../special/gammas.ts";
import { expOf, type LocScaleArguments, logOf, withLocScale } from "./arguments.ts";

// The gamma distribution of shape a, from `loc`.

/** The logarithm of the density. @example `String(scipy.stats.gamma.logpdf(1, 1)); // => "-1.0"` */
export function logpdf(x: ArrayLike, a: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, loc, scale] = withLocScale("gamma.logpdf", [x, a], options);
  const inside = bi.greaterEqual(y, loc);
  const z = where(inside, y.sub(loc).div(scale), 1);
  const value = xlogy(p.sub(1), z)
    .sub(z)
    .sub(gammaln(p).add(lax.log(scale)));
  return where(inside, value, Number.NEGATIVE_INFINITY);
}

/** The density. @example `String(scipy.stats.gamma.pdf(0, 1)); // => "1.0"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.gamma.cdf(0, 1)); // => "0.0"` */
export function cdf(x: ArrayLike, a: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, loc, scale] = withLocScale("gamma.cdf", [x, a], options);
  return gammainc(p, bi.maximum(0, y.sub(loc).div(scale)));
}

/** The logarithm of the distribution function. */
export const logcdf = logOf(cdf);

/** The survival function, `1 - cdf`. @example `String(scipy.stats.gamma.sf(0, 1)); // => "1.0"` */
export function sf(x: ArrayLike, a: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, loc, scale] = withLocScale("gamma.sf", [x, a], options);
  const z = y.sub(loc).div(scale);
  return where(z.lt(0), 1, gammaincc(p, z));
}

/** The logarithm of the survival function. */
export const logsf = logOf(sf);
