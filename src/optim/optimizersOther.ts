import type { NDArray } from "../core/array.ts";
import { type DTypeLike, float32 } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import * as un from "../numpy/unary.ts";
import { lionNames, scaleByLion } from "./adamRelatives.ts";
import { addNoise } from "./addNoise.ts";
import { chain } from "./chain.ts";
import { clipByBlockRms } from "./clipping.ts";
import { scaleBySign } from "./elementwise.ts";
import { type Mask, masked } from "./masked.ts";
import { type AdamOptions, adamNames, ema, scaleByAdam, trace } from "./moments.ts";
import { sgd } from "./optimizers.ts";
import type { DecayOptions } from "./optimizersAdam.ts";
import { type ScaleByAdadeltaOptions, scaleByAdadelta } from "./scaleByAdadelta.ts";
import { type ScaleByFactoredRmsOptions, scaleByFactoredRms } from "./scaleByFactoredRms.ts";
import { type OptimisticGradientOptions, scaleByOptimisticGradient } from "./scaleByPast.ts";
import { type ScaleByPolyakOptions, scaleByPolyak } from "./scaleByPolyak.ts";
import {
  type ScaleByRmsOptions,
  type ScaleByRssOptions,
  scaleByRms,
  scaleByRss,
  scaleByStddev,
} from "./scaleByRms.ts";
import { type RpropOptions, rpropNames, scaleByRprop } from "./scaleByRprop.ts";
import { scaleBySm3 } from "./scaleBySm3.ts";
import { identity, scale, scaleByLearningRate } from "./scaling.ts";
import { scaleByParamBlockRms, scaleByTrustRatio } from "./trustRatio.ts";
import type { GradientTransformation, Scalar, ScalarOrSchedule } from "./types.ts";
import { addDecayedWeights } from "./weightDecay.ts";

export interface AdadeltaOptions extends ScaleByAdadeltaOptions {
  /** Added to the gradients, times the parameters; default 0. */
  weightDecay?: ScalarOrSchedule;
  /** Which parameters decay: see {@link masked}. */
  weightDecayMask?: Mask;
}

/**
 * AdaDelta: steps in the units of the parameters, from averages of squared gradients and squared steps. `update` needs the parameters.
 *
 * Source: Zeiler, [ADADELTA](https://arxiv.org/abs/1212.5701), 2012.
 *
 * @param learningRate a factor of the steps; `null`: upwards, of the size as it is
 */
export function adadelta(
  learningRate?: ScalarOrSchedule | null,
  ...options: [(Scalar | AdadeltaOptions)?, ...unknown[]]
): GradientTransformation {
  const names = ["rho", "eps", "weightDecay", "weightDecayMask"];
  const {
    weightDecay = 0,
    weightDecayMask,
    ...rest
  } = readOptions<AdadeltaOptions>("adadelta", names, options);
  return chain(
    addDecayedWeights(weightDecay, { mask: weightDecayMask }),
    scaleByAdadelta(rest),
    scaleByLearningRate(learningRate ?? null),
  );
}

export interface AdafactorOptions {
  /** Smaller matrices are not factored; default 128. */
  minDimSizeToFactor?: number;
  /** The exponent of the decay of the averages, and what is subtracted from the step there; default 0.8 and 0. */
  decayRate?: Scalar;
  decayOffset?: Scalar;
  /** Multiply steps by the root mean square of the parameter; default true. */
  multiplyByParameterScale?: boolean;
  /** Clip steps of each parameter to this root mean square; default 1; `null`: do not. */
  clippingThreshold?: Scalar | null;
  /** Decay of an average of the steps; default none. */
  momentum?: Scalar | null;
  /** The dtype of that average; default float32. */
  dtypeMomentum?: DTypeLike;
  /** Decay of the weights; default none. */
  weightDecayRate?: ScalarOrSchedule | null;
  /** Added to squares; default 1e-30. */
  eps?: Scalar;
  /** Factor at all; default true. */
  factored?: boolean;
  /** Which weights decay: see {@link masked}. */
  weightDecayMask?: Mask;
}

