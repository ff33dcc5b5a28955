import type { ArrayLike, NDArray } from "../../core/array.ts";
import { scalar } from "../../core/values.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { zerosLike } from "../../numpy/creation.ts";
import * as un from "../../numpy/unary.ts";
import { type Optimizer, optimizer } from "./optimizer.ts";
import { makeSchedule, type StepSize } from "./schedules.ts";

export interface MomentOptions {
  /** How much of the mean of gradients is kept from step to step; default 0.9. */
  b1?: number;
  /** The same of the second moment; default 0.999. */
  b2?: number;
  /** Added to the divisor; default 1e-8. */
  eps?: number;
}
type Options = [(number | MomentOptions)?, ...unknown[]];

function readMoments(where: string, options: Options): Required<MomentOptions> {
  const {
    b1 = 0.9,
    b2 = 0.999,
    eps = 1e-8,
  } = readOptions<MomentOptions>(where, ["b1", "b2", "eps"], options);
  return { b1, b2, eps };
}

/** State: the parameter, the mean of its gradients, and the second moment. */
type Moments = [x: NDArray, mean: NDArray, second: NDArray];

const init = (x: NDArray): Moments => [x, zerosLike(x), zerosLike(x)];
const getParams = ([x]: Moments): NDArray => x;

/** The moving mean of which `decay` is kept. */
const moving = (before: NDArray, now: NDArray, decay: number): NDArray =>
  bi.add(bi.multiply(1 - decay, now), bi.multiply(decay, before));

/** The share that the gradients have in a mean that began as zeros: `1 - decay ** (step + 1)`. */
const share = (decay: number, step: ArrayLike, like: NDArray): NDArray =>
  bi.subtract(1, bi.power(scalar(decay, like.dtype), typeof step === "number" ? step + 1 : bi.add(step, 1)));

/**
 * Adam: steps along the mean of gradients, divided by the root of the mean of their squares.
 *
 * Source: Kingma and Ba, [Adam: A Method for Stochastic Optimization](https://arxiv.org/abs/1412.6980), 2014.
 *
 * @param stepSize a positive scalar, or a schedule
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.adam(0.25);
 * getParams(updateFun(0, jnp.array([4, -4]), initFun(jnp.ones(2)))).round(3); // => Array([0.75, 1.25], dtype=float32)
 * ```
 */
export const adam: (stepSize: StepSize, ...options: Options) => Optimizer = optimizer(
  (stepSize: StepSize, ...options: Options) => {
    const sizeAt = makeSchedule(stepSize);
    const { b1, b2, eps } = readMoments("adam", options);
    return {
      init,
      update: (i, g, [x, m, v]: Moments): Moments => {
        const mean = moving(m, g, b1);
        const second = moving(v, un.square(g), b2);
        const unbiased = bi.divide(mean, share(b1, i, mean));
        const scale = bi.add(un.sqrt(bi.divide(second, share(b2, i, mean))), eps);
        return [bi.subtract(x, bi.divide(bi.multiply(sizeAt(i), unbiased), scale)), mean, second];
      },
      getParams,
    };
  },
);

/**
 * AdaMax: {@link adam} by the infinity norm, the largest gradient that is not yet forgotten.
 *
 * @param stepSize a positive scalar, or a schedule
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.adamax(0.25);
 * getParams(updateFun(0, jnp.array([4, -4]), initFun(jnp.ones(2)))).round(3); // => Array([0.75, 1.25], dtype=float32)
 * ```
 */
export const adamax: (stepSize: StepSize, ...options: Options) => Optimizer = optimizer(
  (stepSize: StepSize, ...options: Options) => {
    const sizeAt = makeSchedule(stepSize);
    const { b1, b2, eps } = readMoments("adamax", options);
    return {
      init,
      update: (i, g, [x, m, u]: Moments): Moments => {
        const mean = moving(m, g, b1);
        const largest = bi.maximum(bi.multiply(b2, u), un.abs(g));
        const size = bi.divide(sizeAt(i), share(b1, i, mean));
        const step = bi.divide(bi.multiply(size, mean), bi.add(largest, eps));
        return [bi.subtract(x, step), mean, largest];
      },
      getParams,
    };
  },
);
