import { grad, jnp, lax, type NDArray, nn } from "fluxion";
import { weightsOf } from "../../reference/lstm.ts";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { type Arrays, jitted } from "./prepared.ts";

type State = [output: NDArray, memory: NDArray];

function cell({ w, wx, wh, b }: Arrays, [h, c]: State, x: NDArray): State {
  const sums = w === undefined ? x.matmul(wx).add(h.matmul(wh)) : jnp.concatenate([x, h], 1).matmul(w);
  const [enter, forget, show, candidate] = jnp.split(sums.add(b), 4, 1);
  const memory = nn
    .sigmoid(forget)
    .mul(c)
    .add(nn.sigmoid(enter).mul(jnp.tanh(candidate)));
  return [nn.sigmoid(show).mul(jnp.tanh(memory)), memory];
}

function lstm({ x, ...weights }: Arrays): NDArray {
  const zero = jnp.zeros([x.shape[1], weights.b.shape[0] / 4]);
  const step = (state: State, x: NDArray): [State, NDArray] => {
    const next = cell(weights, state, x);
    return [next, next[0]];
  };
  return lax.scan(step, [zero, zero] as State, x)[1];
}

export const recurrent = {
  lstm: jitted(() => (a) => [lstm(a)]),
  lstmGrad: jitted(() => ({ x, c, ...weights }) => {
    const gradients = grad((weights: Arrays) =>
      lstm({ x, ...weights })
        .mul(c)
        .sum(),
    )(weights);
    return weightsOf(weights).map((name) => gradients[name]);
  }),
} satisfies Partial<Record<Kernel, Implementation>>;
