import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { DTypeLike } from "../../dtypes/index.ts";
import { readOptions } from "../arguments.ts";
import * as whole from "../manipulationDiagonal.ts";

/**
 * The diagonals of the matrices in the last two axes; above the main one for a positive offset.
 * @example
 * ```ts
 * String(jnp.linalg.diagonal(jnp.array([[1, 2], [3, 4]]))); // => "[1. 4.]"
 * ```
 */
export function diagonal(x: ArrayLike, options: { offset?: number } = {}): NDArray {
  const { offset } = readOptions<{ offset: number }>("jnp.linalg.diagonal", [], [options], ["offset"]);
  return whole.diagonal(x, { offset: offset ?? 0, axis1: -2, axis2: -1 });
}

/**
 * The sums of the diagonals of the matrices in the last two axes.
 * @example
 * ```ts
 * String(jnp.linalg.trace(jnp.array([[1, 2], [3, 4]]))); // => "5.0"
 * ```
 */
export function trace(x: ArrayLike, options: { offset?: number; dtype?: DTypeLike } = {}): NDArray {
  const o = readOptions<{ offset: number; dtype: DTypeLike }>(
    "jnp.linalg.trace",
    [],
    [options],
    ["offset", "dtype"],
  );
  return whole.trace(x, { offset: o.offset ?? 0, axis1: -2, axis2: -1, dtype: o.dtype });
}
