import { jnp, random, slice as range } from "fluxion";
import { expect, test } from "vitest";
import { cell, initLstm, predict, problems, train } from "../../examples/lstm.ts";

const slice = range(null);

test("an LSTM over scan computes what its steps compute", () => {
  const model = initLstm(random.key(3), 2, 5);
  const [sequences, sums] = problems(random.key(4), 7, 3);
  expect(sequences.shape).toEqual([7, 3, 2]);
  let state = { memory: jnp.zeros([3, 5]), output: jnp.zeros([3, 5]) };
  for (const inputs of sequences) state = cell(model, state, inputs);
  const expected = state.output.matmul(model.readout).reshape(-1);
  expect(Number(jnp.abs(predict(model, sequences).sub(expected)).max())).toBeLessThan(1e-6);
  // Two marks each, at least one number apart, whose numbers make the sum.
  expect(sequences.get(slice, slice, 1).sum(0).tolist()).toEqual([2, 2, 2]);
  const [numbers, marks] = [0, 1].map((i) => sequences.get(slice, slice, i));
  expect(Number(jnp.abs(numbers.mul(marks).sum(0).sub(sums)).max())).toBeLessThan(1e-6);
});

test("it learns to add", () => {
  const losses = train({ units: 16, steps: 8, batch: 32, updates: 500 });
  const mean = (part: number[]) => part.reduce((a, b) => a + b) / part.length;
  expect(mean(losses.slice(0, 20))).toBeGreaterThan(0.1);
  expect(mean(losses.slice(-20))).toBeLessThan(0.01);
});
