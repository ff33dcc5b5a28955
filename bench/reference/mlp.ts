import { addRow, map, matmul, sumRows, transpose } from "./linear.ts";
import { softmax } from "./rowwise.ts";

type Numbers = ArrayLike<number>;

export interface Layer {
  readonly weights: Numbers;
  readonly bias: Numbers;
  readonly size: readonly [inputs: number, outputs: number];
}

/** Activations after each layer, relu between; the first entry is the input, the last the logits. */
function forward(layers: readonly Layer[], x: Numbers, batch: number): Numbers[] {
  const activations: Numbers[] = [x];
  layers.forEach(({ weights, bias, size: [n, m] }, l) => {
    const z = addRow(matmul(activations[l], weights, [batch, n, m]), bias);
    activations.push(l < layers.length - 1 ? map(z, (v) => Math.max(v, 0)) : z);
  });
  return activations;
}

/** Inputs of each layer, and the gradient of the summed softmax cross-entropy in what each layer puts out before its relu. */
function backward(layers: readonly Layer[], x: Numbers, labels: Numbers, batch: number) {
  const activations = forward(layers, x, batch);
  const classes = labels.length / batch;
  const probabilities = softmax(activations[layers.length], classes);
  let loss = 0;
  for (let i = 0; i < labels.length; i++) loss -= labels[i] * Math.log(probabilities[i]);
  const deltas: Float64Array[] = [];
  let delta = map(probabilities, (p, i) => p - labels[i]);
  for (let l = layers.length - 1; l >= 0; l--) {
    deltas[l] = delta;
    const [n, m] = layers[l].size;
    const behind = matmul(delta, transpose(layers[l].weights, n, m), [batch, m, n]);
    delta = map(behind, (v, i) => (activations[l][i] > 0 ? v : 0));
  }
  return { loss, activations, deltas };
}

/** Mean softmax cross-entropy of one-hot labels, and its gradients: weights and bias of each layer in turn. */
export function lossAndGradients(layers: readonly Layer[], x: Numbers, labels: Numbers, batch: number) {
  const { loss, activations, deltas } = backward(layers, x, labels, batch);
  const gradients = layers.flatMap(({ size: [n, m] }, l) => {
    const delta = map(deltas[l], (v) => v / batch);
    return [matmul(transpose(activations[l], batch, n), delta, [n, batch, m]), sumRows(delta, m)];
  });
  return { loss: loss / batch, gradients };
}

/** Gradients of each example's own loss: for each parameter, one array with the examples along the first axis. */
export function perExampleGradients(layers: readonly Layer[], x: Numbers, labels: Numbers, batch: number) {
  const { activations, deltas } = backward(layers, x, labels, batch);
  return layers.flatMap(({ size: [n, m] }, l) => {
    const weights = new Float64Array(batch * n * m);
    for (let e = 0; e < batch; e++) {
      for (let i = 0; i < n; i++) {
        const a = activations[l][e * n + i];
        for (let j = 0; j < m; j++) weights[(e * n + i) * m + j] = a * deltas[l][e * m + j];
      }
    }
    return [weights, deltas[l]];
  });
}
