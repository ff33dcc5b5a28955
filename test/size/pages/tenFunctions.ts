import { grad, jit, jnp, type NDArray } from "fluxion";

type Params = { w1: NDArray; b1: NDArray; w2: NDArray };

const x = jnp.array([
  [0.5, -1],
  [1.5, 2],
  [-0.25, 0.75],
]);
const isLabel = jnp.array([
  [true, false],
  [false, true],
  [true, false],
]);

/** Cross entropy of a network of two layers. */
function loss({ w1, b1, w2 }: Params): NDArray {
  const hidden = jnp.tanh(jnp.add(jnp.matmul(x, w1), b1));
  const logits = jnp.matmul(hidden, w2);
  const chosen = jnp.sum(jnp.where(isLabel, logits, 0), 1);
  return jnp.mean(jnp.subtract(jnp.log(jnp.sum(jnp.exp(logits), 1)), chosen));
}

const step = jit((p: Params): Params => {
  const g = grad(loss)(p);
  return { w1: p.w1.sub(g.w1.mul(0.5)), b1: p.b1.sub(g.b1.mul(0.5)), w2: p.w2.sub(g.w2.mul(0.5)) };
});

/** `jit`, `grad` and ten functions of `jnp`: the loss before and after three steps, and the bias. */
export function run(): number[] {
  let params: Params = {
    w1: jnp.array([
      [0.1, -0.2, 0.3],
      [0.4, 0.5, -0.6],
    ]),
    b1: jnp.array([0, 0.1, -0.1]),
    w2: jnp.array([
      [0.7, -0.8],
      [0.9, 0.2],
      [-0.4, 0.6],
    ]),
  };
  const before = loss(params).item();
  for (let k = 0; k < 3; k++) params = step(params);
  return [Number(before), Number(loss(params)), ...params.b1.dataSync()].map(Number);
}
