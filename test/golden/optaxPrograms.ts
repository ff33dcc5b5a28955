// The programs of the optax goldens, translated by hand.

import { jnp, type NDArray, nn, optim, random } from "fluxion";

export const optimizers: Record<string, () => optim.GradientTransformation> = {
  "optimiser/momentum_0.1": () => optim.sgd(0.1, { momentum: 0.9 }),
  "optimiser/nesterov_0.1": () => optim.sgd(0.1, { momentum: 0.9, nesterov: true }),
  "optimiser/adam_0.1": () => optim.adam(0.1),
  "optimiser/sgd_0.01": () => optim.sgd(0.01),
  "optimiser/adamw_0.01": () => optim.adamw(0.01, { weightDecay: 0.1 }),
  "optimiser/adam_betas": () => optim.adam(0.1, { b1: 0.8, b2: 0.95, eps: 1e-4 }),
  "optimiser/noisy_free_sgd_schedule": () => optim.sgd(optim.exponentialDecay(0.1, 2, 0.5)),
  "optimiser/adam_cosine": () => optim.adam(optim.cosineDecaySchedule(0.1, 5)),
  "optimiser/sgd_0.1": () => optim.sgd(0.1),
  "optimiser/sgd_nesterov_0.5": () => optim.sgd(0.05, { momentum: 0.5, nesterov: true }),
  "optimiser/adam_eps_root": () => optim.adam(0.1, { eps: 1e-3, epsRoot: 1e-4 }),
  "optimiser/adamw_default": () => optim.adamw(0.1),
  "optimiser/clip_sgd": () => optim.chain(optim.clipByGlobalNorm(1), optim.sgd(0.1)),
  "optimiser/clip_far_sgd": () => optim.chain(optim.clipByGlobalNorm(100), optim.sgd(0.1)),
  "optimiser/clip_adamw": () =>
    optim.chain(optim.clipByGlobalNorm(0.5), optim.adamw(0.01, { weightDecay: 0.1 })),
  "optimiser/sgd_cosine": () =>
    optim.sgd(optim.cosineDecaySchedule(0.1, 4, { alpha: 0.1 }), { momentum: 0.9 }),
  "optimiser/adamw_warmup_cosine": () =>
    optim.adamw(optim.warmupCosineDecaySchedule(0, 0.1, 2, 5, { endValue: 0.01 }), { weightDecay: 0.1 }),
  "optimiser/chain_clip_sgd": () => optim.chain(optim.clip(0.5), optim.sgd(0.1)),
  "optimiser/masked": () => optim.masked(optim.sgd(0.1), { b: true, w: false }),
  "optimiser/apply_if_finite": () => optim.applyIfFinite(optim.sgd(0.1), 2),
  "transform/trace": () => optim.trace(0.9),
  "transform/ema_no_debias": () => optim.ema(0.9, { debias: false }),
  "transform/add_decayed_weights": () => optim.addDecayedWeights(0.1),
  "transform/scale_by_schedule": () => optim.scaleBySchedule(optim.linearSchedule(1, 0, 4)),
  "transform/scale_by_learning_rate": () => optim.scaleByLearningRate(0.3),
  "optimiser/rmsprop_0.1": () => optim.rmsprop(0.1),
  "optimiser/adagrad_0.1": () => optim.adagrad(0.1),
  "optimiser/adadelta_0.1": () => optim.adadelta(0.1),
  "optimiser/adagrad_0.01": () => optim.adagrad(0.01),
  "optimiser/adadelta_0.01": () => optim.adadelta(0.01),
  "optimiser/adamaxw": () => optim.adamaxw(0.1, { weightDecay: 0.1 }),
  "optimiser/yogi": () => optim.yogi(0.1),
  "optimiser/fromage": () => optim.fromage(0.1),
  "optimiser/sm3": () => optim.sm3(0.1),
  "optimiser/adan": () => optim.adan(0.1),
  "optimiser/sign_sgd": () => optim.signSgd(0.1),
  "optimiser/rmsprop_decay": () => optim.rmsprop(0.1, { decay: 0.5, eps: 1e-3 }),
  "optimiser/multi_steps": () => new optim.MultiSteps(optim.sgd(0.1), 2),
  "optimiser/nadam_0.1": () => optim.nadam(0.1),
  "optimiser/nadamw": () => optim.nadamw(0.05, { weightDecay: 0.1 }),
  "optimiser/adabelief": () => optim.adabelief(0.1),
  "optimiser/adabelief_nesterov": () => optim.adabelief(0.1, { nesterov: true, eps: 1e-8 }),
  "optimiser/adamax": () => optim.adamax(0.1),
  "optimiser/amsgrad": () => optim.amsgrad(0.1),
  "optimiser/amsgrad_uncorrected": () =>
    optim.amsgrad(0.1, { biasCorrectionMu: false, biasCorrectionNu: false }),
  "optimiser/radam": () => optim.radam(0.1),
  "optimiser/radam_low": () => optim.radam(0.1, { b2: 0.9, threshold: 2 }),
  "optimiser/radam_nesterov": () => optim.radam(0.1, { b2: 0.9, threshold: 1.5, nesterov: true }),
  "optimiser/novograd": () => optim.novograd(0.1, { weightDecay: 0.01 }),
  "optimiser/lion": () => optim.lion(0.01),
  "optimiser/lamb": () => optim.lamb(0.1, { weightDecay: 0.01 }),
  "optimiser/lars": () => optim.lars(0.1, { weightDecay: 0.01 }),
  "optimiser/lars_nesterov": () => optim.lars(0.1, { momentum: 0.5, nesterov: true, eps: 1e-3 }),
  "optimiser/rmsprop_centered": () => optim.rmsprop(0.1, { centered: true }),
  "optimiser/rmsprop_momentum": () => optim.rmsprop(0.05, { momentum: 0.9, nesterov: true }),
  "optimiser/rmsprop_corrected": () => optim.rmsprop(0.05, { biasCorrection: true, epsInSqrt: false }),
  "optimiser/rmsprop_centered_corrected": () =>
    optim.rmsprop(0.05, { centered: true, biasCorrection: true, eps: 0.01 }),
  "optimiser/rprop": () => optim.rprop(0.1),
  "optimiser/signum": () => optim.signum(0.05),
  "optimiser/optimistic_gd": () => optim.optimisticGradientDescent(0.1),
  "optimiser/optimistic_adam": () => optim.optimisticAdam(0.1),
  "optimiser/optimistic_adam_v2": () => optim.optimisticAdamV2(0.1, { alpha: 0.8, beta: 0.5 }),
  "optimiser/noisy_sgd": () => optim.noisySgd(0.1, { key: 7 }),
  "optimiser/fromage_schedule": () => optim.fromage(optim.linearSchedule(0.1, 0.01, 5)),
  "optimiser/adafactor": () => optim.adafactor(0.1),
  "optimiser/adafactor_factored": () =>
    optim.adafactor(0.1, { minDimSizeToFactor: 2, momentum: 0.9, weightDecayRate: 0.01 }),
  "optimiser/adafactor_plain": () =>
    optim.adafactor(0.1, { factored: false, clippingThreshold: null, multiplyByParameterScale: false }),
  "optimiser/adadelta_decay": () => optim.adadelta(1, { weightDecay: 0.1 }),
  "optimiser/muon": () => optim.contrib.muon(0.1),
  "optimiser/muon_dion": () =>
    optim.contrib.muon(0.1, { nsCoeffs: "dion", preconditioning: "aol", nesterov: false }),
  "optimiser/muon_adaptive": () =>
    optim.contrib.muon(0.1, {
      adaptive: true,
      preconditioning: "schatten",
      weightDecay: 0.1,
      consistentRms: 0.2,
    }),
  "optimiser/muon_spectral": () => optim.contrib.muon(0.1, { preconditioning: "spectral" }),
  "optimiser/multi_steps_sum": () => new optim.MultiSteps(optim.adam(0.1), 2, { useGradMean: false }),
  "optimiser/multi_steps_skip": () =>
    new optim.MultiSteps(optim.sgd(0.1), 2, {
      shouldSkipUpdateFn: (updates, step, params) => optim.skipLargeUpdates(updates, step, params, 3),
    }),
  "optimiser/partition": () => optim.partition({ a: optim.adam(0.1), b: optim.sgd(0.1) }, { b: "a", w: "b" }),
  "optimiser/selective": () =>
    optim.selectiveTransform(optim.sgd(0.1), { freezeMask: { b: true, w: false } }),
  "optimiser/freeze": () => optim.chain(optim.sgd(0.1), optim.freeze({ b: false, w: true })),
  "optimiser/flatten": () => optim.flatten(optim.lamb(0.1)),
  "optimiser/inject": () => optim.injectHyperparams(optim.adam)(optim.linearSchedule(0.1, 0, 5), { b1: 0.8 }),
  "optimiser/conditionally": () => optim.conditionallyTransform(optim.sgd(0.1), (step) => step.gt(1)),
  "optimiser/conditionally_mask": () =>
    optim.conditionallyMask(optim.sgd(0.1, { momentum: 0.9 }), (step) => step.mod(2).eq(0)),
  "optimiser/named_chain": () => optim.namedChain(["clip", optim.clip(0.5)], ["sgd", optim.sgd(0.1)]),
  "optimiser/apply_every": () => optim.chain(optim.applyEvery(2), optim.sgd(0.1)),
  "optimiser/dog": () => optim.chain(optim.scaleByDistanceOverGradients(), optim.scale(-1)),
  "transform/clip_by_block_rms": () => optim.clipByBlockRms(0.5),
  "transform/scale_by_trust_ratio": () => optim.scaleByTrustRatio(),
  "transform/keep_params_nonnegative": () => optim.keepParamsNonnegative(),
  "transform/scale_by_belief": () => optim.scaleByBelief(),
  "transform/scale_by_param_block_norm": () => optim.scaleByParamBlockNorm(),
  "transform/scale_by_param_block_rms": () => optim.scaleByParamBlockRms(),
  "transform/adaptive_grad_clip": () => optim.adaptiveGradClip(0.1),
  "transform/adaptive_grad_clip_axis": () => optim.adaptiveGradClip(0.1, { axis: -1 }),
  "transform/centralize": () => optim.centralize(),
  "transform/zero_nans": () => optim.zeroNans(),
  "transform/normalize": () => optim.normalizeByUpdateNorm(2),
  "transform/scale_by_sign": () => optim.scaleBySign(),
  "transform/scale_by_yogi": () => optim.scaleByYogi({ initialAccumulatorValue: 1e-3 }),
  "transform/scale_by_lion_smooth": () => optim.scaleByLion({ mode: "smooth", smoothBeta: 2 }),
  "transform/scale_by_lion_refined": () => optim.scaleByLion({ mode: "refined" }),
  "transform/scale_by_sm3": () => optim.scaleBySm3(0.8, 0.9),
  "transform/scale_by_lbfgs": () => optim.scaleByLbfgs({ memorySize: 3 }),
  "transform/scale_by_lbfgs_plain": () => optim.scaleByLbfgs({ memorySize: 2, scaleInitPrecond: false }),
  "transform/scale_by_factored_rms": () =>
    optim.scaleByFactoredRms({ minDimSizeToFactor: 2, stepOffset: -1 }),
  "transform/set_to_zero": () => optim.setToZero(),
  "transform/add_noise": () => optim.addNoise(0.1, 0.5, 3),
};

