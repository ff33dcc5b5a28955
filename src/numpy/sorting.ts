import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapesEqual } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { asDType, type DType, type DTypeLike, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { ravel } from "./manipulationShape.ts";
import { toArray } from "./promote.ts";

export { argwhere, bincount, extract, flatnonzero, nonzero } from "./sortingNonzero.ts";
export { argpartition, partition } from "./sortingPartition.ts";
export { digitize, searchsorted } from "./sortingSearch.ts";

interface SortOptions {
  /** Default the last axis; null sorts the flattened array. */
  axis?: number | null;
  /** Keep the order of equal elements; default true. */
  stable?: boolean;
  /** Largest first; default false. */
  descending?: boolean;
}

/** The array and axis that are sorted. */
function alongAxis(x: NDArray, axis: number | null): [NDArray, number] {
  return axis === null ? [ravel(x), 0] : [x, canonicalizeAxis(axis, x.ndim)];
}

const sortJit = jit(
  (x: NDArray, axis: number | null, stable: boolean, descending: boolean): NDArray => {
    const [a, dimension] = alongAxis(x, axis);
    const sorted = lax.sort(a, { dimension, isStable: stable });
    return descending ? lax.rev(sorted, [dimension]) : sorted;
  },
  { name: "sort", staticArgnums: [1, 2, 3] },
);
/**
 * The elements in ascending order along an axis (default the last; null flattens). NaN comes last.
 *
 * @param options.descending largest first
 * @throws ValueError for an axis out of range
 * @example
 * ```ts
 * String(jnp.sort(jnp.array([3, 1, 2]))); // => "[1. 2. 3.]"
 * String(jnp.sort(jnp.array([3, 1, 2]), { descending: true })); // => "[3. 2. 1.]"
 * ```
 */
export function sort(a: ArrayLike, axis?: number | null | SortOptions, options?: SortOptions): NDArray {
  const o = readOptions<SortOptions>("sort", ["axis"], [axis, options], ["stable", "descending"]);
  return sortJit(
    toArray(a, "sort"),
    o.axis === undefined ? -1 : o.axis,
    o.stable !== false,
    o.descending === true,
  );
}

const argsortJit = jit(
  (x: NDArray, axis: number | null, stable: boolean, descending: boolean, dtype: DType): NDArray => {
    let [a, dimension] = alongAxis(x, axis);
    let positions = lax.broadcastedIota(dtype, a.shape, dimension);
    // Reversed before and after, equal elements keep their order.
    const flip = descending && stable;
    if (flip) {
      a = lax.rev(a, [dimension]);
      positions = lax.rev(positions, [dimension]);
    }
    const [, sorted] = lax.sortKeyVal(a, positions, { dimension, isStable: stable });
    return descending ? lax.rev(sorted, [dimension]) : sorted;
  },
  { name: "argsort", staticArgnums: [1, 2, 3, 4] },
);
/**
 * The positions (int32) that sort an array along an axis (default the last; null flattens). Equal elements keep their order, also with
 * `descending`; NaN comes last.
 *
 * @throws ValueError for an axis out of range
 * @example
 * ```ts
 * String(jnp.argsort(jnp.array([3, 1, 2]))); // => "[1 2 0]"
 * ```
 */
export function argsort(
  a: ArrayLike,
  axis?: number | null | (SortOptions & { dtype?: DTypeLike }),
  options?: SortOptions & { dtype?: DTypeLike },
): NDArray {
  const o = readOptions<SortOptions & { dtype: DTypeLike }>(
    "argsort",
    ["axis"],
    [axis, options],
    ["stable", "descending", "dtype"],
  );
  const dtype = o.dtype === undefined ? int32 : asDType(o.dtype);
  const k = o.axis === undefined ? -1 : o.axis;
  return argsortJit(toArray(a, "argsort"), k, o.stable !== false, o.descending === true, dtype);
}

const lexsortJit = jit(
  (keys: NDArray[], axis: number): NDArray => {
    const dimension = canonicalizeAxis(axis, keys[0].ndim);
    const positions = lax.broadcastedIota(int32, keys[0].shape, dimension);
    const sorted = lax.sort([...keys].reverse().concat(positions), { dimension, numKeys: keys.length });
    return sorted[sorted.length - 1];
  },
  { name: "lexsort", staticArgnums: 1 },
);
/**
 * The positions that sort by several keys: the last key first, earlier ones among its equals.
 *
 * @param keys arrays of one shape, or an array whose rows are the keys
 * @throws ValueError when shapes differ, TypeError without keys
 * @example
 * ```ts
 * String(jnp.lexsort([jnp.array([2, 1, 0]), jnp.array([0, 0, 1])])); // => "[1 0 2]"
 * ```
 */
export function lexsort(keys: readonly ArrayLike[] | NDArray, axis?: number | { axis?: number }): NDArray {
  const o = readOptions<{ axis: number }>("lexsort", ["axis"], [axis]);
  const list = [...(keys as Iterable<ArrayLike>)].map((k, i) => toArray(k, "lexsort", i));
  if (list.length === 0) throw new TypeError("need sequence of keys with len > 0 in lexsort");
  if (list.some((k) => !shapesEqual(k.shape, list[0].shape))) {
    throw new ValueError("all keys need to be the same shape");
  }
  if (list[0].ndim === 0) return scalar(0, int32);
  return lexsortJit(list, o.axis ?? -1);
}
