import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { take } from "./indexingTake.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { concatenate } from "./manipulationJoin.ts";
import { ravel } from "./manipulationShape.ts";
import { broadcastToShape, convert, promoteDTypes, toArray } from "./promote.ts";
import { all, any, max, min, sum } from "./reductions.ts";
import { searchsorted } from "./sortingSearch.ts";
import { distinct, positionsOf, readSize, type SizeOptions, unique } from "./unique.ts";
import { where } from "./where.ts";

/** Options of operations on two sets. */
export interface SetOptions extends SizeOptions {
  /** Whether each array has no element twice, which saves work; default false. */
  assumeUnique?: boolean;
}

const setKeywords = ["size", "fillValue"];

/** Both arrays flattened, in one dtype. */
function readSets(name: string, ar1: ArrayLike, ar2: ArrayLike): [NDArray, NDArray] {
  const [a, b] = promoteDTypes([toArray(ar1, name, 0), toArray(ar2, name, 1)]);
  return [ravel(a), ravel(b)];
}

const isinMethods = ["auto", "compare_all", "binary_search", "sort"] as const;
/** Options of {@link isin}. */
export interface IsinOptions {
  /** Whether neither array has an element twice: saves work for the method "sort". */
  assumeUnique?: boolean;
  /** Give true where elements are not in the set. */
  invert?: boolean;
  /** "compare_all" (the default, "auto"): compare all pairs; "binary_search": sort the set; "sort": sort both together. */
  method?: (typeof isinMethods)[number];
}

/** Whether elements are in a set, by sorting the different ones together with the set: equals become neighbours. */
function isinBySorting(x: NDArray, set: NDArray, assumeUnique: boolean): NDArray {
  const fill = max(set);
  const [values, inverse] = assumeUnique
    ? [x, null]
    : unique(x, { size: x.size, fillValue: fill, returnInverse: true });
  const joined = lax.concatenate([values, set], 0);
  const [sorted, order] = lax.sortKeyVal(joined, lax.iota(int32, joined.size), { dimension: 0 });
  const equal = lax.eq(lax.sliceInDim(sorted, 1, null), lax.sliceInDim(sorted, 0, -1));
  const none = lax.full(values.shape, false, bool);
  const found = indexUpdate(none, [lax.sliceInDim(order, 0, -1)]).set(equal, { mode: "drop" });
  return inverse === null ? found : take(found, inverse, 0, { mode: "clip" });
}

const isinJit = jit(
  (
    x: NDArray,
    set: NDArray,
    invert: boolean,
    method: IsinOptions["method"],
    assumeUnique: boolean,
  ): NDArray => {
    if (x.size === 0 || set.size === 0) return lax.full(x.shape, invert, bool);
    let found: NDArray;
    if (method === "sort") found = isinBySorting(x, set, assumeUnique);
    else if (method === "binary_search") {
      const sorted = lax.sort(set, { dimension: 0 });
      found = lax.eq(x, take(sorted, searchsorted(sorted, x), 0, { mode: "clip" }));
    } else {
      const shape = [x.size, set.size];
      const [columns, rows] = [lax.broadcastInDim(x, shape, [0]), lax.broadcastInDim(set, shape, [1])];
      return invert ? all(lax.ne(columns, rows), { axis: 1 }) : any(lax.eq(columns, rows), { axis: 1 });
    }
    return invert ? lax.bitwiseNot(found) : found;
  },
  { name: "_in1d", staticArgnums: [2, 3, 4] },
);

/**
 * Whether each element of an array is in a set.
 *
 * @param options.invert give true where it is not
 * @param options.method "compare_all" (default): all pairs; "binary_search" or "sort" for large sets
 * @throws ValueError for another method
 * @example
 * ```ts
 * String(jnp.isin(jnp.array([1, 2, 3]), [2, 5])); // => "[False  True False]"
 * ```
 */
export function isin(element: ArrayLike, testElements: ArrayLike, options?: IsinOptions): NDArray;
export function isin(
  element: ArrayLike,
  testElements: ArrayLike,
  assumeUnique?: boolean,
  invert?: boolean | IsinOptions,
  options?: IsinOptions,
): NDArray;
export function isin(element: ArrayLike, testElements: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<IsinOptions>("isin", ["assumeUnique", "invert"], args, ["method"]);
  const { method = "auto" } = o;
  if (!isinMethods.includes(method)) {
    throw new ValueError(
      `method='${method}' is not implemented; options are 'compare_all', 'binary_search', 'sort', and 'auto'`,
    );
  }
  const { shape } = toArray(element, "isin", 0);
  const [x, set] = readSets("isin", element, testElements);
  return lax.reshape(isinJit(x, set, o.invert === true, method, o.assumeUnique === true), shape);
}

