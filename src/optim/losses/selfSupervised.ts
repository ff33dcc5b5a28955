import type { ArrayLike, NDArray } from "../../core/array.ts";
import { finfo } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { eye } from "../../numpy/creation.ts";
import { expandDims } from "../../numpy/manipulation.ts";
import { toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where as select } from "../../numpy/where.ts";
import type { Scalar } from "../types.ts";
import { floatArgument } from "./arguments.ts";
import { cosineSimilarity } from "./regression.ts";

/**
 * The normalized temperature-scaled cross-entropy of pairs of embeddings with the same label against those with other labels.
 *
 * Source: Chen et al., [A Simple Framework for Contrastive Learning](https://arxiv.org/abs/2002.05709), 2020.
 *
 * @param embeddings floats of shape `[batch, features]`
 * @param labels of shape `[batch]`
 * @param temperature default 0.07
 * @returns a scalar
 */
export function ntxent(embeddings: ArrayLike, labels: ArrayLike, temperature: Scalar = 0.07): NDArray {
  const x = floatArgument("ntxent", "embeddings", embeddings);
  const y = toArray(labels, "ntxent");
  if (y.shape[0] !== x.shape[0]) {
    throw new ValueError(
      `Labels and embeddings must have the same leading dimension, found ${y.shape[0]} for labels and ${x.shape[0]} for embeddings.`,
    );
  }
  const epsilon = Number(finfo(x.dtype).eps);
  const similarity = cosineSimilarity(expandDims(x, 0), expandDims(x, 1), { epsilon }).div(temperature);
  const same = expandDims(y, 1).eq(expandDims(y, 0));
  const others = un.logicalNot(same);
  const pairs = bi.logicalAnd(same, un.logicalNot(bi.notEqual(eye(x.shape[0]), 0)));
  const against = select(others, similarity, Number.NEGATIVE_INFINITY);
  const together = select(pairs, similarity, Number.NEGATIVE_INFINITY);
  const top = lax.stopGradient(bi.maximum(against, together).max(1, { keepdims: true }));
  const positive = together.sub(top);
  const negatives = reductions.sum(un.exp(against.sub(top)), { axis: 1, keepdims: true });
  const logSoftmax = positive.sub(un.log(negatives.add(un.exp(positive))));
  return un.negative(reductions.sum(select(pairs, logSoftmax, 0))).div(reductions.sum(pairs));
}

export interface TripletMarginOptions {
  /** The axis of the features; default -1. */
  axis?: number;
  /** The order of the norm; default 2. */
  normDegree?: number;
  /** By how much negatives must be farther away; default 1. */
  margin?: Scalar;
  /** Added inside the root; default 1e-6. */
  eps?: Scalar;
}

/**
 * How much closer an anchor is to the negative than to the positive example, plus a margin; at least 0.
 *
 * Source: Schroff et al., [FaceNet](https://arxiv.org/abs/1503.03832), 2015.
 *
 * @example
 * ```ts
 * String(jnp.round(optim.losses.tripletMarginLoss(jnp.zeros([1, 2]), jnp.ones([1, 2]), jnp.ones([1, 2])), 3)); // => "[1.]"
 * ```
 */
export function tripletMarginLoss(
  anchors: ArrayLike,
  positives: ArrayLike,
  negatives: ArrayLike,
  ...options: [(number | TripletMarginOptions)?, ...unknown[]]
): NDArray {
  const names = ["axis", "normDegree", "margin", "eps"];
  const o = readOptions<TripletMarginOptions>("tripletMarginLoss", names, options);
  const { axis = -1, normDegree = 2, margin = 1, eps = 1e-6 } = o;
  const a = floatArgument("tripletMarginLoss", "anchors", anchors);
  const distance = (name: string, x: ArrayLike): NDArray => {
    const difference = a.sub(floatArgument("tripletMarginLoss", name, x));
    return reductions
      .sum(bi.power(difference, normDegree), axis)
      .add(eps)
      .pow(1 / normDegree);
  };
  const lead = distance("positives", positives).sub(distance("negatives", negatives));
  return bi.maximum(lead.add(margin), 0);
}
