/**
 * `optim`: optimizers as pure functions on pytrees, in the shape of optax.
 *
 * @example
 * ```ts
 * const optimizer = optim.adam(1e-3);
 * let state = optimizer.init(params);
 * const step = jit((params, state, batch) => {
 *   const gradients = grad(loss)(params, batch);
 *   const [updates, next] = optimizer.update(gradients, state, params);
 *   return [optim.applyUpdates(params, updates), next];
 * });
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
