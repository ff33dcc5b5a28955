import { grad, nn, numpy as np } from "@jax-js/jax";
import { weightsOf } from "../../reference/lstm.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { type Array, type Arrays, jitted } from "./prepared.ts";

/** The library has no scan: all steps are written down. */
function lstm({ x, w, wx, wh, b }: Arrays): Array {
  const [steps, batch] = x.shape;
  const units = b.shape[0] / 4;
  let h = np.zeros([batch, units]);
  let c = np.zeros([batch, units]);
  const outputs: Array[] = [];
  for (let t = 0; t < steps; t++) {
    const xt = x.ref.slice(t);
    const sums =
      w === undefined
        ? np.matmul(xt, wx.ref).add(np.matmul(h, wh.ref))
        : np.matmul(np.concatenate([xt, h], 1), w.ref);
    const [enter, forget, show, candidate] = np.split(sums.add(b.ref), 4, 1);
    c = nn
      .sigmoid(forget)
      .mul(c)
      .add(nn.sigmoid(enter).mul(np.tanh(candidate)));
    h = nn.sigmoid(show).mul(np.tanh(c.ref));
    outputs.push(h.ref);
  }
  return np.stack(outputs);
}

export const recurrent = {
  lstm: jitted(() => (a) => [lstm(a)]),
  lstmGrad: jitted(() => ({ x, c, ...weights }) => {
    const gradients: Arrays = grad((weights: Arrays) =>
      lstm({ x, ...weights })
        .mul(c)
        .sum(),
    )(weights);
    return weightsOf(weights).map((name) => gradients[name]);
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
