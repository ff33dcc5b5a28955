import { jnp, type NDArray, nn, random } from "fluxion";

/** Weights [inputs, outputs] and biases [outputs]. */
export interface Layer {
  w: NDArray;
  b: NDArray;
}

/** The parameters of a multi-layer perceptron: a pytree. */
export interface Params {
  layers: Layer[];
}

/**
 * Parameters for layers of the given sizes, inputs first: weights normal with variance 2 / inputs, biases zero.
 *
 * Source: He et al., Delving Deep into Rectifiers, https://arxiv.org/abs/1502.01852.
 */
export function initParams(key: NDArray, sizes: readonly number[]): Params {
  const initialize = nn.initializers.heNormal();
  const keys = [...random.split(key, sizes.length - 1)];
  return {
    layers: keys.map((k, i) => ({
      w: initialize(k, [sizes[i], sizes[i + 1]]),
      b: jnp.zeros([sizes[i + 1]]),
    })),
  };
}

/** Images of bytes [n, pixels] as floats from 0 to 1. */
export function toFloats(pixels: NDArray): NDArray {
  return pixels.astype(jnp.float32).div(255);
}

/** The score of each digit for each image: [n, pixels] to [n, 10]. */
export function logits({ layers }: Params, images: NDArray): NDArray {
  const hidden = layers.slice(0, -1).reduce((x, { w, b }) => nn.relu(x.matmul(w).add(b)), images);
  const { w, b } = layers[layers.length - 1];
  return hidden.matmul(w).add(b);
}

/** Mean cross-entropy between the predicted distribution and the labels. */
export function loss(params: Params, images: NDArray, labels: NDArray): NDArray {
  const logProbabilities = nn.logSoftmax(logits(params, images));
  return logProbabilities.mul(nn.oneHot(labels, 10)).sum(-1).mean().neg();
}

export function countParameters({ layers }: Params): number {
  return layers.reduce((sum, { w, b }) => sum + w.size + b.size, 0);
}
