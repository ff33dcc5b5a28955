import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import {
  type AdamaxOptions,
  type AdanOptions,
  type AmsgradOptions,
  adamaxNames,
  adanNames,
  amsgradNames,
  type BeliefOptions,
  beliefNames,
  type RadamOptions,
  radamNames,
  scaleByAdamax,
  scaleByAdan,
  scaleByAmsgrad,
  scaleByBelief,
  scaleByRadam,
  scaleByYogi,
} from "./adamRelatives.ts";
import { chain } from "./chain.ts";
import type { Mask } from "./masked.ts";
import { type AdamOptions, adamNames, scaleByAdam } from "./moments.ts";
import { type AdamWOptions, adam, adamw } from "./optimizers.ts";
import { type NovogradOptions, novogradNames, scaleByNovograd } from "./scaleByNovograd.ts";
import { scaleByOptimisticGradient } from "./scaleByPast.ts";
import { scaleByLearningRate } from "./scaling.ts";
import type { GradientTransformation, Scalar, ScalarOrSchedule } from "./types.ts";
import { addDecayedWeights } from "./weightDecay.ts";

// Optimizers with moving averages of the gradient and of its size.

/**
 * Adam with Nesterov momentum.
 *
 * Source: Dozat, [Incorporating Nesterov Momentum into Adam](https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ), 2016.
 *
 * @example
 * ```ts
 * const optimizer = optim.nadam(1e-3);
 * ```
 */
export function nadam(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamOptions)?, ...unknown[]]
): GradientTransformation {
  return adam(learningRate, {
    nesterov: true,
    ...readOptions<AdamOptions>("nadam", adamNames, options, ["nesterov"]),
  });
}

/** {@link adamw} with Nesterov momentum. */
export function nadamw(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamWOptions)?, ...unknown[]]
): GradientTransformation {
  const names = [...adamNames, "weightDecay", "mask"];
  return adamw(learningRate, {
    nesterov: true,
    ...readOptions<AdamWOptions>("nadamw", names, options, ["nesterov"]),
  });
}

/**
 * AdaBelief: Adam with the variance of the gradient around its average in place of its square.
 *
 * Source: Zhuang et al., [AdaBelief Optimizer](https://arxiv.org/abs/2010.07468), 2020.
 */
export function adabelief(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | BeliefOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<BeliefOptions>("adabelief", beliefNames, options, ["nesterov"]);
  return chain(scaleByBelief(o), scaleByLearningRate(learningRate));
}

/**
 * Adamax: Adam with an infinity norm.
 *
 * Source: Kingma and Ba, [Adam](https://arxiv.org/abs/1412.6980), section 7, 2014.
 */
export function adamax(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamaxOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<AdamaxOptions>("adamax", adamaxNames, options);
  return chain(scaleByAdamax(o), scaleByLearningRate(learningRate));
}

/** The options of decoupled weight decay. */
export interface DecayOptions {
  /** The rate of decay, multiplied by the learning rate. */
  weightDecay?: ScalarOrSchedule;
  /** Which parameters decay: see {@link masked}; default all. */
  mask?: Mask;
}

