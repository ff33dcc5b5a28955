import { finfo, float64 } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import { where } from "../numpy/where.ts";
import { extraArgument } from "./extraArgument.ts";
import { leafArray } from "./leaves.ts";
import { scaleTree, squaredNorm } from "./treeMath.ts";
import type { EmptyState, GradientTransformation, Scalar } from "./types.ts";

export interface ScaleByPolyakOptions {
  /** The lowest value that the loss can have; default 0. */
  fMin?: Scalar;
  /** The largest step; default 1. */
  maxLearningRate?: Scalar;
  /** Added to the squared norm of the gradient; default 0. */
  eps?: Scalar;
  /** "sps", or "sps+", which takes no step where the loss is below `fMin`. */
  variant?: "sps" | "sps+";
}

/**
 * Polyak's step, `(value - fMin) / |gradient|²`. `update` needs the loss as `{ value }` in its fourth argument. See {@link polyakSgd}.
 */
export function scaleByPolyak(
  ...options: [(Scalar | ScaleByPolyakOptions)?, ...unknown[]]
): GradientTransformation<EmptyState> {
  const o = readOptions<ScaleByPolyakOptions>(
    "scaleByPolyak",
    ["fMin", "maxLearningRate", "eps", "variant"],
    options,
  );
  const { fMin = 0, maxLearningRate = 1, eps = 0, variant = "sps" } = o;
  if (variant !== "sps" && variant !== "sps+") {
    throw new TypeError(`Invalid variant of scaleByPolyak: ${String(variant)}. It must be "sps" or "sps+".`);
  }
  return {
    init: () => ({}),
    update(updates, state, _params, extra) {
      const value = leafArray(extraArgument("scaleByPolyak", extra, "value"));
      const square = squaredNorm(updates);
      const gap = convert(bi.subtract(value, fMin), square.dtype);
      const size = bi.add(square, eps);
      const step = bi.minimum(
        bi.divide(variant === "sps+" ? bi.maximum(gap, 0) : gap, size),
        maxLearningRate,
      );
      return [scaleTree(where(size.le(Number(finfo(float64).eps)), 0, step), updates), state];
    },
  };
}
