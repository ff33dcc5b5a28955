// Foxes and rabbits: an ordinary differential equation, solved by a `lax.whileLoop` that chooses its steps, and its
// parameters found again from what was observed, through the gradient of a `lax.scan` of fixed steps.

import { jit, jnp, lax, type NDArray, optim, valueAndGrad } from "fluxion";
import { isScript } from "./script.ts";

/** How fast rabbits multiply, are eaten, foxes thrive on them, and die. */
export interface Rates {
  birth: NDArray;
  eaten: NDArray;
  growth: NDArray;
  death: NDArray;
}

type Field = (y: NDArray) => NDArray;

/** The Lotka-Volterra equations: dy/dt for y = [rabbits, foxes]. */
export const lotkaVolterra =
  ({ birth, eaten, growth, death }: Rates): Field =>
  (y) => {
    const [rabbits, foxes] = y;
    const met = rabbits.mul(foxes);
    return jnp.stack([birth.mul(rabbits).sub(eaten.mul(met)), growth.mul(met).sub(death.mul(foxes))]);
  };

/** One step of the classical Runge-Kutta method of order 4. */
export function rungeKutta4(f: Field, y: NDArray, h: number): NDArray {
  const k1 = f(y);
  const k2 = f(y.add(k1.mul(h / 2)));
  const k3 = f(y.add(k2.mul(h / 2)));
  const k4 = f(y.add(k3.mul(h)));
  return y.add(
    k1
      .add(k2.mul(2))
      .add(k3.mul(2))
      .add(k4)
      .mul(h / 6),
  );
}

/** The solution after 1 to n times `interval`, [n, ...y], by `substeps` steps each: differentiable in both modes. */
export function solveFixed(f: Field, y0: NDArray, interval: number, n: number, substeps = 8): NDArray {
  const h = interval / substeps;
  const [, ys] = lax.scan(
    (y: NDArray) => {
      const next = lax.foriLoop(0, substeps, (_i: NDArray, y: NDArray) => rungeKutta4(f, y, h), y);
      return [next, next];
    },
    y0,
    null,
    { length: n },
  );
  return ys;
}

/**
 * The solution at `duration` with steps chosen so that the estimated error of each stays below `tolerance`, and how many steps that took.
 *
 * Source: Bogacki and Shampine, A 3(2) pair of Runge-Kutta formulas, 1989.
 */
export function solveAdaptive(
  f: Field,
  y0: NDArray,
  duration: number,
  tolerance: number,
): { y: NDArray; steps: NDArray } {
  interface Progress {
    t: NDArray;
    h: NDArray;
    y: NDArray;
    steps: NDArray;
  }
  const step = ({ t, h, y, steps }: Progress): Progress => {
    const k1 = f(y);
    const k2 = f(y.add(k1.mul(h).mul(1 / 2)));
    const k3 = f(y.add(k2.mul(h).mul(3 / 4)));
    const next = y.add(
      k1
        .mul(2 / 9)
        .add(k2.mul(1 / 3))
        .add(k3.mul(4 / 9))
        .mul(h),
    );
    const k4 = f(next);
    const errors = k1
      .mul(-5 / 72)
      .add(k2.mul(1 / 12))
      .add(k3.mul(1 / 9))
      .add(k4.mul(-1 / 8))
      .mul(h);
    const error = jnp.abs(errors).max();
    const accepted = error.le(tolerance);
    const factor = jnp.clip(
      jnp.pow(jnp.divide(tolerance, jnp.maximum(error, 1e-30)), 1 / 3).mul(0.9),
      0.2,
      5,
    );
    const after = jnp.where(accepted, t.add(h), t);
    return {
      t: after,
      h: jnp.minimum(h.mul(factor), jnp.subtract(duration, after)),
      y: jnp.where(accepted, next, y),
      steps: steps.add(1),
    };
  };
  const start = {
    t: jnp.zeros([], y0.dtype),
    h: jnp.full([], duration / 100, y0.dtype),
    y: y0,
    steps: jnp.int32(0),
  };
  const { y, steps } = lax.whileLoop(({ t }: Progress) => t.lt(duration), step, start);
  return { y, steps };
}

/** Finds rates that explain the observations [n, 2], made at 1 to n times `interval` after `y0`. */
export function fitRates(
  guess: Rates,
  y0: NDArray,
  observed: NDArray,
  interval: number,
  updates: number,
): { rates: Rates; losses: number[] } {
  const loss = (rates: Rates) =>
    solveFixed(lotkaVolterra(rates), y0, interval, observed.shape[0]).sub(observed).pow(2).mean();
  const optimizer = optim.adam(optim.cosineDecaySchedule(0.03, updates));
  const update = jit((rates: Rates, optState: optim.OptState) => {
    const [value, gradients] = valueAndGrad(loss)(rates);
    const [changes, next] = optimizer.update(gradients, optState, rates);
    return { rates: optim.applyUpdates(rates, changes), optState: next, value };
  });
  let rates = guess;
  let optState = optimizer.init(rates);
  const losses: NDArray[] = [];
  for (let i = 0; i < updates; i++) {
    const after = update(rates, optState);
    ({ rates, optState } = after);
    losses.push(after.value);
  }
  return { rates, losses: losses.map(Number) };
}

if (isScript(import.meta.url)) {
  const number = (x: number) => jnp.float64(x);
  const truth: Rates = { birth: number(1.1), eaten: number(0.4), growth: number(0.1), death: number(0.4) };
  const y0 = jnp.float64([10, 5]);
  const solve = jit((rates: Rates) => solveAdaptive(lotkaVolterra(rates), y0, 20, 1e-8));
  const { y, steps } = solve(truth);
  console.log(`after 20 years: ${y} (rabbits, foxes), in ${steps} steps`);
  const observed = jit((rates: Rates) => solveFixed(lotkaVolterra(rates), y0, 0.5, 40))(truth);
  console.log(`with fixed steps: ${observed.get(-1)}`);
  const guess: Rates = { birth: number(1), eaten: number(0.35), growth: number(0.12), death: number(0.45) };
  const { rates, losses } = fitRates(guess, y0, observed, 0.5, 1500);
  for (let i = 0; i < losses.length; i += 250) console.log(`update ${i}: loss ${losses[i].toExponential(2)}`);
  for (const [name, x] of Object.entries(rates)) {
    console.log(`${name}: ${x} (truth ${truth[name as keyof Rates]})`);
  }
}
