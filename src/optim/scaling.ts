import type { NDArray } from "../core/array.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import * as un from "../numpy/unary.ts";
import { asScalarOf, mapArrays, safeIncrement, zeroCount } from "./leaves.ts";
import type { EmptyState, GradientTransformation, ScalarOrSchedule, Schedule } from "./types.ts";

/**
 * A transformation without state.
 *
 * @param f from the updates, and the parameters when `update` gets them, to the next updates
 * @example
 * ```ts
 * const double = optim.stateless((updates) => tree.map((g) => g.mul(2), updates));
 * String(double.update({ w: jnp.array([1]) }, {})[0].w); // => "[2.]"
 * ```
 */
export function stateless(f: <P>(updates: P, params?: P | null) => P): GradientTransformation<EmptyState> {
  return {
    init: initEmptyState,
    update: (updates, state, params) => [f(updates, params), state],
  };
}

/** The `init` of transformations that remember nothing. @example `optim.initEmptyState(jnp.zeros(2)); // => {}` */
export function initEmptyState(_params: unknown): EmptyState {
  return {};
}

/**
 * Lets `update` be called with a fourth argument. Here all transformations can; the function is there for programs that come from optax.
 */
export function withExtraArgsSupport<S>(transform: GradientTransformation<S>): GradientTransformation<S> {
  return transform;
}

/** The transformation that changes nothing. */
export function identity(): GradientTransformation<EmptyState> {
  return stateless((updates) => updates);
}

/**
 * Multiplies updates by a number or scalar array.
 *
 * @example
 * ```ts
 * const [updates] = optim.scale(-0.5).update({ w: jnp.array([2, 4]) }, {});
 * String(updates.w); // => "[-1. -2.]"
 * ```
 */
export function scale(stepSize: NDArray | number): GradientTransformation<EmptyState> {
  return stateless((updates) => mapArrays((g) => bi.multiply(stepSize, g), updates));
}

/** The state of {@link scaleBySchedule}. */
export interface ScaleByScheduleState {
  count: NDArray;
}

/** Multiplies updates by the value of a schedule at the number of updates made before. */
export function scaleBySchedule(stepSizeFn: Schedule): GradientTransformation<ScaleByScheduleState> {
  return {
    init: () => ({ count: zeroCount() }),
    update(updates, state) {
      const stepSize = stepSizeFn(state.count);
      return [
        mapArrays((g) => bi.multiply(asScalarOf(stepSize, g), g), updates),
        { count: safeIncrement(state.count) },
      ];
    },
  };
}

const negated = (x: NDArray | number): NDArray | number => (typeof x === "number" ? -x : un.negative(x));

/**
 * Multiplies updates by minus the learning rate, a number or a schedule, which turns gradients into steps downhill. Without a rate it is {@link identity}.
 *
 * @param options.flipSign false keeps the sign
 * @throws TypeError when the rate is neither a number, a scalar array nor a function
 */
export function scaleByLearningRate(
  learningRate: ScalarOrSchedule | null,
  options: { flipSign?: boolean } = {},
): GradientTransformation {
  const { flipSign = true } = readOptions<{ flipSign: boolean }>(
    "scaleByLearningRate",
    [],
    [options],
    ["flipSign"],
  );
  if (learningRate === null) return identity();
  const signed = flipSign ? negated : (x: NDArray | number) => x;
  if (typeof learningRate === "function") return scaleBySchedule((count) => signed(learningRate(count)));
  if (typeof learningRate !== "number" && !(typeof learningRate === "object" && "aval" in learningRate)) {
    throw new TypeError(
      `The learning rate must be a number, a scalar array or a schedule (a function of the step), got ${String(learningRate)}.`,
    );
  }
  return scale(signed(learningRate));
}
