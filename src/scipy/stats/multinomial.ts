import type { ArrayLike, NDArray } from "../../core/array.ts";
import { isInteger } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as bi from "../../numpy/binary.ts";
import { convert, promoteArgs, promoteArgsInexact } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { where } from "../../numpy/where.ts";
import { xlogy } from "../special/entropies.ts";
import { gammaln } from "../special/gammas.ts";
import { expOf } from "./arguments.ts";

// The multinomial distribution: how often each outcome comes in n trials.

/**
 * The logarithm of the probability of the counts x; minus infinity unless they add up to n.
 *
 * @param x integers along the last axis
 * @param p the probabilities of the outcomes, along the last axis
 * @throws ValueError unless x and n are of integers
 * @example `String(scipy.stats.multinomial.logpmf(jnp.array([1, 0], "int32"), 1, jnp.array([0.5, 0.5]))); // => "-0.6931472"`
 */
export function logpmf(x: ArrayLike, n: ArrayLike, p: ArrayLike): NDArray {
  const [q] = promoteArgsInexact("multinomial.logpmf", p);
  const [a, m] = promoteArgs("multinomial.logpmf", x, n);
  if (!isInteger(a.dtype)) {
    throw new ValueError(
      `x and n must be of integer type; got x.dtype=${a.dtype.name}, n.dtype=${m.dtype.name}`,
    );
  }
  const [k, total] = [convert(a, q.dtype), convert(typeof n === "number" ? m.reshape([]) : m, q.dtype)];
  const value = gammaln(total.add(1)).add(reductions.sum(xlogy(k, q).sub(gammaln(k.add(1))), -1));
  return where(bi.equal(reductions.sum(k), total), value, Number.NEGATIVE_INFINITY);
}

/** The probability of the counts x. */
export const pmf = expOf(logpmf);