export const schedules: Record<string, () => optim.Schedule> = {
  "schedule/exponential_staircase": () => optim.exponentialDecay(1, 10, 0.5, { staircase: true }),
  "schedule/exponential_begin_end": () =>
    optim.exponentialDecay(1, 10, 0.5, { transitionBegin: 5, endValue: 0.2 }),
  "schedule/exponential": () => optim.exponentialDecay(1, 10, 0.5),
  "schedule/cosine": () => optim.cosineDecaySchedule(1, 100),
  "schedule/cosine_alpha": () => optim.cosineDecaySchedule(0.5, 50, { alpha: 0.1 }),
  "schedule/warmup_cosine": () => optim.warmupCosineDecaySchedule(0, 1, 10, 100, { endValue: 0.1 }),
  "schedule/constant": () => optim.constantSchedule(0.3),
  "schedule/linear": () => optim.linearSchedule(1, 0.1, 50, { transitionBegin: 10 }),
  "schedule/polynomial": () => optim.polynomialSchedule(1, 0.1, 2, 50),
  "schedule/piecewise_constant": () => optim.piecewiseConstantSchedule(1, { 10: 0.5, 50: 0.1 }),
  "schedule/warmup_exponential": () => optim.warmupExponentialDecaySchedule(0, 1, 10, 20, 0.5),
  "schedule/warmup_constant": () => optim.warmupConstantSchedule(0, 1, 10),
  "schedule/sgdr": () =>
    optim.sgdrSchedule([
      { initValue: 0, peakValue: 1, warmupSteps: 5, decaySteps: 20, endValue: 0.1 },
      { initValue: 0.1, peakValue: 0.5, warmupSteps: 5, decaySteps: 50, endValue: 0 },
    ]),
  "schedule/piecewise_interpolate": () =>
    optim.piecewiseInterpolateSchedule("linear", 1, { 10: 0.5, 50: 0.1 }),
  "schedule/onecycle_linear": () => optim.linearOnecycleSchedule(100, 1),
  "schedule/onecycle_cosine": () => optim.cosineOnecycleSchedule(100, 1),
  "schedule/onecycle_linear_options": () => optim.linearOnecycleSchedule(90, 2, 0.2, 0.7, 10, 100),
  "schedule/piecewise_interpolate_cosine": () =>
    optim.piecewiseInterpolateSchedule("cosine", 1, { 10: 0.5, 50: 3 }),
  "schedule/piecewise_interpolate_none": () => optim.piecewiseInterpolateSchedule("linear", 0.7),
};

