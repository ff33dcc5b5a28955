import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import type { Scalar } from "../types.ts";
import { checkSameShape, floatArgument } from "./arguments.ts";

function errorsOf(where: string, predictions: ArrayLike, targets: ArrayLike | null | undefined): NDArray {
  const p = floatArgument(where, "predictions", predictions);
  return targets === null || targets === undefined ? p : bi.subtract(p, targets);
}

/**
 * The squared error of each element. Without targets the predictions are the errors.
 *
 * @throws TypeError unless predictions are floats
 * @throws ValueError when the shapes differ
 * @example `String(optim.squaredError(jnp.array([1, 3]), jnp.array([1, 1]))); // => "[0. 4.]"`
 */
export function squaredError(predictions: ArrayLike, targets?: ArrayLike | null): NDArray {
  if (targets !== null && targets !== undefined) checkSameShape("squaredError", predictions, targets);
  return un.square(errorsOf("squaredError", predictions, targets));
}

/**
 * Half the squared error of each element, whose derivative is the error.
 *
 * @example `String(optim.l2Loss(jnp.array([1, 3]), jnp.array([1, 1]))); // => "[0. 2.]"`
 */
export function l2Loss(predictions: ArrayLike, targets?: ArrayLike | null): NDArray {
  return bi.multiply(0.5, squaredError(predictions, targets));
}

/**
 * Half the squared error up to `delta`, linear beyond, of each element.
 *
 * Source: Huber, [Robust estimation of a location parameter](https://projecteuclid.org/euclid.aoms/1177703732), 1964.
 *
 * @param options.delta where the loss becomes linear; default 1
 * @example `String(optim.huberLoss(jnp.array([0.5, 3]), jnp.zeros(2))); // => "[0.125 2.5  ]"`
 */
export function huberLoss(
  predictions: ArrayLike,
  targets?: ArrayLike | null,
  options: { delta?: Scalar } = {},
): NDArray {
  const { delta = 1 } = readOptions<{ delta: Scalar }>("huberLoss", [], [options], ["delta"]);
  const size = un.absolute(errorsOf("huberLoss", predictions, targets));
  const quadratic = bi.minimum(size, delta);
  return bi.add(bi.multiply(0.5, un.square(quadratic)), bi.multiply(delta, size.sub(quadratic)));
}

/**
 * `log(cosh(error))` of each element: the square for small errors, the absolute value for large ones.
 *
 * @example `String(optim.logCosh(jnp.array([0, 100]))); // => "[ 0.       99.306854]"`
 */
export function logCosh(predictions: ArrayLike, targets?: ArrayLike | null): NDArray {
  const errors = errorsOf("logCosh", predictions, targets);
  return bi.subtract(lax.logaddexp(errors, errors.neg()), Math.LN2);
}

export interface CosineOptions {
  /** Vectors whose squared norm is below this count as if it were this; default 0. */
  epsilon?: Scalar;
  /** The axis, or axes, of the vectors; default -1. */
  axis?: Axis;
  /** Which elements take part; default all. */
  where?: ArrayLike | null;
}
const cosineNames = ["epsilon", "axis", "where"];

/**
 * The cosine of the angle between vectors.
 *
 * @throws TypeError unless both are floats
 * @example `String(optim.cosineSimilarity(jnp.array([1, 1]), jnp.array([2, 0]))); // => "0.70710677"`
 */
export function cosineSimilarity(
  predictions: ArrayLike,
  targets: ArrayLike,
  options: CosineOptions = {},
): NDArray {
  const o = readOptions<CosineOptions>("cosineSimilarity", [], [options], cosineNames);
  const { epsilon = 0, axis = -1, where } = o;
  const chosen = where === null || where === undefined ? {} : { where };
  const unit = (name: string, x: ArrayLike): NDArray => {
    const a = floatArgument("cosineSimilarity", name, x);
    const square = reductions.sum(un.square(a), { axis, keepdims: true, ...chosen });
    return a.div(un.sqrt(bi.maximum(square, epsilon)));
  };
  return reductions.sum(unit("predictions", predictions).mul(unit("targets", targets)), { axis, ...chosen });
}

/**
 * 1 minus {@link cosineSimilarity}.
 *
 * @example `String(optim.cosineDistance(jnp.array([0, 1]), jnp.array([2, 0]))); // => "1.0"`
 */
export function cosineDistance(
  predictions: ArrayLike,
  targets: ArrayLike,
  options: CosineOptions = {},
): NDArray {
  readOptions<CosineOptions>("cosineDistance", [], [options], cosineNames);
  return bi.subtract(1, cosineSimilarity(predictions, targets, options));
}
