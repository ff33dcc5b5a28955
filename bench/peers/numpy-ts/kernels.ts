import * as np from "numpy-ts";
import { epsilon } from "../../reference/rowwise.ts";
import type { Inputs, Parameters } from "../../rows/row.ts";
import { type Implementation, type Kernels, missing, type Prepared } from "../peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: the peer's arrays, whose types are installed in this folder only
type Array = any;
type Arrays = Record<string, Array>;
/** Marks an intermediate array, to be freed when the call ends. */
type Keep = (x: Array) => Array;

/** A function of the inputs, operation by operation; what it keeps is freed by hand, as the library advises for loops. */
const eager =
  (f: (a: Arrays, keep: Keep, parameters: Parameters) => Array): Implementation =>
  (inputs: Inputs, parameters): Prepared => {
    const entries = Object.entries(inputs).map(([k, v]) => [k, np.array(v.data).reshape([...v.shape])]);
    const a: Arrays = Object.fromEntries(entries);
    const call = (): Array => {
      const temporaries: Array[] = [];
      const result = f(
        a,
        (x) => {
          temporaries.push(x);
          return x;
        },
        parameters,
      );
      for (const x of temporaries) x.dispose();
      return result;
    };
    return {
      async run(n) {
        for (let i = 0; i < n; i++) {
          // Reductions to one number return a plain number.
          const result = call();
          if (typeof result !== "number") result.dispose();
          if (i % 32 === 31) await new Promise(setImmediate);
        }
      },
      async answers() {
        const result = call();
        return [typeof result === "number" ? [result] : Float64Array.from(result.data)];
      },
    };
  };

/** A function with several results. */
const several =
  (f: (a: Arrays) => Array[]): Implementation =>
  (inputs: Inputs): Prepared => {
    const a: Arrays = Object.fromEntries(
      Object.entries(inputs).map(([k, v]) => [k, np.array(v.data).reshape([...v.shape])]),
    );
    return {
      async run(n) {
        for (let i = 0; i < n; i++) {
          for (const result of f(a)) result.dispose();
          if (i % 32 === 31) await new Promise(setImmediate);
        }
      },
      answers: async () => f(a).map((result) => Float64Array.from(result.data)),
    };
  };

function gelu(x: Array, keep: Keep): Array {
  const cube = keep(keep(x.multiply(x)).multiply(x));
  const inner = keep(keep(x.add(keep(cube.multiply(0.044715)))).multiply(Math.sqrt(2 / Math.PI)));
  return keep(x.multiply(0.5)).multiply(keep(keep(np.tanh(inner)).add(1)));
}
function softmax(x: Array, keep: Keep): Array {
  const e = keep(np.exp(keep(x.subtract(keep(np.max(x, -1, true))))));
  return e.divide(keep(np.sum(e, -1, true)));
}
function layerNorm(x: Array, scale: Array, bias: Array, keep: Keep): Array {
  const centred = keep(x.subtract(keep(np.mean(x, -1, true))));
  const variance = keep(np.mean(keep(centred.multiply(centred)), -1, true));
  const normal = keep(centred.divide(keep(np.sqrt(keep(variance.add(epsilon))))));
  return keep(normal.multiply(scale)).add(bias);
}

function block(a: Arrays, heads: number, keep: Keep): Array {
  const [batch, sequence, width] = a.x.shape;
  const split = (v: Array): Array =>
    keep(keep(v).reshape([batch, sequence, heads, width / heads])).transpose([0, 2, 1, 3]);
  const normal = keep(layerNorm(a.x, a.scale1, a.bias1, keep));
  const [q, k, v] = [a.wq, a.wk, a.wv].map((w) => keep(split(np.matmul(normal, w))));
  const scores = keep(np.matmul(q, keep(k.transpose([0, 1, 3, 2]))));
  const weights = keep(softmax(keep(scores.divide(Math.sqrt(width / heads))), keep));
  const mixed = keep(keep(np.matmul(weights, v)).transpose([0, 2, 1, 3]));
  const h = keep(a.x.add(keep(np.matmul(keep(mixed.reshape([batch, sequence, width])), a.wo))));
  const normal2 = keep(layerNorm(h, a.scale2, a.bias2, keep));
  const inner = keep(gelu(keep(keep(np.matmul(normal2, a.w1)).add(a.c1)), keep));
  return h.add(keep(keep(np.matmul(inner, a.w2)).add(a.c2)));
}

