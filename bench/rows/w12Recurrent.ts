import { type LstmSize, lstm, lstmGrad } from "../reference/lstm.ts";
import { tensor } from "./inputs.ts";
import type { Group, Inputs, Row, Tensor } from "./row.ts";
import { all, close } from "./verify.ts";

const size: LstmSize = { steps: 128, batch: 32, inputs: 128, units: 128 };

const joined = (a: Tensor, b: Tensor): Float32Array => Float32Array.from([...a.data, ...b.data]);

/** Weights of inputs and outputs are one matrix `w` where the network multiplies both at once, else `wx` and `wh`. */
function inputs(products: 1 | 2, gradient: boolean): Inputs {
  const { steps, batch, inputs, units } = size;
  const wx = tensor(61, [inputs, 4 * units], 0.35);
  const wh = tensor(62, [units, 4 * units], 0.35);
  const w = { shape: [inputs + units, 4 * units], data: joined(wx, wh) };
  return {
    x: tensor(60, [steps, batch, inputs], 3),
    ...(products === 1 ? { w } : { wx, wh }),
    b: tensor(63, [4 * units], 0.2),
    ...(gradient ? { c: tensor(64, [steps, batch, units]) } : {}),
  };
}

const row = (products: 1 | 2, gradient: boolean): Row => ({
  id: `w12-lstm-${products}${gradient ? "-grad" : ""}`,
  title: `LSTM 128, 128 steps x 32, ${products === 1 ? "[x, h] W" : "x W + h R"}${gradient ? ", gradients" : ""}`,
  kernel: gradient ? "lstmGrad" : "lstm",
  unit: "ms",
  parameters: {},
  inputs: () => inputs(products, gradient),
  reference({ x, w, wx, wh, b, c }) {
    const weights = w?.data ?? joined(wx, wh);
    const values = { x: x.data, w: weights, b: b.data };
    if (!gradient) return close([all(lstm(values, size))], 1e-5);
    const d = lstmGrad(values, c.data, size);
    const cut = size.inputs * 4 * size.units;
    const parts = products === 1 ? [d.w] : [d.w.slice(0, cut), d.w.slice(cut)];
    return close([...parts, d.b].map(all), 1e-5);
  },
  // Gradients in the weights only: one product less than three times as many.
  work: {
    flops: 2 * size.steps * size.batch * 4 * size.units * (size.inputs + size.units) * (gradient ? 2.5 : 1),
  },
});

export const w12: Group = {
  id: "w12",
  title: "recurrent network",
  rows: [row(1, false), row(1, true), row(2, false), row(2, true)],
};
