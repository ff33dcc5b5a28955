import tf from "@tensorflow/tfjs";
import { weightsOf } from "../../reference/lstm.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { eager, type Tensor, type Tensors } from "./prepared.ts";

function lstm({ x, w, wx, wh, b }: Tensors): Tensor {
  const [, batch] = x.shape;
  const units = b.shape[0] / 4;
  let h = tf.zeros([batch, units]);
  let c = tf.zeros([batch, units]);
  const outputs = tf.unstack(x).map((xt: Tensor) => {
    const sums =
      w === undefined ? tf.add(tf.matMul(xt, wx), tf.matMul(h, wh)) : tf.matMul(tf.concat([xt, h], 1), w);
    const [enter, forget, show, candidate] = tf.split(tf.add(sums, b), 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(forget), c), tf.mul(tf.sigmoid(enter), tf.tanh(candidate)));
    h = tf.mul(tf.sigmoid(show), tf.tanh(c));
    return h;
  });
  return tf.stack(outputs);
}

export const recurrent = {
  lstm: eager(() => (a) => [lstm(a)]),
  lstmGrad: eager(() => ({ x, c, ...weights }) => {
    const names = weightsOf(weights);
    const gradients = tf.grads((...values: Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      return tf.sum(tf.mul(lstm({ x, ...named }), c));
    });
    return gradients(names.map((name) => weights[name]));
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
