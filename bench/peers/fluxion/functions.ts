/** Kernels that are one function of the inputs. */
import { grad, jit, jnp, lax, type NDArray, nn, random } from "fluxion";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { conv, network } from "./convolution.ts";
import { jitted, load, repeated } from "./prepared.ts";

const fused = (x: NDArray): NDArray => jnp.tanh(x).mul(nn.sigmoid(x)).add(x.mul(x).mul(0.5));

export function layerNorm(x: NDArray, scale: NDArray, bias: NDArray): NDArray {
  return nn.standardize(x).mul(scale).add(bias);
}

const sumOf =
  (f: (x: NDArray) => NDArray) =>
  (x: NDArray): NDArray =>
    f(x).sum();

function drawn(sampler: (key: NDArray, n: number) => NDArray): Implementation {
  return (_, { n }) => {
    const f = jit((key: NDArray) => sampler(key, n));
    const key = random.key(1);
    return repeated(() => [f(key)]);
  };
}

export const functions = {
  matmul: jitted(() => ({ a, b }) => [a.matmul(b)]),
  matmulTransposed: jitted(() => ({ a, b }) => [a.matmul(b.T)]),
  fused: jitted(() => ({ x }) => [fused(x)]),
  fusedGrad: jitted(() => ({ x }) => [grad(sumOf(fused))(x)]),
  softmax: jitted(() => ({ x }) => [nn.softmax(x)]),
  softmaxGrad: jitted(() => ({ x, c }) => [grad((v: NDArray) => nn.softmax(v).mul(c).sum())(x)]),
  layerNorm: jitted(() => ({ x, scale, bias }) => [layerNorm(x, scale, bias)]),
  layerNormGrad: jitted(() => ({ x, scale, bias, c }) => {
    const loss = (x: NDArray, scale: NDArray, bias: NDArray) => layerNorm(x, scale, bias).mul(c).sum();
    return grad(loss, { argnums: [0, 1, 2] })(x, scale, bias);
  }),
  gelu: jitted(() => ({ x }) => [nn.gelu(x)]),
  geluGrad: jitted(() => ({ x }) => [grad(sumOf((v) => nn.gelu(v)))(x)]),
  sum: jitted(() => ({ x }) => [x.sum()]),
  sumRows: jitted(() => ({ x }) => [x.sum(0)]),
  sumColumns: jitted(() => ({ x }) => [x.sum(1)]),
  argmax: jitted(() => ({ x }) => [x.argmax()]),
  cumsum: jitted(() => ({ x }) => [jnp.cumsum(x)]),
  sort: jitted(() => ({ x }) => [jnp.sort(x)]),
  transpose: jitted(() => ({ x }) => [x.T]),
  eagerAdd: (inputs) => {
    const { a, b } = load(inputs);
    return repeated(() => [a.add(b)]);
  },
  tenOps: jitted(({ factor }) => ({ a, b }) => {
    let x = a;
    for (let k = 0; k < 5; k++) x = x.mul(factor).add(b);
    return [x];
  }),
  convNet: jitted(() => ({ x, k1, k2 }) => [network(x, k1, k2)]),
  convNetGrad: jitted(() => ({ x, k1, k2, c }) => {
    const loss = (k1: NDArray, k2: NDArray) => network(x, k1, k2).mul(c).sum();
    return grad(loss, { argnums: [0, 1] })(k1, k2);
  }),
  conv: jitted(() => ({ x, k }) => [conv(x, k)]),
  convGrad: jitted(() => ({ x, k, c }) => {
    const loss = (x: NDArray, k: NDArray) => conv(x, k).mul(c).sum();
    return grad(loss, { argnums: [0, 1] })(x, k);
  }),
  uniform: drawn((key, n) => random.uniform(key, [n])),
  normal: drawn((key, n) => random.normal(key, [n])),
  cholesky: jitted(() => ({ a }) => [lax.linalg.cholesky(a)]),
  qr: jitted(
    () =>
      ({ a }) =>
        lax.linalg.qr(a),
  ),
  eigh: jitted(
    () =>
      ({ a }) =>
        lax.linalg.eigh(a),
  ),
  svd: jitted(
    () =>
      ({ a }) =>
        lax.linalg.svd(a),
  ),
} satisfies Partial<Record<Kernel, Implementation>>;
