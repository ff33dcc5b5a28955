import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { where } from "../../numpy/where.ts";
import { xlog1py } from "../special/entropies.ts";
import { expOf, type LocArguments, withLoc } from "./arguments.ts";

// The geometric distribution: the first trial of probability p that succeeds, counted from 1.

/** The logarithm of the probability of k. @example `String(scipy.stats.geom.logpmf(1, 0.5)); // => "-0.6931472"` */
export function logpmf(k: ArrayLike, p: ArrayLike, ...options: LocArguments): NDArray {
  const [a, q, loc] = withLoc("geom.logpmf", [k, p], options);
  const x = a.sub(loc);
  const value = xlog1py(x.sub(1), q.neg()).add(lax.log(q));
  return where(x.le(0), Number.NEGATIVE_INFINITY, value);
}

/** The probability of k. @example `String(scipy.stats.geom.pmf(2, 0.5)); // => "0.25"` */
export const pmf = expOf(logpmf);
