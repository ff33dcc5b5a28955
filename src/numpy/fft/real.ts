import type { ArrayLike, NDArray } from "../../core/array.ts";
import { scaled } from "../../lax/fftProgram.ts";
import { FftType } from "../../lax/index.ts";
import { canonicalizeAxis } from "../arguments.ts";
import { conjugate } from "../complex.ts";
import { toArray } from "../promote.ts";
import {
  type FftnOptions,
  type FftOptions,
  readOptions1d,
  readOptionsNd,
  transform,
  transform1d,
  transform2d,
} from "./transform.ts";

/** The size of the axis to transform; where none is named the array must have one axis. */
const axisSize = (x: NDArray, { axis }: FftOptions): number => x.shape[canonicalizeAxis(axis ?? -1, x.ndim)];

/**
 * The Fourier transform of real numbers: the first `n / 2 + 1` elements of what {@link fft} gives, the others being their conjugates.
 *
 * @param n the length to transform: the axis is cut, or filled up with zeros
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.rfft(jnp.array([1, 0, 0, 0]))); // => "[1.+0.j 1.+0.j 1.+0.j]"
 * ```
 */
export function rfft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  return transform1d("rfft", FftType.RFFT, a, readOptions1d("rfft", [n, axis, norm]));
}

/**
 * The inverse of {@link rfft}: real numbers, whose transform is given by its first half.
 *
 * @param n the length of the result, of which the array has `n / 2 + 1` elements; default the even one
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.irfft(jnp.array([3, 0]), { n: 3 })); // => "[1. 1. 1.]"
 * ```
 */
export function irfft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  return transform1d("irfft", FftType.IRFFT, a, readOptions1d("irfft", [n, axis, norm]));
}

/**
 * The transform of a signal with conjugate symmetry, of which the first half is given: real numbers.
 *
 * @param n the length of the result; default the even one
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.hfft(jnp.array([1, 0, 0]))); // => "[1. 1. 1. 1.]"
 * ```
 */
export function hfft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  const o = readOptions1d("hfft", [n, axis, norm]);
  const x = conjugate(a);
  const length = o.n ?? 2 * (axisSize(x, o) - 1);
  const real = transform1d("hfft", FftType.IRFFT, x, o);
  return scaled(real, length);
}

/**
 * The inverse of {@link hfft}: the first half of a signal with conjugate symmetry, from its real transform.
 *
 * @param n the length to transform: the axis is cut, or filled up with zeros
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.real(jnp.fft.ihfft(jnp.ones(4)))); // => "[1. 0. 0.]"
 * ```
 */
export function ihfft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  const o = readOptions1d("ihfft", [n, axis, norm]);
  const x = toArray(a, "jnp.fft.ihfft");
  const spectrum = conjugate(transform1d("ihfft", FftType.RFFT, x, o));
  return scaled(spectrum, 1 / (o.n ?? axisSize(x, o)));
}

/**
 * The Fourier transform of several axes of real numbers, the last of which keeps `n / 2 + 1` elements.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default all, or as many of the last as there are lengths
 * @param norm see {@link rfft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * jnp.fft.rfftn(jnp.ones([2, 3, 4])).shape; // => [2, 3, 3]
 * ```
 */
export function rfftn(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform("rfftn", FftType.RFFT, a, readOptionsNd("rfftn", [s, axes, norm]));
}

/**
 * The inverse of {@link rfftn}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default all, or as many of the last as there are lengths
 * @param norm see {@link irfft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * jnp.fft.irfftn(jnp.ones([2, 3, 3])).shape; // => [2, 3, 4]
 * ```
 */
export function irfftn(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform("irfftn", FftType.IRFFT, a, readOptionsNd("irfftn", [s, axes, norm]));
}

/**
 * The Fourier transform of two axes of real numbers; see {@link rfftn}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default the last two
 * @param norm see {@link rfft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.rfft2(jnp.ones([2, 2]))); // => "[[4.+0.j 0.+0.j]\n [0.+0.j 0.+0.j]]"
 * ```
 */
export function rfft2(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform2d("rfft2", FftType.RFFT, a, [s, axes, norm]);
}

/**
 * The inverse of {@link rfft2}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default the last two
 * @param norm see {@link irfft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.irfft2(jnp.array([[4, 0], [0, 0]]))); // => "[[1. 1.]\n [1. 1.]]"
 * ```
 */
export function irfft2(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform2d("irfft2", FftType.IRFFT, a, [s, axes, norm]);
}
