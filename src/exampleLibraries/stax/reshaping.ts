import { reshape } from "../../numpy/manipulationShape.ts";
import { type Layer, type NoParams, sameShape } from "./layer.ts";

const product = (shape: readonly number[]): number => shape.reduce((n, k) => n * k, 1);

/**
 * A layer that makes one axis of all but the first.
 *
 * @example
 * ```ts
 * exampleLibraries.stax.Flatten[0](random.key(0), [8, 7, 7, 2])[0]; // => [8, 98]
 * ```
 */
export const Flatten: Layer<NoParams> = [
  (_rng, inputShape) => [[inputShape[0], product(inputShape.slice(1))], []],
  (_params, inputs) => reshape(inputs, [inputs.shape[0], product(inputs.shape.slice(1))]),
];

/**
 * A layer that returns its inputs, for example beside others in `parallel`.
 *
 * @example
 * ```ts
 * exampleLibraries.stax.Identity[1]([], jnp.array([1, 2])); // => Array([1., 2.], dtype=float32)
 * ```
 */
export const Identity: Layer<NoParams> = /* @__PURE__ */ sameShape((inputs) => inputs);
