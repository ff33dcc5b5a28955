import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { expOf, type LocScaleArguments, logOf, withLocScale } from "./arguments.ts";

// The Cauchy distribution around `loc`.

/** The logarithm of the density. @example `String(scipy.stats.cauchy.logpdf(0)); // => "-1.1447299"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("cauchy.logpdf", [x], options);
  const z = a.sub(loc).div(scale);
  return lax
    .log(scale.mul(Math.PI))
    .add(lax.log1p(z.mul(z)))
    .neg();
}

/** The density. @example `String(scipy.stats.cauchy.pdf(0)); // => "0.3183099"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.cauchy.cdf(0)); // => "0.5"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("cauchy.cdf", [x], options);
  return lax
    .atan(a.sub(loc).div(scale))
    .mul(1 / Math.PI)
    .add(0.5);
}

/** The logarithm of the distribution function. */
export const logcdf = logOf(cdf);

/** The survival function, `1 - cdf`. */
export function sf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("cauchy.sf", [x], options);
  return cdf(a.neg(), loc.neg(), scale);
}

/** The logarithm of the survival function. */
export const logsf = logOf(sf);

/** The quantile, the inverse of the distribution function. @example `String(scipy.stats.cauchy.ppf(0.5)); // => "0.0"` */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("cauchy.ppf", [q], options);
  return lax
    .tan(a.mul(Math.PI).sub(Math.PI / 2))
    .mul(scale)
    .add(loc);
}

/** The inverse of the survival function. @example `String(scipy.stats.cauchy.isf(0.5)); // => "0.0"` */
export function isf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("cauchy.isf", [q], options);
  return lax
    .tan(bi.subtract(Math.PI / 2, a.mul(Math.PI)))
    .mul(scale)
    .add(loc);
}
