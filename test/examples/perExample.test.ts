import { grad, jnp, random, vmap } from "fluxion";
import { expect, test } from "vitest";
import {
  accuracy,
  loss,
  type Model,
  makeData,
  norms,
  perExampleGradients,
  privateGradient,
  train,
} from "../../examples/perExample.ts";

const [features, labels] = makeData(random.key(0), 50);
const model: Model = { weights: jnp.array([0.5, -0.2]), bias: jnp.float32(0.1) };

test("gradients per example are those of each example alone", () => {
  const all = perExampleGradients(model, features, labels);
  expect(all.weights.shape).toEqual([50, 2]);
  for (const i of [0, 17, 49]) {
    const alone = grad(loss)(model, features.get(i), labels.get(i));
    expect(Number(jnp.abs(all.weights.get(i).sub(alone.weights)).max())).toBeLessThan(1e-6);
    expect(Number(all.bias.get(i))).toBeCloseTo(Number(alone.bias), 6);
  }
});

test("without a bound in reach their mean is the gradient of the mean, with one no example has more than its share", () => {
  const gradient = (bound: number) =>
    privateGradient(model, features, labels, { bound, noise: 0, key: random.key(1) });
  const mean = grad((m: Model) => vmap(loss, { inAxes: [null, 0, 0] })(m, features, labels).mean())(model);
  expect(Number(jnp.abs(gradient(100).weights.sub(mean.weights)).max())).toBeLessThan(1e-6);
  const { weights, bias } = gradient(0.01);
  expect(Number(norms({ weights: weights.reshape(1, 2), bias: bias.reshape(1) }).get(0))).toBeLessThan(
    0.0101,
  );
});

test("it trains, with noise too", () => {
  expect(accuracy(train(features, labels, 0, 100), features, labels)).toBeGreaterThan(0.85);
  expect(accuracy(train(features, labels, 1, 100), features, labels)).toBeGreaterThan(0.8);
});
