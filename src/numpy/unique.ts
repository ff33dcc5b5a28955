import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { arrayFromHost, scalar } from "../core/values.ts";
import { bool, int32, isComplex, isInexact } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { cumsum } from "./cumulative.ts";
import { truePositions } from "./indexingParse.ts";
import { take } from "./indexingTake.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { broadcastToShape, convert, toArray } from "./promote.ts";
import { any, sum } from "./reductions.ts";
import { nonzero } from "./sortingNonzero.ts";
import { isnan } from "./unary.ts";
import { where } from "./where.ts";

/** A size that is known while tracing, and what fills results up to it. */
export interface SizeOptions {
  /** The length of the result, required under jit: surplus elements are cut, missing ones are `fillValue`. */
  size?: number | null;
  fillValue?: ArrayLike | null;
}

/** Slices along an axis in lexicographic order. */
export interface Sorted {
  /** The slices, along the first axis. */
  readonly values: NDArray;
  /** Whether a slice differs from the one before it. */
  readonly isFirst: NDArray;
  /** Where each slice was. */
  readonly order: NDArray;
}

const sortedJit = jit(
  (x: NDArray, axis: number, equalNaN: boolean): Sorted => {
    const slices = moveaxis(x, axis, 0);
    // A complex number counts as NaN if either part is.
    const rows = isComplex(x.dtype) ? where(isnan(slices), scalar(Number.NaN, x.dtype), slices) : slices;
    const [count, ...inner] = rows.shape;
    if (rows.size === 0) {
      // Slices without elements are all equal.
      const kept = Math.min(count, 1);
      const zeros = lax.full([kept], 0, int32);
      return { values: lax.sliceInDim(rows, 0, kept), isFirst: lax.full([kept], true, bool), order: zeros };
    }
    const columns = lax.reshape(rows, [count, rows.size / count]);
    const keys = Array.from({ length: columns.shape[1] }, (_, i) => lax.indexInDim(columns, i, 1, false));
    const sorted = lax.sort([...keys, lax.iota(int32, count)], { dimension: 0, numKeys: keys.length });
    const order = sorted[keys.length];
    const values = inner.length === 0 ? sorted[0] : take(rows, order, 0);
    const [later, earlier] = [lax.sliceInDim(values, 1, null), lax.sliceInDim(values, 0, -1)];
    let differ = lax.ne(later, earlier);
    if (equalNaN && isInexact(x.dtype)) {
      differ = lax.bitwiseAnd(differ, lax.bitwiseNot(lax.bitwiseAnd(isnan(later), isnan(earlier))));
    }
    const isNew = any(differ, { axis: inner.map((_, i) => i + 1) });
    return { values, isFirst: lax.concatenate([lax.full([1], true, bool), isNew], 0), order };
  },
  { name: "_unique_sorted_mask", staticArgnums: [1, 2] },
);
/** The slices of an array along an axis, sorted. */
export const sortSlices = (x: NDArray, axis: number, equalNaN: boolean): Sorted =>
  sortedJit(x, axis, equalNaN);

const sizeHint =
  "The size argument must be given to use this function within JAX transformations: its result has as many elements as there are " +
  "different ones, which is not known while tracing.";

/** The positions of true elements of a vector that is known, or the first `size` of them, filled with 0 (or `fill`). */
export function positionsOf(mask: NDArray, size: number | null, fill = 0): NDArray {
  if (size !== null) return nonzero(mask, { size, fillValue: fill })[0];
  const [host] = truePositions(requireConcrete(mask, sizeHint));
  return arrayFromHost(host, shapedArray([host.length], int32));
}

/** The size in options: null when it is to be found by looking at the values, which must then be known. */
export function readSize(name: string, o: Partial<SizeOptions>, arrays: readonly NDArray[]): number | null {
  if (o.size !== undefined && o.size !== null) return canonicalizeShape(o.size, `jnp.${name}`)[0];
  for (const x of arrays) requireConcrete(x, `The error arose in jnp.${name}(). ${sizeHint}`);
  return null;
}

