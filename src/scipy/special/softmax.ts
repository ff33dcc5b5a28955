import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import * as nn from "../../nn/softmax.ts";
import { readOptions } from "../../numpy/arguments.ts";

interface SoftmaxOptions {
  axis?: Axis;
}

/**
 * {@link nn.softmax} over all elements, or along an axis.
 *
 * @example `String(scipy.special.softmax(jnp.zeros([1, 2]))); // => "[[0.5 0.5]]"`
 */
export function softmax(x: ArrayLike, options: SoftmaxOptions = {}): NDArray {
  const { axis = null } = readOptions<SoftmaxOptions>("softmax", [], [options], ["axis"]);
  return nn.softmax(x, { axis });
}

/**
 * {@link nn.logSoftmax} over all elements, or along an axis.
 *
 * @example `String(scipy.special.logSoftmax(jnp.array([0, 0]))); // => "[-0.6931472 -0.6931472]"`
 */
export function logSoftmax(x: ArrayLike, options: SoftmaxOptions = {}): NDArray {
  const { axis = null } = readOptions<SoftmaxOptions>("logSoftmax", [], [options], ["axis"]);
  return nn.logSoftmax(x, { axis });
}
