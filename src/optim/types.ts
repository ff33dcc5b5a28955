import type { ArrayLike, NDArray } from "../core/array.ts";

/** The state of a gradient transformation: a pytree of arrays, made by `init` and passed from update to update. */
// biome-ignore lint/suspicious/noExplicitAny: each transformation has a state of its own; users only pass it on
export type OptState = any;

/**
 * A pair of pure functions on pytrees. `init` makes the state for some parameters; `update` turns gradients into updates, to be
 * added to the parameters with {@link applyUpdates}, and returns the next state. Transformations that look at the parameters
 * (weight decay) need them as the third argument.
 */
export interface GradientTransformation<S = OptState> {
  init(params: unknown): S;
  update<P>(updates: P, state: S, params?: P | null, extra?: ExtraArgs): [updates: P, state: S];
}

/**
 * What some transformations need to know besides gradients and parameters: line searches the `value` of the loss, its `grad` and the
 * function itself as `valueFn`. Wrappers and {@link chain} hand it on; transformations take from it what they know.
 */
export type ExtraArgs = Readonly<Record<string, unknown>>;

/** A number that may also be traced, such as a hyperparameter that {@link injectHyperparams} keeps in the state. */
export type Scalar = NDArray | number;

/** A value that depends on the number of updates made so far. */
export type Schedule = (count: ArrayLike) => NDArray | number;

/** A learning rate: a number, a scalar array, or a schedule. */
export type ScalarOrSchedule = NDArray | number | Schedule;

/** The state of a transformation that remembers nothing: a node without leaves. */
export type EmptyState = Record<string, never>;
