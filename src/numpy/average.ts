import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapesEqual } from "../core/aval.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxes, readOptions } from "./arguments.ts";
import { broadcastToShape, promoteDTypesInexact, toArray } from "./promote.ts";
import { mean, sum } from "./reductions.ts";

/** Options of {@link average}. */
export interface AverageOptions {
  axis?: Axis;
  /** As many as elements, or as positions along the axes; default equal. */
  weights?: ArrayLike;
  /** Keep reduced axes with size 1. */
  keepdims?: boolean;
  /** Give the sum of weights too. */
  returned?: boolean;
}

/** Weights as an array that broadcasts against `x`. */
function spread(x: NDArray, weights: NDArray, axis: Axis | undefined): NDArray {
  if (shapesEqual(x.shape, weights.shape)) return weights;
  if (axis === undefined || axis === null) {
    throw new ValueError("Axis must be specified when shapes of a and weights differ.");
  }
  const axes = canonicalizeAxes(axis, x.ndim);
  if (
    !shapesEqual(
      axes.map((i) => x.shape[i]),
      weights.shape,
    )
  ) {
    throw new ValueError("Shape of weights must be consistent with shape of a along specified axis.");
  }
  const order = axes.map((_, i) => i).sort((i, j) => axes[i] - axes[j]);
  return lax.reshape(
    lax.transpose(weights, order),
    x.shape.map((n, i) => (axes.includes(i) ? n : 1)),
  );
}

/**
 * Weighted mean over all axes or those given; equal weights by default. With `returned`, also the sum of the weights.
 *
 * @param options.weights an array of the shape of `a`, or with one number for each position along the axes
 * @throws ValueError for weights of another shape
 * @example
 * ```ts
 * String(jnp.average(jnp.array([1, 2, 4]), { weights: [1, 1, 2] })); // => "2.75"
 * jnp.average(jnp.array([1, 2, 4]), { returned: true }).map(String); // => ["2.3333333", "3.0"]
 * ```
 */
export function average(a: ArrayLike, options: AverageOptions & { returned: true }): [NDArray, NDArray];
export function average(a: ArrayLike, options?: AverageOptions): NDArray;
export function average(
  a: ArrayLike,
  axis: Axis | undefined,
  weights: ArrayLike | undefined,
  options: AverageOptions & { returned: true },
): [NDArray, NDArray];
export function average(
  a: ArrayLike,
  axis?: Axis,
  weights?: ArrayLike,
  returned?: false | AverageOptions,
  options?: AverageOptions,
): NDArray;
export function average(
  a: ArrayLike,
  axis: Axis | undefined,
  weights: ArrayLike | undefined,
  returned: true,
  options?: AverageOptions,
): [NDArray, NDArray];
export function average(a: ArrayLike, ...args: unknown[]): NDArray | [NDArray, NDArray] {
  const o = readOptions<AverageOptions>("average", ["axis", "weights", "returned"], args, ["keepdims"]);
  const reduce = { axis: o.axis ?? null, keepdims: o.keepdims };
  if (o.weights === undefined || o.weights === null) {
    const [x] = promoteDTypesInexact([toArray(a, "average")]);
    const result = mean(x, reduce);
    if (o.returned !== true) return result;
    const n = canonicalizeAxes(o.axis, x.ndim).reduce((p, i) => p * x.shape[i], 1);
    return [result, lax.fullLike(result, n)];
  }
  const [x, given] = promoteDTypesInexact([toArray(a, "average", 0), toArray(o.weights, "average", 1)]);
  const w = spread(x, given, o.axis);
  const total = sum(w, reduce);
  const result = lax.div(sum(lax.mul(x, w), reduce), total);
  return o.returned === true ? [result, broadcastToShape(total, result.shape)] : result;
}
