// A small convolutional network on MNIST: two convolutions of stride 2, a dense layer, Adam. Two epochs give about 98.5 %.

import { jit, jnp, lax, type NDArray, nn, optim, random, valueAndGrad } from "fluxion";
import { loadMnist } from "./mnist/data.ts";
import type { Digits } from "./mnist/idx.ts";
import { isScript } from "./script.ts";

/** Kernels [height, width, inputs, features] and dense weights [inputs, 10], with their biases. */
export interface Network {
  first: { kernel: NDArray; bias: NDArray };
  second: { kernel: NDArray; bias: NDArray };
  dense: { weights: NDArray; bias: NDArray };
}

export function initNetwork(key: NDArray, side: number): Network {
  const [k1, k2, k3] = random.split(key, 3);
  const initialize = nn.initializers.heNormal();
  const left = Math.ceil(Math.ceil(side / 2) / 2);
  return {
    first: { kernel: initialize(k1, [3, 3, 1, 16]), bias: jnp.zeros([16]) },
    second: { kernel: initialize(k2, [3, 3, 16, 32]), bias: jnp.zeros([32]) },
    dense: { weights: initialize(k3, [left * left * 32, 10]), bias: jnp.zeros([10]) },
  };
}

/** The score of each digit: images [n, side, side, 1] to [n, 10]. */
export function logits({ first, second, dense }: Network, images: NDArray): NDArray {
  const halved = (x: NDArray, kernel: NDArray, bias: NDArray): NDArray => {
    const y = lax.convGeneralDilated(x, kernel, [2, 2], "SAME", {
      dimensionNumbers: ["NHWC", "HWIO", "NHWC"],
    });
    return nn.relu(y.add(bias));
  };
  const features = halved(halved(images, first.kernel, first.bias), second.kernel, second.bias);
  return features.reshape(images.shape[0], -1).matmul(dense.weights).add(dense.bias);
}

/** Mean cross-entropy. */
export function loss(network: Network, images: NDArray, labels: NDArray): NDArray {
  return nn.logSoftmax(logits(network, images)).mul(nn.oneHot(labels, 10)).sum(-1).mean().neg();
}

/** Bytes [n, pixels] as images of floats from 0 to 1. */
const toImages = (pixels: NDArray, side: number) =>
  pixels.astype(jnp.float32).div(255).reshape(-1, side, side, 1);

/** Trains for a number of steps; the images stay on the device, and each step takes a random batch of them. */
export function train(digits: Digits, steps: number, onLoss: (step: number, loss: number) => void): Network {
  const { side, count } = digits;
  const pixels = jnp.array(digits.pixels).reshape(count, side * side);
  const labels = jnp.array(digits.labels);
  const optimizer = optim.adam(optim.cosineDecaySchedule(0.003, steps));
  const step = jit(
    (network: Network, optState: optim.OptState, key: NDArray, pixels: NDArray, labels: NDArray) => {
      const chosen = random.randint(key, [100], 0, count);
      const images = toImages(jnp.take(pixels, chosen, { axis: 0 }), side);
      const [value, gradients] = valueAndGrad(loss)(network, images, jnp.take(labels, chosen));
      const [changes, next] = optimizer.update(gradients, optState, network);
      return { network: optim.applyUpdates(network, changes), optState: next, value };
    },
  );
  let network = initNetwork(random.key(0), side);
  let optState = optimizer.init(network);
  for (let i = 0; i < steps; i++) {
    const after = step(network, optState, random.foldIn(random.key(1), i), pixels, labels);
    ({ network, optState } = after);
    if ((i + 1) % 100 === 0) onLoss(i + 1, Number(after.value));
  }
  return network;
}

/** The share of digits that the network reads right. */
export function accuracy(network: Network, { pixels, labels, count, side }: Digits): number {
  const guess = jit((network: Network, pixels: NDArray) =>
    logits(network, toImages(pixels, side)).argmax(-1),
  );
  const right = guess(network, jnp.array(pixels).reshape(count, side * side)).eq(jnp.array(labels));
  return Number(right.mean());
}

if (isScript(import.meta.url)) {
  const mnist = loadMnist();
  const network = train(mnist.train, 1200, (step, value) =>
    console.log(`step ${step}: loss ${value.toFixed(4)}`),
  );
  console.log(`test accuracy: ${(100 * accuracy(network, mnist.test)).toFixed(2)} %`);
}
