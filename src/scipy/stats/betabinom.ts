import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { betaln } from "../special/gammas.ts";
import { expOf, type LocArguments, withLoc } from "./arguments.ts";

// The beta-binomial distribution: binomial, with a probability that is beta distributed.

/** The logarithm of the probability of k; NaN for a negative n or parameters that are not positive. @example `String(scipy.stats.betabinom.logpmf(0, 1, 1, 1)); // => "-0.6931472"` */
export function logpmf(
  k: ArrayLike,
  n: ArrayLike,
  a: ArrayLike,
  b: ArrayLike,
  ...options: LocArguments
): NDArray {
  const [x, m, p, q, loc] = withLoc("betabinom.logpmf", [k, n, a, b], options);
  const y = lax.floor(x).sub(loc);
  const ways = lax
    .log1p(m)
    .add(betaln(m.sub(y).add(1), y.add(1)))
    .neg();
  const value = ways.add(betaln(y.add(p), m.sub(y).add(q)).sub(betaln(p, q)));
  const certain = bi.logicalAnd(y.eq(0), m.eq(0));
  const outside = bi.logicalOr(bi.logicalOr(bi.less(y, loc.neg()), bi.greater(y, m)), y.add(p).le(0));
  const wrong = bi.logicalOr(m.lt(0), bi.logicalOr(p.le(0), q.le(0)));
  const inside = where(outside, Number.NEGATIVE_INFINITY, where(certain, 0, value));
  return where(wrong, Number.NaN, inside);
}

/** The probability of k. */
export const pmf = expOf(logpmf);
