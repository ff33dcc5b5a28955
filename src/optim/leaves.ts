import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal, scalar } from "../core/values.ts";
import {
  asDType,
  type DTypeLike,
  finfo,
  float32,
  iinfo,
  int32,
  isComplex as isComplexDType,
  isFloating,
  isInteger,
} from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { fullLike as fullOf, zerosLike as zerosOf } from "../numpy/creation.ts";
import { convert, toArray } from "../numpy/promote.ts";
import { where } from "../numpy/where.ts";
import { map } from "../tree/map.ts";
import type { Scalar } from "./types.ts";

/** A leaf as an array. A lone number is a weak float32 whatever its value, as it is where `grad` differentiates it. */
export function leafArray(x: unknown): NDArray {
  return typeof x === "number" ? weakFloat(x) : toArray(x, "optim");
}

/** A number as a weak float32 scalar, also when it is an integer. */
export function weakFloat(x: number): NDArray {
  return literal(x, shapedArray([], float32, true));
}

/** `tree.map` for trees of arrays of one structure; the result has the structure of the first. */
export function mapArrays<T>(f: (...leaves: NDArray[]) => NDArray, first: T, ...rest: unknown[]): T {
  return map((...leaves: unknown[]) => f(...leaves.map(leafArray)), first, ...rest) as T;
}

/** Zeros of the shape of each leaf, in its dtype or the one given. */
export function zerosLike<T>(tree: T, dtype?: DTypeLike): T {
  return mapArrays((x) => zerosOf(x, dtype === undefined ? {} : { dtype }), tree);
}

/** A number in the shape and dtype of each leaf. */
export function fullLike<T>(tree: T, value: Scalar): T {
  return mapArrays((x) => fullOf(x, value), tree);
}

export function isComplex(x: NDArray): boolean {
  return isComplexDType(x.dtype);
}

/** Every leaf in a dtype; unchanged when none is given. */
export function castTree<T>(tree: T, dtype?: DTypeLike): T {
  return dtype === undefined ? tree : mapArrays((x) => convert(x, asDType(dtype)), tree);
}

/** A counter that starts at zero. */
export function zeroCount(): NDArray {
  return lax.full([], 0, int32);
}

/**
 * The counter plus one; it stays at the largest number of its dtype instead of overflowing.
 *
 * @param count an integer or float; a lone number counts as int32
 * @throws TypeError for another dtype
 * @example
 * ```ts
 * String(optim.safeIncrement(jnp.int32(7))); // => "8"
 * String(optim.safeIncrement(jnp.int8(127))); // => "127"
 * ```
 */
export function safeIncrement(count: ArrayLike): NDArray {
  const x = toArray(count, "safeIncrement");
  const { dtype } = x;
  if (!isInteger(dtype) && !isFloating(dtype)) {
    throw new TypeError(
      `Cannot safely increment a count of dtype ${dtype.name}; it must be an integer or a float.`,
    );
  }
  const max = scalar(isFloating(dtype) ? finfo(dtype).max : iinfo(dtype).max, dtype);
  return where(bi.less(x, max), bi.add(x, 1), max);
}

/** A scalar as an array of a leaf's dtype. */
export function asScalarOf(x: NDArray | number, like: NDArray): NDArray {
  return convert(leafArray(x), like.dtype);
}

/** {@link safeIncrement} by its older name. */
export const safeInt32Increment = safeIncrement;
