import type { ArrayLike, NDArray } from "../../core/array.ts";
import { FftType } from "../../lax/index.ts";
import {
  type FftnOptions,
  type FftOptions,
  readOptions1d,
  readOptionsNd,
  transform,
  transform1d,
  transform2d,
} from "./transform.ts";

/**
 * The Fourier transform of an axis (default the last): `y[k]` is the sum of `x[j] exp(-2 pi i j k / n)`. Real numbers become complex; any length is fast.
 *
 * @param n the length to transform: the axis is cut, or filled up with zeros
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.fft(jnp.array([1, 0, 0, 0]))); // => "[1.+0.j 1.+0.j 1.+0.j 1.+0.j]"
 * jnp.fft.fft(jnp.ones([2, 3]), { n: 8, axis: 0 }).shape; // => [8, 3]
 * ```
 */
export function fft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  return transform1d("fft", FftType.FFT, a, readOptions1d("fft", [n, axis, norm]));
}

/**
 * The inverse of {@link fft}: `x[j]` is the sum of `y[k] exp(2 pi i j k / n)` divided by the length.
 *
 * @param n the length to transform: the axis is cut, or filled up with zeros
 * @param norm which of a transform and its inverse is divided by the length: `"backward"` (default) the inverse, `"forward"` the other, `"ortho"` both
 *   by its root
 * @throws ValueError for a length that is not positive, an axis out of range or an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.ifft(jnp.array([4, 0, 0, 0]))); // => "[1.+0.j 1.+0.j 1.+0.j 1.+0.j]"
 * ```
 */
export function ifft(
  a: ArrayLike,
  n?: FftOptions["n"] | FftOptions,
  axis?: FftOptions["axis"] | FftOptions,
  norm?: FftOptions["norm"] | FftOptions,
): NDArray {
  return transform1d("ifft", FftType.IFFT, a, readOptions1d("ifft", [n, axis, norm]));
}

/**
 * The Fourier transform of several axes.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default all, or as many of the last as there are lengths
 * @param norm see {@link fft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * jnp.fft.fftn(jnp.ones([2, 3, 4]), { s: [4, 8] }).shape; // => [2, 4, 8]
 * ```
 */
export function fftn(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform("fftn", FftType.FFT, a, readOptionsNd("fftn", [s, axes, norm]));
}

/**
 * The inverse of {@link fftn}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default all, or as many of the last as there are lengths
 * @param norm see {@link ifft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.ifftn(jnp.array([[4, 0], [0, 0]]))); // => "[[1.+0.j 1.+0.j]\n [1.+0.j 1.+0.j]]"
 * ```
 */
export function ifftn(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform("ifftn", FftType.IFFT, a, readOptionsNd("ifftn", [s, axes, norm]));
}

/**
 * The Fourier transform of two axes; see {@link fftn}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default the last two
 * @param norm see {@link fft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * String(jnp.fft.fft2(jnp.ones([2, 2]))); // => "[[4.+0.j 0.+0.j]\n [0.+0.j 0.+0.j]]"
 * ```
 */
export function fft2(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform2d("fft2", FftType.FFT, a, [s, axes, norm]);
}

/**
 * The inverse of {@link fft2}.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param axes default the last two
 * @param norm see {@link ifft}
 * @throws ValueError for lengths that are not positive or not as many as axes, axes out of range or repeated, an unknown norm
 * @example
 * ```ts
 * jnp.fft.ifft2(jnp.ones([5, 2, 3]), { axes: [0, 1] }).shape; // => [5, 2, 3]
 * ```
 */
export function ifft2(
  a: ArrayLike,
  s?: FftnOptions["s"] | FftnOptions,
  axes?: FftnOptions["axes"] | FftnOptions,
  norm?: FftnOptions["norm"] | FftnOptions,
): NDArray {
  return transform2d("ifft2", FftType.IFFT, a, [s, axes, norm]);
}
