import { grad, jnp, type NDArray, nn } from "fluxion";
import { blockInputs } from "../../reference/transformer.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { layerNorm } from "./functions.ts";
import { type Arrays, jitted } from "./prepared.ts";

function attention(x: NDArray, { wq, wk, wv, wo }: Arrays, heads: number): NDArray {
  const [batch, sequence, width] = x.shape;
  const split = (v: NDArray): NDArray => v.reshape([batch, sequence, heads, width / heads]);
  const [q, k, v] = [wq, wk, wv].map((w) => split(x.matmul(w)));
  const scores = jnp.einsum("bqhd,bkhd->bhqk", q, k).div(Math.sqrt(width / heads));
  const mixed = jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(scores), v);
  return mixed.reshape(x.shape).matmul(wo);
}

function block(a: Arrays, heads: number): NDArray {
  const h = a.x.add(attention(layerNorm(a.x, a.scale1, a.bias1), a, heads));
  const inner = nn.gelu(layerNorm(h, a.scale2, a.bias2).matmul(a.w1).add(a.c1));
  return h.add(inner.matmul(a.w2).add(a.c2));
}

export const transformer = {
  transformer: jitted(({ heads }) => (a) => [block(a, heads)]),
  transformerGrad: jitted(({ heads }) => ({ c, ...values }) => {
    const gradients = grad((v: Arrays) => block(v, heads).mul(c).sum())(values);
    return blockInputs.map((name) => gradients[name]);
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
