import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { type DType, int32, toInexactDType } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "./arguments.ts";
import { concreteScalar } from "./concrete.ts";
import { linspace } from "./creation.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { diff } from "./manipulationSelect.ts";
import { broadcastToShape, convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { max, min, sum } from "./reductions.ts";
import { searchsorted } from "./sortingSearch.ts";
import { where } from "./where.ts";

/** The number of bins, or their edges in ascending order. */
export type Bins = number | ArrayLike;
/** The least and the greatest edge. */
export type BinRange = ArrayLike | readonly [ArrayLike, ArrayLike];

/** Options of {@link histogram}. */
export interface HistogramOptions {
  /** Default 10. */
  bins?: Bins;
  /** Default from the least to the greatest element. Elements outside are not counted. */
  range?: BinRange;
  /** What each element counts for; default 1. */
  weights?: ArrayLike;
  /** Give the probability density instead of counts: its integral is 1. */
  density?: boolean;
}

/** The number of bins where that is what `bins` is, else null. @throws ValueError for a negative one, NotImplementedError for rules */
function binCount(name: string, bins: Bins): number | null {
  if (typeof bins === "string") {
    throw new NotImplementedError(`jnp.${name}: string values for \`bins\` not implemented.`);
  }
  const given = typeof bins === "number" ? bins : concreteScalar(toArray(bins, name));
  if (given === null) return null;
  const count = Number(given);
  if (!Number.isInteger(count)) {
    throw new TypeError(`jnp.${name}: the number of bins must be an integer, got ${count}.`);
  }
  if (count < 0) throw new ValueError(`jnp.${name}: the number of bins must be non-negative, got ${count}.`);
  return count;
}

/** The edges of bins for elements `x`, in the given dtype. */
function edgesFor(
  name: string,
  x: NDArray,
  bins: Bins,
  range: BinRange | null | undefined,
  dtype: DType,
): NDArray {
  const count = binCount(name, bins);
  if (count === null) {
    const edges = toArray(bins, name, 1);
    if (edges.ndim === 1) return convert(edges, dtype);
    throw new TypeError(
      `jnp.${name}: bins must be a number known while tracing or a vector of edges, got ${edges.aval}.`,
    );
  }
  const ends =
    range === undefined || range === null
      ? [min(x), max(x)]
      : pair(name, range).map((end, i) => toArray(end, name, i));
  const [low, high] = ends.map((end) => convert(end, dtype));
  // A range without width is widened by a half on both sides.
  const isPoint = lax.eq(low, high);
  const half = scalar(0.5, dtype);
  return linspace(
    where(isPoint, lax.sub(low, half), low),
    where(isPoint, lax.add(high, half), high),
    count + 1,
    {
      dtype,
    },
  );
}

function pair(name: string, range: BinRange): readonly ArrayLike[] {
  const list = Array.isArray(range)
    ? (range as readonly ArrayLike[])
    : [...(toArray(range, name) as Iterable<NDArray>)];
  if (list.length !== 2) {
    throw new ValueError(
      `\`range\` must be either None or a sequence of scalars, got ${list.length} of them`,
    );
  }
  return list;
}

/** The bin of each element, of `edges.size - 1`; below all is -1, above all the number of bins. The last bin includes its upper edge. */
function binOf(x: NDArray, edges: NDArray): NDArray {
  const above = searchsorted(edges, x, { side: "right" });
  const isLast = lax.eq(x, broadcastToShape(lax.indexInDim(edges, -1, 0, false), x.shape));
  const bins = scalar(edges.size - 1, int32);
  return where(isLast, lax.sub(bins, scalar(1, int32)), lax.sub(above, scalar(1, int32)));
}

/** Elements and weights in one inexact dtype; equal weights by default. */
function readElements(
  name: string,
  a: ArrayLike,
  weights: ArrayLike | null | undefined,
): [NDArray, NDArray | null] {
  const x = toArray(a, name, 0);
  if (weights === undefined || weights === null) return [promoteDTypesInexact([x])[0], null];
  const [y, w] = promoteDTypesInexact([x, toArray(weights, name, 1)]);
  return [y, w];
}

type BinEdges = {
  (a: ArrayLike, options?: Omit<HistogramOptions, "density">): NDArray;
  (a: ArrayLike, bins?: Bins, options?: Omit<HistogramOptions, "density" | "bins">): NDArray;
  (a: ArrayLike, bins?: Bins, range?: BinRange): NDArray;
};
/**
 * The edges of the bins that {@link histogram} uses: of the given number of bins (10), equally wide, over `range` or from the least to the
 * greatest element.
 *
 * @throws ValueError for a range that is no pair, TypeError for a number of bins that is no integer
 * @example
 * ```ts
 * String(jnp.histogramBinEdges(jnp.array([1, 2, 5]), 2)); // => "[1. 3. 5.]"
 * ```
 */
export const histogramBinEdges: BinEdges = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const o = readOptions<HistogramOptions>("histogramBinEdges", ["bins", "range", "weights"], args);
  const x = toArray(a, "histogramBinEdges");
  return edgesFor("histogramBinEdges", x, o.bins ?? 10, o.range, toInexactDType(x.dtype));
};

