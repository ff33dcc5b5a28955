import type { ArrayLike, NDArray } from "../core/array.ts";
import { broadcastShapes } from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { toArray } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { normal } from "../random/index.ts";

/** A normal distribution of independent variables. */
export interface MultiNormal {
  /** Draws of shape `[...shape, ...parameters]`. */
  sample(shape: readonly number[], key: NDArray): NDArray;
  /** The logarithm of the joint density, over the axes of the parameters. */
  logProb(x: ArrayLike): NDArray;
  readonly logScale: NDArray;
  readonly params: [mean: NDArray, logScale: NDArray];
}

/**
 * The normal distribution of independent variables with these means and logarithms of standard deviations.
 *
 * @example
 * ```ts
 * String(optim.multiNormal(jnp.zeros(2), jnp.zeros(2)).logProb(jnp.zeros(2))); // => "-1.837877"
 * ```
 */
export function multiNormal(loc: ArrayLike, logScale: ArrayLike): MultiNormal {
  const [mean, logDeviation] = [toArray(loc, "multiNormal"), toArray(logScale, "multiNormal")];
  const deviation = un.exp(logDeviation);
  const shape = broadcastShapes(mean.shape, deviation.shape);
  return {
    sample: (leading, key) =>
      normal(key, [...leading, ...shape])
        .mul(deviation)
        .add(mean),
    logProb(x) {
      const z = bi.subtract(x, mean).div(deviation);
      const density = z
        .mul(z)
        .mul(-0.5)
        .sub(logDeviation)
        .sub(0.5 * Math.log(2 * Math.PI));
      return reductions.sum(
        density,
        shape.map((_, k) => -(k + 1)),
      );
    },
    logScale: logDeviation,
    params: [mean, logDeviation],
  };
}
