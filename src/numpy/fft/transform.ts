import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapesEqual } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import { product, scaled } from "../../lax/fftProgram.ts";
import * as lax from "../../lax/index.ts";
import { constLike } from "../../lax/operands.ts";
import { canonicalizeAxis, readOptions } from "../arguments.ts";
import { moveaxis } from "../manipulationShape.ts";
import { toArray } from "../promote.ts";

/** What the transforms of `jnp.fft` have in common: lengths, axes and scales, around `lax.fft`. */

/**
 * Which of a transform and its inverse is scaled: the inverse by `1 / n` (`"backward"`, the default), the other (`"forward"`), or both by
 * `1 / sqrt(n)` (`"ortho"`).
 */
export type FftNorm = "backward" | "ortho" | "forward";

/** Options of transforms of one axis. */
export interface FftOptions {
  /** The length to transform: the axis is cut, or filled up with zeros. Default its size. */
  n?: number | null;
  /** Default the last. */
  axis?: number | null;
  /** Default `"backward"`. */
  norm?: FftNorm | null;
}

/** Options of transforms of several axes. */
export interface FftnOptions {
  /** The lengths to transform; default the sizes of the axes. */
  s?: readonly number[] | null;
  /** Default all axes, or as many of the last as there are lengths. */
  axes?: readonly number[] | null;
  /** Default `"backward"`. */
  norm?: FftNorm | null;
}

/** What `norm` multiplies the result of a transform of `count` elements by; without it inverses are divided by `count` and others are not. */
function normScale(count: number, norm: FftNorm | null, inverse: boolean): number {
  switch (norm) {
    case null:
    case "backward":
      return 1;
    case "ortho":
      return inverse ? Math.sqrt(count) : 1 / Math.sqrt(count);
    case "forward":
      return inverse ? count : 1 / count;
    default:
      throw new ValueError(`Invalid norm value ${norm}; should be "backward","ortho" or "forward".`);
  }
}

/** Lengths given by the caller. */
function checkLengths(name: string, s: readonly number[]): void {
  if (!Array.isArray(s)) throw new TypeError(`jnp.fft.${name}: s must be a list of integers, got ${s}.`);
  for (const n of s)
    if (!Number.isInteger(n))
      throw new TypeError(`jnp.fft.${name}: lengths must be integers, got ${String(n)}.`);
  if (s.some((n) => n <= 0)) throw new ValueError(`jnp.fft.${name}: Shape should be positive, got [${s}].`);
}

/** Cuts the ends of axes off, or fills them up with zeros. */
export function resize(x: NDArray, shape: readonly number[]): NDArray {
  if (shapesEqual(x.shape, shape)) return x;
  return lax.pad(
    x,
    constLike(x, 0),
    x.shape.map((size, d) => [0, shape[d] - size, 0]),
  );
}

/** `lax.fft`, which takes all the axes of a transform of any number. */
export function transform(
  name: string,
  type: lax.FftType,
  a: ArrayLike,
  { s: lengths = null, axes: given = null, norm = null }: FftnOptions,
): NDArray {
  let x = toArray(a, `jnp.fft.${name}`);
  if (lengths !== null) checkLengths(name, lengths);
  if (given !== null && !Array.isArray(given))
    throw new TypeError(`jnp.fft.${name}: axes must be a list of integers, got ${String(given)}.`);
  if (lengths !== null && given !== null && lengths.length !== given.length)
    throw new ValueError("Shape and axes have different lengths.");
  const count = given?.length ?? lengths?.length ?? x.ndim;
  const axes = given?.map((k) => canonicalizeAxis(k, x.ndim)) ?? null;
  if (axes !== null && new Set(axes).size !== count)
    throw new ValueError(`jax.numpy.fft.${name} does not support repeated axes. Got axes [${given}].`);
  if (count > x.ndim) {
    throw new ValueError(`jnp.fft.${name}: ${count} axes are to be transformed of an array of ${x.ndim}.`);
  }
  const last = Array.from({ length: count }, (_, i) => x.ndim - count + i);
  if (axes !== null) x = moveaxis(x, axes, last);
  const s = lengths?.slice() ?? x.shape.slice(x.ndim - count);
  if (lengths !== null) {
    const wanted = [...x.shape.slice(0, x.ndim - count), ...s];
    if (type === lax.FftType.IRFFT) wanted[x.ndim - 1] = Math.floor(s[count - 1] / 2) + 1;
    x = resize(x, wanted);
  } else if (type === lax.FftType.IRFFT && count > 0) {
    s[count - 1] = Math.max(0, 2 * (s[count - 1] - 1));
  }
  const result = scaled(lax.fft(x, type, s), normScale(product(s), norm, name.startsWith("i")));
  return axes === null ? result : moveaxis(result, last, axes);
}

/** Reads the optional arguments of transforms of one axis, in JAX's order. */
export function readOptions1d(name: string, args: readonly unknown[]): FftOptions {
  const o = readOptions<FftOptions>(`jnp.fft.${name}`, ["n", "axis", "norm"], args);
  if (Array.isArray(o.axis)) {
    const full = `jax.numpy.fft.${name}`;
    throw new ValueError(
      `${full} does not support multiple axes. Please use ${full}n. Got axis = [${o.axis}].`,
    );
  }
  return o;
}

/** A transform of one axis. */
export function transform1d(name: string, type: lax.FftType, a: ArrayLike, o: FftOptions): NDArray {
  const [n, axis] = [o.n ?? null, o.axis === undefined ? -1 : o.axis];
  const { norm } = o;
  return transform(name, type, a, { s: n === null ? null : [n], axes: axis === null ? null : [axis], norm });
}

/** Reads the optional arguments of transforms of several axes, in JAX's order. */
export function readOptionsNd(name: string, args: readonly unknown[]): FftnOptions {
  return readOptions<FftnOptions>(`jnp.fft.${name}`, ["s", "axes", "norm"], args);
}

/** A transform of two axes, the last unless given. */
export function transform2d(
  name: string,
  type: lax.FftType,
  a: ArrayLike,
  args: readonly unknown[],
): NDArray {
  const { s, axes = [-2, -1], norm } = readOptionsNd(name, args);
  if (axes === null || axes.length !== 2)
    throw new ValueError(`jax.numpy.fft.${name} only supports 2 axes. Got axes = [${axes ?? "null"}].`);
  return transform(name, type, a, { s, axes, norm });
}