/**
 * Adafactor: Adam's division by a root mean square, with a memory of the size of the rows and columns of a matrix. `update` needs the parameters.
 *
 * Source: Shazeer and Stern, [Adafactor](https://arxiv.org/abs/1804.04235), 2018.
 *
 * @example
 * ```ts
 * const optimizer = optim.adafactor(0.01, { minDimSizeToFactor: 2 });
 * optimizer.init(jnp.zeros([3, 4]))[0].vRow.shape; // => [3]
 * ```
 */
export function adafactor(
  learningRate?: ScalarOrSchedule | null,
  ...options: [(number | AdafactorOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<AdafactorOptions>(
    "adafactor",
    [
      "minDimSizeToFactor",
      "decayRate",
      "decayOffset",
      "multiplyByParameterScale",
      "clippingThreshold",
      "momentum",
      "dtypeMomentum",
      "weightDecayRate",
      "eps",
      "factored",
      "weightDecayMask",
    ],
    options,
  );
  const { clippingThreshold = 1, multiplyByParameterScale = true, dtypeMomentum = float32 } = o;
  const rms: ScaleByFactoredRmsOptions = {
    factored: o.factored,
    decayRate: o.decayRate,
    stepOffset: o.decayOffset,
    minDimSizeToFactor: o.minDimSizeToFactor,
    epsilon: o.eps,
  };
  const present = <T>(x: T | null | undefined): x is T => x !== null && x !== undefined;
  const steps: GradientTransformation[] = [scaleByFactoredRms(rms)];
  if (present(clippingThreshold)) steps.push(clipByBlockRms(clippingThreshold));
  if (present(learningRate)) steps.push(scaleByLearningRate(learningRate, { flipSign: false }));
  if (multiplyByParameterScale) steps.push(scaleByParamBlockRms());
  if (present(o.momentum)) steps.push(ema(o.momentum, { debias: false, accumulatorDtype: dtypeMomentum }));
  if (present(o.weightDecayRate))
    steps.push(addDecayedWeights(o.weightDecayRate, { mask: o.weightDecayMask }));
  return chain(...steps, scale(-1));
}

/**
 * AdaGrad: steps divided by the root of the sum of all squared gradients, for sparse gradients.
 *
 * Source: Duchi et al., [Adaptive Subgradient Methods](https://jmlr.org/papers/v12/duchi11a.html), 2011.
 */
export function adagrad(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | ScaleByRssOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<ScaleByRssOptions>("adagrad", ["initialAccumulatorValue", "eps"], options);
  return chain(scaleByRss(o), scaleByLearningRate(learningRate));
}

/**
 * Fromage: steps of a length relative to the norm of each parameter. `update` needs the parameters.
 *
 * Source: Bernstein et al., [On the distance between two neural networks](https://arxiv.org/abs/2002.03432), 2020.
 *
 * @param minNorm norms count as at least this; default 1e-6
 */
export function fromage(learningRate: ScalarOrSchedule, minNorm: Scalar = 1e-6): GradientTransformation {
  const shrink = (rate: NDArray | number): NDArray | number =>
    typeof rate === "number"
      ? 1 / Math.sqrt(1 + rate ** 2)
      : bi.divide(1, un.sqrt(bi.add(1, un.square(rate))));
  const scheduled = typeof learningRate === "function";
  const at = (f: (rate: NDArray | number) => NDArray | number): ScalarOrSchedule =>
    scheduled ? (count) => f(learningRate(count)) : f(learningRate);
  const times = (a: NDArray | number, b: NDArray | number): NDArray | number =>
    typeof a === "number" && typeof b === "number" ? a * b : bi.multiply(a, b);
  const less1 = (a: NDArray | number): NDArray | number => (typeof a === "number" ? a - 1 : a.sub(1));
  return chain(
    scaleByTrustRatio(minNorm),
    scaleByLearningRate(at((rate) => times(shrink(rate), rate))),
    addDecayedWeights(at((rate) => less1(shrink(rate)))),
  );
}

export interface LarsOptions {
  weightDecay?: ScalarOrSchedule;
  /** Which parameters decay; default all. */
  weightDecayMask?: Mask;
  /** A factor of the ratio; default 1e-3. */
  trustCoefficient?: Scalar;
  /** Added to the norm of the update; default 0. */
  eps?: Scalar;
  /** Which parameters are rescaled; default all. */
  trustRatioMask?: Mask;
  /** Decay of the momentum; default 0.9. */
  momentum?: Scalar;
  nesterov?: boolean;
}

/**
 * LARS: gradients rescaled by the ratio of the norms of each parameter and its gradient, with momentum, for large batches. `update` needs the
 * parameters.
 *
 * Source: You et al., [Large Batch Training of Convolutional Networks](https://arxiv.org/abs/1708.03888), 2017.
 */
export function lars(
  learningRate: ScalarOrSchedule,
  ...options: [(ScalarOrSchedule | LarsOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<LarsOptions>(
    "lars",
    ["weightDecay", "weightDecayMask", "trustCoefficient", "eps", "trustRatioMask", "momentum", "nesterov"],
    options,
  );
  const {
    weightDecay = 0,
    weightDecayMask = true,
    trustCoefficient = 1e-3,
    eps = 0,
    trustRatioMask = true,
  } = o;
  return chain(
    addDecayedWeights(weightDecay, { mask: weightDecayMask }),
    masked(scaleByTrustRatio({ trustCoefficient, eps }), trustRatioMask),
    scaleByLearningRate(learningRate),
    trace(o.momentum ?? 0.9, { nesterov: o.nesterov ?? false }),
  );
}

/**
 * LAMB: Adam rescaled by the ratio of the norms of each parameter and its step, for large batches. `update` needs the parameters.
 *
 * Source: You et al., [Large Batch Optimization for Deep Learning](https://arxiv.org/abs/1904.00962), 2020.
 */
export function lamb(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | (Omit<AdamOptions, "muDtype" | "nesterov"> & DecayOptions))?, ...unknown[]]
): GradientTransformation {
  const names = [...adamNames.slice(0, 4), "weightDecay", "mask"];
  const { weightDecay = 0, mask, ...rest } = readOptions<AdamOptions & DecayOptions>("lamb", names, options);
  return chain(
    scaleByAdam({ eps: 1e-6, ...rest }),
    addDecayedWeights(weightDecay, { mask }),
    scaleByTrustRatio(),
    scaleByLearningRate(learningRate),
  );
}

export interface LionOptions extends DecayOptions {
  /** Weight of the average in the step; default 0.9. */
  b1?: Scalar;
  /** Decay of the average; default 0.99. */
  b2?: Scalar;
  /** The dtype of the average; default that of the parameters. */
  muDtype?: DTypeLike;
}

/**
 * Lion: the sign of a mixture of gradient and momentum, with weight decay of 1e-3 by default. `update` needs the parameters.
 *
 * Source: Chen et al., [Symbolic Discovery of Optimization Algorithms](https://arxiv.org/abs/2302.06675), 2023.
 */
export function lion(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | LionOptions)?, ...unknown[]]
): GradientTransformation {
  const names = [...lionNames, "weightDecay", "mask"];
  const { weightDecay = 1e-3, mask, ...rest } = readOptions<LionOptions>("lion", names, options);
  return chain(
    scaleByLion(rest),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}

/**
 * {@link sgd} with normal noise of variance `eta / count ** gamma` added to the gradients.
 *
 * Source: Neelakantan et al., [Adding Gradient Noise](https://arxiv.org/abs/1511.06807), 2015.
 *
 * @param options.key a random key, or the seed of one; default 0
 */
export function noisySgd(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | { eta?: Scalar; gamma?: Scalar; key?: NDArray | number })?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<{ eta: Scalar; gamma: Scalar; key: NDArray | number }>(
    "noisySgd",
    ["eta", "gamma", "key"],
    options,
  );
  const { eta = 0.01, gamma = 0.55, key = 0 } = o;
  return chain(addNoise(eta, gamma, key), scaleByLearningRate(learningRate));
}