/** Optimizers that look at the loss. */
export const searches: Record<string, () => optim.GradientTransformation> = {
  "search/lbfgs": () => optim.lbfgs(),
  "search/lbfgs_memory": () => optim.lbfgs(null, { memorySize: 2, scaleInitPrecond: false }),
  "search/lbfgs_rate": () => optim.lbfgs(0.1, { linesearch: null }),
  "search/zoom_sgd": () => optim.chain(optim.sgd(1), optim.scaleByZoomLinesearch(15)),
  "search/zoom_tight": () =>
    optim.chain(optim.sgd(0.1), optim.scaleByZoomLinesearch(20, { curvRtol: 0.1, maxLearningRate: 5 })),
  "search/zoom_strict": () =>
    optim.chain(
      optim.sgd(3),
      optim.scaleByZoomLinesearch(12, { approxDecRtol: null, initialGuessStrategy: "one" }),
    ),
  "search/backtracking": () => optim.chain(optim.sgd(1), optim.scaleByBacktrackingLinesearch(30)),
  "search/backtracking_grad": () =>
    optim.chain(
      optim.sgd(0.5),
      optim.scaleByBacktrackingLinesearch(30, { storeGrad: true, decreaseFactor: 0.5 }),
    ),
  "search/polyak": () => optim.polyakSgd(0.2, { fMin: 3 }),
  "search/polyak_plus": () => optim.polyakSgd(0.1, { scaling: 0.5, fMin: 4, variant: "sps+" }),
};

