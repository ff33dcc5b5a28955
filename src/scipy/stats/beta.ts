import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { xlog1py, xlogy } from "../special/entropies.ts";
import { betainc, betaln } from "../special/gammas.ts";
import { expOf, type LocScaleArguments, logOf, withLocScale } from "./arguments.ts";

// The beta distribution on [loc, loc + scale].

/** The logarithm of the density; NaN unless a, b and the scale are positive. @example `String(scipy.stats.beta.logpdf(0.5, 1, 1)); // => "0.0"` */
export function logpdf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, q, loc, scale] = withLocScale("beta.logpdf", [x, a, b], options);
  const z = y.sub(loc).div(scale);
  const value = xlogy(p.sub(1), z)
    .add(xlog1py(q.sub(1), z.neg()))
    .sub(betaln(p, q))
    .sub(lax.log(scale));
  const outside = bi.logicalOr(bi.greater(y, loc.add(scale)), bi.less(y, loc));
  const wrong = bi.logicalOr(bi.logicalOr(p.le(0), q.le(0)), scale.le(0));
  return where(wrong, Number.NaN, where(outside, Number.NEGATIVE_INFINITY, value));
}

/** The density. @example `String(scipy.stats.beta.pdf(0.5, 1, 1)); // => "1.0"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.beta.cdf(0.25, 1, 1)); // => "0.25"` */
export function cdf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, q, loc, scale] = withLocScale("beta.cdf", [x, a, b], options);
  return betainc(p, q, lax.clamp(0, y.sub(loc).div(scale), 1));
}

/** The logarithm of the distribution function. */
export const logcdf = logOf(cdf);

/** The survival function, `1 - cdf`. @example `String(scipy.stats.beta.sf(0.25, 1, 1)); // => "0.75"` */
export function sf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, p, q, loc, scale] = withLocScale("beta.sf", [x, a, b], options);
  return betainc(q, p, bi.subtract(1, lax.clamp(0, y.sub(loc).div(scale), 1)));
}

/** The logarithm of the survival function. */
export const logsf = logOf(sf);
