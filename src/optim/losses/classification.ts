import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import * as nn from "../../nn/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { takeAlongAxis } from "../../numpy/indexing.ts";
import { expandDims, squeeze } from "../../numpy/manipulation.ts";
import { convert, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where as select } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import type { Scalar } from "../types.ts";
import { floatArgument, integerArgument } from "./arguments.ts";

export interface ClassOptions {
  /** The axis, or axes, of the classes; default -1. */
  axis?: Axis;
  /** Which elements take part; default all. */
  where?: ArrayLike | null;
}
export const classNames = ["axis", "where"];

/** `where` as an option of reductions, with the axis of the classes added when it lacks it. */
export function maskOption(
  mask: ArrayLike | null | undefined,
  like: NDArray,
  axis: Axis,
): { where?: NDArray } {
  if (mask === null || mask === undefined) return {};
  const array = toArray(mask, "where");
  return { where: array.ndim === like.ndim || axis === null ? array : expandDims(array, axis) };
}

/**
 * The cross-entropy of independent yes-or-no decisions, for each logit.
 *
 * @param labels probabilities, in the shape of the logits
 * @throws TypeError unless logits are floats
 * @example `String(optim.sigmoidBinaryCrossEntropy(jnp.array([0]), jnp.array([1]))); // => "[0.6931472]"`
 */
export function sigmoidBinaryCrossEntropy(logits: ArrayLike, labels: ArrayLike): NDArray {
  const x = floatArgument("sigmoidBinaryCrossEntropy", "logits", logits);
  const y = convert(toArray(labels, "sigmoidBinaryCrossEntropy"), x.dtype);
  return y
    .neg()
    .mul(nn.logSigmoid(x))
    .sub(bi.subtract(1, y).mul(nn.logSigmoid(x.neg())));
}

/**
 * The hinge loss of a binary classifier, `max(0, 1 - output * target)` with targets -1 and 1.
 *
 * @example `String(optim.hingeLoss(jnp.array([0.5, 2]), jnp.array([1, 1]))); // => "[0.5 0. ]"`
 */
export function hingeLoss(predictorOutputs: ArrayLike, targets: ArrayLike): NDArray {
  return bi.maximum(0, bi.subtract(1, bi.multiply(predictorOutputs, targets)));
}

/**
 * The perceptron loss of a binary classifier, `max(0, -output * target)` with targets -1 and 1.
 *
 * @example `String(optim.losses.perceptronLoss(jnp.array([0.5, -2]), jnp.array([1, 1]))); // => "[0. 2.]"`
 */
export function perceptronLoss(predictorOutputs: ArrayLike, targets: ArrayLike): NDArray {
  return bi.maximum(0, un.negative(bi.multiply(predictorOutputs, targets)));
}

/**
 * The loss of the sparsemax of two classes, `nn.sparsePlus(-logit)` for label 1.
 *
 * @example `String(optim.losses.sparsemaxLoss(jnp.array([0, 2]), jnp.array([1, 0]))); // => "[0.25 2.  ]"`
 */
export function sparsemaxLoss(logits: ArrayLike, labels: ArrayLike): NDArray {
  return nn.sparsePlus(select(bi.notEqual(labels, 0), un.negative(logits), logits));
}

/**
 * The cross-entropy between softmax distributions and label distributions, along an axis.
 *
 * @param labels probabilities, in the shape of the logits
 * @throws TypeError unless logits are floats
 * @example `String(optim.softmaxCrossEntropy(jnp.zeros([1, 2]), jnp.array([[1, 0]]))); // => "[0.6931472]"`
 */
