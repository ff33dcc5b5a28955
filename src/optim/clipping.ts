import type { NDArray } from "../core/array.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { broadcastToShape, convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { mapArrays } from "./leaves.ts";
import { stateless } from "./scaling.ts";
import { absSq, squaredNorm } from "./treeMath.ts";
import type { EmptyState, GradientTransformation, Scalar } from "./types.ts";

/** Clips every element of the updates to `[-maxDelta, maxDelta]`. */
export function clip(maxDelta: number): GradientTransformation<EmptyState> {
  return stateless((updates) => mapArrays((g) => bi.minimum(bi.maximum(g, -maxDelta), maxDelta), updates));
}

/**
 * Scales the update of each parameter down to a root mean square of at most `threshold`.
 *
 * @example `String(optim.clipByBlockRms(1).update(jnp.array([2, 2]), {})[0]); // => "[1. 1.]"`
 */
export function clipByBlockRms(threshold: Scalar): GradientTransformation<EmptyState> {
  return stateless((updates) =>
    mapArrays((u) => {
      const rms = un.sqrt(reductions.mean(absSq(u)));
      return bi.divide(u, bi.maximum(1, bi.divide(rms, threshold)));
    }, updates),
  );
}

/**
 * The Euclidean norm of all leaves of a tree together.
 *
 * @example
 * ```ts
 * String(optim.globalNorm({ w: jnp.array([3]), b: jnp.array(4) })); // => "5.0"
 * ```
 */
export function globalNorm(tree: unknown): NDArray {
  return un.sqrt(squaredNorm(tree));
}

/**
 * Scales all updates by one factor when their {@link globalNorm} exceeds `maxNorm`, so that it becomes `maxNorm`.
 *
 * Source: Pascanu et al., [On the difficulty of training Recurrent Neural Networks](https://arxiv.org/abs/1211.5063), 2012.
 *
 * @example
 * ```ts
 * const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(1e-3));
 * ```
 */
export function clipByGlobalNorm(maxNorm: NDArray | number): GradientTransformation<EmptyState> {
  return stateless((updates) => {
    const norm = globalNorm(updates);
    const within = bi.less(norm, maxNorm);
    return mapArrays((g) => {
      const clipped = convert(
        bi.multiply(bi.divide(g, convert(norm, g.dtype)), maxNorm),
        g.dtype,
        g.weakType,
      );
      return lax.select(within, g, broadcastToShape(clipped, g.shape));
    }, updates);
  });
}
