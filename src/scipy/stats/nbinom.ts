import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { xlogy } from "../special/entropies.ts";
import { gammaln } from "../special/gammas.ts";
import { expOf, type LocArguments, withLoc } from "./arguments.ts";

// The negative binomial distribution: the failures before n trials of probability p have succeeded.

/** The logarithm of the probability of k. @example `String(scipy.stats.nbinom.logpmf(0, 1, 0.5)); // => "-0.6931472"` */
export function logpmf(k: ArrayLike, n: ArrayLike, p: ArrayLike, ...options: LocArguments): NDArray {
  const [a, m, q, loc] = withLoc("nbinom.logpmf", [k, n, p], options);
  const y = a.sub(loc);
  const ways = gammaln(y.add(m))
    .sub(gammaln(m))
    .sub(gammaln(y.add(1)));
  const value = ways.add(xlogy(m, q).add(xlogy(y, bi.subtract(1, q))));
  return where(bi.less(a, loc), Number.NEGATIVE_INFINITY, value);
}

/** The probability of k. @example `String(scipy.stats.nbinom.pmf(0, 1, 0.5)); // => "0.5"` */
export const pmf = expOf(logpmf);