export function softmaxCrossEntropy(
  logits: ArrayLike,
  labels: ArrayLike,
  ...options: [(Axis | ClassOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<ClassOptions>("softmaxCrossEntropy", classNames, options);
  const { axis = -1 } = o;
  const x = floatArgument("softmaxCrossEntropy", "logits", logits);
  const mask = maskOption(o.where, x, axis);
  const logProbs = nn.logSoftmax(x, { axis, ...mask });
  return un.negative(reductions.sum(bi.multiply(labels, logProbs), { axis, ...mask }));
}

// The product of a weight of 0 and a log-probability of minus infinity is taken to be 0, in the derivative as well.
const weightedLogSoftmax = customJvp((x: NDArray, weights: NDArray): NDArray => {
  const logProbs = nn.logSoftmax(x, -1);
  return select(weights.ne(0), weights.mul(logProbs), 0);
});
weightedLogSoftmax.defjvp(([x, weights], [xDot, weightsDot]) => {
  const logProbs = nn.logSoftmax(x, -1);
  const mean = reductions.sum(xDot.mul(nn.softmax(x, -1)), { axis: -1, keepdims: true });
  return [
    select(weights.ne(0), weights.mul(logProbs), 0),
    weights.mul(xDot).sub(weights.mul(mean)).add(weightsDot.mul(logProbs)),
  ];
});

/**
 * {@link softmaxCrossEntropy} along the last axis that takes `0 * log(0)` for 0, so that logits may be minus infinity where labels are 0.
 *
 * @example
 * ```ts
 * const logits = jnp.array([[0, Number.NEGATIVE_INFINITY]]);
 * String(optim.safeSoftmaxCrossEntropy(logits, jnp.array([[1, 0]]))); // => "[-0.]"
 * ```
 */
export function safeSoftmaxCrossEntropy(logits: ArrayLike, labels: ArrayLike): NDArray {
  const x = floatArgument("safeSoftmaxCrossEntropy", "logits", logits);
  const y = toArray(labels, "safeSoftmaxCrossEntropy");
  return un.negative(reductions.sum(weightedLogSoftmax(x, convert(y, x.dtype)), -1));
}

/**
 * The cross-entropy between softmax distributions and the classes of given numbers.
 *
 * @param logits floats; one axis, or several, for the classes
 * @param labels integers in the shape of the logits without these axes (for several axes, indices into their row-major product)
 * @throws TypeError unless logits are floats and labels integers
 * @example `String(optim.softmaxCrossEntropyWithIntegerLabels(jnp.zeros([1, 2]), jnp.array([1], "int32"))); // => "[0.6931472]"`
 */
export function softmaxCrossEntropyWithIntegerLabels(
  logits: ArrayLike,
  labels: ArrayLike,
  ...options: [(number | readonly number[] | ClassOptions)?, ...unknown[]]
): NDArray {
  const where = "softmaxCrossEntropyWithIntegerLabels";
  const o = readOptions<ClassOptions>(where, classNames, options);
  const given = o.axis ?? -1;
  let x = floatArgument(where, "logits", logits);
  const y = integerArgument(where, "labels", labels);
  let mask = maskOption(o.where, x, given).where;
  let axis = given as number;
  if (typeof given !== "number") {
    const classAxes = given.map((k) => (k < 0 ? k + x.ndim : k));
    const batchAxes = x.shape.map((_, k) => k).filter((k) => !classAxes.includes(k));
    const merge = (a: NDArray): NDArray =>
      a.transpose([...batchAxes, ...classAxes]).reshape([...batchAxes.map((k) => a.shape[k]), -1]);
    x = merge(x);
    mask = mask && merge(mask);
    axis = batchAxes.length;
  }
  const chosen = squeeze(takeAlongAxis(x, expandDims(y, axis), axis), axis);
  const option = mask === undefined ? {} : { where: mask };
  const loss = nn.logsumexp(x, { axis, ...option }).sub(chosen);
  return mask === undefined ? loss : select(reductions.any(mask, axis), loss, 0);
}

/**
 * The multiclass hinge loss of scores: by how much the right class fails to lead by 1.
 *
 * @param scores shape `[..., classes]`
 * @param labels integers of shape `[...]`
 * @example `String(optim.losses.multiclassHingeLoss(jnp.array([1, 0.5]), jnp.array(0, "int32"))); // => "0.5"`
 */
export function multiclassHingeLoss(scores: ArrayLike, labels: ArrayLike): NDArray {
  const x = toArray(scores, "multiclassHingeLoss");
  const right = nn.oneHot(labels, x.shape[x.ndim - 1]);
  return x
    .add(1)
    .sub(right)
    .max(-1)
    .sub(reductions.sum(x.mul(right), -1));
}

/**
 * The multiclass perceptron loss of scores: how far the right class is behind the best.
 *
 * @example `String(optim.losses.multiclassPerceptronLoss(jnp.array([1, 3]), jnp.array(0, "int32"))); // => "2.0"`
 */
export function multiclassPerceptronLoss(scores: ArrayLike, labels: ArrayLike): NDArray {
  const x = toArray(scores, "multiclassPerceptronLoss");
  return x.max(-1).sub(reductions.sum(x.mul(nn.oneHot(labels, x.shape[x.ndim - 1])), -1));
}

export interface PolyLossOptions extends ClassOptions {
  /** The weight of the polynomial term; default 2. */
  epsilon?: Scalar;
}

/**
 * {@link softmaxCrossEntropy} plus `epsilon` times one minus the probability of the right class.
 *
 * Source: Leng et al., [PolyLoss](https://arxiv.org/abs/2204.12511), 2022.
 *
 * @example `String(optim.losses.polyLossCrossEntropy(jnp.zeros([1, 2]), jnp.array([[1, 0]]))); // => "[1.6931472]"`
 */
export function polyLossCrossEntropy(
  logits: ArrayLike,
  labels: ArrayLike,
  options: PolyLossOptions = {},
): NDArray {
  const o = readOptions<PolyLossOptions>("polyLossCrossEntropy", [], [options], ["epsilon", ...classNames]);
  const { epsilon = 2, axis = -1 } = o;
  const x = floatArgument("polyLossCrossEntropy", "logits", logits);
  const mask = maskOption(o.where, x, axis);
  const wrong = bi.multiply(labels, bi.subtract(1, nn.softmax(x, { axis, ...mask })));
  const rest = reductions.sum(wrong, { axis, ...mask });
  return softmaxCrossEntropy(x, labels, { axis, where: o.where }).add(rest.mul(epsilon));
}

export interface SigmoidFocalOptions {
  /** The weight of positive labels, `1 - alpha` that of negative ones; default: none. */
  alpha?: Scalar | null;
  /** How much easy examples count less; default 2. */
  gamma?: Scalar;
}

/**
 * {@link sigmoidBinaryCrossEntropy} times `(1 - p) ** gamma`, with `p` the probability of the right answer: easy examples count less.
 *
 * Source: Lin et al., [Focal Loss for Dense Object Detection](https://arxiv.org/abs/1708.02002), 2018.
 *
 * @example `String(optim.sigmoidFocalLoss(jnp.array([0]), jnp.array([1]))); // => "[0.1732868]"`
 */
export function sigmoidFocalLoss(
  logits: ArrayLike,
  labels: ArrayLike,
  options: SigmoidFocalOptions = {},
): NDArray {
  const o = readOptions<SigmoidFocalOptions>("sigmoidFocalLoss", [], [options], ["alpha", "gamma"]);
  const { alpha, gamma = 2 } = o;
  const x = floatArgument("sigmoidFocalLoss", "logits", logits);
  const y = convert(toArray(labels, "sigmoidFocalLoss"), x.dtype);
  const notY = bi.subtract(1, y);
  // The logarithm of (1 - y) p + y (1 - p), without leaving the logarithms.
  const [a, b] = [nn.logSigmoid(x), nn.logSigmoid(x.neg())];
  const top = bi.maximum(a, b);
  const logWrong = un.log(notY.mul(un.exp(a.sub(top))).add(y.mul(un.exp(b.sub(top))))).add(top);
  const loss = sigmoidBinaryCrossEntropy(x, y).mul(un.exp(logWrong.mul(gamma)));
  if (alpha === null || alpha === undefined) return loss;
  return bi.add(bi.multiply(alpha, y), bi.multiply(bi.subtract(1, alpha), notY)).mul(loss);
}