/** Options of {@link unique}. */
export interface UniqueOptions extends SizeOptions {
  /** Also give the positions of the first occurrences. */
  returnIndex?: boolean;
  /** Also give for each element the position of its equal in the result. */
  returnInverse?: boolean;
  /** Also give how often each element occurs. */
  returnCounts?: boolean;
  /** Compare slices along an axis; default the elements of the flattened array. */
  axis?: number | null;
  /** Whether NaN counts as equal to NaN; default true. */
  equalNan?: boolean;
  /** Results are always sorted. */
  sorted?: boolean;
}

type If<Option, T extends unknown[]> = Option extends true ? T : [];
/** One array, or a list of those asked for: values, index, inverse, counts. */
export type UniqueResult<O> = O extends
  | { returnIndex: true }
  | { returnInverse: true }
  | { returnCounts: true }
  ? [
      values: NDArray,
      ...If<O extends { returnIndex: true } ? true : false, [index: NDArray]>,
      ...If<O extends { returnInverse: true } ? true : false, [inverse: NDArray]>,
      ...If<O extends { returnCounts: true } ? true : false, [counts: NDArray]>,
    ]
  : NDArray;
type Known<O> = O & Record<Exclude<keyof O, keyof UniqueOptions>, never>;

interface Found {
  readonly values: NDArray;
  readonly index: NDArray;
  readonly inverse: NDArray;
  readonly counts: NDArray;
}

/** What is asked for of the different slices along an axis; the rest is left out of compiled programs. */
function findUnique(
  x: NDArray,
  axis: number,
  equalNaN: boolean,
  size: number | null,
  fillValue: ArrayLike | null,
): { readonly [K in keyof Found]: () => Found[K] } {
  const count = x.shape[axis];
  const { values, isFirst, order } = sortSlices(x, axis, equalNaN);
  if (count === 0 && size !== null && size > 0 && fillValue === null) {
    throw new ValueError(
      "jnp.unique: for zero-sized input with nonzero size argument, fill_value must be specified",
    );
  }
  const length = isFirst.shape[0];
  const positions = positionsOf(isFirst, size);
  const pick = (from: NDArray): NDArray => (length === 0 ? from : take(from, positions, 0, { mode: "clip" }));
  return {
    values: () => {
      let result = pick(values);
      if (size !== null && fillValue !== null) {
        const fill = convert(toArray(fillValue, "unique"), x.dtype);
        const shape = [size, ...values.shape.slice(1)];
        const valid = lax.lt(lax.iota(int32, size), sum(isFirst, { dtype: int32 }));
        const mask = lax.broadcastInDim(valid, shape, [0]);
        result = length === 0 ? broadcastToShape(fill, shape) : where(mask, result, fill);
      }
      return moveaxis(result, 0, axis);
    },
    index: () => pick(order),
    inverse: () => {
      if (x.size === 0) return lax.full([count], 0, int32);
      const rank = lax.sub(cumsum(isFirst), scalar(1, int32));
      return indexUpdate(lax.full([count], 0, int32), [order]).set(rank);
    },
    counts: () => {
      if (x.size === 0) return lax.full([length], count, int32);
      // Each group ends where the next begins; those that are not there begin and end at the end.
      const starts = size === null ? positions : positionsOf(isFirst, size, count);
      const ends = positionsOf(isFirst, (size ?? positions.size) + 1, count);
      return lax.sub(lax.sliceInDim(ends, 1, null), starts);
    },
  };
}

const names = ["returnIndex", "returnInverse", "returnCounts", "axis"];
const keywords = ["equalNan", "size", "fillValue", "sorted"];

/**
 * The different elements of an array in ascending order, NaN last; along an axis the different slices in lexicographic order.
 *
 * @param options.returnIndex also give the positions of the first occurrences
 * @param options.returnInverse also give the positions that make the array from the result
 * @param options.returnCounts also give how often each occurs
 * @param options.size the length of the result, required under jit; missing elements are `fillValue`, by default the smallest
 * @throws ConcretizationTypeError for a traced array without `size`, ValueError for an axis out of range
 * @example
 * ```ts
 * String(jnp.unique(jnp.array([3, 1, 3, 2]))); // => "[1. 2. 3.]"
 * const [values, counts] = jnp.unique(jnp.array([3, 1, 3]), { returnCounts: true });
 * String(counts); // => "[1 2]"
 * String(jit((x) => jnp.unique(x, { size: 4, fillValue: -1 }))(jnp.array([3, 1, 3]))); // => "[ 1.  3. -1. -1.]"
 * ```
 */