/** {@link adamax} with weight decay, by default of 1e-4. `update` needs the parameters. */
export function adamaxw(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | (AdamaxOptions & DecayOptions))?, ...unknown[]]
): GradientTransformation {
  const names = [...adamaxNames, "weightDecay", "mask"];
  const {
    weightDecay = 1e-4,
    mask,
    ...rest
  } = readOptions<AdamaxOptions & DecayOptions>("adamaxw", names, options);
  return chain(
    scaleByAdamax(rest),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}

/**
 * AMSGrad: Adam whose steps never grow, as the largest average of squares so far counts.
 *
 * Source: Reddi et al., [On the Convergence of Adam and Beyond](https://openreview.net/forum?id=ryQu7f-RZ), 2018.
 */
export function amsgrad(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AmsgradOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<AmsgradOptions>("amsgrad", amsgradNames, options);
  return chain(scaleByAmsgrad(o), scaleByLearningRate(learningRate));
}

/**
 * Rectified Adam, which in its first steps does without the second moment.
 *
 * Source: Liu et al., [On the Variance of the Adaptive Learning Rate and Beyond](https://arxiv.org/abs/1908.03265), 2020.
 */
export function radam(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | RadamOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<RadamOptions>("radam", radamNames, options, ["nesterov"]);
  return chain(scaleByRadam(o), scaleByLearningRate(learningRate));
}

/**
 * Yogi: Adam whose second moment grows and shrinks by at most the squared gradient; `eps` is 1e-3 by default.
 *
 * Source: Zaheer et al., [Adaptive Methods for Nonconvex Optimization](https://proceedings.neurips.cc/paper/2018/file/90365351ccc7437a1309dc64e4db32a3-Paper.pdf), 2018.
 */
export function yogi(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamaxOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<AdamaxOptions>("yogi", adamaxNames, options);
  return chain(scaleByYogi(o), scaleByLearningRate(learningRate));
}

/**
 * Adan: Adam with Nesterov's look-ahead from differences of gradients. `update` needs the parameters when weights decay.
 *
 * Source: Xie et al., [Adan](https://arxiv.org/abs/2208.06677), 2022.
 */
export function adan(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | (AdanOptions & DecayOptions))?, ...unknown[]]
): GradientTransformation {
  const names = [...adanNames, "weightDecay", "mask"];
  const o = readOptions<AdanOptions & DecayOptions>("adan", names, options);
  const { weightDecay = 0, mask, epsRoot = 1e-8, ...rest } = o;
  return chain(
    scaleByAdan({ epsRoot, ...rest }),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}

/**
 * NovoGrad: momentum of gradients divided by the norm of their layer. `update` needs the parameters.
 *
 * Source: Ginsburg et al., [Stochastic Gradient Methods with Layer-wise Adaptive Moments](https://arxiv.org/abs/1905.11286), 2019.
 */
export function novograd(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | Omit<NovogradOptions, "muDtype">)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<NovogradOptions>("novograd", novogradNames.slice(0, -1), options);
  return chain(scaleByNovograd({ eps: 1e-6, ...o }), scaleByLearningRate(learningRate));
}

export interface OptimisticAdamOptions extends AdamOptions {
  /** The weight of the gradient; default 1. */
  alpha?: Scalar;
  /** The weight of its change since the last step; default 1. */
  beta?: Scalar;
}

/**
 * Adam that looks ahead by the change of its own steps, for games and other saddle points; with Nesterov momentum unless told otherwise.
 *
 * Source: Daskalakis et al., [Training GANs with Optimism](https://arxiv.org/abs/1711.00141), 2017.
 */
export function optimisticAdamV2(
  learningRate: ScalarOrSchedule,
  options: OptimisticAdamOptions = {},
): GradientTransformation {
  const { alpha, beta, ...rest } = readOptions<OptimisticAdamOptions>(
    "optimisticAdamV2",
    [],
    [options],
    [...adamNames, "nesterov", "alpha", "beta"],
  );
  return chain(
    scaleByAdam({ nesterov: true, ...rest }),
    scaleByOptimisticGradient({ alpha, beta }),
    scaleByLearningRate(learningRate),
  );
}

/**
 * The older {@link optimisticAdamV2}, without schedules.
 *
 * @param options.optimism the weight of the look-ahead; default the learning rate
 * @throws ValueError for a schedule as learning rate
 */
export function optimisticAdam(
  learningRate: Scalar,
  ...options: [(Scalar | (AdamOptions & { optimism?: Scalar }))?, ...unknown[]]
): GradientTransformation {
  if (typeof learningRate === "function") {
    throw new ValueError(
      "This version of `optimisticAdam` does not support learning rate schedules but `optimisticAdamV2` does.",
    );
  }
  const { optimism = learningRate, ...rest } = readOptions<AdamOptions & { optimism: Scalar }>(
    "optimisticAdam",
    ["optimism", ...adamNames],
    options,
    ["nesterov"],
  );
  return chain(
    scaleByAdam({ nesterov: true, ...rest }),
    scaleByOptimisticGradient({ alpha: learningRate, beta: optimism }),
    scaleByLearningRate(1),
  );
}
