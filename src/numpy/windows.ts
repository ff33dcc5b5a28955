import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { float32 } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeShape } from "./arguments.ts";
import { divide, multiply, subtract } from "./binary.ts";
import { toArray } from "./promote.ts";
import { i0 } from "./special.ts";

/** A window of `M` points, computed from their numbers 0, 1, ... as floats. A single point is 1. */
function windowOf(name: string, M: number, f: (n: NDArray) => NDArray): NDArray {
  const [size] = canonicalizeShape(M, `jnp.${name}`);
  return size <= 1 ? lax.full([size], 1, float32) : f(lax.iota(float32, size));
}
const constant = (x: number): NDArray => scalar(x, float32);
/** cos(2 pi k n / (M - 1)) */
function cosine(n: NDArray, M: number, k = 1): NDArray {
  return lax.cos(lax.div(lax.mul(constant(2 * k * Math.PI), n), constant(M - 1)));
}

/** The triangular window of `M` points with zero ends. @example `String(jnp.bartlett(5)); // => "[0.  0.5 1.  0.5 0. ]"` */
export function bartlett(M: number): NDArray {
  return windowOf("bartlett", M, (n) => {
    const middle = lax.add(lax.mul(constant(2), n), constant(1 - M));
    return lax.sub(constant(1), lax.div(lax.abs(middle), constant(M - 1)));
  });
}
/** Blackman's window of `M` points: a sum of three cosines. @example `jnp.blackman(5).shape; // => [5]` */
export function blackman(M: number): NDArray {
  return windowOf("blackman", M, (n) => {
    const first = lax.sub(constant(0.42), lax.mul(constant(0.5), cosine(n, M)));
    return lax.add(first, lax.mul(constant(0.08), cosine(n, M, 2)));
  });
}
/** Hamming's window of `M` points: 0.54 - 0.46 cos. @example `String(jnp.hamming(3)); // => "[0.08000001 1.         0.08000001]"` */
export function hamming(M: number): NDArray {
  return windowOf("hamming", M, (n) => lax.sub(constant(0.54), lax.mul(constant(0.46), cosine(n, M))));
}
/** Hann's window of `M` points: (1 - cos) / 2. @example `String(jnp.hanning(3)); // => "[0. 1. 0.]"` */
export function hanning(M: number): NDArray {
  return windowOf("hanning", M, (n) => lax.mul(constant(0.5), lax.sub(constant(1), cosine(n, M))));
}
/**
 * Kaiser's window of `M` points, made of the modified Bessel function: the larger `beta`, the narrower.
 *
 * @example
 * ```ts
 * String(jnp.kaiser(3, 0)); // => "[1. 1. 1.]"
 * ```
 */
export function kaiser(M: number, beta: ArrayLike): NDArray {
  const shape = toArray(beta, "kaiser", 1);
  return windowOf("kaiser", M, (n) => {
    const alpha = constant(0.5 * (M - 1));
    const place = lax.div(lax.sub(n, alpha), alpha);
    const height = lax.sqrt(subtract(1, lax.square(place)));
    return divide(i0(multiply(shape, height)), i0(shape));
  });
}
