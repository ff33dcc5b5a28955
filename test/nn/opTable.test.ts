import { jnp, type NDArray, nn } from "fluxion";
import { arg, awkward, type OpRow, of, testOps } from "../numpy/opRows.ts";

// The functions of nn: see test/lax/opTable.ts for what each row buys.

type Activation = (x: NDArray) => NDArray;
const functions = nn as unknown as Record<string, Activation>;

// Domains avoid the corners.
const smooth: [string, (readonly [number, number])?][] = [
  ["sigmoid", [-6, 6]],
  ["softplus", [-6, 6]],
  ["silu", [-6, 6]],
  ["swish"],
  ["gelu", [-4, 4]],
  ["logSigmoid", [-6, 6]],
  ["softSign", [0.1, 3]],
  ["mish"],
  ["elu", [0.1, 3]],
  ["celu", [0.1, 3]],
  ["selu", [0.1, 3]],
  ["relu", [0.1, 3]],
  ["relu6", [0.1, 5]],
  ["leakyRelu", [-3, -0.1]],
  ["hardTanh", [-0.9, 0.9]],
  ["hardSigmoid", [-2.5, 2.5]],
  ["hardSilu", [-2.5, 2.5]],
  ["squareplus"],
  ["sparsePlus", [-0.9, 0.9]],
  ["sparseSigmoid", [-0.9, 0.9]],
  ["log1mexp", [0.5, 3]],
  ["tanh"],
];
const activations: OpRow[] = smooth
  .filter(([name]) => name in functions)
  .flatMap(([name, domain]) =>
    awkward.map((shape) => ({
      name: `${name} [${shape}]`,
      fn: functions[name],
      args: [arg(shape, domain)],
      rtol: 6e-6,
      atol: 2e-6,
      wrt: shape.includes(67) ? [] : undefined,
    })),
  );
const corners: OpRow[] = smooth
  .filter(([name]) => name in functions)
  .map(([name]) => ({
    name: `${name} everywhere`,
    fn: functions[name],
    args: [{ shape: [9], values: [-40, -6, -1, -0, 0, 1, 3, 6, 40] }],
    wrt: [],
    rtol: 6e-6,
  }));

const rows: OpRow[] = ([0, 1, -1] as const).flatMap((axis): OpRow[] => [
  { name: `softmax ${axis}`, fn: (x) => nn.softmax(x, { axis }), args: [arg([3, 5])] },
  { name: `logSoftmax ${axis}`, fn: (x) => nn.logSoftmax(x, { axis }), args: [arg([3, 5])], rtol: 4e-6 },
  { name: `logsumexp ${axis}`, fn: (x) => nn.logsumexp(x, { axis, keepdims: true }), args: [arg([3, 5])] },
  { name: `logmeanexp ${axis}`, fn: (x) => nn.logmeanexp(x, { axis }), args: [arg([3, 5])] },
  {
    name: `standardize ${axis}`,
    fn: (x) => nn.standardize(x, { axis }),
    args: [arg([3, 5])],
    rtol: 1e-5,
    order: 1,
  },
]);
const more: OpRow[] = [
  { name: "softmax of several axes", fn: (x) => nn.softmax(x, { axis: [0, 2] }), args: [arg([2, 3, 4])] },
  { name: "softmax of rows of 131", fn: (x) => nn.softmax(x), args: [arg([3, 131])], wrt: [], rtol: 1e-5 },
  {
    name: "softmax where",
    fn: (x, m) => nn.softmax(x, { where: m }),
    args: [arg([2, 5]), { shape: [2, 5], dtype: "bool" }],
  },
  {
    name: "softmax of extremes",
    fn: (x) => nn.softmax(x),
    args: [{ shape: [4], values: [1e30, -1e30, 0, 88] }],
    wrt: [],
  },
  {
    name: "logsumexp weighted",
    fn: (x, b) => nn.logsumexp(x, { b, axis: 1 }),
    args: [arg([2, 3]), arg([2, 3], [0.5, 2])],
  },
  { name: "gelu exact", fn: (x) => nn.gelu(x, { approximate: false }), args: [arg([3, 5])], rtol: 6e-6 },
  { name: "glu", fn: (x) => nn.glu(x, 1), args: [arg([3, 6])] },
  { name: "oneHot", fn: (x) => nn.oneHot(x, 4), args: [of("int32", [5], [-1, 5])] },
  {
    name: "oneHot along axis 0",
    fn: (x) => nn.oneHot(x, 3, { axis: 0 }),
    args: [of("int32", [2, 3], [0, 3])],
  },
  {
    name: "cross entropy",
    fn: (x, y) => jnp.mean(jnp.sum(nn.logSoftmax(x).mul(nn.oneHot(y, 5)), { axis: -1 })).neg(),
    args: [arg([4, 5]), of("int32", [4], [0, 5])],
  },
  {
    name: "attention",
    fn: (q, k, v) => nn.softmax(jnp.einsum("qd,kd->qk", q, k).div(Math.sqrt(3))).matmul(v),
    args: [arg([4, 3]), arg([5, 3]), arg([5, 2])],
    rtol: 6e-6,
  },
];

testOps([...activations, ...corners, ...rows, ...more]);
