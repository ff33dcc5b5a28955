import type { NDArray } from "../../core/array.ts";
import { elu, gelu, leakyRelu, relu, selu, sigmoid, softplus } from "../../nn/activations.ts";
import { logSoftmax, softmax } from "../../nn/softmax.ts";
import { exp, tanh } from "../../numpy/unary.ts";
import { type Layer, type NoParams, sameShape } from "./layer.ts";

/**
 * A layer that applies a function to each element of its inputs. Further arguments are passed on to the function.
 *
 * @throws TypeError when it is none
 * @example
 * ```ts
 * const { elementwise } = exampleLibraries.stax;
 * const [, applyFun] = elementwise(jnp.clip, 0, 1);
 * applyFun([], jnp.array([-1, 0.5, 2])); // => Array([0. , 0.5, 1. ], dtype=float32)
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function elementwise<A extends readonly unknown[]>(
  fun: (x: NDArray, ...args: A) => NDArray,
  ...args: A
): Layer<NoParams> {
  if (typeof fun !== "function") throw new TypeError(`elementwise requires a function, got ${typeof fun}.`);
  return sameShape((inputs) => fun(inputs, ...args));
}

/** A layer of {@link tanh}. @example `exampleLibraries.stax.Tanh[1]([], jnp.zeros(1)); // => Array([0.], dtype=float32)` */
export const Tanh: Layer<NoParams> = elementwise((x) => tanh(x));
/** A layer of `nn.relu`. @example `exampleLibraries.stax.Relu[1]([], jnp.array([-1])); // => Array([0.], dtype=float32)` */
export const Relu: Layer<NoParams> = elementwise((x) => relu(x));
/** A layer of `jnp.exp`. */
export const Exp: Layer<NoParams> = elementwise((x) => exp(x));
/** A layer of `nn.logSoftmax` along the last axis. */
export const LogSoftmax: Layer<NoParams> = elementwise((x) => logSoftmax(x, -1));
/** A layer of `nn.softmax` along the last axis. */
export const Softmax: Layer<NoParams> = elementwise((x) => softmax(x, -1));
/** A layer of `nn.softplus`. */
export const Softplus: Layer<NoParams> = elementwise((x) => softplus(x));
/** A layer of `nn.sigmoid`. */
export const Sigmoid: Layer<NoParams> = elementwise((x) => sigmoid(x));
/** A layer of `nn.elu`. */
export const Elu: Layer<NoParams> = elementwise((x) => elu(x));
/** A layer of `nn.leakyRelu`. */
export const LeakyRelu: Layer<NoParams> = elementwise((x) => leakyRelu(x));
/** A layer of `nn.selu`. */
export const Selu: Layer<NoParams> = elementwise((x) => selu(x));
/** A layer of `nn.gelu`. */
export const Gelu: Layer<NoParams> = elementwise((x) => gelu(x));
