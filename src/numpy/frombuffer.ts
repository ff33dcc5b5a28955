import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { arrayFromHost } from "../core/values.ts";
import { asDType, type DTypeLike, float32, hostArray, requireComputable } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "./arguments.ts";

/** Options of {@link frombuffer}. */
export interface FrombufferOptions {
  /** The dtype of the elements as they lie in the buffer; default float32. */
  dtype?: DTypeLike;
  /** How many elements to read; default -1: as many as there are. */
  count?: number;
  /** How many bytes to skip in front. */
  offset?: number;
}
/**
 * A vector of the elements that lie in bytes, in the order of the machine.
 *
 * @throws ValueError when the buffer is too small, or its size no multiple of that of an element; TypeError for anything else than bytes
 * @example
 * ```ts
 * String(jnp.frombuffer(new Uint8Array([1, 0, 2, 0]), { dtype: "int16" })); // => "[1 2]"
 * ```
 */
export function frombuffer(buffer: ArrayBufferLike | ArrayBufferView, options?: FrombufferOptions): NDArray;
export function frombuffer(
  buffer: ArrayBufferLike | ArrayBufferView,
  dtype?: DTypeLike,
  count?: number | FrombufferOptions,
  offset?: number | FrombufferOptions,
): NDArray;
export function frombuffer(buffer: ArrayBufferLike | ArrayBufferView, ...args: unknown[]): NDArray {
  const o = readOptions<FrombufferOptions>("frombuffer", ["dtype", "count", "offset"], args);
  const dtype = o.dtype === undefined ? float32 : asDType(o.dtype);
  requireComputable(dtype, "jnp.frombuffer");
  const bytes = bytesOf(buffer);
  const { count = -1, offset = 0 } = o;
  if (!Number.isInteger(count) || !Number.isInteger(offset)) {
    throw new TypeError(`jnp.frombuffer: count and offset must be integers, got ${count} and ${offset}.`);
  }
  if (offset < 0 || offset > bytes.length) {
    throw new ValueError(`offset must be non-negative and no greater than buffer length (${bytes.length})`);
  }
  const available = bytes.length - offset;
  if (count < 0 && available % dtype.itemsize !== 0) {
    throw new ValueError(
      `buffer size must be a multiple of element size: ${available} bytes of ${dtype.itemsize} each`,
    );
  }
  const length = count < 0 ? available / dtype.itemsize : count;
  if (length * dtype.itemsize > available) {
    throw new ValueError(
      `buffer is smaller than requested size: ${count} elements of ${dtype.itemsize} bytes, got ${available}`,
    );
  }
  const data = hostArray(dtype, length);
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(
    bytes.subarray(offset, offset + length * dtype.itemsize),
  );
  return arrayFromHost(data, shapedArray([length], dtype));
}

function bytesOf(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const isShared = typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
  if (buffer instanceof ArrayBuffer || isShared) return new Uint8Array(buffer as ArrayBuffer);
  throw new TypeError(`jnp.frombuffer: a buffer or a view of one is required, got ${typeof buffer}.`);
}
