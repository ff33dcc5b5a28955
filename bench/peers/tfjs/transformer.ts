import tf from "@tensorflow/tfjs";
import { blockInputs } from "../../reference/transformer.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { gelu, layerNorm } from "./functions.ts";
import { eager, type Tensor, type Tensors } from "./prepared.ts";

/** A product of [batch, sequence, n] with a matrix, as one large product. */
function linear(x: Tensor, w: Tensor): Tensor {
  const [batch, sequence, n] = x.shape;
  return tf.reshape(tf.matMul(tf.reshape(x, [batch * sequence, n]), w), [batch, sequence, w.shape[1]]);
}

function attention(x: Tensor, { wq, wk, wv, wo }: Tensors, heads: number): Tensor {
  const [batch, sequence, width] = x.shape;
  const split = (v: Tensor): Tensor =>
    tf.transpose(tf.reshape(v, [batch, sequence, heads, width / heads]), [0, 2, 1, 3]);
  const [q, k, v] = [wq, wk, wv].map((w) => split(linear(x, w)));
  const scores = tf.mul(tf.matMul(q, tf.transpose(k, [0, 1, 3, 2])), 1 / Math.sqrt(width / heads));
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  return linear(tf.reshape(mixed, x.shape), wo);
}

function block(a: Tensors, heads: number): Tensor {
  const h = tf.add(a.x, attention(layerNorm(a.x, a.scale1, a.bias1), a, heads));
  const inner = gelu(tf.add(linear(layerNorm(h, a.scale2, a.bias2), a.w1), a.c1));
  return tf.add(h, tf.add(linear(inner, a.w2), a.c2));
}

export const transformer = {
  transformer: eager(({ heads }) => (a) => [block(a, heads)]),
  transformerGrad: eager(({ heads }) => ({ c, ...a }) => {
    const gradients = tf.grads((...values: Tensor[]) => {
      const named = Object.fromEntries(blockInputs.map((name, i) => [name, values[i]]));
      return tf.sum(tf.mul(block(named, heads), c));
    });
    return gradients(blockInputs.map((name) => a[name]));
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
