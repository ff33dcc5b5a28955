import { sumRows, transpose } from "../reference/linear.ts";
import { sizeOf, tensor } from "./inputs.ts";
import type { Group, Kernel, Row } from "./row.ts";
import { all, close } from "./verify.ts";

interface Options {
  readonly id: string;
  readonly title: string;
  readonly kernel: Kernel;
  readonly shape: readonly number[];
  readonly expected: (x: Float32Array) => ArrayLike<number>;
  /** 0: the answer is exact. */
  readonly tolerance: number;
  readonly written: number;
}

/** Numbers in [0, 1), so that sums do not cancel. */
const row = ({ id, title, kernel, shape, expected, tolerance, written }: Options): Row => ({
  id: `w4-${id}`,
  title,
  kernel,
  unit: "ms",
  parameters: {},
  inputs: () => ({ x: tensor(11, shape, 1, 0.5) }),
  reference: ({ x }) => close([all(expected(x.data))], tolerance),
  work: { bytes: 4 * (sizeOf(shape) + written) },
});

function cumsum(x: Float32Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0, sum = 0; i < x.length; i++) out[i] = sum += x[i];
  return out;
}
const argmax = (x: Float32Array): number => x.reduce((best, v, i) => (v > x[best] ? i : best), 0);
function sumEach(x: Float32Array, n: number): Float64Array {
  const out = new Float64Array(x.length / n);
  for (let i = 0; i < x.length; i++) out[Math.floor(i / n)] += x[i];
  return out;
}

const n = 4000;
const exact = 0;
/** Looser than a good summation reaches: a peer that adds in plain float32 loses digits, not the row; the error is reported. */
const loose = 1e-3;

export const w4: Group = {
  id: "w4",
  title: "reductions and moves",
  rows: [
    row({
      ...{ id: "sum", title: "sum of 1e7", kernel: "sum", shape: [1e7], written: 1 },
      ...{ expected: (x) => [x.reduce((s, v) => s + v, 0)], tolerance: loose },
    }),
    row({
      ...{ id: "sum-axis-0", title: "sum of 4000 x 4000 over axis 0", kernel: "sumRows" },
      ...{ shape: [n, n], expected: (x) => sumRows(x, n), tolerance: loose, written: n },
    }),
    row({
      ...{ id: "sum-axis-1", title: "sum of 4000 x 4000 over axis 1", kernel: "sumColumns" },
      ...{ shape: [n, n], expected: (x) => sumEach(x, n), tolerance: loose, written: n },
    }),
    row({
      ...{ id: "argmax", title: "argmax of 1e6", kernel: "argmax", shape: [1e6], written: 1 },
      ...{ expected: (x) => [argmax(x)], tolerance: exact },
    }),
    row({
      ...{ id: "cumsum", title: "cumsum of 1e6", kernel: "cumsum", shape: [1e6], written: 1e6 },
      ...{ expected: cumsum, tolerance: loose },
    }),
    row({
      ...{ id: "sort", title: "sort of 1e6", kernel: "sort", shape: [1e6], written: 1e6 },
      ...{ expected: (x) => x.slice().sort(), tolerance: exact },
    }),
    row({
      ...{ id: "transpose", title: "transposition of 4000 x 4000", kernel: "transpose", shape: [n, n] },
      ...{ expected: (x) => transpose(x, n, n), tolerance: exact, written: n * n },
    }),
  ],
};
