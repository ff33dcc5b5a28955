import type { DTypeLike } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import { chain } from "./chain.ts";
import type { Mask } from "./masked.ts";
import { type AdamOptions, adamNames, scaleByAdam, trace } from "./moments.ts";
import { identity, scaleByLearningRate } from "./scaling.ts";
import type { GradientTransformation, Scalar, ScalarOrSchedule } from "./types.ts";
import { addDecayedWeights } from "./weightDecay.ts";

export interface SgdOptions {
  /** Decay of the sum of past gradients; without it there is no momentum and no state. */
  momentum?: Scalar | null;
  /** Use Nesterov's look-ahead. */
  nesterov?: boolean;
  /** The dtype of the momentum; default that of the parameters. */
  accumulatorDtype?: DTypeLike;
}

/**
 * Stochastic gradient descent, `-learningRate * gradient`, with optional momentum.
 *
 * Source: Sutskever et al., [On the importance of initialization and momentum in deep
 * learning](https://proceedings.mlr.press/v28/sutskever13.pdf), 2013.
 *
 * @example
 * ```ts
 * const optimizer = optim.sgd(0.5);
 * let params = jnp.array([1, 2]);
 * const state = optimizer.init(params);
 * const [updates] = optimizer.update(params, state); // the gradient of |x|^2 / 2 is x
 * String(optim.applyUpdates(params, updates)); // => "[0.5 1. ]"
 * ```
 */
export function sgd(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | SgdOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<SgdOptions>("sgd", ["momentum", "nesterov", "accumulatorDtype"], options);
  const { momentum, nesterov = false, accumulatorDtype } = o;
  return chain(
    momentum === undefined || momentum === null
      ? identity()
      : trace(momentum, { nesterov, accumulatorDtype }),
    scaleByLearningRate(learningRate),
  );
}

/**
 * Adam: steps of the size of the learning rate in each coordinate, from moving averages of the gradient and of its square.
 *
 * Source: Kingma and Ba, [Adam: A Method for Stochastic Optimization](https://arxiv.org/abs/1412.6980), 2014; with `nesterov`, Dozat,
 * [Incorporating Nesterov Momentum into Adam](https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ), 2016.
 *
 * @example
 * ```ts
 * const optimizer = optim.adam(0.1);
 * const params = { w: jnp.array([1, -1]) };
 * const [updates] = optimizer.update({ w: jnp.array([3, -0.01]) }, optimizer.init(params));
 * String(optim.applyUpdates(params, updates).w); // => "[ 0.9000007  -0.90000075]"
 * ```
 */
export function adam(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamOptions)?, ...unknown[]]
): GradientTransformation {
  const o = readOptions<AdamOptions>("adam", adamNames, options, ["nesterov"]);
  return chain(scaleByAdam(o), scaleByLearningRate(learningRate));
}

export interface AdamWOptions extends AdamOptions {
  /** The rate of decay, multiplied by the learning rate; default 1e-4. */
  weightDecay?: ScalarOrSchedule;
  /** Which parameters decay: see {@link masked}; default all. */
  mask?: Mask;
}

/**
 * Adam with weight decay that does not pass through the moving averages. `update` needs the parameters.
 *
 * Source: Loshchilov and Hutter, [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101), 2019.
 *
 * @example
 * ```ts
 * const optimizer = optim.adamw(1e-3, { weightDecay: 1e-2, mask: (params) => tree.map((x) => x.ndim > 1, params) });
 * ```
 */
export function adamw(
  learningRate: ScalarOrSchedule,
  ...options: [(Scalar | AdamWOptions)?, ...unknown[]]
): GradientTransformation {
  const names = [...adamNames, "weightDecay", "mask"];
  const {
    weightDecay = 1e-4,
    mask,
    ...rest
  } = readOptions<AdamWOptions>("adamw", names, options, ["nesterov"]);
  return chain(
    scaleByAdam(rest),
    addDecayedWeights(weightDecay, { mask }),
    scaleByLearningRate(learningRate),
  );
}