type Histogram = {
  (a: ArrayLike, options?: HistogramOptions): [NDArray, NDArray];
  (a: ArrayLike, bins?: Bins, options?: Omit<HistogramOptions, "bins">): [NDArray, NDArray];
  (
    a: ArrayLike,
    bins?: Bins,
    range?: BinRange,
    options?: Omit<HistogramOptions, "bins" | "range">,
  ): [NDArray, NDArray];
};
/**
 * How many elements fall into each bin, and the edges of the bins. Bins include their lower edge, the last one both; elements outside of
 * all are not counted.
 *
 * @throws ValueError for weights of another shape and a range that is no pair, TypeError for a number of bins that is no integer
 * @example
 * ```ts
 * jnp.histogram(jnp.array([1, 2, 1, 5]), 2).map(String); // => ["[3. 1.]", "[1. 3. 5.]"]
 * ```
 */
export const histogram: Histogram = (a: ArrayLike, ...args: unknown[]): [NDArray, NDArray] => {
  const o = readOptions<HistogramOptions>("histogram", ["bins", "range", "weights", "density"], args);
  const [x, weights] = readElements("histogram", a, o.weights);
  if (weights !== null && !shapesEqual(weights.shape, x.shape)) {
    throw new ValueError(
      `weights should have the same shape as a, got ${shapeStr(weights.shape)} and ${shapeStr(x.shape)}.`,
    );
  }
  const edges = edgesFor("histogram", x, o.bins ?? 10, o.range, x.dtype);
  const counts = countInBins([binOf(x, edges)], [edges.size - 1], weights ?? lax.fullLike(x, 1));
  if (o.density !== true) return [counts, edges];
  return [lax.div(lax.div(counts, diff(edges)), broadcastToShape(sum(counts), counts.shape)), edges];
};

/** The sum of weights in each bin of a grid. Bins out of range are dropped. */
function countInBins(bins: readonly NDArray[], shape: readonly number[], weights: NDArray): NDArray {
  const empty = lax.full(shape, 0, weights.dtype);
  return indexUpdate(empty, bins).add(weights, { mode: "drop", wrapNegativeIndices: false });
}

/** Options of {@link histogramdd}. */
export interface HistogramddOptions {
  /** The number of bins of each dimension (default 10), or for each its number of bins or their edges. */
  bins?: number | readonly Bins[];
  /** For each dimension its range, or null for the default: from the least to the greatest element. */
  range?: readonly (BinRange | null)[];
  /** What each point counts for; default 1. */
  weights?: ArrayLike;
  /** Give the probability density instead of counts. */
  density?: boolean;
}
/**
 * How many points fall into each cell of a grid, and the edges of the bins of each dimension.
 *
 * @param sample a matrix `[points, dimensions]`
 * @returns counts (int32 without weights) with an axis for each dimension, and a list of edges
 * @throws ValueError for samples of another rank, and bins, ranges or weights that do not fit
 * @example
 * ```ts
 * const [counts, edges] = jnp.histogramdd(jnp.array([[0, 0], [1, 1], [1, 0]]), { bins: 2 });
 * String(counts); // => "[[1 0]\n [1 1]]"
 * edges.length; // => 2
 * ```
 */
export function histogramdd(sample: ArrayLike, options?: HistogramddOptions): [NDArray, NDArray[]];
export function histogramdd(
  sample: ArrayLike,
  bins?: number | readonly Bins[],
  range?: readonly (BinRange | null)[] | HistogramddOptions,
  weights?: ArrayLike | HistogramddOptions,
  density?: boolean | HistogramddOptions,
): [NDArray, NDArray[]];
export function histogramdd(sample: ArrayLike, ...args: unknown[]): [NDArray, NDArray[]] {
  const o = readOptions<HistogramddOptions>("histogramdd", ["bins", "range", "weights", "density"], args);
  const [points, weights] = readElements("histogramdd", sample, o.weights);
  if (points.ndim !== 2) {
    throw new ValueError(
      `histogramdd: sample must be a matrix [points, dimensions], got ${shapeStr(points.shape)}.`,
    );
  }
  const [count, dimensions] = points.shape;
  if (weights !== null && !shapesEqual(weights.shape, [count])) {
    throw new ValueError(`should have one weight for each sample, got ${shapeStr(weights.shape)}.`);
  }
  const ranges = o.range ?? Array.from({ length: dimensions }, () => null);
  if (ranges.length !== dimensions) {
    throw new ValueError(
      `For sample.shape=${shapeStr(points.shape)}, range must be a sequence of ${dimensions} pairs or Nones; got ${ranges.length}.`,
    );
  }
  const bins = binsOf(o.bins ?? 10, dimensions);
  const columns = bins.map((_, i) => lax.indexInDim(points, i, 1, false));
  const edges = columns.map((x, i) => edgesFor("histogramdd", x, bins[i], ranges[i], points.dtype));
  const shape = edges.map((e) => e.size - 1);
  const places = columns.map((x, i) => binOf(x, edges[i]));
  const counts = countInBins(places, shape, weights ?? lax.full([count], 1, int32));
  return [o.density === true ? densities(convert(counts, points.dtype), edges) : counts, edges];
}

