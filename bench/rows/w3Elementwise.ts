import { fused, fusedGrad, gelu, geluGrad } from "../reference/elementwise.ts";
import { map } from "../reference/linear.ts";
import { layerNorm, layerNormGrad, softmax, softmaxGrad } from "../reference/rowwise.ts";
import { sizeOf, tensor } from "./inputs.ts";
import type { Group, Kernel, Row, Verifier } from "./row.ts";
import { all, close } from "./verify.ts";

const tolerance = 1e-5;

/** A function of each number, and the gradient of the sum of its values. */
function pointwise(
  name: string,
  n: number,
  kernel: Kernel,
  f: (x: number) => number,
  gradient: boolean,
): Row {
  return {
    id: `w3-${kernel === "gelu" || kernel === "geluGrad" ? "gelu" : "fused"}-${n}${gradient ? "-grad" : ""}`,
    title: `${gradient ? "gradient of " : ""}${name}, ${n.toExponential(0).replace("+", "")}`,
    kernel,
    unit: "ms",
    parameters: {},
    inputs: () => ({ x: tensor(3, [n], 8) }),
    reference: ({ x }) => close([all(map(x.data, f))], tolerance),
    work: { bytes: 8 * n },
  };
}
const expression = "tanh(x) sigmoid(x) + x²/2";

/** Gradients are those of the sum of the values times a cotangent `c`. */
const shapes = { softmax: [1024, 1024], layerNorm: [4096, 768] };

function softmaxRow(gradient: boolean): Row {
  const [m, n] = shapes.softmax;
  return {
    id: `w3-softmax${gradient ? "-grad" : ""}`,
    title: `${gradient ? "gradient of " : ""}softmax ${m} x ${n}`,
    kernel: gradient ? "softmaxGrad" : "softmax",
    unit: "ms",
    parameters: {},
    inputs: () => ({ x: tensor(4, [m, n], 8), ...(gradient ? { c: tensor(5, [m, n]) } : {}) }),
    reference({ x, c }): Verifier {
      const y = softmax(x.data, n);
      return close([all(gradient ? softmaxGrad(y, c.data, n) : y)], tolerance);
    },
    work: { bytes: (gradient ? 12 : 8) * m * n },
  };
}

function layerNormRow(gradient: boolean): Row {
  const [m, n] = shapes.layerNorm;
  return {
    id: `w3-layer-norm${gradient ? "-grad" : ""}`,
    title: `${gradient ? "gradient of " : ""}layer norm ${m} x ${n}`,
    kernel: gradient ? "layerNormGrad" : "layerNorm",
    unit: "ms",
    parameters: {},
    inputs: () => ({
      x: tensor(6, [m, n], 4, 0.5),
      scale: tensor(7, [n], 1, 1),
      bias: tensor(8, [n]),
      ...(gradient ? { c: tensor(9, [m, n]) } : {}),
    }),
    reference({ x, scale, bias, c }) {
      if (!gradient) return close([all(layerNorm(x.data, scale.data, bias.data))], tolerance);
      const { dx, dScale, dBias } = layerNormGrad(x.data, scale.data, c.data);
      return close([all(dx), all(dScale), all(dBias)], tolerance);
    },
    work: { bytes: (gradient ? 12 : 8) * sizeOf(shapes.layerNorm) },
  };
}

export const w3: Group = {
  id: "w3",
  title: "elementwise and row functions",
  rows: [
    ...[1e4, 1e6, 1e7].flatMap((n) => [
      pointwise(expression, n, "fused", fused, false),
      pointwise(expression, n, "fusedGrad", fusedGrad, true),
    ]),
    softmaxRow(false),
    softmaxRow(true),
    layerNormRow(false),
    layerNormRow(true),
    pointwise("gelu", 4e6, "gelu", gelu, false),
    pointwise("gelu", 4e6, "geluGrad", geluGrad, true),
  ],
};
