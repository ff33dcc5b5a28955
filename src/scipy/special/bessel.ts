import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";

/** `exp(-|x|)` times the modified Bessel function of order 0. @example `String(scipy.special.i0e(0)); // => "1.0"` */
export function i0e(x: ArrayLike): NDArray {
  return lax.besselI0e(promoteArgsInexact("i0e", x)[0]);
}

/** The modified Bessel function of order 0. @example `String(scipy.special.i0(1)); // => "1.2660658"` */
export function i0(x: ArrayLike): NDArray {
  const [a] = promoteArgsInexact("i0", x);
  return lax.exp(lax.abs(a)).mul(lax.besselI0e(a));
}

/** `exp(-|x|)` times the modified Bessel function of order 1. @example `String(scipy.special.i1e(0)); // => "0.0"` */
export function i1e(x: ArrayLike): NDArray {
  return lax.besselI1e(promoteArgsInexact("i1e", x)[0]);
}

/** The modified Bessel function of order 1. @example `String(scipy.special.i1(1)); // => "0.5651591"` */
export function i1(x: ArrayLike): NDArray {
  const [a] = promoteArgsInexact("i1", x);
  return lax.exp(lax.abs(a)).mul(lax.besselI1e(a));
}