/**
 * The different elements of two arrays, in ascending order.
 *
 * @param options.size the length of the result, required under jit; missing elements are `fillValue`, by default the smallest
 * @throws ConcretizationTypeError for traced arrays without `size`
 * @example
 * ```ts
 * String(jnp.union1d(jnp.array([1, 2]), jnp.array([5, 2]))); // => "[1. 2. 5.]"
 * ```
 */
export function union1d(ar1: ArrayLike, ar2: ArrayLike, options?: SizeOptions): NDArray {
  const o = readOptions<SizeOptions>("union1d", [], [options], setKeywords);
  const both = [toArray(ar1, "union1d", 0), toArray(ar2, "union1d", 1)];
  const size = readSize("union1d", o, both);
  return unique(concatenate(both, null), { size, fillValue: o.fillValue });
}

/** The first elements of a vector at given positions; behind the `count` of them `fill`, or the least of them. */
function filled(picked: NDArray, count: NDArray, fill: ArrayLike | null): NDArray {
  if (picked.size === 0) return picked;
  const valid = lax.lt(lax.iota(int32, picked.size), count);
  if (fill !== null) return where(valid, picked, toArray(fill, "jnp sets"));
  const masked = where(valid, picked, max(where(valid, picked, scalar(0, picked.dtype))));
  return where(valid, picked, min(masked));
}

/** The elements of both sets in order; those that are there come first. */
interface Merged {
  readonly values: NDArray;
  /** Positions in the one vector behind the other. */
  readonly order: NDArray;
  readonly count: NDArray;
}
function mergeSets(a: NDArray, b: NDArray, countA: NDArray, countB: NDArray): Merged {
  const absent = (x: NDArray, count: NDArray) => lax.ge(lax.iota(int32, x.size), count);
  const [, values, order] = lax.sort(
    [
      lax.concatenate([absent(a, countA), absent(b, countB)], 0),
      lax.concatenate([a, b], 0),
      lax.iota(int32, a.size + b.size),
    ],
    { dimension: 0, numKeys: 2 },
  );
  return { values, order, count: lax.add(countA, countB) };
}
/** Whether each element that is there equals the one before it: one shorter than the elements. */
function repeats({ values, count }: Merged): NDArray {
  const equal = lax.eq(lax.sliceInDim(values, 1, null), lax.sliceInDim(values, 0, -1));
  const place = lax.add(lax.iota(int32, values.size - 1), scalar(1, int32));
  return lax.bitwiseAnd(equal, lax.lt(place, count));
}
/** A vector as a set: its different elements, where they were, and how many they are. */
function asSet(x: NDArray, assumeUnique: boolean): ReturnType<typeof distinct> {
  if (!assumeUnique) return distinct(x);
  return { values: x, index: lax.iota(int32, x.size), count: scalar(x.size, int32) };
}
const atClamped = (x: NDArray, i: NDArray): NDArray => take(x, i, 0, { mode: "clip" });

/**
 * The elements that both arrays have, in ascending order; with `returnIndices` also the positions of their first occurrences in both.
 *
 * @param options.size the length of the result, required under jit; missing elements are `fillValue`, by default the smallest
 * @throws ConcretizationTypeError for traced arrays without `size`
 * @example
 * ```ts
 * String(jnp.intersect1d(jnp.array([3, 1, 2]), jnp.array([5, 3, 1]))); // => "[1. 3.]"
 * ```
 */
