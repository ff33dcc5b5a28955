import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import { where } from "../../numpy/where.ts";
import { expOf } from "./arguments.ts";

// The wrapped Cauchy distribution of angles in [0, 2 pi].

/** The logarithm of the density; NaN unless c is between 0 and 1. @example `String(jnp.round(scipy.stats.wrapcauchy.logpdf(0, 0.5), 4)); // => "-0.7393"` */
export function logpdf(x: ArrayLike, c: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("wrapcauchy.logpdf", x, c);
  const square = b.mul(b);
  const spread = square.add(1).sub(b.mul(lax.cos(a)).mul(2));
  const value = lax
    .log(bi.subtract(1, square))
    .sub(Math.log(2 * Math.PI))
    .sub(lax.log(spread));
  const inside = bi.logicalAnd(a.ge(0), a.le(2 * Math.PI));
  const valid = bi.logicalAnd(b.gt(0), b.lt(1));
  return where(valid, where(inside, value, Number.NEGATIVE_INFINITY), Number.NaN);
}

/** The density. */
export const pdf = expOf(logpdf);
