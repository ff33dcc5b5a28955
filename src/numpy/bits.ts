import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool, isInteger, uint8 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { convert, toArray } from "./promote.ts";
import { toBool } from "./unary.ts";

/** Whether the first bit of eight is the highest ("big") or the lowest ("little") of a byte. */
export type BitOrder = "big" | "little";

/** Options of {@link packbits}. */
export interface PackbitsOptions {
  /** Default: the flattened array. */
  axis?: number | null;
  bitorder?: BitOrder;
}

function checkOrder(order: BitOrder): void {
  if (order !== "big" && order !== "little") {
    throw new ValueError(`'bitorder' must be either 'little' or 'big', got ${JSON.stringify(order)}`);
  }
}

/** The bytes in which only one bit is set, in the order of bits, as the last axis of an array of a shape. */
function masks(shape: readonly number[], order: BitOrder): NDArray {
  const places = lax.broadcastedIota(uint8, shape, shape.length - 1);
  const shift = order === "little" ? places : lax.sub(scalar(7, uint8), places);
  return lax.shiftLeft(lax.full(shape, 1, uint8), shift);
}

/** The array with the axis last, or flattened, and the axis. */
function axisLast(x: NDArray, axis: number | null): [NDArray, number] {
  if (axis === null) return [ravel(x), 0];
  const k = canonicalizeAxis(axis, x.ndim);
  return [moveaxis(x, k, -1), k];
}

const packbitsJit = jit(
  (x: NDArray, axis: number | null, order: BitOrder): NDArray => {
    const [last, k] = axisLast(toBool(x), axis);
    const length = last.shape[last.ndim - 1];
    const missing = (8 - (length % 8)) % 8;
    const padding = last.shape.map((_, i) => [0, i === last.ndim - 1 ? missing : 0, 0] as const);
    const padded = lax.pad(last, scalar(false, bool), padding);
    const shape = [...last.shape.slice(0, -1), (length + missing) / 8, 8];
    const bits = lax.reshape(padded, shape);
    const bytes = lax.select(bits, masks(shape, order), lax.full(shape, 0, uint8));
    return moveaxis(convert(lax.reduceSum(bytes, [shape.length - 1]), uint8), -1, k);
  },
  { name: "packbits", staticArgnums: [1, 2] },
);
/**
 * Eight booleans (or integers, of which any but 0 is true) along an axis as the bits of one uint8; missing ones are 0.
 *
 * @param options.bitorder "big" (default): the first is the highest bit; "little": the lowest
 * @throws TypeError for floats, ValueError for an axis out of range or another order
 * @example
 * ```ts
 * String(jnp.packbits(jnp.array([true, false, true]))); // => "[160]"
 * ```
 */
export function packbits(
  a: ArrayLike,
  axis?: number | null | PackbitsOptions,
  bitorder?: BitOrder | PackbitsOptions,
): NDArray {
  const o = readOptions<PackbitsOptions>("packbits", ["axis", "bitorder"], [axis, bitorder]);
  const x = toArray(a, "packbits");
  if (x.dtype !== bool && !isInteger(x.dtype)) {
    throw new TypeError(`Expected an input array of integer or boolean data type, got ${x.dtype}`);
  }
  const { bitorder: order = "big" } = o;
  checkOrder(order);
  return packbitsJit(x, o.axis ?? null, order);
}

const unpackbitsJit = jit(
  (x: NDArray, axis: number | null, count: number | null, order: BitOrder): NDArray => {
    const [last, k] = axisLast(x, axis);
    const shape = [...last.shape, 8];
    const bytes = lax.broadcastInDim(
      last,
      shape,
      last.shape.map((_, i) => i),
    );
    const isSet = lax.ne(lax.bitwiseAnd(bytes, masks(shape, order)), lax.full(shape, 0, uint8));
    const dimension = last.ndim - 1;
    const total = last.shape[dimension] * 8;
    const bits = lax.reshape(convert(isSet, uint8), [...last.shape.slice(0, -1), total]);
    const wanted = count === null ? total : count < 0 ? Math.max(0, total + count) : count;
    // Surplus bits are cut, missing ones 0.
    const padding = bits.shape.map((_, i) => [0, i === dimension ? wanted - total : 0, 0] as const);
    return moveaxis(lax.pad(bits, scalar(0, uint8), padding), -1, k);
  },
  { name: "unpackbits", staticArgnums: [1, 2, 3] },
);
/** Options of {@link unpackbits}. */
export interface UnpackbitsOptions extends PackbitsOptions {
  /** How many bits to give: fewer are cut, more are 0; a negative number leaves off as many. */
  count?: number | null;
}
/**
 * The bits of uint8 along an axis, each as a uint8 of 0 or 1: undoes {@link packbits}.
 *
 * @throws TypeError for other dtypes, ValueError for an axis out of range or another order
 * @example
 * ```ts
 * String(jnp.unpackbits(jnp.uint8([160]), { count: 3 })); // => "[1 0 1]"
 * ```
 */
export function unpackbits(
  a: ArrayLike,
  axis?: number | null | UnpackbitsOptions,
  count?: number | null | UnpackbitsOptions,
  bitorder?: BitOrder | UnpackbitsOptions,
): NDArray {
  const o = readOptions<UnpackbitsOptions>(
    "unpackbits",
    ["axis", "count", "bitorder"],
    [axis, count, bitorder],
  );
  const x = toArray(a, "unpackbits");
  if (x.dtype !== uint8) {
    throw new TypeError(`Expected an input array of unsigned byte data type, got ${x.dtype}`);
  }
  const { bitorder: order = "big" } = o;
  checkOrder(order);
  return unpackbitsJit(x, o.axis ?? null, o.count ?? null, order);
}
