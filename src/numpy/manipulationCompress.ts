import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { getItem } from "./indexingGet.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { convert, toArray } from "./promote.ts";
import { argsort } from "./sorting.ts";
import { toBool } from "./unary.ts";
import { where } from "./where.ts";

interface CompressOptions {
  /** The axis to select along; null (default) flattens the array first. */
  axis?: number | null;
  /** The number of slices in the result: surplus ones are cut, missing ones filled. Required for a traced condition. */
  size?: number;
  /** What fills missing slices; default 0. */
  fillValue?: ArrayLike;
}

/**
 * The slices along an axis at which a condition holds.
 *
 * @param condition one-dimensional; may be shorter than the axis, and longer where it is false beyond it
 * @throws ValueError for a condition of another rank or true out of bounds, or an impossible `size`; ConcretizationTypeError (or
 *   NonConcreteBooleanIndexError) for a traced condition without `size`
 * @example
 * ```ts
 * const x = jnp.array([[1, 2, 3], [4, 5, 6]]);
 * String(jnp.compress([true, false, true], x, 1)); // => "[[1. 3.]\n [4. 6.]]"
 * ```
 */
export function compress(
  condition: ArrayLike,
  a: ArrayLike,
  ...args: [(number | null | CompressOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<CompressOptions>("compress", ["axis"], args, ["size", "fillValue"]);
  const given = toBool(toArray(condition, "compress", 0));
  const array = toArray(a, "compress", 1);
  if (given.ndim !== 1) throw new ValueError("condition must be a 1D array");
  const flat = o.axis === undefined || o.axis === null;
  const axis = flat ? 0 : canonicalizeAxis(o.axis as number, array.ndim);
  const slices = flat ? ravel(array) : moveaxis(array, axis, 0);
  const count = Math.min(given.shape[0], slices.shape[0]);
  const mask = getItem(given, [`:${count}`]);
  const candidates = getItem(slices, [`:${count}`]);
  if (o.size === undefined || o.size === null) {
    requireFalse(getItem(given, [`${count}:`]));
    return moveaxis(getItem(candidates, [mask]), 0, axis);
  }
  if (!(Number.isInteger(o.size) && o.size >= 0 && o.size <= count)) {
    throw new ValueError(
      `size must be positive and not greater than the size of the array axis; got size=${o.size} for a.shape[axis]=${count}`,
    );
  }
  const fill = convert(toArray(o.fillValue ?? scalar(0, candidates.dtype), "compress", 2), candidates.dtype);
  const spread = lax.broadcastInDim(mask, candidates.shape, [0]);
  const order = argsort(mask, { stable: true, descending: true });
  const kept = getItem(where(spread, candidates, fill), [order]);
  return moveaxis(getItem(kept, [`:${o.size}`]), 0, axis);
}

/** What the condition says beyond the axis must be known, and false. */
function requireFalse(extra: NDArray): void {
  if (extra.size === 0) return;
  const known = requireConcrete(extra, "The condition of jnp.compress must be known, or a size be given.");
  if (known.dtype === bool && known.toHost().some((v) => v !== 0)) {
    throw new ValueError("condition contains entries that are out of bounds");
  }
}
