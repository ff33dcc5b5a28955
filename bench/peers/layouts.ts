/** Layouts for libraries whose convolutions are NCHW with OIHW kernels; converted outside of what is timed. */
import { sizeOf } from "../rows/inputs.ts";
import type { Tensor } from "../rows/row.ts";

/** The elements in the order of the permuted dimensions. */
export function permute({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const strides = shape.map((_, d) => sizeOf(shape.slice(d + 1)));
  const to = order.map((d) => shape[d]);
  const steps = order.map((d) => strides[d]);
  const out = new Float32Array(data.length);
  const index = to.map(() => 0);
  for (let i = 0, from = 0; i < out.length; i++) {
    out[i] = data[from];
    for (let d = to.length - 1; d >= 0; d--) {
      from += steps[d];
      if (++index[d] < to[d]) break;
      from -= steps[d] * to[d];
      index[d] = 0;
    }
  }
  return { shape: to, data: out };
}
export const nhwcToNchw = (t: Tensor): Tensor => permute(t, [0, 3, 1, 2]);
export const nchwToNhwc = (t: Tensor): Tensor => permute(t, [0, 2, 3, 1]);
export const hwioToOihw = (t: Tensor): Tensor => permute(t, [3, 2, 0, 1]);
export const oihwToHwio = (t: Tensor): Tensor => permute(t, [2, 3, 1, 0]);