/**
 * Steps along the sign of the gradient.
 *
 * Source: Bernstein et al., [signSGD](https://arxiv.org/abs/1802.04434), 2018.
 */
export function signSgd(learningRate: ScalarOrSchedule): GradientTransformation {
  return chain(scaleBySign(), scaleByLearningRate(learningRate));
}

/** Steps along the sign of an average of the gradients. */
export function signum(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | { beta?: Scalar; accumulatorDtype?: DTypeLike })?, ...unknown[]]
): GradientTransformation {
  const names = ["beta", "accumulatorDtype"];
  const o = readOptions<{ beta: Scalar; accumulatorDtype: DTypeLike }>("signum", names, options);
  const { beta = 0.9, accumulatorDtype } = o;
  return chain(
    ema(beta, { debias: false, accumulatorDtype }),
    scaleBySign(),
    scaleByLearningRate(learningRate),
  );
}

/**
 * Gradient descent that looks ahead by the change of the gradient, for games and other saddle points.
 *
 * Source: Mokhtari et al., [A Unified Analysis of Extra-gradient and Optimistic Gradient Methods](https://arxiv.org/abs/1901.08511), 2019.
 */
export function optimisticGradientDescent(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | OptimisticGradientOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<OptimisticGradientOptions>("optimisticGradientDescent", ["alpha", "beta"], options);
  return chain(scaleByOptimisticGradient(o), scaleByLearningRate(learningRate));
}

