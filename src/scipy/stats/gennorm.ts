import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import { gammainc } from "../special/gammas.ts";
import { expOf } from "./arguments.ts";

// The generalized normal distribution of shape beta: 2 is the normal, 1 the Laplace distribution.

/** The logarithm of the density. @example `String(scipy.stats.gennorm.logpdf(0, 1)); // => "-0.6931472"` */
export function logpdf(x: ArrayLike, beta: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("gennorm.logpdf", x, beta);
  return lax
    .log(b.mul(0.5))
    .sub(lax.lgamma(bi.divide(1, b)))
    .sub(bi.power(lax.abs(a), b));
}

/** The density. @example `String(scipy.stats.gennorm.pdf(0, 1)); // => "0.5"` */
export const pdf = expOf(logpdf);

/** The distribution function. @example `String(scipy.stats.gennorm.cdf(0, 1)); // => "0.5"` */
export function cdf(x: ArrayLike, beta: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("gennorm.cdf", x, beta);
  return lax
    .sign(a)
    .mul(gammainc(bi.divide(1, b), bi.power(lax.abs(a), b)))
    .add(1)
    .mul(0.5);
}
