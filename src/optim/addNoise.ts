import type { NDArray } from "../core/array.ts";
import * as bi from "../numpy/binary.ts";
import * as un from "../numpy/unary.ts";
import { key as makeKey, normal, split } from "../random/index.ts";
import { leaves, structure, unflatten } from "../tree/flatten.ts";
import { leafArray, safeIncrement, weakFloat, zeroCount } from "./leaves.ts";
import type { GradientTransformation, Scalar } from "./types.ts";

/** The state of {@link addNoise}. */
export interface AddNoiseState {
  count: NDArray;
  rngKey: NDArray;
}

/**
 * Adds normal noise of variance `eta / count ** gamma` to the updates.
 *
 * Source: Neelakantan et al., [Adding Gradient Noise Improves Learning for Very Deep Networks](https://arxiv.org/abs/1511.06807), 2015.
 *
 * @param key a random key, or the seed of one
 * @example
 * ```ts
 * const optimizer = optim.chain(optim.addNoise(0.01, 0.55, 42), optim.sgd(0.1));
 * ```
 */
export function addNoise(
  eta: Scalar,
  gamma: Scalar,
  key: NDArray | number,
): GradientTransformation<AddNoiseState> {
  return {
    init: () => ({ count: zeroCount(), rngKey: typeof key === "number" ? makeKey(key) : key }),
    update(updates, state) {
      const count = safeIncrement(state.count);
      const variance = bi.divide(typeof eta === "number" ? weakFloat(eta) : eta, bi.power(count, gamma));
      const [rngKey, sample] = split(state.rngKey);
      const arrays = leaves(updates).map(leafArray);
      const keys = split(sample, Math.max(arrays.length, 1));
      const deviation = un.sqrt(variance);
      const noisy = arrays.map((g, i) => g.add(deviation.mul(normal(keys.get(i), g.shape, g.dtype))));
      return [unflatten(structure(updates), noisy) as typeof updates, { count, rngKey }];
    },
  };
}
