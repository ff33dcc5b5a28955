import { type ConvShape, conv, convInputGrad, convKernelGrad, taps } from "../reference/conv.ts";
import { map } from "../reference/linear.ts";
import { sample, tensor } from "./inputs.ts";
import type { Group, Inputs, Row } from "./row.ts";
import { all, close, type Expected } from "./verify.ts";

const tolerance = 1e-5;
const flops = (s: ConvShape): number => 2 * s.batch * s.height * s.width * taps * s.inputs * s.outputs;
const relu = (x: number): number => Math.max(x, 0);

const first: ConvShape = { batch: 16, height: 28, width: 28, inputs: 1, outputs: 32 };
const second: ConvShape = { ...first, inputs: 32, outputs: 64 };

/** Two convolutions, each followed by relu; the gradient is that of `sum(out * c)` in both kernels. */
const network = (gradient: boolean): Row => ({
  id: `w6-network${gradient ? "-grad" : ""}`,
  title: `16 x 28 x 28 x 1 -> 32 -> 64${gradient ? ", gradients" : ""}`,
  kernel: gradient ? "convNetGrad" : "convNet",
  unit: "ms",
  parameters: {},
  inputs: (): Inputs => ({
    x: tensor(12, [16, 28, 28, 1]),
    k1: tensor(13, [3, 3, 1, 32]),
    k2: tensor(14, [3, 3, 32, 64], 0.2),
    ...(gradient ? { c: tensor(15, [16, 28, 28, 64]) } : {}),
  }),
  reference({ x, k1, k2, c }) {
    const h = map(conv(first, x.data, k1.data), relu);
    const out = map(conv(second, h, k2.data), relu);
    if (!gradient) return close([all(out)], tolerance);
    const dOut = map(out, (v, i) => (v > 0 ? c.data[i] : 0));
    const dH = map(convInputGrad(second, k2.data, dOut), (v, i) => (h[i] > 0 ? v : 0));
    return close(
      [all(convKernelGrad(first, x.data, dH)), all(convKernelGrad(second, h, dOut))],
      // A pre-activation within rounding of zero may fall on either side; its whole contribution then comes or goes.
      10 * tolerance,
    );
  },
  // Forward, gradient of both kernels, gradient of the hidden layer.
  work: { flops: gradient ? 2 * flops(first) + 3 * flops(second) : flops(first) + flops(second) },
});

const wide: ConvShape = { batch: 8, height: 56, width: 56, inputs: 64, outputs: 64 };

/** Expected values for whole rows of `n` numbers. */
function rowsOf(values: Float64Array, rows: Int32Array, n: number, size: number): Expected {
  return { size, values, at: map(values, (_, i) => rows[Math.floor(i / n)] * n + (i % n)) };
}

/** One convolution; gradients of `sum(out * c)` in input and kernel. */
const single = (gradient: boolean): Row => ({
  id: `w6-conv-64${gradient ? "-grad" : ""}`,
  title: `8 x 56 x 56 x 64 -> 64${gradient ? ", gradients" : ""}`,
  kernel: gradient ? "convGrad" : "conv",
  unit: "ms",
  parameters: {},
  inputs: (): Inputs => ({
    x: tensor(16, [8, 56, 56, 64]),
    k: tensor(17, [3, 3, 64, 64], 0.2),
    ...(gradient ? { c: tensor(18, [8, 56, 56, 64]) } : {}),
  }),
  // Plain loops over everything would take long: 2,000 pixels, edges included, and 40 of the 576 rows of the kernel.
  reference({ x, k, c }) {
    const { inputs: n, outputs: m } = wide;
    const pixels = sample(8, 8 * 56 * 56, 2000);
    if (!gradient) {
      const values = conv(wide, x.data, k.data, pixels);
      return close([rowsOf(values, pixels, m, x.data.length)], tolerance);
    }
    const rows = sample(9, taps * n, 40);
    const dx = convInputGrad(wide, k.data, c.data, pixels);
    const dk = convKernelGrad(wide, x.data, c.data, rows);
    return close([rowsOf(dx, pixels, n, x.data.length), rowsOf(dk, rows, m, k.data.length)], tolerance);
  },
  work: { flops: (gradient ? 2 : 1) * flops(wide) },
});

export const w6: Group = {
  id: "w6",
  title: "convolutions 3 x 3",
  rows: [network(false), network(true), single(false), single(true)],
};
