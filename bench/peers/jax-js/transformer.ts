import { grad, nn, numpy as np } from "@jax-js/jax";
import { blockInputs } from "../../reference/transformer.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { layerNorm } from "./functions.ts";
import { type Array, type Arrays, jitted } from "./prepared.ts";

function attention(x: Array, { wq, wk, wv, wo }: Arrays, heads: number): Array {
  const shape: number[] = x.shape;
  const [batch, sequence, width] = shape;
  const split = (v: Array): Array =>
    v.reshape([batch, sequence, heads, width / heads]).transpose([0, 2, 1, 3]);
  const [q, k, v] = [np.matmul(x.ref, wq), np.matmul(x.ref, wk), np.matmul(x, wv)].map(split);
  // The library's einsum needs iterator helpers, which Node 20 lacks.
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
  const mixed = np.matmul(nn.softmax(scores), v).transpose([0, 2, 1, 3]);
  return np.matmul(mixed.reshape(shape), wo);
}

function block(a: Arrays, heads: number): Array {
  const h = a.x.ref.add(attention(layerNorm(a.x, a.scale1, a.bias1), a, heads));
  const inner = nn.gelu(np.matmul(layerNorm(h.ref, a.scale2, a.bias2), a.w1).add(a.c1));
  return h.add(np.matmul(inner, a.w2).add(a.c2));
}

export const transformer = {
  transformer: jitted(({ heads }) => (a) => [block(a, heads)]),
  transformerGrad: jitted(({ heads }) => ({ c, ...values }) => {
    const gradients: Arrays = grad((v: Arrays) => block(v, heads).mul(c).sum())(values);
    return blockInputs.map((name) => gradients[name]);
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
