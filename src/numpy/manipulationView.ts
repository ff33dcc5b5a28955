import type { NDArray } from "../core/array.ts";
import {
  asDType,
  bool,
  type DType,
  type DTypeLike,
  isComplex,
  isKey,
  realDType,
  uint8,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { stack } from "../lax/shape.ts";
import { convert } from "./promote.ts";

/**
 * The bytes of the elements read as another dtype; `x.view(dtype)` calls it. When the widths differ, the last axis grows or shrinks.
 *
 * @throws ValueError for a last axis whose bytes the wider dtype does not divide
 * @example
 * ```ts
 * String(jnp.float32(1).view("int32")); // => "1065353216"
 * ```
 */
export function view(x: NDArray, dtype: DTypeLike): NDArray {
  const to = asDType(dtype);
  if (x.dtype === bool) return view(convert(x, uint8), to);
  if (to === bool) return lax.ne(view(x, uint8), 0);
  if (x.dtype === to) return x;
  if (isComplex(x.dtype)) return view(interleaved(x), to);
  if (isComplex(to)) return ofInterleaved(view(x, realDType(to)), x, to);
  const [from, bits] = [x.dtype.bits, to.bits];
  if (from === bits) return lax.bitcastConvertType(x, to);
  if (x.ndim === 0) {
    throw new ValueError(
      `view() of a 0d array is only supported if the itemsize is unchanged, got ${x.dtype} as ${to}.`,
    );
  }
  const last = x.shape[x.ndim - 1];
  const lead = x.shape.slice(0, -1);
  if (bits < from) {
    const parts = lax.bitcastConvertType(x, to);
    return lax.reshape(parts, [...lead, last * (from / bits)]);
  }
  const ratio = bits / from;
  if (last % ratio !== 0) {
    throw new ValueError(
      `When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array; got ${x.aval} as ${to}.`,
    );
  }
  return lax.bitcastConvertType(lax.reshape(x, [...lead, last / ratio, ratio]), to);
}

/**
 * The bytes of each element in reverse order: little-endian numbers as big-endian ones. The parts of a complex number stay where they are.
 *
 * @throws TypeError for random keys
 * @example
 * ```ts
 * String(jnp.int32(1).byteswap()); // => "16777216"
 * ```
 */
export function byteswap(x: NDArray): NDArray {
  if (isKey(x.dtype)) throw new TypeError("byteswap does not accept random keys.");
  if (isComplex(x.dtype)) return view(byteswap(view(x, realDType(x.dtype))), x.dtype);
  if (x.dtype.itemsize === 1) return x;
  const bytes = lax.bitcastConvertType(x, uint8);
  return lax.bitcastConvertType(lax.rev(bytes, [x.ndim]), x.dtype);
}

/** The parts of complex numbers side by side along the last axis. */
function interleaved(z: NDArray): NDArray {
  const parts = stack([lax.real(z), lax.imag(z)], z.ndim);
  return z.ndim === 0 ? parts : lax.reshape(parts, [...z.shape.slice(0, -1), 2 * z.shape[z.ndim - 1]]);
}

function ofInterleaved(parts: NDArray, x: NDArray, to: DType): NDArray {
  const last = parts.shape[parts.ndim - 1];
  if (parts.ndim === 0 || last % 2 !== 0) {
    throw new ValueError(
      `When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array; got ${x.aval} as ${to}.`,
    );
  }
  const pairs = lax.reshape(parts, [...parts.shape.slice(0, -1), last / 2, 2]);
  const part = (p: number) => lax.squeeze(lax.sliceInDim(pairs, p, p + 1, 1, -1), [parts.ndim]);
  return lax.complex(part(0), part(1));
}
