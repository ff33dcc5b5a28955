import type { NDArray } from "../../core/array.ts";
import { glorotNormal, type Initializer, normal } from "../../nn/initializers.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { dot } from "../../numpy/products.ts";
import { split } from "../../random/keys.ts";
import { checkCount, type Layer } from "./layer.ts";

export interface DenseOptions {
  /** Makes the weights, of shape `[inputs, outDim]`; default Glorot's normal. */
  WInit?: Initializer;
  /** Makes the bias, of shape `[outDim]`; default normal of standard deviation 0.01. */
  bInit?: Initializer;
}

/**
 * A dense layer: `inputs @ W + b` along the last axis. Parameters: `[W, b]`.
 *
 * @param outDim the number of outputs
 * @throws TypeError when it is no count
 * @example
 * ```ts
 * const [initFun, applyFun] = exampleLibraries.stax.Dense(3);
 * const [shape, params] = initFun(random.key(0), [5, 2]);
 * shape; // => [5, 3]
 * applyFun(params, jnp.ones([5, 2])).shape; // => [5, 3]
 * ```
 */
export function Dense(
  outDim: number,
  ...options: [(Initializer | DenseOptions)?, Initializer?]
): Layer<[W: NDArray, b: NDArray]> {
  checkCount("Dense", "outDim", outDim);
  const o = readOptions<DenseOptions>("Dense", ["WInit", "bInit"], options);
  const { WInit = glorotNormal(), bInit = normal() } = o;
  return [
    (rng, inputShape) => {
      const [k1, k2] = split(rng);
      const inDim = inputShape[inputShape.length - 1];
      checkCount("Dense", "the last axis of the input shape", inDim);
      return [
        [...inputShape.slice(0, -1), outDim],
        [WInit(k1, [inDim, outDim]), bInit(k2, [outDim])],
      ];
    },
    ([W, b], inputs) => bi.add(dot(inputs, W), b),
  ];
}
