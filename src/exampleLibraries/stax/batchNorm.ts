import type { NDArray } from "../../core/array.ts";
import { type Initializer, ones, zeros } from "../../nn/initializers.ts";
import { standardize } from "../../nn/softmax.ts";
import { canonicalizeAxes, readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { expandDims } from "../../numpy/manipulationShape.ts";
import { split } from "../../random/keys.ts";
import type { Layer, NoParams } from "./layer.ts";

export interface BatchNormOptions {
  /** The axes over which mean and variance are taken, negative ones from the end; default 0, 1 and 2. */
  axis?: number | readonly number[];
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** Whether to add a parameter, beta; default true. */
  center?: boolean;
  /** Whether to multiply by a parameter, gamma; default true. */
  scale?: boolean;
  betaInit?: Initializer;
  gammaInit?: Initializer;
}
const names = ["axis", "epsilon", "center", "scale", "betaInit", "gammaInit"];

/**
 * Batch normalization: the inputs shifted and scaled to mean 0 and variance 1, then by parameters. Parameters: `[beta, gamma]`, of the shape of
 * the axes that are left; an empty list for one that is switched off.
 *
 * @throws ValueError, from its functions, when an axis is out of range
 * @example
 * ```ts
 * const [initFun, applyFun] = exampleLibraries.stax.BatchNorm(0);
 * const [, params] = initFun(random.key(0), [2, 3]);
 * applyFun(params, jnp.array([[0, 0, 0], [1, 2, 400]])).round(2);
 * // => Array([[-1., -1., -1.], [ 1.,  1.,  1.]], dtype=float32)
 * ```
 */
export function BatchNorm(
  ...options: [(number | readonly number[] | BatchNormOptions)?, ...unknown[]]
): Layer<[beta: NDArray | NoParams, gamma: NDArray | NoParams]> {
  const o = readOptions<BatchNormOptions>("BatchNorm", names, options);
  const { axis = [0, 1, 2], epsilon = 1e-5, center = true, scale = true } = o;
  const { betaInit = zeros, gammaInit = ones } = o;
  const axesOf = (ndim: number): number[] => canonicalizeAxes([axis].flat(), ndim).sort((a, b) => a - b);
  return [
    (rng, inputShape) => {
      const axes = axesOf(inputShape.length);
      const shape = inputShape.filter((_, k) => !axes.includes(k));
      const [k1, k2] = split(rng);
      return [[...inputShape], [center ? betaInit(k1, shape) : [], scale ? gammaInit(k2, shape) : []]];
    },
    ([beta, gamma], x) => {
      const axes = axesOf(x.ndim);
      const z = standardize(x, axes, { epsilon });
      const scaled = scale ? bi.multiply(expandDims(gamma as NDArray, axes), z) : z;
      return center ? bi.add(scaled, expandDims(beta as NDArray, axes)) : scaled;
    },
  ];
}
