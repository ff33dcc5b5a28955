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
import "../numpy/moreMethods.ts";

export {
  type AdamaxOptions,
  type AdanOptions,
  type AmsgradOptions,
  type BeliefOptions,
  type RadamOptions,
  type ScaleByAdanState,
  type ScaleByAmsgradState,
  type ScaleByLionOptions,
  type ScaleByLionState,
  type ScaleByYogiOptions,
  scaleByAdamax,
  scaleByAdan,
  scaleByAmsgrad,
  scaleByBelief,
  scaleByLion,
  scaleByRadam,
  scaleByYogi,
} from "./adamRelatives.ts";
export { adaptiveGradClip } from "./adaptiveClip.ts";
export { type AddNoiseState, addNoise } from "./addNoise.ts";
export { type ApplyIfFiniteState, applyIfFinite } from "./applyIfFinite.ts";
export { applyUpdates } from "./applyUpdates.ts";
export { incrementalUpdate, periodicUpdate } from "./averaging.ts";
export {
  type BacktrackingLinesearchOptions,
  type ScaleByBacktrackingLinesearchState,
  scaleByBacktrackingLinesearch,
} from "./backtrackingLinesearch.ts";
export { chain, namedChain } from "./chain.ts";
export { clip, clipByBlockRms, clipByGlobalNorm, globalNorm } from "./clipping.ts";
export {
  type ConditionalState,
  type ConditionFn,
  conditionallyMask,
  conditionallyTransform,
} from "./conditionally.ts";
export * as contrib from "./contrib/index.ts";
export {
  centralize,
  keepParamsNonnegative,
  scaleBySign,
  setToZero,
  statelessWithTreeMap,
  type ZeroNansState,
  zeroNans,
} from "./elementwise.ts";
export { flatten } from "./flatten.ts";
export {
  type InjectHyperparamsOptions,
  type InjectHyperparamsState,
  injectHyperparams,
  injectStatefulHyperparams,
} from "./injectHyperparams.ts";
export {
  type LbfgsOptions,
  lbfgs,
  type ScaleByLbfgsOptions,
  type ScaleByLbfgsState,
  scaleByLbfgs,
} from "./lbfgs.ts";
export { safeIncrement, safeInt32Increment } from "./leaves.ts";
export {
  type InverseRootOptions,
  matrixInversePthRoot,
  type NnlsOptions,
  nnls,
  type PowerIterationOptions,
  powerIteration,
} from "./linearAlgebra.ts";
export { type LookaheadOptions, type LookaheadParams, type LookaheadState, lookahead } from "./lookahead.ts";
export * as losses from "./losses/index.ts";
export {
  convexKlDivergence,
  cosineDistance,
  cosineSimilarity,
  ctcLoss,
  ctcLossWithForwardProbs,
  generalizedKlDivergence,
  hingeLoss,
  huberLoss,
  klDivergence,
  l2Loss,
  logCosh,
  ntxent,
  safeSoftmaxCrossEntropy,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  smoothLabels,
  softmaxCrossEntropy,
  softmaxCrossEntropyWithIntegerLabels,
  squaredError,
} from "./losses/index.ts";
export { type Mask, MaskedNode, type MaskedState, masked } from "./masked.ts";
export { AccumulationType, type Accumulator, type MicrobatchOptions, microbatch } from "./microbatch.ts";
export {
  type AdamOptions,
  biasCorrection,
  type EmaOptions,
  type EmaState,
  ema,
  type ScaleByAdamState,
  scaleByAdam,
  type TraceOptions,
  type TraceState,
  trace,
  updateInfinityMoment,
  updateMoment,
  updateMomentPerElemNorm,
} from "./moments.ts";
export {
  type Measure,
  type MonitorState,
  measureWithEma,
  monitor,
  type SnapshotState,
  snapshot,
} from "./monitor.ts";
export { type MultiNormal, multiNormal } from "./multiNormal.ts";
export {
  MultiSteps,
  type MultiStepsOptions,
  type MultiStepsState,
  type ShouldSkipUpdateFunction,
  skipLargeUpdates,
  skipNotFinite,
} from "./multiSteps.ts";
export {
  cosineOnecycleSchedule,
  linearOnecycleSchedule,
  type OnecycleOptions,
  piecewiseInterpolateSchedule,
} from "./onecycle.ts";
export { type AdamWOptions, adam, adamw, type SgdOptions, sgd } from "./optimizers.ts";
export {
  adabelief,
  adamax,
  adamaxw,
  adan,
  amsgrad,
  type DecayOptions,
  nadam,
  nadamw,
  novograd,
  type OptimisticAdamOptions,
  optimisticAdam,
  optimisticAdamV2,
  radam,
  yogi,
} from "./optimizersAdam.ts";
export {
  type AdadeltaOptions,
  type AdafactorOptions,
  adadelta,
  adafactor,
  adagrad,
  fromage,
  type LarsOptions,
  type LionOptions,
  lamb,
  lars,
  lion,
  noisySgd,
  optimisticGradientDescent,
  type PolyakSgdOptions,
  polyakSgd,
  type RmspropOptions,
  rmsprop,
  rprop,
  signSgd,
  signum,
  sm3,
} from "./optimizersOther.ts";
export { freeze, multiTransform, type PartitionState, partition, selectiveTransform } from "./partition.ts";
export { perExampleGlobalNormClip, perExampleLayerNormClip } from "./perExampleClip.ts";
export {
  type ScaleByAdadeltaOptions,
  type ScaleByAdadeltaState,
  scaleByAdadelta,
} from "./scaleByAdadelta.ts";
export {
  type FactoredState,
  type ScaleByFactoredRmsOptions,
  scaleByFactoredRms,
} from "./scaleByFactoredRms.ts";
export { type NovogradOptions, type ScaleByNovogradState, scaleByNovograd } from "./scaleByNovograd.ts";
export {
  type ApplyEveryState,
  applyEvery,
  type DistanceOverGradientsOptions,
  type OptimisticGradientOptions,
  type ScaleByDistanceOverGradientsState,
  type ScaleByOptimisticGradientState,
  scaleByDistanceOverGradients,
  scaleByOptimisticGradient,
} from "./scaleByPast.ts";
export { type ScaleByPolyakOptions, scaleByPolyak } from "./scaleByPolyak.ts";
export {
  type ScaleByRmsOptions,
  type ScaleByRmsState,
  type ScaleByRssOptions,
  type ScaleByRssState,
  type ScaleByStddevState,
  scaleByRms,
  scaleByRss,
  scaleByStddev,
} from "./scaleByRms.ts";
export { type RpropOptions, type ScaleByRpropState, scaleByRprop } from "./scaleByRprop.ts";
export { type ScaleBySm3Options, type ScaleBySm3State, scaleBySm3 } from "./scaleBySm3.ts";
export { scaleGradient } from "./scaleGradient.ts";
export {
  identity,
  initEmptyState,
  type ScaleByScheduleState,
  scale,
  scaleByLearningRate,
  scaleBySchedule,
  stateless,
  withExtraArgsSupport,
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
export { type TreeMapParamsOptions, treeMapParams } from "./treeMapParams.ts";
export {
  normalizeByUpdateNorm,
  type SafeNormOptions,
  safeNorm,
  safeRootMeanSquares,
  scaleByParamBlockNorm,
  scaleByParamBlockRms,
  scaleByTrustRatio,
  type TrustRatioOptions,
} from "./trustRatio.ts";
export type {
  EmptyState,
  ExtraArgs,
  GradientTransformation,
  OptState,
  Scalar,
  ScalarOrSchedule,
  Schedule,
} from "./types.ts";
export { valueAndGradFromState } from "./valueAndGradFromState.ts";
export {
  type SgdrCycle,
  sgdrSchedule,
  type WarmupCosineOptions,
  warmupConstantSchedule,
  warmupCosineDecaySchedule,
  warmupExponentialDecaySchedule,
} from "./warmup.ts";
export { addDecayedWeights, type WeightDecaySchedule } from "./weightDecay.ts";
export {
  type ScaleByZoomLinesearchState,
  scaleByZoomLinesearch,
  type ZoomLinesearchOptions,
} from "./zoomLinesearch.ts";