/** The loss that they minimize. */
export function searchLoss({ b, w }: { b: NDArray; w: NDArray }): NDArray {
  const [x, y] = [b.get(0), b.get(1)];
  const valley = jnp
    .subtract(1, x)
    .pow(2)
    .add(y.sub(x.pow(2)).pow(2).mul(10));
  return valley.add(jnp.sum(w.pow(4))).add(jnp.sum(jnp.cosh(w.sub(1))));
}

type Inputs = Record<string, NDArray>;
const { losses } = optim;
const positive = (x: NDArray): NDArray => x.gt(0).astype("float32");

export const functions: Record<string, (inputs: Inputs) => NDArray> = {
  "function/cosine_similarity": ({ a, b }) => optim.cosineSimilarity(a, b),
  "function/cosine_distance": ({ a, b }) => optim.cosineDistance(a, b),
  "function/sigmoid_bce": ({ a, b }) => optim.sigmoidBinaryCrossEntropy(a, positive(b)),
  "function/kl": ({ logits }) => optim.klDivergence(nn.logSoftmax(logits), nn.softmax(jnp.flip(logits, 0))),
  "function/sigmoid_focal": ({ a, b }) => optim.sigmoidFocalLoss(a, positive(b)),
  "function/squentropy": ({ logits, labels }) =>
    losses.makeFenchelYoungLoss((x) => nn.logsumexp(x))(logits, nn.oneHot(labels, 3)),
  "function/periodic_update": ({ a, b }) => optim.periodicUpdate(a, b, jnp.int32(4), 2),
  "function/squared_error": ({ a, b }) => optim.squaredError(a, b),
  "function/l2_loss": ({ a, b }) => optim.l2Loss(a, b),
  "function/l2_alone": ({ a }) => optim.l2Loss(a),
  "function/huber": ({ a, b }) => optim.huberLoss(a, b, { delta: 0.7 }),
  "function/log_cosh": ({ a, b }) => optim.logCosh(a, b),
  "function/hinge": ({ a, sign }) => optim.hingeLoss(a, sign),
  "function/perceptron": ({ a, sign }) => losses.perceptronLoss(a, sign),
  "function/sparsemax": ({ a, sign }) => losses.sparsemaxLoss(a, sign.gt(0)),
  "function/softmax_ce": ({ logits, probs }) => optim.softmaxCrossEntropy(logits, probs),
  "function/softmax_ce_where": ({ logits, probs, mask }) =>
    optim.softmaxCrossEntropy(logits, probs, { where: mask }),
  "function/softmax_ce_axis": ({ logits, probs }) => optim.softmaxCrossEntropy(logits, probs, 0),
  "function/safe_ce": ({ logits, probs }) => optim.safeSoftmaxCrossEntropy(logits, probs),
  "function/integer_ce": ({ logits, labels }) => optim.softmaxCrossEntropyWithIntegerLabels(logits, labels),
  "function/integer_ce_where": ({ logits, labels, mask }) =>
    optim.softmaxCrossEntropyWithIntegerLabels(logits, labels, { where: mask }),
  "function/integer_ce_axes": ({ x3 }) =>
    optim.softmaxCrossEntropyWithIntegerLabels(x3, jnp.array([3, 17], "int32"), { axis: [1, 2] }),
  "function/multiclass_hinge": ({ logits, labels }) => losses.multiclassHingeLoss(logits, labels),
  "function/multiclass_perceptron": ({ logits, labels }) => losses.multiclassPerceptronLoss(logits, labels),
  "function/poly": ({ logits, probs }) => losses.polyLossCrossEntropy(logits, probs, { epsilon: 1.5 }),
  "function/kl_where": ({ logits, probs, mask }) =>
    optim.klDivergence(nn.logSoftmax(logits), probs, { where: mask }),
  "function/kl_log": ({ logits, probs }) =>
    losses.klDivergenceWithLogTargets(nn.logSoftmax(logits), jnp.log(probs)),
  "function/generalized_kl": ({ logits, probs }) => optim.generalizedKlDivergence(logits, probs),
  "function/focal_alpha": ({ logits, probs }) =>
    optim.sigmoidFocalLoss(logits, positive(probs.sub(0.3)), { alpha: 0.25, gamma: 1.5 }),
  "function/cosine_epsilon": ({ logits, probs }) =>
    optim.cosineSimilarity(logits, probs, { epsilon: 2, axis: 0 }),
  "function/cosine_where": ({ logits, probs, mask }) => optim.cosineDistance(logits, probs, { where: mask }),
  "function/ctc": ({ x3, xpad, seq, seqpad }) => optim.ctcLoss(x3, xpad, seq, seqpad),
  "function/ctc_blank": ({ x3, xpad, seq, seqpad }) =>
    optim.ctcLoss(x3, xpad, jnp.maximum(seq.sub(1), 0), seqpad, { blankId: 3 }),
  "function/ctc_phi": ({ x3, xpad, seq, seqpad }) => optim.ctcLossWithForwardProbs(x3, xpad, seq, seqpad)[1],
  "function/ctc_emit": ({ x3, xpad, seq, seqpad }) => optim.ctcLossWithForwardProbs(x3, xpad, seq, seqpad)[2],
  "function/smooth": ({ probs }) => optim.smoothLabels(probs, 0.1),
  "function/smooth_where": ({ probs, mask }) => optim.smoothLabels(probs, 0.1, { where: mask }),
  "function/ntxent": ({ emb, ids }) => optim.ntxent(emb, ids),
  "function/triplet": ({ batch }) =>
    losses.tripletMarginLoss(batch, jnp.flip(batch, 0), jnp.roll(batch, 1, 0), { margin: 0.5 }),
  "function/safe_norm": ({ logits }) => optim.safeNorm(logits, 0.5),
  "function/safe_norm_axis": ({ logits }) => optim.safeNorm(logits, 1.5, { axis: 1 }),
  "function/safe_rms": ({ logits }) => optim.safeRootMeanSquares(logits, 0.1),
  "function/incremental": ({ a, b }) => optim.incrementalUpdate(a, b, 0.1),
  "function/power_iteration": ({ m }) => optim.powerIteration(m)[0],
  "function/power_vector": ({ m }) => jnp.abs(optim.powerIteration(m)[1]),
  "function/inverse_root": ({ m }) => optim.matrixInversePthRoot(m, 4)[0],
  "function/nnls": ({ A, y }) => optim.nnls(A, y, 200),
  "function/per_example": ({ batch }) => optim.perExampleGlobalNormClip(batch, 1.2)[0],
  "function/per_layer": ({ batch, emb }) =>
    optim.perExampleLayerNormClip({ p: batch, q: emb.get("0:4") }, 1.2, false)[0].p,
  "function/per_layer_count": ({ batch, emb }) =>
    optim.perExampleLayerNormClip({ p: batch, q: emb.get("0:4") }, 1.2)[1].q,
  "function/multi_normal": ({ a, b }) => optim.multiNormal(a, b.mul(0.1)).logProb(jnp.ones(4)),
  "function/multi_normal_sample": ({ a, b }) => optim.multiNormal(a, b.mul(0.1)).sample([2], random.key(3)),
  "function/microbatch_mean": ({ a, batch }) =>
    optim.microbatch((w: NDArray, x: NDArray) => x.mul(w.get("0:3")).mean(0), 1, 2, "mean")(a, batch),
  "function/microbatch_concat": ({ batch }) =>
    optim.microbatch((x: NDArray) => x.mul(2).add(x.get("0:1")), 0, 2, "concat")(batch),
  "function/ema_moment": ({ a, b }) => optim.updateMoment(a, b, 0.9, 3),
  "function/infinity_moment": ({ a, b }) => optim.updateInfinityMoment(a, b, 0.9, 0.1),
};
