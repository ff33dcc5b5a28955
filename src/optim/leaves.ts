import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal, scalar } from "../core/values.ts";
import { asDType, type DTypeLike, float32, iinfo, int32 } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { zerosLike as zerosOf } from "../numpy/creation.ts";
import { convert, toArray } from "../numpy/promote.ts";
import { where } from "../numpy/where.ts";
import { map } from "../tree/map.ts";

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

/** Every leaf in a dtype; unchanged when none is given. */
export function castTree<T>(tree: T, dtype?: DTypeLike): T {
  return dtype === undefined ? tree : mapArrays((x) => convert(x, asDType(dtype)), tree);
}

/** A counter that starts at zero. */
export function zeroCount(): NDArray {
  return lax.full([], 0, int32);
}

/** The counter plus one; it stays at the largest int32 instead of overflowing. */
export function safeIncrement(count: NDArray): NDArray {
  const max = scalar(Number(iinfo(count.dtype).max), count.dtype);
  return where(bi.less(count, max), bi.add(count, 1), max);
}

/** A scalar as an array of a leaf's dtype. */
export function asScalarOf(x: NDArray | number, like: NDArray): NDArray {
  return convert(leafArray(x), like.dtype);
}