function lstm({ x, w, wx, wh, b }: Arrays, keep: Keep): Array {
  const [steps, batch] = x.shape;
  const units = b.shape[0] / 4;
  const sigmoid = (v: Array): Array => keep(keep(keep(np.exp(keep(np.negative(v)))).add(1)).reciprocal());
  const product = (x: Array, w: Array): Array => keep(np.matmul(x, w));
  let h = keep(np.zeros([batch, units]));
  let c = keep(np.zeros([batch, units]));
  const outputs: Array[] = [];
  for (let t = 0; t < steps; t++) {
    const xt = keep(x.slice(String(t)));
    const sums =
      w === undefined
        ? keep(product(xt, wx).add(product(h, wh)))
        : product(keep(np.concatenate([xt, h], 1)), w);
    const gates = keep(sums.add(b));
    const gate = (k: number): Array => keep(gates.slice(":", `${k * units}:${(k + 1) * units}`));
    const [enter, forget, show] = [0, 1, 2].map((k) => sigmoid(gate(k)));
    c = keep(keep(forget.multiply(c)).add(keep(enter.multiply(keep(np.tanh(gate(3)))))));
    h = keep(show.multiply(keep(np.tanh(c))));
    outputs.push(h);
  }
  return np.stack(outputs);
}

const noGradients = missing("no automatic differentiation");
const noConvolution = missing("no convolution of images");

export const kernels: Kernels = {
  cholesky: several(({ a }) => [np.linalg.cholesky(a)]),
  qr: several(({ a }) => {
    const { q, r } = np.linalg.qr(a);
    return [q, r];
  }),
  eigh: several(({ a }) => {
    const { v, w } = np.linalg.eigh(a);
    return [v, w];
  }),
  svd: several(({ a }) => {
    const { u, s, vt } = np.linalg.svd(a);
    return [u, s, vt];
  }),
  matmul: eager(({ a, b }) => np.matmul(a, b)),
  // Products of views are slow, so the operand is copied first.
  matmulTransposed: eager(({ a, b }, keep) => np.matmul(a, keep(np.ascontiguousarray(keep(b.transpose()))))),
  sgdStep: noGradients,
  adamStep: noGradients,
  fused: eager(({ x }, keep) => {
    const product = keep(keep(np.tanh(x)).divide(keep(keep(np.exp(keep(np.negative(x)))).add(1))));
    return product.add(keep(keep(x.multiply(x)).multiply(0.5)));
  }),
  fusedGrad: noGradients,
  softmax: eager(({ x }, keep) => softmax(x, keep)),
  softmaxGrad: noGradients,
  layerNorm: eager(({ x, scale, bias }, keep) => layerNorm(x, scale, bias, keep)),
  layerNormGrad: noGradients,
  gelu: eager(({ x }, keep) => gelu(x, keep)),
  geluGrad: noGradients,
  sum: eager(({ x }) => np.sum(x)),
  sumRows: eager(({ x }) => np.sum(x, 0)),
  sumColumns: eager(({ x }) => np.sum(x, 1)),
  argmax: eager(({ x }) => np.argmax(x)),
  cumsum: eager(({ x }) => np.cumsum(x)),
  sort: eager(({ x }) => np.sort(x)),
  // transpose() alone moves nothing.
  transpose: eager(({ x }, keep) => np.ascontiguousarray(keep(x.transpose()))),
  eagerAdd: eager(({ a, b }) => a.add(b)),
  tenOps: eager(({ a, b }, keep, { factor }) => {
    let x = a;
    for (let k = 0; k < 5; k++) {
      const sum = keep(x.multiply(factor)).add(b);
      x = k < 4 ? keep(sum) : sum;
    }
    return x;
  }),
  firstCall: noGradients,
  convNet: noConvolution,
  convNetGrad: noConvolution,
  conv: noConvolution,
  convGrad: noConvolution,
  perExampleGrads: noGradients,
  // NumPy's generators give float64.
  uniform: eager((_, __, { n }) => np.random.random([n])),
  normal: eager((_, __, { n }) => np.random.standard_normal([n])),
  transformer: eager((a, keep, { heads }) => block(a, heads, keep)),
  transformerGrad: noGradients,
  lstm: eager((a, keep) => lstm(a, keep)),
  lstmGrad: noGradients,
};
