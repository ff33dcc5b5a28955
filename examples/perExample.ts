// Gradients of each example apart, with vmap(grad): what private training needs, where the influence of a single example
// is bounded before gradients are added up and noise hides the rest.
//
// Source: Abadi et al., Deep Learning with Differential Privacy, https://arxiv.org/abs/1607.00133.

import { grad, jit, jnp, type NDArray, random, tree, vmap } from "fluxion";
import { isScript } from "./script.ts";

/** A logistic regression. */
export interface Model {
  weights: NDArray;
  bias: NDArray;
}

/** The loss for one example: features [features], label 0 or 1. */
export function loss({ weights, bias }: Model, features: NDArray, label: NDArray): NDArray {
  const score = features.dot(weights).add(bias);
  return jnp.logaddexp(0, score).sub(label.mul(score));
}

/** A gradient for each example: the leaves have a leading axis of examples. */
export const perExampleGradients = vmap(grad(loss), { inAxes: [null, 0, 0] });

/** The norm of each example's gradient, over all parameters. */
export function norms(gradients: Model): NDArray {
  const squares = tree.leaves(gradients).map((g) => (g as NDArray).reshape(g.shape[0], -1).pow(2).sum(1));
  return jnp.sqrt(squares.reduce((a, b) => a.add(b)));
}

/** The mean of the gradients, none longer than `bound`, with noise of standard deviation `noise` times the bound on their sum. */
export function privateGradient(
  model: Model,
  features: NDArray,
  labels: NDArray,
  options: { bound: number; noise: number; key: NDArray },
): Model {
  const { bound, noise, key } = options;
  const gradients = perExampleGradients(model, features, labels);
  const scale = jnp.minimum(1, jnp.divide(bound, norms(gradients)));
  const [forWeights, forBias] = random.split(key);
  const clippedMean = (g: NDArray, key: NDArray): NDArray => {
    const sum = jnp.tensordot(scale, g, 1);
    return sum.add(random.normal(key, sum.shape).mul(noise * bound)).div(features.shape[0]);
  };
  return {
    weights: clippedMean(gradients.weights, forWeights),
    bias: clippedMean(gradients.bias, forBias),
  };
}

/** Two clouds of points, [n, 2], and which of them each is of. */
export function makeData(key: NDArray, n: number): [features: NDArray, labels: NDArray] {
  const [forLabels, forNoise] = random.split(key);
  const labels = random.bernoulli(forLabels, 0.5, [n]).astype(jnp.float32);
  const centers = labels
    .mul(2)
    .sub(1)
    .reshape(n, 1)
    .mul(jnp.array([1, -0.5]));
  return [centers.add(random.normal(forNoise, [n, 2]).mul(0.7)), labels];
}

export function train(features: NDArray, labels: NDArray, noise: number, updates: number): Model {
  const update = jit((model: Model, key: NDArray) =>
    tree.map((p, g) => p.sub(g), model, privateGradient(model, features, labels, { bound: 1, noise, key })),
  );
  let model: Model = { weights: jnp.zeros([features.shape[1]]), bias: jnp.float32(0) };
  for (let i = 0; i < updates; i++) model = update(model, random.foldIn(random.key(2), i));
  return model;
}

/** The share of examples on the right side. */
export function accuracy({ weights, bias }: Model, features: NDArray, labels: NDArray): number {
  return Number(features.matmul(weights).add(bias).gt(0).eq(labels).mean());
}

if (isScript(import.meta.url)) {
  const [features, labels] = makeData(random.key(0), 512);
  const start: Model = { weights: jnp.zeros([2]), bias: jnp.float32(0) };
  const lengths = norms(perExampleGradients(start, features, labels));
  console.log(`norms of ${features.shape[0]} gradients: ${jnp.min(lengths)} to ${jnp.max(lengths)}`);
  for (const noise of [0, 1, 10, 100]) {
    const model = train(features, labels, noise, 200);
    const right = (100 * accuracy(model, features, labels)).toFixed(1);
    console.log(`noise ${noise}: weights ${model.weights}, bias ${model.bias}, ${right} % right`);
  }
}
