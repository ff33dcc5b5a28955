import tf from "@tensorflow/tfjs";
import type { Inputs, Kernel, Parameters } from "../../rows/row.ts";
import { type Implementation, type Missing, missing, type Prepared } from "../peer.ts";
import { load, read, repeated, type Tensor, type Tensors } from "./prepared.ts";

interface Layer {
  readonly w: Tensor;
  readonly b: Tensor;
}

function layersOf(a: Tensors): Layer[] {
  const layers: Layer[] = [];
  for (let l = 0; a[`w${l}`] !== undefined; l++) layers.push({ w: a[`w${l}`], b: a[`b${l}`] });
  return layers;
}

function logits(layers: readonly Layer[], x: Tensor): Tensor {
  layers.forEach(({ w, b }, l) => {
    const activation = l < layers.length - 1 ? "relu" : "linear";
    x = tf.fused.matMul({ a: x, b: w, bias: b, activation });
  });
  return x;
}
const loss = (layers: readonly Layer[], x: Tensor, y: Tensor): Tensor =>
  tf.losses.softmaxCrossEntropy(y, logits(layers, x));

/** The library's training loop: an optimizer that updates variables in place. */
function training(inputs: Inputs, makeOptimizer: () => Tensor): Prepared {
  const a = load(inputs);
  const start = () => {
    const layers = layersOf(a).map(({ w, b }) => ({ w: tf.variable(w), b: tf.variable(b) }));
    const variables = layers.flatMap(({ w, b }) => [w, b]);
    const optimizer = makeOptimizer();
    const step = (): Tensor => optimizer.minimize(() => loss(layers, a.x, a.y), true, variables);
    return { step, variables, optimizer };
  };
  const { step, variables, optimizer } = start();
  return {
    async run(n) {
      for (let i = 0; i < n; i++) step().dispose();
    },
    async answers() {
      const fresh = start();
      const results = [fresh.step(), ...fresh.variables];
      const values = await read(results);
      fresh.optimizer.dispose();
      return values;
    },
    release() {
      tf.dispose([variables, a]);
      optimizer.dispose();
    },
  };
}

/** There is no vmap: one gradient after another, then stacked. */
function perExampleGrads(inputs: Inputs): Prepared {
  const a = load(inputs);
  const layers = layersOf(a);
  const [batch, features] = a.x.shape;
  const classes = a.y.shape[1];
  const values = layers.flatMap(({ w, b }) => [w, b]);
  return repeated(() => {
    const each: Tensor[][] = [];
    for (let e = 0; e < batch; e++) {
      const x = tf.slice(a.x, [e, 0], [1, features]);
      const y = tf.slice(a.y, [e, 0], [1, classes]);
      const gradients = tf.grads((...flat: Tensor[]) =>
        loss(
          layers.map((_, l) => ({ w: flat[2 * l], b: flat[2 * l + 1] })),
          x,
          y,
        ),
      );
      each.push(gradients(values));
    }
    return values.map((_, k) => tf.stack(each.map((g) => g[k])));
  });
}

export const trainings = {
  sgdStep: (inputs, { rate }) => training(inputs, () => tf.train.sgd(rate)),
  adamStep: (inputs, { rate, beta1, beta2, epsilon }: Parameters) =>
    training(inputs, () => tf.train.adam(rate, beta1, beta2, epsilon)),
  firstCall: missing("nothing is traced or compiled"),
  perExampleGrads,
} satisfies Partial<Record<Kernel, Implementation | Missing>>;
