import { map } from "../reference/linear.ts";
import { lossAndGradients } from "../reference/mlp.ts";
import { large, layersOf, type Network, networkInputs, small, trainingFlops } from "./networks.ts";
import type { Group, Inputs, Row, Verifier } from "./row.ts";
import { all, close, type Expected } from "./verify.ts";

const rate = 0.1;
/** Adam's parameters; these are the defaults of every library. */
const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

function gradients(inputs: Inputs, { batch }: Network) {
  const layers = layersOf(inputs);
  const old = layers.flatMap(({ weights, bias }) => [weights, bias]);
  return { old, ...lossAndGradients(layers, inputs.x.data, inputs.y.data, batch) };
}

/** One step of gradient descent: the loss before, then the new weights and biases. */
export function sgdReference(inputs: Inputs, network: Network): Verifier {
  const { old, loss, gradients: g } = gradients(inputs, network);
  const updated = old.map((p, k) => all(map(p, (v, i) => v - rate * g[k][i])));
  return close([all([loss]), ...updated], 1e-5);
}

/**
 * The first step of Adam moves every parameter by the rate, up or down. So where a gradient is nearly zero its rounding decides the
 * direction, in any library; only the others are compared.
 */
function adamReference(inputs: Inputs, network: Network): Verifier {
  const { old, loss, gradients: g } = gradients(inputs, network);
  const updated = old.map((p, k): Expected => {
    const largest = g[k].reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const at = Int32Array.from(g[k].keys()).filter((i) => Math.abs(g[k][i]) > 1e-3 * largest);
    const values = map(at, (i) => p[i] - (adam.rate * g[k][i]) / (Math.abs(g[k][i]) + adam.epsilon));
    return { size: p.length, values, at };
  });
  return close([all([loss]), ...updated], 1e-5);
}

const step = (network: Network, optimizer: "sgd" | "adam"): Row => ({
  id: `w2-${network.name}-${optimizer}`,
  title: `${network.name}, batch ${network.batch}, ${optimizer === "sgd" ? "SGD" : "Adam"}`,
  kernel: optimizer === "sgd" ? "sgdStep" : "adamStep",
  unit: "ms",
  parameters: optimizer === "sgd" ? { rate } : adam,
  inputs: () => networkInputs(network),
  reference: (inputs) => (optimizer === "sgd" ? sgdReference : adamReference)(inputs, network),
  work: { flops: trainingFlops(network) },
});

export const w2: Group = {
  id: "w2",
  title: "training step",
  rows: [step(large, "sgd"), step(large, "adam"), step(small, "sgd"), step(small, "adam")],
};
export const sgdParameters = { rate };
