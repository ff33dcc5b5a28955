import type { ArrayLike, NDArray } from "../core/array.ts";
import type { IndexingOptions } from "../core/arrayMethods.ts";
import { bool, type DType, iinfo, isComplex, isFloating } from "../dtypes/index.ts";
import { ConcretizationTypeError, ValueError } from "../errors.ts";
import { at as update } from "../numpy/access.ts";
import { readOptions } from "../numpy/arguments.ts";
import { arange, full } from "../numpy/creation.ts";
import { toArray } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";

export interface SegmentOptions {
  /** How many segments there are; default one more than the largest id, which must then be known. */
  numSegments?: number | null;
  /** A promise, which may make it faster. */
  indicesAreSorted?: boolean;
  uniqueIndices?: boolean;
  /** Reduce buckets of so many elements first, which is more accurate for long sums. */
  bucketSize?: number | null;
  /** What happens to ids out of bounds: dropped by default. */
  mode?: IndexingOptions["mode"];
}
const names = ["numSegments", "indicesAreSorted", "uniqueIndices", "bucketSize", "mode"];

type Kind = "add" | "multiply" | "max" | "min";

/** What an empty segment has. */
function identity(kind: Kind, dtype: DType): number | bigint | boolean {
  if (kind === "add") return 0;
  if (kind === "multiply") return 1;
  if (dtype === bool) return kind === "min";
  const low = kind === "max";
  if (isFloating(dtype)) return low ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const { min, max } = iinfo(dtype);
  return low ? min : max;
}

/** The largest id, when ids are known. */
function largest(name: string, ids: NDArray): number {
  if (ids.size === 0) return -1;
  const known = concreteValue(ids);
  if (known === null) {
    throw new ConcretizationTypeError(
      `${name}: the number of segments is part of a shape; pass numSegments where the ids are traced.`,
    );
  }
  let most = -1;
  for (const id of known.toHost() as Iterable<number | bigint>) most = Math.max(most, Number(id));
  return most;
}

function segment(
  name: string,
  kind: Kind,
  reduce: (x: NDArray, axis: number) => NDArray,
  data: ArrayLike,
  segmentIds: ArrayLike,
  options: readonly unknown[],
): NDArray {
  const o = readOptions<SegmentOptions>(name, names, options);
  const x = toArray(data, name);
  const ids = toArray(segmentIds, name, 1);
  if (isComplex(x.dtype) && kind !== "add" && kind !== "multiply") {
    throw new TypeError(`${name}: complex numbers have no order.`);
  }
  const count = o.numSegments ?? largest(name, ids) + 1;
  if (!Number.isInteger(count) || count < 0) throw new ValueError("numSegments must be non-negative.");
  const settings: IndexingOptions = {
    mode: o.mode ?? "drop",
    indicesAreSorted: o.indicesAreSorted,
    uniqueIndices: o.uniqueIndices,
    wrapNegativeIndices: false,
  };
  const start = identity(kind, x.dtype) as number;
  const rest = x.shape.slice(ids.ndim);
  if (o.bucketSize === undefined || o.bucketSize === null) {
    return update(full([count, ...rest], start, x.dtype), ids)[kind](x, settings);
  }
  const buckets = Math.ceil(ids.size / o.bucketSize);
  const bucket = arange(ids.size).floorDiv(o.bucketSize);
  const each = update(full([buckets, count, ...rest], start, x.dtype), bucket, ids)[kind](x, settings);
  return reduce(each, 0).astype(x.dtype);
}

/**
 * The sums of elements with the same id: `result[id]` is the sum of `data[i]` over all `i` with `segmentIds[i] == id`.
 *
 * @param data an array whose first axes are those of the ids
 * @param segmentIds integers; those outside of `[0, numSegments)` are dropped
 * @param options the number of segments and promises, by position or by name; see {@link SegmentOptions}
 * @throws ValueError for a negative number of segments
 * @throws ConcretizationTypeError for traced ids without a number of segments
 * @example
 * ```ts
 * String(ops.segmentSum(jnp.array([1, 2, 3]), jnp.array([0, 0, 1], "int32"))); // => "[3. 3.]"
 * ```
 */
export function segmentSum(
  data: ArrayLike,
  segmentIds: ArrayLike,
  ...options: [(number | null | SegmentOptions)?, ...unknown[]]
): NDArray {
  return segment("segmentSum", "add", reductions.sum, data, segmentIds, options);
}

/** The products of elements with the same id; 1 for an id without elements. See {@link segmentSum}. */
export function segmentProd(
  data: ArrayLike,
  segmentIds: ArrayLike,
  ...options: [(number | null | SegmentOptions)?, ...unknown[]]
): NDArray {
  return segment("segmentProd", "multiply", reductions.prod, data, segmentIds, options);
}

/** The largest of elements with the same id; the least number of the dtype for an id without elements. See {@link segmentSum}. */
export function segmentMax(
  data: ArrayLike,
  segmentIds: ArrayLike,
  ...options: [(number | null | SegmentOptions)?, ...unknown[]]
): NDArray {
  return segment("segmentMax", "max", reductions.max, data, segmentIds, options);
}

/** The least of elements with the same id; the largest number of the dtype for an id without elements. See {@link segmentSum}. */
export function segmentMin(
  data: ArrayLike,
  segmentIds: ArrayLike,
  ...options: [(number | null | SegmentOptions)?, ...unknown[]]
): NDArray {
  return segment("segmentMin", "min", reductions.min, data, segmentIds, options);
}
