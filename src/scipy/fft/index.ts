/** `scipy.fft`: cosine transforms. */
import type { ArrayLike, NDArray } from "../../core/array.ts";
import { isComplex, realDType, toComplexDType } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import { resize } from "../../numpy/fft/transform.ts";
import { toArray } from "../../numpy/promote.ts";
import { transformAxis } from "./cosine.ts";

/** `"backward"` (default) leaves the transform as it is and divides the inverse; `"ortho"` makes both orthogonal. */
export type DctNorm = "backward" | "ortho";

/** Options of {@link dct} and {@link idct}. */
export interface DctOptions {
  /** Only 2, the default. */
  type?: number;
  /** The length to transform: the axis is cut, or filled up with zeros. Default its size. */
  n?: number | null;
  /** Default the last. */
  axis?: number;
  /** Default `"backward"`. */
  norm?: DctNorm | null;
}

/** Options of {@link dctn} and {@link idctn}. */
export interface DctnOptions {
  /** Only 2, the default. */
  type?: number;
  /** The lengths to transform; default the sizes of the axes. */
  s?: readonly number[] | number | null;
  /** Default all axes, or as many of the last as there are lengths. */
  axes?: readonly number[] | number | null;
  /** Default `"backward"`. */
  norm?: DctNorm | null;
}

/** Transforms the given axes, cut or filled up to the given lengths. */
function transform(
  name: string,
  x: NDArray,
  axes: readonly number[],
  lengths: readonly number[] | null,
  { type = 2, norm = null }: DctnOptions,
): NDArray {
  if (type !== 2) throw new NotImplementedError("Only DCT type 2 is implemented.");
  if (norm !== null && norm !== "backward" && norm !== "ortho")
    throw new ValueError(`scipy.fft.${name}: norm='${norm}' is not implemented`);
  if (lengths !== null) {
    for (const n of lengths) {
      if (!Number.isInteger(n))
        throw new TypeError(`scipy.fft.${name}: lengths must be integers, got ${String(n)}.`);
      if (n <= 0) throw new ValueError(`scipy.fft.${name}: lengths must be positive, got ${n}.`);
    }
  }
  const shape = x.shape.slice();
  axes.forEach((axis, i) => {
    if (lengths !== null && i < lengths.length) shape[axis] = lengths[i];
  });
  const parts = isComplex(x.dtype)
    ? [lax.real(x), lax.imag(x)]
    : [lax.convertElementType(x, realDType(toComplexDType(x.dtype)))];
  const results = parts.map((part) => {
    let result = resize(part, shape);
    for (const axis of axes) result = transformAxis(result, axis, name.startsWith("i"), norm === "ortho");
    return result;
  });
  return results.length === 2 ? lax.complex(results[0], results[1]) : results[0];
}

function ofAxis(name: string, x: ArrayLike, args: readonly unknown[]): NDArray {
  const o = readOptions<DctOptions>(`scipy.fft.${name}`, ["type", "n", "axis", "norm"], args);
  const a = toArray(x, `scipy.fft.${name}`);
  const axis = canonicalizeAxis(o.axis ?? -1, a.ndim);
  return transform(name, a, [axis], (o.n ?? null) === null ? null : [o.n as number], o);
}

function ofAxes(name: string, x: ArrayLike, args: readonly unknown[]): NDArray {
  const o = readOptions<DctnOptions>(`scipy.fft.${name}`, ["type", "s", "axes", "norm"], args);
  const a = toArray(x, `scipy.fft.${name}`);
  const s = typeof o.s === "number" ? [o.s] : (o.s ?? null);
  if (s !== null && !Array.isArray(s))
    throw new TypeError(`scipy.fft.${name}: s must be a list, got ${String(s)}.`);
  if (s !== null && s.length > a.ndim)
    throw new ValueError(`s must have at most x.ndim (${a.ndim}) elements, got ${s.length}`);
  const last = s === null ? null : s.map((_: number, i: number) => a.ndim - s.length + i);
  return transform(name, a, canonicalizeAxes(o.axes ?? last, a.ndim), s, o);
}

/**
 * The cosine transform of type 2 of an axis (default the last): `y[k]` is twice the sum of `x[j] cos(pi k (2j + 1) / 2n)`.
 *
 * @param n the length to transform: the axis is cut, or filled up with zeros
 * @param norm `"ortho"` makes the transform orthogonal
 * @throws NotImplementedError for another type; ValueError for an unknown norm, a length that is not positive, an axis out of range
 * @example
 * ```ts
 * String(jnp.round(scipy.fft.dct(jnp.array([1, 0])), 3)); // => "[2.    1.414]"
 * ```
 */
export function dct(
  x: ArrayLike,
  type?: number | DctOptions,
  n?: number | null | DctOptions,
  axis?: number | DctOptions,
  norm?: DctNorm | null | DctOptions,
): NDArray {
  return ofAxis("dct", x, [type, n, axis, norm]);
}

/**
 * The inverse of {@link dct}, which is a cosine transform of type 3 but for a scale.
 *
 * @throws NotImplementedError for another type; ValueError for an unknown norm, a length that is not positive, an axis out of range
 * @example
 * ```ts
 * String(scipy.fft.idct(jnp.array([8, 0, 0, 0]))); // => "[1. 1. 1. 1.]"
 * ```
 */
export function idct(
  x: ArrayLike,
  type?: number | DctOptions,
  n?: number | null | DctOptions,
  axis?: number | DctOptions,
  norm?: DctNorm | null | DctOptions,
): NDArray {
  return ofAxis("idct", x, [type, n, axis, norm]);
}

/**
 * The cosine transform of type 2 of several axes: all, or as many of the last as there are lengths.
 *
 * @param s the lengths to transform: axes are cut, or filled up with zeros
 * @param norm `"ortho"` makes the transform orthogonal
 * @throws NotImplementedError for another type; ValueError for an unknown norm, lengths that are not positive, axes out of range or repeated
 * @example
 * ```ts
 * String(scipy.fft.dctn(jnp.ones([2, 2]))); // => "[[16.  0.]\n [ 0.  0.]]"
 * ```
 */
export function dctn(
  x: ArrayLike,
  type?: number | DctnOptions,
  s?: readonly number[] | number | null | DctnOptions,
  axes?: readonly number[] | number | null | DctnOptions,
  norm?: DctNorm | null | DctnOptions,
): NDArray {
  return ofAxes("dctn", x, [type, s, axes, norm]);
}

/**
 * The inverse of {@link dctn}.
 *
 * @throws NotImplementedError for another type; ValueError for an unknown norm, lengths that are not positive, axes out of range or repeated
 * @example
 * ```ts
 * const y = scipy.fft.dctn(jnp.array([[1, 2]]), { norm: "ortho" });
 * String(jnp.round(scipy.fft.idctn(y, { norm: "ortho" }), 3)); // => "[[1. 2.]]"
 * ```
 */
export function idctn(
  x: ArrayLike,
  type?: number | DctnOptions,
  s?: readonly number[] | number | null | DctnOptions,
  axes?: readonly number[] | number | null | DctnOptions,
  norm?: DctNorm | null | DctnOptions,
): NDArray {
  return ofAxes("idctn", x, [type, s, axes, norm]);
}
