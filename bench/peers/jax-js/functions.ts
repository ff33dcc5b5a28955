/** Kernels that are one function of the inputs. `x.ref` marks every use of an array but the last. */
import { grad, jit, nn, numpy as np, random, tree } from "@jax-js/jax";
import type { Kernel } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { type Array, type Arrays, jitted, load, repeated } from "./prepared.ts";

const fused = (x: Array): Array => np.tanh(x.ref).mul(nn.sigmoid(x.ref)).add(x.ref.mul(x).mul(0.5));

export const layerNorm = (x: Array, scale: Array, bias: Array): Array =>
  nn.standardize(x).mul(scale).add(bias);

/** Gradients of `sum(f * c)` in the named inputs. */
export const weighted = (f: (...values: Array[]) => Array, names: readonly string[]) =>
  jitted(() => ({ c, ...a }: Arrays) => {
    const loss = (...values: Array[]) =>
      f(...values)
        .mul(c)
        .sum();
    const argnums = names.map((_, i) => i);
    return grad(loss, { argnums })(...names.map((name) => a[name]));
  });

function drawn(sampler: (key: Array, shape: number[]) => Array): Implementation {
  return (_, { n }) => {
    const f = jit((key: Array) => sampler(key, [n]));
    const key = random.key(1);
    return repeated(
      () => f(key.ref),
      () => {
        key.dispose();
        f.dispose();
      },
    );
  };
}

export const functions = {
  matmul: jitted(() => ({ a, b }) => [np.matmul(a, b)]),
  matmulTransposed: jitted(() => ({ a, b }) => [np.matmul(a, np.transpose(b))]),
  fused: jitted(() => ({ x }) => [fused(x)]),
  fusedGrad: jitted(() => ({ x }) => [grad((x: Array) => fused(x).sum())(x)]),
  softmax: jitted(() => ({ x }) => [nn.softmax(x)]),
  softmaxGrad: weighted((x) => nn.softmax(x), ["x"]),
  layerNorm: jitted(() => ({ x, scale, bias }) => [layerNorm(x, scale, bias)]),
  layerNormGrad: weighted(layerNorm, ["x", "scale", "bias"]),
  gelu: jitted(() => ({ x }) => [nn.gelu(x)]),
  geluGrad: jitted(() => ({ x }) => [grad((x: Array) => nn.gelu(x).sum())(x)]),
  sum: jitted(() => ({ x }) => [x.sum()]),
  sumRows: jitted(() => ({ x }) => [x.sum(0)]),
  sumColumns: jitted(() => ({ x }) => [x.sum(1)]),
  argmax: jitted(() => ({ x }) => [np.argmax(x)]),
  cumsum: jitted(() => ({ x }) => [np.cumsum(x)]),
  sort: jitted(() => ({ x }) => [np.sort(x)]),
  transpose: jitted(() => ({ x }) => [np.transpose(x)]),
  eagerAdd: (inputs) => {
    const a = load(inputs);
    return repeated(
      () => a.a.ref.add(a.b.ref),
      () => tree.dispose(a),
    );
  },
  tenOps: jitted(({ factor }) => ({ a, b }) => {
    let x = a;
    for (let k = 0; k < 5; k++) x = x.mul(factor).add(k < 4 ? b.ref : b);
    return [x];
  }),
  uniform: drawn(random.uniform),
  normal: drawn(random.normal),
} satisfies Partial<Record<Kernel, Implementation>>;
