import { epsilon } from "../../reference/rowwise.ts";
import type { Tensor } from "../../rows/row.ts";
import { hwioToOihw, nchwToNhwc, nhwcToNchw } from "../layouts.ts";
import { type Kernels, missing } from "../peer.ts";
import type { Graph } from "./graph.ts";
import { model, type Values } from "./prepared.ts";

const inference = missing("inference only: there is no automatic differentiation");

const layerNorm = (g: Graph, x: string, scale: string, bias: string): string =>
  g.node("LayerNormalization", [x, scale, bias], { axis: -1, epsilon });
const gelu = (g: Graph, x: string): string => g.node("Gelu", [x], { approximate: "tanh" });

const conv = (g: Graph, x: string, k: string): string =>
  g.node("Conv", [x, k], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
const convRelu = (g: Graph, x: string, k: string): string => g.node("Relu", [conv(g, x, k)]);
/** Images are NCHW here, and kernels weights of the model. */
const images = {
  fed: ["x"],
  convert: (inputs: Record<string, Tensor>) =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, t]) => [name, name === "x" ? nhwcToNchw(t) : hwioToOihw(t)]),
    ),
  restore: (shape: readonly number[], data: ArrayLike<number>) =>
    nchwToNhwc({ shape, data: data as Float32Array }).data,
};

/** The operator wants weights of the input and of the outputs with a row for each sum, and gates in the order enter, show, forget, candidate. */
const lstm = {
  fed: ["x"],
  convert({ x, w, wx, wh, b }: Record<string, Tensor>): Record<string, Tensor> {
    const gates = b.shape[0];
    const units = gates / 4;
    const inputs = x.shape[2];
    const sums = Array.from(
      { length: gates },
      (_, i) => [0, 2, 1, 3][Math.floor(i / units)] * units + (i % units),
    );
    const rows = (weights: Float32Array, count: number, from: number): Tensor => ({
      shape: [1, gates, count],
      data: Float32Array.from({ length: gates * count }, (_, i) => {
        return weights[(from + (i % count)) * gates + sums[Math.floor(i / count)]];
      }),
    });
    return {
      x,
      w: rows((w ?? wx).data, inputs, 0),
      r: w === undefined ? rows(wh.data, units, 0) : rows(w.data, units, inputs),
      // The operator adds two biases.
      b: {
        shape: [1, 2 * gates],
        data: Float32Array.from({ length: 2 * gates }, (_, i) => b.data[sums[i]] ?? 0),
      },
    };
  },
};

function block(g: Graph, v: Values, heads: number, shape: readonly number[]): string {
  const [batch, sequence, width] = shape;
  const split = g.integers([batch, sequence, heads, width / heads]);
  const head = (x: string, w: string, perm: number[]): string =>
    g.node("Transpose", [g.node("Reshape", [g.node("MatMul", [x, w]), split])], { perm });
  const normal = layerNorm(g, v.x, v.scale1, v.bias1);
  const q = head(normal, v.wq, [0, 2, 1, 3]);
  const k = head(normal, v.wk, [0, 2, 3, 1]);
  const scaled = g.node("Mul", [g.node("MatMul", [q, k]), g.scalar(1 / Math.sqrt(width / heads))]);
  const weights = g.node("Softmax", [scaled], { axis: -1 });
  const mixed = g.node("MatMul", [weights, head(normal, v.wv, [0, 2, 1, 3])]);
  const merged = g.node("Reshape", [g.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), g.integers(shape)]);
  const h = g.node("Add", [v.x, g.node("MatMul", [merged, v.wo])]);
  const inner = g.node("Add", [g.node("MatMul", [layerNorm(g, h, v.scale2, v.bias2), v.w1]), v.c1]);
  const out = g.node("Add", [g.node("MatMul", [gelu(g, inner), v.w2]), v.c2]);
  return g.node("Add", [h, out]);
}

export const kernels: Kernels = {
  cholesky: missing("no decompositions of matrices"),
  qr: missing("no decompositions of matrices"),
  eigh: missing("no decompositions of matrices"),
  svd: missing("no decompositions of matrices"),
  matmul: model((g, { a, b }) => [g.node("MatMul", [a, b])]),
  matmulTransposed: model((g, { a, b }) => [g.node("Gemm", [a, b], { transB: 1 })]),
  sgdStep: inference,
  adamStep: inference,
  fused: model((g, { x }) => {
    const product = g.node("Mul", [g.node("Tanh", [x]), g.node("Sigmoid", [x])]);
    const square = g.node("Mul", [g.node("Mul", [x, x]), g.scalar(0.5)]);
    return [g.node("Add", [product, square])];
  }),
  fusedGrad: inference,
  softmax: model((g, { x }) => [g.node("Softmax", [x], { axis: -1 })]),
  softmaxGrad: inference,
  layerNorm: model((g, { x, scale, bias }) => [layerNorm(g, x, scale, bias)], { fed: ["x"] }),
  layerNormGrad: inference,
  gelu: model((g, { x }) => [gelu(g, x)]),
  geluGrad: inference,
  sum: model((g, { x }) => [g.node("ReduceSum", [x], { keepdims: 0 })]),
  sumRows: model((g, { x }) => [g.node("ReduceSum", [x, g.integers([0])], { keepdims: 0 })]),
  sumColumns: model((g, { x }) => [g.node("ReduceSum", [x, g.integers([1])], { keepdims: 0 })]),
  argmax: model((g, { x }) => [g.node("ArgMax", [x], { axis: 0, keepdims: 0 })]),
  cumsum: model((g, { x }) => [g.node("CumSum", [x, g.integers([0])])]),
  // There is no sort; the smallest numbers, all of them, come in order.
  sort: model((g, { x }, _, inputs) => [
    g.node("TopK", [x, g.integers([inputs.x.data.length])], { largest: 0, sorted: 1 }, 2),
  ]),
  transpose: model((g, { x }) => [g.node("Transpose", [x], { perm: [1, 0] })]),
  // The smallest thing that can be run is a session of one operator.
  eagerAdd: model((g, { a, b }) => [g.node("Add", [a, b])]),
  tenOps: model((g, { a, b }, { factor }) => {
    let x = a;
    for (let k = 0; k < 5; k++) x = g.node("Add", [g.node("Mul", [x, g.scalar(factor)]), b]);
    return [x];
  }),
  firstCall: inference,
  convNet: model((g, { x, k1, k2 }) => [convRelu(g, convRelu(g, x, k1), k2)], images),
  convNetGrad: inference,
  conv: model((g, { x, k }) => [conv(g, x, k)], images),
  convGrad: inference,
  perExampleGrads: inference,
  uniform: model((g, _, { n }) => [g.node("RandomUniform", [], { shape: [n] })]),
  normal: model((g, _, { n }) => [g.node("RandomNormal", [], { shape: [n] })]),
  transformer: model((g, values, { heads }, { x }) => [block(g, values, heads, x.shape)], { fed: ["x"] }),
  transformerGrad: inference,
  lstm: model(
    (g, { x, w, r, b }, _, { r: { shape } }) => [g.node("LSTM", [x, w, r, b], { hidden_size: shape[2] })],
    lstm,
  ),
  lstmGrad: inference,
};
