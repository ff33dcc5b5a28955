/**
 * `optim`: optimizers as pure functions on pytrees, in the shape of optax.
 *
 * @example
 * ```ts
 * const optimizer = optim.adam(0.1);
 * const loss = (p: { w: NDArray }, x: NDArray) => jnp.sum(p.w.mul(x).sub(1).pow(2));
 * const step = jit((p, state, x) => {
 *   const [updates, next] = optimizer.update(grad(loss)(p, x), state, p);
 *   return [optim.applyUpdates(p, updates), next];
 * });
 * let params = { w: jnp.zeros(2) };
 * let state = optimizer.init(params);
 * [params, state] = step(params, state, jnp.array([1, 2]));
 * String(jnp.round(params.w, 3)); // => "[0.1 0.1]"
 * ```
 */
import "../backends/install.ts";
import "../numpy/methods.ts";

export { type ApplyIfFiniteState, applyIfFinite } from "./applyIfFinite.ts";
export { applyUpdates } from "./applyUpdates.ts";
export { chain } from "./chain.ts";
export { clip, clipByGlobalNorm, globalNorm } from "./clipping.ts";
export { type Mask, MaskedNode, type MaskedState, masked } from "./masked.ts";
export {
  type AdamOptions,
  type EmaOptions,
  type EmaState,
  ema,
  type ScaleByAdamState,
  scaleByAdam,
  type TraceOptions,
  type TraceState,
  trace,
} from "./moments.ts";
export { type AdamWOptions, adam, adamw, type SgdOptions, sgd } from "./optimizers.ts";
export {
  identity,
  type ScaleByScheduleState,
  scale,
  scaleByLearningRate,
  scaleBySchedule,
} from "./scaling.ts";
export {
  type CosineDecayOptions,
  constantSchedule,
  cosineDecaySchedule,
  type ExponentialDecayOptions,
  exponentialDecay,
  joinSchedules,
  linearSchedule,
  piecewiseConstantSchedule,
  polynomialSchedule,
  type TransitionOptions,
} from "./schedules.ts";
export type {
  EmptyState,
  GradientTransformation,
  OptState,
  ScalarOrSchedule,
  Schedule,
} from "./types.ts";
export {
  type SgdrCycle,
  sgdrSchedule,
  type WarmupCosineOptions,
  warmupConstantSchedule,
  warmupCosineDecaySchedule,
  warmupExponentialDecaySchedule,
} from "./warmup.ts";
export {
  addDecayedWeights,
  type WeightDecaySchedule,
} from "./weightDecay.ts";
