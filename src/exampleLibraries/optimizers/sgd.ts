import type { NDArray } from "../../core/array.ts";
import * as bi from "../../numpy/binary.ts";
import { zerosLike } from "../../numpy/creation.ts";
import { type Optimizer, optimizer } from "./optimizer.ts";
import { makeSchedule, type StepSize } from "./schedules.ts";

type Scalar = NDArray | number;

/**
 * Stochastic gradient descent: `x - stepSize * grad`.
 *
 * @param stepSize a positive scalar, or a schedule that maps the number of the step to one
 * @throws TypeError for another step size
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.sgd(0.5);
 * getParams(updateFun(0, jnp.array([1, 2]), initFun(jnp.zeros(2)))); // => Array([-0.5, -1. ], dtype=float32)
 * ```
 */
export const sgd: (stepSize: StepSize) => Optimizer = optimizer((stepSize: StepSize) => {
  const sizeAt = makeSchedule(stepSize);
  return {
    init: (x: NDArray) => x,
    update: (i, g, x: NDArray) => bi.subtract(x, bi.multiply(sizeAt(i), g)),
    getParams: (x: NDArray) => x,
  };
});

/** State: the parameter and its velocity. */
type Moving = [x: NDArray, velocity: NDArray];

/**
 * Gradient descent with momentum: the velocity `mass * velocity + grad` is what the parameters follow.
 *
 * @param stepSize as of {@link sgd}
 * @param mass how much of the velocity is kept from step to step
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.momentum(0.5, 0.9);
 * const once = updateFun(0, jnp.array([1, 2]), initFun(jnp.zeros(2)));
 * getParams(updateFun(1, jnp.zeros(2), once)); // => Array([-0.95, -1.9 ], dtype=float32)
 * ```
 */
export const momentum: (stepSize: StepSize, mass: Scalar) => Optimizer = optimizer(
  (stepSize: StepSize, mass: Scalar) => {
    const sizeAt = makeSchedule(stepSize);
    return {
      init: (x: NDArray): Moving => [x, zerosLike(x)],
      update: (i, g, [x, before]: Moving): Moving => {
        const velocity = bi.add(bi.multiply(mass, before), g);
        return [bi.subtract(x, bi.multiply(sizeAt(i), velocity)), velocity];
      },
      getParams: ([x]: Moving) => x,
    };
  },
);

/**
 * Gradient descent with Nesterov's momentum: a step along the velocity as it will be after one more update with the same gradient.
 *
 * @param stepSize as of {@link sgd}
 * @param mass how much of the velocity is kept from step to step
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.nesterov(0.5, 0.5);
 * getParams(updateFun(0, jnp.array([1, 2]), initFun(jnp.zeros(2)))); // => Array([-0.75, -1.5 ], dtype=float32)
 * ```
 */
export const nesterov: (stepSize: StepSize, mass: Scalar) => Optimizer = optimizer(
  (stepSize: StepSize, mass: Scalar) => {
    const sizeAt = makeSchedule(stepSize);
    return {
      init: (x: NDArray): Moving => [x, zerosLike(x)],
      update: (i, g, [x, before]: Moving): Moving => {
        const velocity = bi.add(bi.multiply(mass, before), g);
        const ahead = bi.add(bi.multiply(mass, velocity), g);
        return [bi.subtract(x, bi.multiply(sizeAt(i), ahead)), velocity];
      },
      getParams: ([x]: Moving) => x,
    };
  },
);
