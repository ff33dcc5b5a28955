import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { type DType, float32, int32, isComplex, promoteTypes } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxes, readOptions } from "./arguments.ts";
import { cumsum } from "./cumulative.ts";
import { takeAlongAxis } from "./indexingTake.ts";
import { moveaxis } from "./manipulationShape.ts";
import { broadcastToShape, convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { any, sum } from "./reductions.ts";
import { isnan } from "./unary.ts";
import { where } from "./where.ts";

const methods = ["linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf"] as const;
/** What a quantile between two elements is: interpolated, one of them, or their mean; or an element of the weighted distribution. */
export type QuantileMethod = (typeof methods)[number];

/** Options of {@link quantile} and its kin. */
export interface QuantileOptions {
  axis?: Axis;
  /** Default "linear". */
  method?: QuantileMethod;
  /** Keep reduced axes with size 1. */
  keepdims?: boolean;
  /** Weights of the elements, for the method "inverted_cdf" only: of their shape, or one for each position along the axes. */
  weights?: ArrayLike;
}

interface Static {
  readonly axes: readonly number[];
  readonly method: QuantileMethod;
  readonly keepdims: boolean;
  readonly ignoreNaN: boolean;
}

/** The axes that are reduced as one last axis. */
function asRows(x: NDArray, axes: readonly number[]): NDArray {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...[...axes].sort((a, b) => a - b)];
  const length = axes.reduce((n, i) => n * x.shape[i], 1);
  return lax.reshape(lax.transpose(x, order), [...kept.map((i) => x.shape[i]), length]);
}

/** A number for each row as a column beside rows. */
const column = (x: NDArray): NDArray => lax.expandDims(x, [x.ndim]);

/** The elements of sorted rows between which the quantiles are, chosen or mixed as the method says: [...rows, quantiles]. */
function between(rows: NDArray, q: NDArray, counts: NDArray, method: QuantileMethod): NDArray {
  const { dtype } = q;
  const [zero, one] = [scalar(0, dtype), scalar(1, dtype)];
  const last = column(lax.sub(counts, one));
  const shape = [...rows.shape.slice(0, -1), q.size];
  const place = lax.mul(broadcastToShape(q, shape), broadcastToShape(last, shape));
  const [low, high] = [lax.floor(place), lax.ceil(place)];
  const upperWeight = lax.sub(place, low);
  const at = (position: NDArray): NDArray => {
    const inside = lax.max(zero, lax.min(position, broadcastToShape(last, shape)));
    return takeAlongAxis(rows, convert(inside, int32), -1);
  };
  switch (method) {
    case "lower":
      return at(low);
    case "higher":
      return at(high);
    case "nearest":
      return where(lax.le(upperWeight, scalar(0.5, dtype)), at(low), at(high));
    case "midpoint":
      return lax.mul(lax.add(at(low), at(high)), scalar(0.5, rows.dtype));
    default:
      return lax.add(
        lax.mul(convert(at(low), dtype), lax.sub(one, upperWeight)),
        lax.mul(convert(at(high), dtype), upperWeight),
      );
  }
}

/** The first elements of sorted rows up to which the weights reach the given part of their sum: [...rows, quantiles]. */
function inverseDistribution(rows: NDArray, weights: NDArray, q: NDArray, counts: NDArray): NDArray {
  const bad = lax.bitwiseOr(lax.lt(weights, scalar(0, weights.dtype)), isnan(weights));
  const used = where(lax.bitwiseOr(bad, isnan(rows)), scalar(0, weights.dtype), weights);
  const reached = cumsum(used, -1);
  const total = lax.sliceInDim(reached, -1, null, 1, rows.ndim - 1);
  const shape = [...rows.shape, q.size];
  const each = [...rows.shape.slice(0, -1), q.size];
  const target = lax.mul(broadcastToShape(convert(q, weights.dtype), each), broadcastToShape(total, each));
  const isLess = lax.lt(
    broadcastToShape(column(reached), shape),
    broadcastToShape(lax.expandDims(target, [rows.ndim - 1]), shape),
  );
  const place = sum(isLess, { axis: rows.ndim - 1, dtype: int32 });
  const last = lax.max(scalar(0, int32), convert(lax.sub(column(counts), scalar(1, counts.dtype)), int32));
  const found = takeAlongAxis(rows, lax.min(place, broadcastToShape(last, place.shape)), -1);
  return where(any(bad, { axis: -1, keepdims: true }), scalar(Number.NaN, found.dtype), found);
}

