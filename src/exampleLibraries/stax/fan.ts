import type { NDArray } from "../../core/array.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { concatenate } from "../../numpy/manipulationJoin.ts";
import { toArray } from "../../numpy/promote.ts";
import { checkCount, type Layer, type NoParams } from "./layer.ts";

/**
 * A layer that gives its inputs several times, as a list, for layers in `parallel`.
 *
 * @throws TypeError when `num` is no count
 * @example
 * ```ts
 * exampleLibraries.stax.FanOut(2)[1]([], jnp.ones(1)); // => [Array([1.], dtype=float32), Array([1.], dtype=float32)]
 * ```
 */
export function FanOut(num: number): Layer<NoParams, NDArray, NDArray[]> {
  checkCount("FanOut", "num", num);
  return [
    (_rng, inputShape) => [Array.from({ length: num }, () => [...inputShape]), []],
    (_params, inputs) => Array.from({ length: num }, () => inputs),
  ];
}

/**
 * A layer that adds a list of inputs of one shape.
 *
 * @example
 * ```ts
 * const { Dense, FanInSum, FanOut, Identity, parallel, serial } = exampleLibraries.stax;
 * const residual = serial(FanOut(2), parallel(Dense(3), Identity), FanInSum);
 * const [shape, params] = residual[0](random.key(0), [4, 3]);
 * residual[1](params, jnp.ones([4, 3])).shape; // => [4, 3]
 * ```
 */
export const FanInSum: Layer<NoParams, readonly NDArray[], NDArray> = [
  (_rng, inputShapes) => [[...inputShapes[0]], []],
  (_params, inputs) => inputs.reduce((sum, x) => bi.add(sum, x), toArray(0, "FanInSum")),
];

/**
 * A layer that joins a list of inputs along an axis, the last by default.
 *
 * @throws ValueError, from its functions, when the axis is out of range
 * @example
 * ```ts
 * const [initFun, applyFun] = exampleLibraries.stax.FanInConcat();
 * initFun(random.key(0), [[4, 3], [4, 2]])[0]; // => [4, 5]
 * applyFun([], [jnp.array([1]), jnp.array([2, 3])]); // => Array([1., 2., 3.], dtype=float32)
 * ```
 */
export function FanInConcat(
  ...options: [(number | { axis?: number })?]
): Layer<NoParams, readonly NDArray[], NDArray> {
  const { axis = -1 } = readOptions<{ axis: number }>("FanInConcat", ["axis"], options);
  return [
    (_rng, inputShapes) => {
      const at = canonicalizeAxis(axis, inputShapes[0].length);
      const size = inputShapes.reduce((n, shape) => n + shape[at], 0);
      return [inputShapes[0].map((n, k) => (k === at ? size : n)), []];
    },
    (_params, inputs) => concatenate(inputs, axis),
  ];
}
