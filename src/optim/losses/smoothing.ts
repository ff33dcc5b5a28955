import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import * as reductions from "../../numpy/reductions.ts";
import type { Scalar } from "../types.ts";
import { floatArgument } from "./arguments.ts";
import { type ClassOptions, classNames, maskOption } from "./classification.ts";

/**
 * Labels moved towards the uniform distribution: `(1 - alpha) * labels + alpha / categories`.
 *
 * Source: Müller et al., [When does label smoothing help?](https://arxiv.org/abs/1906.02629), 2019.
 *
 * @param labels one-hot floats
 * @example `String(optim.smoothLabels(jnp.array([1, 0]), 0.5)); // => "[0.75 0.25]"`
 */
export function smoothLabels(labels: ArrayLike, alpha: Scalar, options: ClassOptions = {}): NDArray {
  const o = readOptions<ClassOptions>("smoothLabels", [], [options], classNames);
  const { axis = -1 } = o;
  const y = floatArgument("smoothLabels", "labels", labels);
  const mask = maskOption(o.where, y, axis).where;
  const categories = mask === undefined ? sizeAlong(y, axis) : reductions.sum(mask, { axis, keepdims: true });
  return bi.add(bi.multiply(bi.subtract(1, alpha), y), bi.divide(alpha, categories));
}

function sizeAlong(x: NDArray, axis: Axis): number {
  if (axis === null) return x.size;
  return [axis]
    .flat()
    .reduce<number>((n, k) => n * x.shape[(k as number) < 0 ? (k as number) + x.ndim : (k as number)], 1);
}
