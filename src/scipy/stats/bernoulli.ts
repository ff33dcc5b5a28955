import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as bi from "../../numpy/binary.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { xlog1py, xlogy } from "../special/entropies.ts";
import { expOf, type LocArguments, withLoc } from "./arguments.ts";
import { outsideUnit } from "./quantile.ts";

// The Bernoulli distribution: 1 with probability p, else 0.

/** The logarithm of the probability of k. @example `String(scipy.stats.bernoulli.logpmf(1, 0.5)); // => "-0.6931472"` */
export function logpmf(k: ArrayLike, p: ArrayLike, ...options: LocArguments): NDArray {
  const [a, q, loc] = withLoc("bernoulli.logpmf", [k, p], options);
  const x = a.sub(loc);
  const value = xlogy(x, q).add(xlog1py(bi.subtract(1, x), q.neg()));
  return where(bi.logicalOr(x.lt(0), x.gt(1)), Number.NEGATIVE_INFINITY, value);
}

/** The probability of k. @example `String(scipy.stats.bernoulli.pmf(2, 0.5)); // => "0.0"` */
export const pmf = expOf(logpmf);

/** The distribution function; NaN unless p is a probability. @example `String(scipy.stats.bernoulli.cdf(0, 0.25)); // => "0.75"` */
export function cdf(k: ArrayLike, p: ArrayLike): NDArray {
  const [a, q] = promoteArgsInexact("bernoulli.cdf", k, p);
  const value = where(a.lt(0), 0, where(a.lt(1), bi.subtract(1, q), 1));
  return where(bi.logicalOr(un.isnan(a), outsideUnit(q)), Number.NaN, value);
}

/** The quantile, the inverse of the distribution function; NaN unless q and p are probabilities. @example `String(scipy.stats.bernoulli.ppf(0.9, 0.25)); // => "1.0"` */
export function ppf(q: ArrayLike, p: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("bernoulli.ppf", q, p);
  const value = where(bi.lessEqual(a, bi.subtract(1, b)), 0, 1);
  return where(bi.logicalOr(outsideUnit(a), outsideUnit(b)), Number.NaN, value.astype(a.dtype));
}
