import type { Layer } from "../reference/mlp.ts";
import { tensor } from "./inputs.ts";
import type { Inputs, Tensor } from "./row.ts";

/** A multi-layer perceptron: sizes of its layers, and the size of a batch. */
export interface Network {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly batch: number;
}
export const large: Network = { name: "784-512-512-10", sizes: [784, 512, 512, 10], batch: 128 };
export const small: Network = { name: "784-128-10", sizes: [784, 128, 10], batch: 64 };

/** `x`, one-hot labels `y`, and parameters `w0`, `b0`, `w1`, ... */
export function networkInputs({ sizes, batch }: Network): Inputs {
  const classes = sizes[sizes.length - 1];
  const labels = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) labels[i * classes + (i % classes)] = 1;
  const inputs: Record<string, Tensor> = {
    x: tensor(10, [batch, sizes[0]]),
    y: { shape: [batch, classes], data: labels },
  };
  sizes.slice(1).forEach((n, l) => {
    inputs[`w${l}`] = tensor(20 + l, [sizes[l], n], 0.1);
    inputs[`b${l}`] = tensor(30 + l, [n], 0.1);
  });
  return inputs;
}

/** Layers of the inputs, in order. */
export function layersOf(inputs: Inputs): Layer[] {
  const layers: Layer[] = [];
  for (let l = 0; inputs[`w${l}`] !== undefined; l++) {
    const { data, shape } = inputs[`w${l}`];
    layers.push({ weights: data, bias: inputs[`b${l}`].data, size: [shape[0], shape[1]] });
  }
  return layers;
}

/** Operations of a forward and backward pass; the input needs no gradient. */
export function trainingFlops({ sizes, batch }: Network): number {
  const forward = sizes.slice(1).map((n, l) => 2 * batch * sizes[l] * n);
  return forward.reduce((sum, f, l) => sum + f * (l === 0 ? 2 : 3), 0);
}

/** Rates of learning that are all different, from `rate` on, so that a step with each is a program that was never compiled. */
export function newRates(rate: number): () => number {
  let taken = 0;
  return () => rate * (1 + taken++ * 2 ** -20);
}