export interface RmspropOptions extends ScaleByRmsOptions {
  /** Divide by the standard deviation in place of the root mean square; default false. */
  centered?: boolean;
  /** Decay of the momentum; default none. */
  momentum?: Scalar | null;
  nesterov?: boolean;
}

/**
 * RMSProp: steps divided by a moving root mean square of the gradient.
 *
 * Source: Hinton, [Overview of mini-batch gradient descent](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf), 2012.
 */
export function rmsprop(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | RmspropOptions)?, ...unknown[]]
): GradientTransformation {
  const names = [
    "decay",
    "eps",
    "initialScale",
    "epsInSqrt",
    "centered",
    "momentum",
    "nesterov",
    "biasCorrection",
  ];
  const { centered, momentum, nesterov, ...rest } = readOptions<RmspropOptions>("rmsprop", names, options);
  return chain(
    centered ? scaleByStddev(rest) : scaleByRms(rest),
    scaleByLearningRate(learningRate),
    momentum === undefined || momentum === null ? identity() : trace(momentum, { nesterov }),
  );
}

/**
 * Rprop: for each coordinate a step of its own that grows while the sign of the gradient stays and shrinks when it changes.
 *
 * Source: Riedmiller and Braun, [A direct adaptive method for faster backpropagation learning](https://doi.org/10.1109/ICNN.1993.298623), 1993.
 *
 * @param learningRate the first step
 */
export function rprop(
  learningRate: Scalar,
  ...options: [(Scalar | RpropOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<RpropOptions>("rprop", rpropNames, options);
  return chain(scaleByRprop(learningRate, o), scale(-1));
}

/**
 * SM3: AdaGrad with one number for each row and column.
 *
 * Source: Anil et al., [Memory-Efficient Adaptive Optimization](https://arxiv.org/abs/1901.11150), 2019.
 *
 * @param momentum default 0.9
 */
export function sm3(learningRate: Scalar, momentum: Scalar = 0.9): GradientTransformation {
  return chain(
    scaleBySm3(momentum),
    scale(typeof learningRate === "number" ? -learningRate : learningRate.neg()),
  );
}

export interface PolyakSgdOptions extends Omit<ScaleByPolyakOptions, "maxLearningRate"> {
  /** The largest step; default 1. */
  maxLearningRate?: Scalar;
  /** A factor of the steps; default 1. */
  scaling?: ScalarOrSchedule;
}

/**
 * Gradient descent with Polyak's step, `(value - fMin) / |gradient|²`. `update` needs the loss as `{ value }` in its fourth argument.
 *
 * Source: Loizou et al., [Stochastic Polyak Step-size for SGD](https://arxiv.org/abs/2002.10542), 2021.
 *
 * @example
 * ```ts
 * const optimizer = optim.polyakSgd();
 * const x = jnp.array([2]); // of the loss x², whose gradient is 2x
 * const [updates] = optimizer.update(x.mul(2), optimizer.init(x), x, { value: 4 });
 * String(updates); // => "[-1.]"
 * ```
 */
export function polyakSgd(...options: [(Scalar | PolyakSgdOptions)?, ...unknown[]]): GradientTransformation {
  const names = ["maxLearningRate", "scaling", "fMin", "eps", "variant"];
  const { scaling = 1, ...rest } = readOptions<PolyakSgdOptions>("polyakSgd", names, options);
  return chain(sgd(scaling), scaleByPolyak(rest));
}
