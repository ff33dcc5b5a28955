import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import { where } from "../../numpy/where.ts";
import { expOf } from "./arguments.ts";

// The von Mises distribution of angles around 0, of concentration kappa.

/** The logarithm of the density; NaN unless kappa is positive. @example `String(jnp.round(scipy.stats.vonmises.logpdf(0, 1), 4)); // => "-1.0738"` */
export function logpdf(x: ArrayLike, kappa: ArrayLike): NDArray {
  const [a, k] = promoteArgsInexact("vonmises.logpdf", x, kappa);
  const value = k.mul(lax.cos(a).sub(1)).sub(lax.log(lax.besselI0e(k).mul(2 * Math.PI)));
  return where(k.gt(0), value, Number.NaN);
}

/** The density. */
export const pdf = expOf(logpdf);
