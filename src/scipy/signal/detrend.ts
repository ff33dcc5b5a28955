import type { ArrayLike, NDArray } from "../../core/array.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import { arange } from "../../numpy/creation.ts";
import { concatenate, moveaxis } from "../../numpy/manipulation.ts";
import { convert, promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";

/** The mean, or the line of least squares. */
export type DetrendType = "linear" | "constant";

export interface DetrendOptions {
  /** Default -1. */
  axis?: number;
  /** Default "linear". */
  type?: DetrendType;
  /** Where one line ends and the next begins; default nowhere. */
  bp?: number | readonly number[];
  overwriteData?: null;
}

/** A vector, along the last axis, without its line of least squares. */
function withoutLine(x: NDArray): NDArray {
  const n = x.shape[x.ndim - 1];
  const t = convert(arange(n), x.dtype).sub((n - 1) / 2);
  const mean = reductions.mean(x, { axis: -1, keepdims: true });
  // The sum of t² is n (n² - 1) / 12; a single element has no slope.
  const slope = reductions
    .sum(x.sub(mean).mul(t), { axis: -1, keepdims: true })
    .div(Math.max((n * (n * n - 1)) / 12, 1));
  return x.sub(mean).sub(slope.mul(t));
}

/**
 * Data without its linear (or constant) trend along an axis.
 *
 * @param options the axis, the type and the break points, by position or by name
 * @throws ValueError for another type or break points outside of the data
 * @example `String(jnp.round(scipy.signal.detrend(jnp.array([1, 2, 3])), 3)); // => "[0. 0. 0.]"`
 */
export function detrend(data: ArrayLike, ...options: [(number | DetrendOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<DetrendOptions>("detrend", ["axis", "type", "bp", "overwriteData"], options);
  const { type = "linear", bp = 0 } = o;
  if (o.overwriteData !== undefined && o.overwriteData !== null) {
    throw new NotImplementedError("overwriteData argument not implemented.");
  }
  if (type !== "linear" && type !== "constant") {
    throw new ValueError("Trend type must be 'linear' or 'constant'.");
  }
  const [x] = promoteDTypesInexact([toArray(data, "detrend")]);
  const axis = canonicalizeAxis(o.axis ?? -1, x.ndim);
  if (type === "constant") return x.sub(reductions.mean(x, { axis, keepdims: true }));
  const n = x.shape[axis];
  const breaks = [...new Set([0, ...[bp].flat(), n])].sort((a, b) => a - b);
  if (breaks[0] < 0 || breaks[breaks.length - 1] > n) {
    throw new ValueError("Breakpoints must be non-negative and less than length of data along given axis.");
  }
  const last = moveaxis(x, axis, -1);
  const parts = breaks
    .slice(1)
    .map((end, i) => withoutLine(lax.sliceInDim(last, breaks[i], end, { axis: last.ndim - 1 })));
  return parts.length === 0 ? x : moveaxis(concatenate(parts, -1), -1, axis);
}
