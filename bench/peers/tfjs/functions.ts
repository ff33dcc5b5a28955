/** Kernels that are one function of the inputs. */
import tf from "@tensorflow/tfjs";
import { epsilon } from "../../reference/rowwise.ts";
import type { Kernel } from "../../rows/row.ts";
import { type Implementation, type Missing, missing } from "../peer.ts";
import { eager, type Tensor } from "./prepared.ts";

const fused = (x: Tensor): Tensor => tf.add(tf.mul(tf.tanh(x), tf.sigmoid(x)), tf.mul(tf.square(x), 0.5));

/** The library has neither gelu nor layer normalization as one operation. */
export function gelu(x: Tensor): Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
export function layerNorm(x: Tensor, scale: Tensor, bias: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(normal, scale), bias);
}

/** Gradients of `sum(f * c)` in the named inputs. */
const weighted = (f: (...values: Tensor[]) => Tensor, names: readonly string[]) =>
  eager(() => ({ c, ...a }) => {
    const gradients = tf.grads((...values: Tensor[]) => tf.sum(tf.mul(f(...values), c)));
    return gradients(names.map((name) => a[name]));
  });
const gradOfSum = (f: (x: Tensor) => Tensor): Implementation =>
  eager(() => ({ x }) => [tf.grad((x: Tensor) => tf.sum(f(x)))(x)]);

/** 3 x 3, stride 1, with the activation inside. */
const convRelu = (x: Tensor, filter: Tensor): Tensor =>
  tf.fused.conv2d({ x, filter, strides: 1, pad: "same", activation: "relu" });
const noDecompositions = missing("no decompositions of matrices but a slow QR");
const noConvGrad = missing(
  "the WebAssembly back end has no gradient of conv2d (kernel Conv2DBackpropFilter)",
);

export const functions = {
  matmul: eager(() => ({ a, b }) => [tf.matMul(a, b)]),
  matmulTransposed: eager(() => ({ a, b }) => [tf.matMul(a, b, false, true)]),
  fused: eager(() => ({ x }) => [fused(x)]),
  fusedGrad: gradOfSum(fused),
  softmax: eager(() => ({ x }) => [tf.softmax(x)]),
  softmaxGrad: weighted((x) => tf.softmax(x), ["x"]),
  layerNorm: eager(() => ({ x, scale, bias }) => [layerNorm(x, scale, bias)]),
  layerNormGrad: weighted(layerNorm, ["x", "scale", "bias"]),
  gelu: eager(() => ({ x }) => [gelu(x)]),
  geluGrad: gradOfSum(gelu),
  sum: eager(() => ({ x }) => [tf.sum(x)]),
  sumRows: eager(() => ({ x }) => [tf.sum(x, 0)]),
  sumColumns: eager(() => ({ x }) => [tf.sum(x, 1)]),
  argmax: eager(() => ({ x }) => [tf.argMax(x)]),
  cumsum: eager(() => ({ x }) => [tf.cumsum(x)]),
  // There is no sort; topk of all numbers gives them in descending order.
  sort: eager(() => ({ x }) => [tf.reverse(tf.topk(x, x.size, true).values)]),
  transpose: eager(() => ({ x }) => [tf.transpose(x)]),
  eagerAdd: eager(() => ({ a, b }) => [tf.add(a, b)]),
  tenOps: eager(({ factor }) => ({ a, b }) => {
    let x = a;
    for (let k = 0; k < 5; k++) x = tf.add(tf.mul(x, factor), b);
    return [x];
  }),
  convNet: eager(() => ({ x, k1, k2 }) => [convRelu(convRelu(x, k1), k2)]),
  convNetGrad: noConvGrad,
  conv: eager(() => ({ x, k }) => [tf.conv2d(x, k, 1, "same")]),
  convGrad: noConvGrad,
  uniform: eager(({ n }) => () => [tf.randomUniform([n])]),
  normal: eager(({ n }) => () => [tf.randomNormal([n])]),
  cholesky: noDecompositions,
  qr: noDecompositions,
  eigh: noDecompositions,
  svd: noDecompositions,
} satisfies Partial<Record<Kernel, Implementation | Missing>>;
