import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { log1mexp } from "../../nn/activations.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// The Gumbel distribution of the maximum of many numbers. Scales that are not positive give NaN.

function standardized(
  name: string,
  x: ArrayLike,
  options: LocScaleArguments,
): { z: NDArray; scale: NDArray } {
  const [a, loc, scale] = withLocScale(name, [x], options);
  return { z: a.sub(loc).div(scale), scale };
}

const checked = (scale: NDArray, value: NDArray): NDArray => where(scale.gt(0), value, Number.NaN);

/** The logarithm of the density. @example `String(scipy.stats.gumbelR.logpdf(0)); // => "-1.0"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_r.logpdf", x, options);
  return checked(scale, z.add(lax.exp(z.neg())).neg().sub(lax.log(scale)));
}

/** The density. @example `String(scipy.stats.gumbelR.pdf(0)); // => "0.36787945"` */
export const pdf = expOf(logpdf);

/** The logarithm of the distribution function. */
export function logcdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_r.logcdf", x, options);
  return checked(scale, lax.exp(z.neg()).neg());
}

/** The distribution function. */
export const cdf = expOf(logcdf);

/** The logarithm of the survival function. */
export function logsf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_r.logsf", x, options);
  return checked(scale, log1mexp(lax.exp(z.neg())));
}

/** The survival function, `1 - cdf`. */
export function sf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const { z, scale } = standardized("gumbel_r.sf", x, options);
  return checked(scale, lax.expm1(lax.exp(z.neg()).neg()).neg());
}

/** The quantile, the inverse of the distribution function; NaN outside of (0, 1). */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("gumbel_r.ppf", [q], options);
  const inside = bi.logicalAnd(a.gt(0), a.lt(1));
  const value = loc.sub(scale.mul(lax.log(lax.log(a).neg())));
  return where(inside, value, Number.NaN);
}