export function unique<const O extends UniqueOptions = Record<never, never>>(
  ar: ArrayLike,
  options?: Known<O>,
): UniqueResult<O>;
export function unique(
  ar: ArrayLike,
  returnIndex?: boolean,
  returnInverse?: boolean | UniqueOptions,
  returnCounts?: boolean | UniqueOptions,
  axis?: number | null | UniqueOptions,
  options?: UniqueOptions,
): NDArray | NDArray[];
export function unique(ar: ArrayLike, ...args: unknown[]): NDArray | NDArray[] {
  const o = readOptions<UniqueOptions>("unique", names, args, keywords);
  const x = toArray(ar, "unique");
  const size = readSize("unique", o, [x]);
  const flat = o.axis === undefined || o.axis === null;
  const axis = flat ? 0 : canonicalizeAxis(o.axis as number, x.ndim);
  const found = findUnique(flat ? ravel(x) : x, axis, o.equalNan !== false, size, o.fillValue ?? null);
  const results = [found.values()];
  if (o.returnIndex === true) results.push(found.index());
  if (o.returnInverse === true) results.push(flat ? lax.reshape(found.inverse(), x.shape) : found.inverse());
  if (o.returnCounts === true) results.push(found.counts());
  return results.length === 1 ? results[0] : results;
}

/** The different elements with what belongs to them: the functions of the array API standard, for which NaN differs from NaN. */
/* @__NO_SIDE_EFFECTS__ */
function standard<R>(
  name: string,
  give: (found: ReturnType<typeof findUnique>, shape: readonly number[]) => R,
): (x: ArrayLike, options?: SizeOptions) => R {
  return (x: ArrayLike, options?: SizeOptions): R => {
    const o = readOptions<SizeOptions>(name, [], [options], ["size", "fillValue"]);
    const a = toArray(x, name);
    const size = readSize(name, o, [a]);
    return give(findUnique(ravel(a), 0, false, size, o.fillValue ?? null), a.shape);
  };
}
/**
 * The different elements in ascending order, the positions of their first occurrences, for each element of `x` the position of its
 * equal, and how often each occurs. Every NaN differs from the others.
 *
 * @throws ConcretizationTypeError for a traced array without `size`
 * @example
 * ```ts
 * const { values, inverseIndices, counts } = jnp.uniqueAll(jnp.array([3, 1, 3]));
 * [values, inverseIndices, counts].map(String); // => ["[1. 3.]", "[1 0 1]", "[1 2]"]
 * ```
 */
export const uniqueAll = standard("uniqueAll", (found, shape) => ({
  values: found.values(),
  indices: found.index(),
  inverseIndices: lax.reshape(found.inverse(), shape),
  counts: found.counts(),
}));
/** The different elements and how often each occurs; see {@link uniqueAll}. @example `String(jnp.uniqueCounts([3, 1, 3]).counts); // => "[1 2]"` */
export const uniqueCounts = standard("uniqueCounts", (found) => ({
  values: found.values(),
  counts: found.counts(),
}));
/** The different elements and the positions that make `x` from them; see {@link uniqueAll}. @example `String(jnp.uniqueInverse([3, 1, 3]).inverseIndices); // => "[1 0 1]"` */
export const uniqueInverse = standard("uniqueInverse", (found, shape) => ({
  values: found.values(),
  inverseIndices: lax.reshape(found.inverse(), shape),
}));
/** The different elements; every NaN differs from the others. @example `String(jnp.uniqueValues([3, 1, 3])); // => "[1. 3.]"` */
export const uniqueValues = standard("uniqueValues", (found) => found.values());

/** The different elements of a vector in front, and how many they are. What follows them is one of them. */
export function distinct(x: NDArray): { values: NDArray; index: NDArray; count: NDArray } {
  const { values, isFirst, order } = sortSlices(x, 0, true);
  if (x.size === 0) return { values, index: order, count: scalar(0, int32) };
  const positions = positionsOf(isFirst, x.size);
  return {
    values: take(values, positions, 0, { mode: "clip" }),
    index: take(order, positions, 0, { mode: "clip" }),
    count: sum(isFirst, { dtype: int32 }),
  };
}
