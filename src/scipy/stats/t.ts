import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";

// Student's t distribution of df degrees of freedom.

/** The logarithm of the density. @example `String(scipy.stats.t.logpdf(0, 1)); // => "-1.1447299"` */
export function logpdf(x: ArrayLike, df: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [a, k, loc, scale] = withLocScale("t.logpdf", [x, df], options);
  const z = a.sub(loc).div(scale);
  const half = k.div(2);
  const width = lax.log(scale.mul(scale).mul(Math.PI).mul(k)).div(2);
  const normalizer = lax
    .lgamma(half)
    .add(width)
    .sub(lax.lgamma(half.add(0.5)));
  return normalizer.add(half.add(0.5).mul(lax.log1p(z.mul(z).div(k)))).neg();
}

/** The density. @example `String(scipy.stats.t.pdf(0, 1)); // => "0.3183099"` */
export const pdf = expOf(logpdf);
