import { grad, jnp, type NDArray } from "fluxion";
import { expect, test } from "vitest";
import {
  type Hyperparameters,
  learn,
  logLikelihood,
  observe,
  predict,
} from "../../examples/gaussianProcess.ts";

const log = (amplitude: number, length: number, noise: number): Hyperparameters => ({
  amplitude: jnp.float64(Math.log(amplitude)),
  length: jnp.float64(Math.log(length)),
  noise: jnp.float64(Math.log(noise)),
});

test("one observation, by hand", () => {
  const data = { x: jnp.float64([2]), y: jnp.float64([3]) };
  const h = log(1.5, 0.7, 0.5);
  const variance = 1.5 ** 2 + 0.5 ** 2;
  const expected = -0.5 * (9 / variance + Math.log(2 * Math.PI * variance));
  expect(Number(logLikelihood(h, data))).toBeCloseTo(expected, 12);
  const { mean, deviation } = predict(h, data, jnp.float64([2, 100]));
  expect(Number(mean.get(0))).toBeCloseTo((3 * 1.5 ** 2) / variance, 12);
  expect(Number(deviation.get(0))).toBeCloseTo(Math.sqrt(1.5 ** 2 - 1.5 ** 4 / variance), 12);
  // Far from what was observed nothing is known.
  expect([Number(mean.get(1)), Number(deviation.get(1))]).toEqual([0, 1.5]);
});

test("the gradient of the likelihood is a difference quotient", () => {
  const data = observe(12, 0.1);
  const h = log(1.2, 0.8, 0.3);
  const gradient = grad(logLikelihood)(h, data);
  for (const name of ["amplitude", "length", "noise"] as const) {
    const moved = (by: number): NDArray => logLikelihood({ ...h, [name]: h[name].add(by) }, data);
    const quotient = (Number(moved(1e-5)) - Number(moved(-1e-5))) / 2e-5;
    expect(Number(gradient[name])).toBeCloseTo(quotient, 5);
  }
});

test("the noise and the curve are found", () => {
  const data = observe(60, 0.1);
  const { hyperparameters, losses } = learn(log(1, 1, 1), data, 150);
  expect(losses[149]).toBeLessThan(losses[0] - 50);
  expect(Number(jnp.exp(hyperparameters.noise))).toBeCloseTo(0.1, 1);
  const at = jnp.float64([-4, -2, 0, 3]);
  const { mean, deviation } = predict(hyperparameters, data, at);
  const errors = jnp.abs(mean.sub(jnp.sin(at.mul(1.5))));
  expect(errors.le(deviation.mul(4).add(0.02)).all().item()).toBe(true);
  // Nothing was observed around 0, and the error bars say so.
  expect(Number(deviation.get(2))).toBeGreaterThan(3 * Number(deviation.get(1)));
});
