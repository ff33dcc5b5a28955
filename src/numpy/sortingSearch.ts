import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { int32, isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { getItem } from "./indexingGet.ts";
import { convert, promoteDTypes, toArray } from "./promote.ts";
import { where } from "./where.ts";

type Side = "left" | "right";
type Method = "default" | "scan" | "scan_unrolled" | "sort" | "compare_all";
interface SearchOptions {
  /** "left" (default): before equal elements; "right": behind them. */
  side?: Side;
  /** Positions that sort `a`, when it is not sorted. */
  sorter?: ArrayLike;
  /** "scan" (default): binary search; "sort": by sorting both together; "compare_all": by comparing all pairs. */
  method?: Method;
}

/** x < y in the order of sorting, where NaN is greatest. */
function before(x: NDArray, y: NDArray): NDArray {
  const less = lax.lt(x, y);
  if (!isFloating(x.dtype)) return less;
  return lax.bitwiseOr(less, lax.bitwiseAnd(lax.eq(x, x), lax.ne(y, y)));
}
/** Whether the place for `v` is at or before the element `x`. */
function goesLeft(v: NDArray, x: NDArray, side: Side): NDArray {
  return side === "left" ? lax.bitwiseNot(before(x, v)) : before(v, x);
}

/** Halves the interval of each query until one place is left. */
function binarySearch(a: NDArray, v: NDArray, side: Side): NDArray {
  let low = lax.full(v.shape, 0, int32);
  let high = lax.full(v.shape, a.size, int32);
  const numbers = {
    offsetDims: [],
    collapsedSliceDims: [0],
    startIndexMap: [0],
    operandBatchingDims: [],
    startIndicesBatchingDims: [],
  };
  for (let levels = Math.ceil(Math.log2(a.size + 1)); levels > 0; levels--) {
    const middle = lax.add(low, lax.div(lax.sub(high, low), scalar(2, int32)));
    const x = lax.gather(a, lax.expandDims(middle, [v.ndim]), numbers, [1], { mode: "clip" });
    const left = goesLeft(v, x, side);
    low = lax.select(left, low, middle);
    high = lax.select(left, middle, high);
  }
  return high;
}

/** Where the queries land when they are sorted together with the array. */
function searchBySorting(a: NDArray, v: NDArray, side: Side): NDArray {
  const queries = lax.reshape(v, [v.size]);
  const joined = lax.concatenate(side === "left" ? [queries, a] : [a, queries], 0);
  const [, order] = lax.sortKeyVal(joined, lax.iota(int32, joined.size), { dimension: 0, isStable: true });
  // The rank of each element is the inverse permutation; a query's rank among queries is taken off.
  const [, ranks] = lax.sortKeyVal(order, lax.iota(int32, joined.size), { dimension: 0 });
  const start = side === "left" ? 0 : a.size;
  const own = lax.slice(ranks, [start], [start + v.size]);
  const [, queryOrder] = lax.sortKeyVal(queries, lax.iota(int32, v.size), { dimension: 0, isStable: true });
  const [, queryRanks] = lax.sortKeyVal(queryOrder, lax.iota(int32, v.size), { dimension: 0 });
  return lax.reshape(lax.sub(own, queryRanks), v.shape);
}

function compareAll(a: NDArray, v: NDArray, side: Side): NDArray {
  const shape = [a.size, ...v.shape];
  const column = lax.broadcastInDim(a, shape, [0]);
  const queries = lax.broadcastInDim(
    v,
    shape,
    v.shape.map((_, i) => i + 1),
  );
  return lax.reduceSum(convert(lax.bitwiseNot(goesLeft(queries, column, side)), int32), [0]);
}

const searchJit = jit(
  (sorted: NDArray, queries: NDArray, side: Side, method: Method): NDArray => {
    const [a, v] = promoteDTypes([sorted, queries]);
    if (a.size === 0) return lax.full(v.shape, 0, int32);
    if (method === "sort") return searchBySorting(a, v, side);
    return method === "compare_all" ? compareAll(a, v, side) : binarySearch(a, v, side);
  },
  { name: "searchsorted", staticArgnums: [2, 3] },
);

/**
 * The positions (int32) at which the elements of `v` would be inserted into the sorted vector `a` to keep it sorted. NaN counts as
 * greatest.
 *
 * @throws ValueError when `a` is not one-dimensional, or for another side or method
 * @example
 * ```ts
 * String(jnp.searchsorted(jnp.array([1, 2, 2, 3]), jnp.array([2, 5]))); // => "[1 4]"
 * String(jnp.searchsorted(jnp.array([1, 2, 2, 3]), 2, { side: "right" })); // => "3"
 * ```
 */
export function searchsorted(
  a: ArrayLike,
  v: ArrayLike,
  ...args: [(Side | SearchOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SearchOptions>("searchsorted", ["side", "sorter"], args, ["method"]);
  const { side = "left", method = "scan" } = o;
  if (side !== "left" && side !== "right") {
    throw new ValueError(
      `'${side}' is an invalid value for keyword 'side'. Expected one of ['left', 'right'].`,
    );
  }
  if (!["default", "scan", "scan_unrolled", "sort", "compare_all"].includes(method)) {
    throw new ValueError(
      `'${method}' is an invalid value for keyword 'method'. Expected one of ['default', 'scan', 'scan_unrolled', 'sort', 'compare_all'].`,
    );
  }
  let x = toArray(a, "searchsorted", 0);
  if (x.ndim !== 1) throw new ValueError("a should be 1-dimensional");
  if (o.sorter !== undefined) x = getItem(x, [toArray(o.sorter, "searchsorted", 2)]);
  return searchJit(x, toArray(v, "searchsorted", 1), side, method);
}

const digitizeJit = jit(
  (x: NDArray, bins: NDArray, right: boolean, method: Method): NDArray => {
    const side = right ? "left" : "right";
    const ascending = lax.ge(getItem(bins, [-1]), getItem(bins, [0]));
    const up = searchsorted(bins, x, { side, method });
    const down = searchsorted(lax.rev(bins, [0]), x, { side, method });
    return where(ascending, up, lax.sub(scalar(bins.shape[0], int32), down));
  },
  { name: "digitize", staticArgnums: [2, 3] },
);
/**
 * The number of the bin (int32) into which each element falls: `bins[i-1] <= x < bins[i]` gives `i`, 0 is below all bins.
 *
 * @param bins a vector in ascending or descending order
 * @param options.right bins include their right edge instead of the left
 * @throws ValueError when `bins` is not one-dimensional
 * @example
 * ```ts
 * String(jnp.digitize(jnp.array([0.5, 1, 9]), jnp.array([0, 1, 2]))); // => "[1 2 3]"
 * ```
 */
export function digitize(
  x: ArrayLike,
  bins: ArrayLike,
  ...args: [(boolean | { right?: boolean; method?: Method })?, ...unknown[]]
): NDArray {
  const o = readOptions<{ right: boolean; method: Method }>("digitize", ["right"], args, ["method"]);
  const [a, edges] = [toArray(x, "digitize", 0), toArray(bins, "digitize", 1)];
  if (edges.ndim !== 1) {
    throw new ValueError(
      `digitize: bins must be a 1-dimensional array; got bins of shape (${edges.shape.join(", ")})`,
    );
  }
  if (edges.shape[0] === 0) return lax.full(a.shape, 0, int32);
  return digitizeJit(a, edges, o.right === true, o.method ?? "scan");
}