/** The dtype of positions: that of `q`, not narrower than float32 or than the elements. */
function positionDType(x: NDArray, q: NDArray): DType {
  return promoteTypes(promoteTypes(x.dtype, float32), q.weakType ? float32 : q.dtype);
}

function compute(x: NDArray, q0: NDArray, weights: NDArray | null, s: Static): NDArray {
  const q = convert(q0, positionDType(x, q0));
  const rows = asRows(x, s.axes);
  const nan = scalar(Number.NaN, rows.dtype);
  const isMissing = isnan(rows);
  // One NaN makes the row NaN; or all are positive, so that they are sorted to the end and not counted.
  const data = where(s.ignoreNaN ? isMissing : any(isMissing, { axis: -1, keepdims: true }), nan, rows);
  const length = rows.shape[rows.ndim - 1];
  const counts = s.ignoreNaN
    ? sum(lax.bitwiseNot(isMissing), { axis: -1, dtype: q.dtype })
    : lax.full(rows.shape.slice(0, -1), length, q.dtype);
  const quantiles = q.ndim === 0 ? lax.reshape(q, [1]) : q;
  const dimension = rows.ndim - 1;
  let result: NDArray;
  if (s.method === "inverted_cdf") {
    const beside = weights === null ? lax.fullLike(data, 1) : asRows(weights, s.axes);
    const [sorted, sortedWeights] = lax.sortKeyVal(data, beside, { dimension });
    result = inverseDistribution(sorted, sortedWeights, quantiles, counts);
  } else {
    result = between(lax.sort(data, { dimension }), quantiles, counts, s.method);
  }
  result = convert(moveaxis(result, -1, 0), x.dtype);
  const kept = s.keepdims
    ? x.shape.map((n, i) => (s.axes.includes(i) ? 1 : n))
    : x.shape.filter((_, i) => !s.axes.includes(i));
  return lax.reshape(result, [...q0.shape, ...kept]);
}

/** Weights as an array of the shape of `x`. */
function spreadWeights(x: NDArray, weights: NDArray, axis: Axis | undefined): NDArray {
  if (shapesEqual(weights.shape, x.shape)) return weights;
  if (axis === undefined || axis === null) {
    throw new ValueError("Weights shape must match 'a' shape when axis is None.");
  }
  const axes = canonicalizeAxes(axis, x.ndim);
  const wanted = axes.map((i) => x.shape[i]);
  if (!shapesEqual(weights.shape, wanted)) {
    throw new ValueError(
      `Weights shape ${shapeStr(weights.shape)} must match reduction axes ${shapeStr(wanted)}`,
    );
  }
  const order = axes.map((_, i) => i).sort((i, j) => axes[i] - axes[j]);
  return lax.broadcastInDim(
    lax.transpose(weights, order),
    x.shape,
    [...axes].sort((i, j) => i - j),
  );
}

type Quantile = {
  (a: ArrayLike, q: ArrayLike, options?: QuantileOptions): NDArray;
  (a: ArrayLike, q: ArrayLike, axis?: Axis, options?: QuantileOptions): NDArray;
};

