import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { xlog1py, xlogy } from "../special/entropies.ts";
import { gammaln } from "../special/gammas.ts";
import { expOf, type LocArguments, withLoc } from "./arguments.ts";

// The binomial distribution: how many of n trials of probability p succeed.

/** The logarithm of the probability of k. @example `String(scipy.stats.binom.logpmf(1, 1, 0.5)); // => "-0.6931472"` */
export function logpmf(k: ArrayLike, n: ArrayLike, p: ArrayLike, ...options: LocArguments): NDArray {
  const [a, m, q, loc] = withLoc("binom.logpmf", [k, n, p], options);
  const y = a.sub(loc);
  const ways = gammaln(m.add(1)).sub(gammaln(y.add(1)).add(gammaln(m.sub(y).add(1))));
  const each = xlogy(y, q).add(xlog1py(m.sub(y), q.neg()));
  const certain = bi.logicalOr(bi.logicalAnd(y.eq(0), m.eq(0)), each.eq(0));
  const inside = bi.logicalAnd(bi.greaterEqual(a, loc), bi.less(a, loc.add(m).add(1)));
  return where(inside, where(certain, lax.fullLike(each, 0), ways.add(each)), Number.NEGATIVE_INFINITY);
}

/** The probability of k. @example `String(scipy.stats.binom.pmf(1, 1, 0.5)); // => "0.5"` */
export const pmf = expOf(logpmf);
