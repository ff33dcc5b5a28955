import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";
import { outsideUnit } from "./quantile.ts";

// The uniform distribution on [loc, loc + scale].

/** The logarithm of the density. @example `String(scipy.stats.uniform.logpdf(0.5)); // => "-0.0"` */
export function logpdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("uniform.logpdf", [x], options);
  const outside = bi.logicalOr(bi.greater(a, loc.add(scale)), bi.less(a, loc));
  return where(outside, Number.NEGATIVE_INFINITY, lax.log(scale).neg());
}

/** The density. @example `String(scipy.stats.uniform.pdf(2)); // => "0.0"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.uniform.cdf(0.25)); // => "0.25"` */
export function cdf(x: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("uniform.cdf", [x], options);
  const inside = bi.logicalAnd(bi.greaterEqual(a, loc), bi.lessEqual(a, loc.add(scale)));
  const above = bi.greater(a, loc.add(scale));
  return where(above, 1, where(inside, a.sub(loc).div(scale), 0));
}

/** The quantile, the inverse of the distribution function; NaN outside of [0, 1]. @example `String(scipy.stats.uniform.ppf(0.25)); // => "0.25"` */
export function ppf(q: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, loc, scale] = withLocScale("uniform.ppf", [q], options);
  return where(outsideUnit(a), Number.NaN, loc.add(scale.mul(a)));
}