export function intersect1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  options: SetOptions & { returnIndices: true },
): [NDArray, NDArray, NDArray];
export function intersect1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  options?: SetOptions & { returnIndices?: false },
): NDArray;
export function intersect1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  assumeUnique?: boolean,
  returnIndices?: boolean | SetOptions,
  options?: SetOptions,
): NDArray | [NDArray, NDArray, NDArray];
export function intersect1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  ...args: unknown[]
): NDArray | [NDArray, NDArray, NDArray] {
  const o = readOptions<SetOptions & { returnIndices: boolean }>(
    "intersect1d",
    ["assumeUnique", "returnIndices"],
    args,
    setKeywords,
  );
  const [x, y] = readSets("intersect1d", ar1, ar2);
  const size = readSize("intersect1d", o, [x, y]);
  const [a, b] = [x, y].map((v) => asSet(v, o.assumeUnique === true));
  const merged = mergeSets(a.values, b.values, a.count, b.count);
  if (merged.values.size === 0) {
    const none = lax.full([size ?? 0], 0, int32);
    const values = lax.full([size ?? 0], 0, x.dtype);
    return o.returnIndices === true ? [values, none, none] : values;
  }
  const found = repeats(merged);
  const positions = positionsOf(found, size);
  const count = sum(found, { dtype: int32 });
  const picked = atClamped(merged.values, positions);
  const values = size === null ? picked : filled(picked, count, o.fillValue ?? null);
  if (o.returnIndices !== true) return values;
  // Of equal neighbours the first comes from the first array.
  const valid = lax.lt(lax.iota(int32, positions.size), count);
  const original = (set: NDArray, place: NDArray, of: NDArray): NDArray =>
    where(valid, atClamped(set, place), scalar(of.size, int32));
  const next = lax.add(positions, scalar(1, int32));
  const inSecond = lax.sub(atClamped(merged.order, next), scalar(a.values.size, int32));
  return [
    values,
    x.size === 0 ? positions : original(a.index, atClamped(merged.order, positions), x),
    y.size === 0 ? positions : original(b.index, inSecond, y),
  ];
}

/**
 * The elements that exactly one of two arrays has, in ascending order.
 *
 * @param options.size the length of the result, required under jit; missing elements are `fillValue`, by default the smallest
 * @throws ConcretizationTypeError for traced arrays without `size`
 * @example
 * ```ts
 * String(jnp.setxor1d(jnp.array([3, 1, 2]), jnp.array([5, 3, 1]))); // => "[2. 5.]"
 * ```
 */
export function setxor1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  assumeUnique?: boolean | SetOptions,
  options?: SetOptions,
): NDArray {
  const o = readOptions<SetOptions>("setxor1d", ["assumeUnique"], [assumeUnique, options], setKeywords);
  const [x, y] = readSets("setxor1d", ar1, ar2);
  const size = readSize("setxor1d", o, [x, y]);
  const [a, b] = [x, y].map((v) => asSet(v, o.assumeUnique === true));
  const merged = mergeSets(a.values, b.values, a.count, b.count);
  const length = merged.values.size;
  if (length === 0) return lax.full([size ?? 0], 0, x.dtype);
  const again = repeats(merged);
  const [no] = [lax.full([1], false, bool)];
  const alone = lax.bitwiseNot(
    lax.bitwiseOr(lax.concatenate([no, again], 0), lax.concatenate([again, no], 0)),
  );
  const found = lax.bitwiseAnd(alone, lax.lt(lax.iota(int32, length), merged.count));
  const picked = atClamped(merged.values, positionsOf(found, size));
  return size === null ? picked : filled(picked, sum(found, { dtype: int32 }), o.fillValue ?? null);
}

/**
 * The elements of the first array that the second does not have, in ascending order.
 *
 * @param options.assumeUnique whether each array has no element twice; then the order of the first is kept
 * @param options.size the length of the result, required under jit; missing elements are `fillValue`, by default 0
 * @throws ConcretizationTypeError for traced arrays without `size`
 * @example
 * ```ts
 * String(jnp.setdiff1d(jnp.array([3, 1, 2]), jnp.array([5, 3]))); // => "[1. 2.]"
 * ```
 */
export function setdiff1d(
  ar1: ArrayLike,
  ar2: ArrayLike,
  assumeUnique?: boolean | SetOptions,
  options?: SetOptions,
): NDArray {
  const o = readOptions<SetOptions>("setdiff1d", ["assumeUnique"], [assumeUnique, options], setKeywords);
  const [x, y] = [ravel(toArray(ar1, "setdiff1d", 0)), ravel(toArray(ar2, "setdiff1d", 1))];
  const size = readSize("setdiff1d", o, [x, y]);
  const fill = convert(toArray(o.fillValue ?? 0, "setdiff1d"), x.dtype);
  if (x.size === 0) return broadcastToShape(fill, [size ?? 0]);
  const { values, count } = asSet(x, o.assumeUnique === true);
  const isNew = isin(values, y, { invert: true });
  const found = lax.bitwiseAnd(isNew, lax.lt(lax.iota(int32, values.size), count));
  const picked = atClamped(values, positionsOf(found, size));
  return size === null ? picked : filled(picked, sum(found, { dtype: int32 }), fill);
}
