import { type BlockSize, type BlockValues, block, blockGrad, blockInputs } from "../reference/transformer.ts";
import { tensor } from "./inputs.ts";
import type { Group, Inputs, Row } from "./row.ts";
import { all, close } from "./verify.ts";

const size: BlockSize = { batch: 8, sequence: 128, width: 256, heads: 4, hidden: 1024 };

function inputs(gradient: boolean): Inputs {
  const { batch, sequence, width: w, hidden } = size;
  const values: Inputs = {
    ...{ x: tensor(40, [batch, sequence, w], 4), scale1: tensor(41, [w], 1, 1), bias1: tensor(42, [w]) },
    ...{ wq: tensor(43, [w, w], 0.25), wk: tensor(44, [w, w], 0.25), wv: tensor(45, [w, w], 0.25) },
    ...{ wo: tensor(46, [w, w], 0.25), scale2: tensor(47, [w], 1, 1), bias2: tensor(48, [w]) },
    ...{ w1: tensor(49, [w, hidden], 0.25), c1: tensor(50, [hidden]) },
    ...{ w2: tensor(51, [hidden, w], 0.125), c2: tensor(52, [w]) },
  };
  return gradient ? { ...values, c: tensor(53, [batch, sequence, w]) } : values;
}

function flops(): number {
  const { batch, sequence: s, width: w, hidden } = size;
  return 2 * batch * s * (4 * w * w + 2 * w * hidden + 2 * s * w);
}

const row = (gradient: boolean): Row => ({
  id: `w10-block${gradient ? "-grad" : ""}`,
  title: `d 256, 4 heads, 8 x 128 tokens${gradient ? ", gradients" : ""}`,
  kernel: gradient ? "transformerGrad" : "transformer",
  unit: "ms",
  parameters: { heads: size.heads },
  inputs: () => inputs(gradient),
  reference(given) {
    const pairs = blockInputs.map((name) => [name, given[name].data] as const);
    const values = Object.fromEntries(pairs) as unknown as BlockValues;
    const expected = gradient ? blockGrad(values, given.c.data, size) : [block(values, size)];
    return close(expected.map(all), 1e-5);
  },
  work: { flops: (gradient ? 3 : 1) * flops() },
});

export const w10: Group = {
  id: "w10",
  title: "transformer block",
  rows: [row(false), row(true)],
};
