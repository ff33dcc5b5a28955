import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { arange } from "../../numpy/creation.ts";
import { expandDims, round } from "../../numpy/manipulation.ts";
import { broadcastToShape, promoteArgsInexact } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { where } from "../../numpy/where.ts";
import { entr, xlogy } from "../special/entropies.ts";
import { gammaincc, gammaln } from "../special/gammas.ts";
import { expOf, type Loc, type LocArguments, withLoc } from "./arguments.ts";

// The Poisson distribution of mean mu.

/** The logarithm of the probability of k; minus infinity unless k is an integer. @example `String(scipy.stats.poisson.logpmf(0, 2)); // => "-2.0"` */
export function logpmf(k: ArrayLike, mu: ArrayLike, ...options: LocArguments): NDArray {
  const [a, m, loc] = withLoc("poisson.logpmf", [k, mu], options);
  const x = a.sub(loc);
  const value = xlogy(x, m)
    .sub(gammaln(x.add(1)))
    .sub(m);
  return where(bi.logicalOr(x.lt(0), bi.notEqual(round(a), a)), Number.NEGATIVE_INFINITY, value);
}

/** The probability of k. @example `String(scipy.stats.poisson.pmf(0, 0)); // => "1.0"` */
export const pmf = expOf(logpmf);

/** The distribution function. @example `String(scipy.stats.poisson.cdf(-1, 2)); // => "0.0"` */
export function cdf(k: ArrayLike, mu: ArrayLike, ...options: LocArguments): NDArray {
  const [a, m, loc] = withLoc("poisson.cdf", [k, mu], options);
  const x = a.sub(loc);
  return where(x.lt(0), 0, gammaincc(lax.floor(x.add(1)), m));
}

/** The entropy of the probabilities of 0 to `terms - 1`, of which those below the bound count. */
function summedEntropy(mu: NDArray, terms: number, bound: NDArray): NDArray {
  const k = arange(terms).astype(mu.dtype);
  const probabilities = pmf(k, expandDims(mu, -1));
  // Those that do not count are taken for 1, where the terms of entropy are 0 and have a derivative.
  const counts = bi.logicalAnd(bi.less(k, expandDims(lax.ceil(bound), -1)), probabilities.gt(0));
  const counted = where(counts, probabilities, 1);
  return reductions.sum(entr(counted), -1);
}

/**
 * The differential entropy, in nats; a sum for means below 100, and an asymptotic series beyond.
 *
 * @example `String(scipy.stats.poisson.entropy(0)); // => "0.0"`
 */
export function entropy(mu: ArrayLike, ...options: LocArguments): NDArray {
  const { loc = 0 } = readOptions<Loc>("poisson.entropy", ["loc"], options);
  const [m, l] = promoteArgsInexact("poisson.entropy", mu, loc);
  const small = summedEntropy(m, 35, m.add(20));
  const medium = summedEntropy(m, 250, m.add(lax.sqrt(m).mul(10)).add(20));
  const large = lax
    .log(m.mul(2 * Math.PI * Math.E))
    .mul(0.5)
    .sub(bi.divide(1, m.mul(12)));
  const value = where(m.eq(0), 0, where(m.lt(10), small, where(m.lt(100), medium, large)));
  return broadcastToShape(value, lax.broadcastShapes(m.shape, l.shape));
}
