import type { NDArray } from "../../core/array.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { zerosLike } from "../../numpy/creation.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { type Optimizer, optimizer } from "./optimizer.ts";
import { makeSchedule, type StepSize } from "./schedules.ts";

/** State: the parameter and the mean of its squared gradients. */
type Scaled = [x: NDArray, meanSquare: NDArray];
/** State: the parameter, its squared gradients, and the momentum. */
type ScaledMoving = [x: NDArray, squares: NDArray, momentum: NDArray];

/** `1 / sqrt(x)`, and 0 where `x` is 0: no step along what has had no gradient. */
export function inverseRootOrZero(x: NDArray): NDArray {
  return where(bi.greater(x, 0), bi.divide(1, un.sqrt(x)), 0);
}

/**
 * Adagrad: each element's gradient is divided by the root of the sum of its squares so far.
 *
 * Source: Duchi, Hazan and Singer, [Adaptive Subgradient Methods for Online Learning and Stochastic
 * Optimization](http://www.jmlr.org/papers/volume12/duchi11a/duchi11a.pdf), 2011.
 *
 * @param stepSize a positive scalar, or a schedule
 * @param options.momentum how much of the last step is kept; default 0.9
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.adagrad(0.5, { momentum: 0 });
 * getParams(updateFun(0, jnp.array([4, 0]), initFun(jnp.ones(2)))); // => Array([0.5, 1. ], dtype=float32)
 * ```
 */
export const adagrad: (stepSize: StepSize, ...options: [(number | { momentum?: number })?]) => Optimizer =
  optimizer((stepSize: StepSize, ...options: [(number | { momentum?: number })?]) => {
    const sizeAt = makeSchedule(stepSize);
    const { momentum = 0.9 } = readOptions<{ momentum: number }>("adagrad", ["momentum"], options);
    return {
      init: (x: NDArray): ScaledMoving => [x, zerosLike(x), zerosLike(x)],
      update: (i, g, [x, before, m]: ScaledMoving): ScaledMoving => {
        const squares = bi.add(before, un.square(g));
        const scaled = bi.multiply(1 - momentum, bi.multiply(g, inverseRootOrZero(squares)));
        const next = bi.add(scaled, bi.multiply(momentum, m));
        return [bi.subtract(x, bi.multiply(sizeAt(i), next)), squares, next];
      },
      getParams: ([x]: ScaledMoving) => x,
    };
  });

export interface RmspropOptions {
  /** How much of the mean of squares is kept from step to step; default 0.9. */
  gamma?: number;
  /** Added under the root; default 1e-8. */
  eps?: number;
}

const meanSquare = (before: NDArray, g: NDArray, gamma: number): NDArray =>
  bi.add(bi.multiply(before, gamma), bi.multiply(un.square(g), 1 - gamma));

/**
 * RMSProp: each element's gradient is divided by the root of a moving mean of its squares.
 *
 * @param stepSize a positive scalar, or a schedule
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.rmsprop(0.5, { gamma: 0.75 });
 * getParams(updateFun(0, jnp.array([4]), initFun(jnp.ones(1)))); // => Array([0.], dtype=float32)
 * ```
 */
export const rmsprop: (
  stepSize: StepSize,
  ...options: [(number | RmspropOptions)?, ...unknown[]]
) => Optimizer = optimizer((stepSize: StepSize, ...options: [(number | RmspropOptions)?, ...unknown[]]) => {
  const sizeAt = makeSchedule(stepSize);
  const { gamma = 0.9, eps = 1e-8 } = readOptions<RmspropOptions>("rmsprop", ["gamma", "eps"], options);
  return {
    init: (x: NDArray): Scaled => [x, zerosLike(x)],
    update: (i, g, [x, before]: Scaled): Scaled => {
      const mean = meanSquare(before, g, gamma);
      const step = bi.divide(bi.multiply(sizeAt(i), g), un.sqrt(bi.add(mean, eps)));
      return [bi.subtract(x, step), mean];
    },
    getParams: ([x]: Scaled) => x,
  };
});

/**
 * {@link rmsprop} whose steps keep some of the last step.
 *
 * @param options.momentum how much of it; default 0.9
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.rmspropMomentum(0.5, { gamma: 0.75 });
 * getParams(updateFun(0, jnp.array([4]), initFun(jnp.ones(1)))); // => Array([0.], dtype=float32)
 * ```
 */
export const rmspropMomentum: (
  stepSize: StepSize,
  ...options: [(number | (RmspropOptions & { momentum?: number }))?, ...unknown[]]
) => Optimizer = optimizer(
  (stepSize: StepSize, ...options: [(number | (RmspropOptions & { momentum?: number }))?, ...unknown[]]) => {
    const sizeAt = makeSchedule(stepSize);
    const names = ["gamma", "eps", "momentum"];
    const o = readOptions<RmspropOptions & { momentum: number }>("rmspropMomentum", names, options);
    const { gamma = 0.9, eps = 1e-8, momentum = 0.9 } = o;
    return {
      init: (x: NDArray): ScaledMoving => [x, zerosLike(x), zerosLike(x)],
      update: (i, g, [x, before, m]: ScaledMoving): ScaledMoving => {
        const mean = meanSquare(before, g, gamma);
        const step = bi.divide(bi.multiply(sizeAt(i), g), un.sqrt(bi.add(mean, eps)));
        const next = bi.add(bi.multiply(momentum, m), step);
        return [bi.subtract(x, next), mean, next];
      },
      getParams: ([x]: ScaledMoving) => x,
    };
  },
);