/** Counts of a grid over their sum and the volume of the cells. */
function densities(counts: NDArray, edges: readonly NDArray[]): NDArray {
  const { shape } = counts;
  const parts = lax.div(counts, broadcastToShape(sum(counts), shape));
  return edges.reduce((x, e, axis) => lax.div(x, lax.broadcastInDim(diff(e), shape, [axis])), parts);
}

function binsOf(bins: number | readonly Bins[], dimensions: number): readonly Bins[] {
  const list =
    typeof bins === "number" || (!Array.isArray(bins) && toArray(bins, "histogramdd").ndim === 0)
      ? Array.from({ length: dimensions }, () => bins as Bins)
      : [...(bins as readonly Bins[])];
  if (list.length !== dimensions) {
    throw new ValueError(`should be a bin for each dimension: ${dimensions}, got ${list.length}.`);
  }
  return list;
}

/** Options of {@link histogram2d}. */
export interface Histogram2dOptions extends Omit<HistogramddOptions, "bins"> {
  /** The number of bins (default 10) or their edges, for both dimensions or as a pair, one for each. */
  bins?: Bins | readonly [Bins, Bins];
}
/**
 * How many points fall into each cell of a grid in the plane, and the edges of the bins along x and y.
 *
 * @param x the first coordinates of the points, a vector
 * @param y the second coordinates
 * @throws ValueError for vectors of different lengths, and bins, ranges or weights that do not fit
 * @example
 * ```ts
 * const [counts, xEdges, yEdges] = jnp.histogram2d(jnp.array([0, 1, 1]), jnp.array([0, 1, 0]), { bins: 2 });
 * String(counts); // => "[[1 0]\n [1 1]]"
 * ```
 */
export function histogram2d(
  x: ArrayLike,
  y: ArrayLike,
  options?: Histogram2dOptions,
): [NDArray, NDArray, NDArray];
export function histogram2d(
  x: ArrayLike,
  y: ArrayLike,
  bins?: Histogram2dOptions["bins"],
  range?: readonly (BinRange | null)[] | Histogram2dOptions,
  weights?: ArrayLike | Histogram2dOptions,
  density?: boolean | Histogram2dOptions,
): [NDArray, NDArray, NDArray];
export function histogram2d(x: ArrayLike, y: ArrayLike, ...args: unknown[]): [NDArray, NDArray, NDArray] {
  const o = readOptions<Histogram2dOptions>("histogram2d", ["bins", "range", "weights", "density"], args);
  const [xs, ys] = promoteDTypesInexact([toArray(x, "histogram2d", 0), toArray(y, "histogram2d", 1)]);
  if (xs.ndim !== 1 || !shapesEqual(xs.shape, ys.shape)) {
    throw new ValueError(
      `histogram2d: x and y must be vectors of one length, got ${shapeStr(xs.shape)} and ${shapeStr(ys.shape)}.`,
    );
  }
  const sample = lax.concatenate([lax.expandDims(xs, [1]), lax.expandDims(ys, [1])], 1);
  const [counts, edges] = histogramdd(sample, { ...o, bins: twice(o.bins ?? 10) });
  return [counts, edges[0], edges[1]];
}

/** Bins of both dimensions. A list of other length than 2 is of edges that both share. */
function twice(bins: Bins | readonly [Bins, Bins]): readonly Bins[] | number {
  if (typeof bins === "number") return bins;
  if (Array.isArray(bins)) return bins.length === 2 ? bins : [bins as ArrayLike, bins as ArrayLike];
  const edges = toArray(bins, "histogram2d", 2);
  if (edges.ndim === 0) return [edges, edges];
  return edges.shape[0] === 2 ? [...(edges as Iterable<NDArray>)] : [edges, edges];
}
