// Gaussian-process regression: a curve through noisy observations, with error bars that are honest about where nothing was
// observed. Everything rests on one Cholesky decomposition, and the hyperparameters are found through its gradient.

import { jit, jnp, lax, type NDArray, optim, random, valueAndGrad } from "fluxion";
import { isScript } from "./script.ts";

/** Logarithms, so that every value is allowed: how far the curve moves, over which distance, and the noise of observations. */
export interface Hyperparameters {
  amplitude: NDArray;
  length: NDArray;
  noise: NDArray;
}

/** Points and what was observed there: [n] and [n]. */
export interface Observations {
  x: NDArray;
  y: NDArray;
}

const { cholesky, triangularSolve } = lax.linalg;

/** The covariance of the curve at points [n] with that at points [m]: [n, m], the squared exponential kernel. */
export function covariance({ amplitude, length }: Hyperparameters, x: NDArray, z: NDArray): NDArray {
  const distance = x.get(":", null).sub(z.get(null, ":")).div(jnp.exp(length));
  return jnp.exp(amplitude.mul(2).sub(distance.pow(2).mul(0.5)));
}

/** The Cholesky factor L of the covariance of the observations, K + noise^2 I = L L^T. */
function factor(h: Hyperparameters, x: NDArray): NDArray {
  const noise = jnp.exp(h.noise.mul(2)).mul(jnp.eye(x.shape[0], { dtype: x.dtype }));
  return cholesky(covariance(h, x, x).add(noise));
}

/** L^-1 b, for a vector or the columns of a matrix. */
const solveLower = (l: NDArray, b: NDArray): NDArray =>
  triangularSolve(l, b, { leftSide: true, lower: true });

/** The logarithm of the density of what was observed; its gradient is that of a Cholesky decomposition. */
export function logLikelihood(h: Hyperparameters, { x, y }: Observations): NDArray {
  const l = factor(h, x);
  const white = solveLower(l, y);
  const logDeterminant = jnp.log(jnp.diagonal(l)).sum();
  return white
    .pow(2)
    .sum()
    .mul(-0.5)
    .sub(logDeterminant)
    .sub((x.shape[0] / 2) * Math.log(2 * Math.PI));
}

/** Mean and standard deviation of the curve at points [m], given the observations. */
export function predict(
  h: Hyperparameters,
  { x, y }: Observations,
  at: NDArray,
): { mean: NDArray; deviation: NDArray } {
  const l = factor(h, x);
  const across = solveLower(l, covariance(h, x, at));
  const mean = across.T.matmul(solveLower(l, y));
  const variance = jnp.exp(h.amplitude.mul(2)).sub(across.pow(2).sum(0));
  return { mean, deviation: jnp.sqrt(jnp.maximum(variance, 0)) };
}

/** Hyperparameters that make the observations likely. */
export function learn(
  guess: Hyperparameters,
  data: Observations,
  updates: number,
): { hyperparameters: Hyperparameters; losses: number[] } {
  const optimizer = optim.adam(0.05);
  const update = jit((h: Hyperparameters, state: optim.OptState) => {
    const [loss, gradients] = valueAndGrad((h: Hyperparameters) => logLikelihood(h, data).neg())(h);
    const [changes, next] = optimizer.update(gradients, state, h);
    return { h: optim.applyUpdates(h, changes), state: next, loss };
  });
  let h = guess;
  let state = optimizer.init(h);
  const losses: NDArray[] = [];
  for (let i = 0; i < updates; i++) {
    const after = update(h, state);
    ({ h, state } = after);
    losses.push(after.loss);
  }
  return { hyperparameters: h, losses: losses.map(Number) };
}

/** Noisy observations of a wave, with a gap in the middle where nothing was observed. */
export function observe(n: number, noise: number): Observations {
  const [place, error] = random.split(random.key(0));
  const u = random.uniform(place, [n], "float64").mul(2).sub(1);
  const x = u.mul(4).add(jnp.sign(u).mul(1.5));
  return { x, y: jnp.sin(x.mul(1.5)).add(random.normal(error, [n], "float64").mul(noise)) };
}

if (isScript(import.meta.url)) {
  const data = observe(60, 0.1);
  const zero = jnp.float64(0);
  const { hyperparameters, losses } = learn({ amplitude: zero, length: zero, noise: zero }, data, 300);
  for (let i = 0; i < losses.length; i += 50) {
    console.log(`update ${i}: negative log likelihood ${losses[i].toFixed(2)}`);
  }
  for (const [name, value] of Object.entries(hyperparameters)) {
    console.log(`${name}: ${Number(jnp.exp(value)).toFixed(3)}`);
  }
  const at = jnp.linspace(-5.5, 5.5, 23).astype("float64");
  const { mean, deviation } = jit(predict)(hyperparameters, data, at);
  for (let i = 0; i < at.shape[0]; i++) {
    const [x, m, d] = [at, mean, deviation].map((a) => Number(a.get(i)));
    const column = (v: number) => Math.round(30 + 16 * Math.max(-1.8, Math.min(1.8, v)));
    const bar = Array.from({ length: 61 }, (_, k) => {
      const inside = k >= column(m - 2 * d) && k <= column(m + 2 * d);
      return k === column(m) ? "o" : inside ? "-" : " ";
    });
    console.log(`${x.toFixed(1).padStart(5)} ${bar.join("").trimEnd()}`);
  }
}
