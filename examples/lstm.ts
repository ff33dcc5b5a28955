// A long short-term memory learns to add: it reads a sequence of numbers, two of them marked, and must give the sum of
// those two at the end. The recurrence is a `lax.scan`, so forward and backward passes are native loops.
//
// Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, experiment 4 (the adding problem).

import { jit, jnp, lax, type NDArray, nn, optim, random, valueAndGrad } from "fluxion";
import { isScript } from "./script.ts";

/** The cell's gates are computed together: weights [inputs + units, 4 units], and the readout [units, 1]. */
export interface Lstm {
  weights: NDArray;
  biases: NDArray;
  readout: NDArray;
}

interface State {
  /** What the cell remembers, [batch, units]. */
  memory: NDArray;
  /** What it shows, [batch, units]. */
  output: NDArray;
}

export function initLstm(key: NDArray, inputs: number, units: number): Lstm {
  const [gates, readout] = random.split(key);
  const initialize = nn.initializers.glorotNormal();
  return {
    weights: initialize(gates, [inputs + units, 4 * units]),
    biases: jnp.zeros([4 * units]),
    readout: initialize(readout, [units, 1]),
  };
}

/** One step: the next state for inputs [batch, inputs]. */
export function cell({ weights, biases }: Lstm, { memory, output }: State, inputs: NDArray): State {
  const gates = jnp.concatenate([inputs, output], 1).matmul(weights).add(biases);
  const [enter, forget, show, candidate] = jnp.split(gates, 4, 1);
  // The added 1 keeps memories alive from the beginning of training.
  const kept = nn.sigmoid(forget.add(1)).mul(memory);
  const next = kept.add(nn.sigmoid(enter).mul(jnp.tanh(candidate)));
  return { memory: next, output: nn.sigmoid(show).mul(jnp.tanh(next)) };
}

/** Sequences [steps, batch, inputs] to predictions [batch]. */
export function predict(model: Lstm, sequences: NDArray): NDArray {
  const units = model.readout.shape[0];
  const nothing = jnp.zeros([sequences.shape[1], units]);
  const [last] = lax.scan(
    (state: State, inputs: NDArray) => [cell(model, state, inputs), null],
    { memory: nothing, output: nothing },
    sequences,
  );
  return last.output.matmul(model.readout).reshape(-1);
}

/** Sequences [steps, batch, 2] of numbers and marks, and the sums [batch]. */
export function problems(key: NDArray, steps: number, batch: number): [sequences: NDArray, sums: NDArray] {
  const [forNumbers, forFirst, forSecond] = random.split(key, 3);
  const numbers = random.uniform(forNumbers, [steps, batch]);
  // One mark in each half.
  const half = Math.floor(steps / 2);
  const first = random.randint(forFirst, [batch], 0, half);
  const second = random.randint(forSecond, [batch], half, steps);
  const marks = nn.oneHot(first, steps).add(nn.oneHot(second, steps)).T;
  return [jnp.stack([numbers, marks], -1), numbers.mul(marks).sum(0)];
}

/** Trains and returns the mean squared error of each step; guessing 1 each time has an error of 1/6. */
export function train(settings: { units: number; steps: number; batch: number; updates: number }): number[] {
  const { units, steps, batch, updates } = settings;
  const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(0.01));
  const loss = (model: Lstm, sequences: NDArray, sums: NDArray) =>
    predict(model, sequences).sub(sums).pow(2).mean();
  const update = jit((model: Lstm, optState: optim.OptState, key: NDArray) => {
    const [value, gradients] = valueAndGrad(loss)(model, ...problems(key, steps, batch));
    const [changes, next] = optimizer.update(gradients, optState, model);
    return { model: optim.applyUpdates(model, changes), optState: next, value };
  });
  let model = initLstm(random.key(0), 2, units);
  let optState = optimizer.init(model);
  const losses: NDArray[] = [];
  for (let i = 0; i < updates; i++) {
    const after = update(model, optState, random.foldIn(random.key(1), i));
    ({ model, optState } = after);
    losses.push(after.value);
  }
  return losses.map(Number);
}

if (isScript(import.meta.url)) {
  const losses = train({ units: 32, steps: 30, batch: 64, updates: 1500 });
  for (let i = 0; i < losses.length; i += 150) {
    const part = losses.slice(i, i + 150);
    const mean = part.reduce((a, b) => a + b) / part.length;
    console.log(`updates ${i} to ${i + part.length - 1}: mean squared error ${mean.toFixed(4)}`);
  }
}
