import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// The Gumbel distribution of the minimum of many numbers. Scales that are not positive give NaN.

function standardized(
  name: string,
  x: ArrayLike,
  options: LocScaleArguments,
): { z: NDArray; scale: NDArray } {
  const [a, loc, scale] = withLocScale(name, [x], options);
  return { z: a.sub(loc).div(scale), scale };
}

const checked = (scale: NDArray, value: NDArray): NDArray => where(scale.gt(0), value, Number.NaN);

/** The logarithm of the density. @example `String(scipy.stats.gumbelL.logpdf(0)); // => "-1.0"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_l.logpdf", x, options);
  return checked(scale, z.sub(lax.exp(z)).sub(lax.log(scale)));
}

/** The density. @example `String(scipy.stats.gumbelL.pdf(0)); // => "0.36787945"` */
export const pdf = expOf(logpdf);

/** The logarithm of the distribution function. */
export function logcdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_l.logcdf", x, options);
  return checked(scale, lax.log(lax.expm1(lax.exp(z).neg()).neg()));
}

/** The distribution function. */
export const cdf = expOf(logcdf);

/** The logarithm of the survival function. */
export function logsf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_l.logsf", x, options);
  return checked(scale, lax.exp(z).neg());
}

/** The survival function, `1 - cdf`. */
export const sf = expOf(logsf);

/** The quantile, the inverse of the distribution function; NaN outside of (0, 1). */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("gumbel_l.ppf", [q], options);
  const inside = bi.logicalAnd(a.gt(0), a.lt(1));
  const value = loc.add(scale.mul(lax.log(lax.log1p(a.neg()).neg())));
  return where(inside, value, Number.NaN);
}
