import type { NDArray } from "../core/array.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import { safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import type { ExtraArgs, GradientTransformation, OptState } from "./types.ts";

/** Whether to apply a transformation, from the number of calls before, a traced int32 scalar. */
export type ConditionFn = (step: NDArray, extra?: ExtraArgs) => NDArray | boolean;

/** The state of {@link conditionallyTransform} and {@link conditionallyMask}. */
export interface ConditionalState {
  step: NDArray;
  innerState: OptState;
}

interface ConditionalOptions {
  /** Hand the fourth argument of `update` to the condition; default false. */
  forwardExtraArgs?: boolean;
}

function conditionally(
  name: string,
  inner: GradientTransformation,
  shouldTransform: ConditionFn,
  options: unknown[],
  otherwise: <P>(updates: P) => P,
): GradientTransformation<ConditionalState> {
  const o = readOptions<ConditionalOptions>(name, ["forwardExtraArgs"], options);
  return {
    init: (params) => ({ step: zeroCount(), innerState: inner.init(params) }),
    update(updates, state, params, extra) {
      const transform = o.forwardExtraArgs ? shouldTransform(state.step, extra) : shouldTransform(state.step);
      const [next, innerState] = lax.cond(
        transform,
        () => inner.update(updates, state.innerState, params, extra),
        () => [otherwise(updates), state.innerState] as [typeof updates, OptState],
      );
      return [next, { step: safeIncrement(state.step), innerState }];
    },
  };
}

/**
 * Applies a transformation at those steps where a condition holds; at the others updates pass unchanged.
 *
 * @example
 * ```ts
 * // Clip in the first thousand steps.
 * optim.conditionallyTransform(optim.clip(1), (step) => step.lt(1000));
 * ```
 */
export function conditionallyTransform(
  inner: GradientTransformation,
  shouldTransformFn: ConditionFn,
  ...options: [(boolean | ConditionalOptions)?]
): GradientTransformation<ConditionalState> {
  return conditionally("conditionallyTransform", inner, shouldTransformFn, options, (updates) => updates);
}

/** Applies an optimizer at those steps where a condition holds; at the others updates are zeros. */
export function conditionallyMask(
  inner: GradientTransformation,
  shouldTransformFn: ConditionFn,
  ...options: [(boolean | ConditionalOptions)?]
): GradientTransformation<ConditionalState> {
  return conditionally("conditionallyMask", inner, shouldTransformFn, options, zerosLike);
}