/* @__NO_SIDE_EFFECTS__ */
function quantileFunction(name: string, ignoreNaN: boolean, whole: number): Quantile {
  const compiled = jit(
    (x: NDArray, q0: NDArray, weights: NDArray | null, s: Static): NDArray => {
      const [q] = promoteDTypesInexact([q0]);
      return compute(x, whole === 1 ? q : lax.div(q, scalar(whole, q.dtype, q.weakType)), weights, s);
    },
    { name, staticArgnums: 3 },
  );
  return (a: ArrayLike, quantiles: ArrayLike, ...args: unknown[]): NDArray => {
    const o = readOptions<QuantileOptions>(name, ["axis"], args, ["method", "keepdims", "weights"]);
    const { method = "linear" } = o;
    if (!methods.includes(method)) {
      throw new ValueError(
        "method can only be 'linear', 'lower', 'higher', 'midpoint', 'nearest' or 'inverted_cdf', " +
          `got '${String(method)}'`,
      );
    }
    const hasWeights = o.weights !== undefined && o.weights !== null;
    if (hasWeights && method !== "inverted_cdf") {
      throw new NotImplementedError(
        `${method} doesn't support weights. Only method 'inverted_cdf' supports weights.`,
      );
    }
    const given = hasWeights ? [toArray(o.weights, name, 2)] : [];
    if (given.some((w) => isComplex(w.dtype))) throw new ValueError("Weights cannot be complex types.");
    const [x, w] = promoteDTypesInexact([toArray(a, name, 0), ...given]);
    const q = toArray(quantiles, name, 1);
    if (isComplex(x.dtype) || isComplex(q.dtype)) {
      throw new ValueError(`${name} does not support complex input, as the operation is poorly defined.`);
    }
    if (q.ndim > 1) throw new ValueError(`q must be have rank <= 1, got shape ${shapeStr(q.shape)}`);
    const axes = canonicalizeAxes(o.axis, x.ndim);
    if (axes.some((i) => x.shape[i] === 0)) {
      throw new TypeError(`${name} of no elements: the array has shape ${shapeStr(x.shape)}.`);
    }
    return compiled(x, q, w === undefined ? null : spreadWeights(x, w, o.axis), {
      axes,
      method,
      keepdims: o.keepdims === true,
      ignoreNaN,
    });
  };
}

/**
 * The values below which the parts `q` (in [0, 1]) of the elements are, over all axes or those given; NaN where any element is.
 *
 * @param q a number or a vector, whose axis comes first in the result
 * @param options.method how to choose between two neighbours: "linear" (default), "lower", "higher", "midpoint", "nearest", or
 *   "inverted_cdf", which takes `weights`
 * @throws ValueError for complex numbers, other methods and ranks of `q`; TypeError for empty axes
 * @example
 * ```ts
 * String(jnp.quantile(jnp.array([1, 2, 3, 4]), [0.25, 0.5])); // => "[1.75 2.5 ]"
 * String(jnp.quantile(jnp.array([1, 2, 3, 4]), 0.5, { method: "lower" })); // => "2.0"
 * ```
 */
export const quantile = quantileFunction("quantile", false, 1);
/** {@link quantile} of the elements that are not NaN. @example `String(jnp.nanquantile([1, NaN, 3], 0.5)); // => "2.0"` */
export const nanquantile = quantileFunction("nanquantile", true, 1);
/** {@link quantile} with `q` in percent. @example `String(jnp.percentile([1, 2, 3], 75)); // => "2.5"` */
export const percentile = quantileFunction("percentile", false, 100);
/** {@link nanquantile} with `q` in percent. @example `String(jnp.nanpercentile([1, NaN, 3], 50)); // => "2.0"` */
export const nanpercentile = quantileFunction("nanpercentile", true, 100);

/** Options of {@link median}. */
export interface MedianOptions {
  axis?: Axis;
  /** Keep reduced axes with size 1. */
  keepdims?: boolean;
}
type Median = {
  (a: ArrayLike, options?: MedianOptions): NDArray;
  (a: ArrayLike, axis?: Axis, options?: MedianOptions): NDArray;
};
/* @__NO_SIDE_EFFECTS__ */
function medianFunction(name: string, of: Quantile): Median {
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const o = readOptions<MedianOptions>(name, ["axis"], args, ["keepdims"]);
    return of(toArray(a, name), 0.5, { ...o, method: "midpoint" });
  };
}
/**
 * The middle element, or the mean of the two in the middle, over all axes or those given; NaN where any element is.
 *
 * @throws TypeError for empty axes
 * @example
 * ```ts
 * String(jnp.median(jnp.array([3, 1, 2, 9]))); // => "2.5"
 * ```
 */
export const median = medianFunction("median", quantile);
/** {@link median} of the elements that are not NaN. @example `String(jnp.nanmedian([1, NaN, 3])); // => "2.0"` */
export const nanmedian = medianFunction("nanmedian", nanquantile);
