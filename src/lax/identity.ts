import { NDArray } from "../core/array.ts";
import { definePrimitive, notLinear, type Primitive, zeroDerivative } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { isKey } from "../dtypes/index.ts";
import * as tree from "../tree/index.ts";
import { vectorizedBatching } from "./batching.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { unaryOperand } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

const noParams = Object.freeze({});

const stopGradientPrimitive: Primitive = definePrimitive({
  name: "stop_gradient",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data.slice()],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: vectorizedBatching(() => stopGradientPrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
});

const copyPrimitive: Primitive = definePrimitive({
  name: "copy",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data.slice()],
  jvp: linearJvp(() => copyPrimitive),
  transpose: linearTranspose((ct) => bind1(copyPrimitive, [ct], noParams)),
  batching: vectorizedBatching(() => copyPrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
});

function stopLeaf(x: unknown): unknown {
  const array = x instanceof NDArray ? x : leafToArray(x);
  if (array === null) {
    throw new TypeError(`stopGradient: every leaf must be an array or a number, got ${typeof x}`);
  }
  return isKey(array.dtype) ? x : bind1(stopGradientPrimitive, [array], noParams);
}

/**
 * The identity, except that differentiation takes the result as a constant, at every order. Works on any tree of arrays.
 * @example
 * grad((x) => lax.stopGradient(x).mul(x))(3) // => Array(3., dtype=float32)
 */
export function stopGradient<T>(x: T): T {
  return tree.map(stopLeaf, x) as T;
}

/**
 * A copy of the array in memory of its own.
 * @example
 * lax.copy(jnp.array([1, 2])) // => Array([1., 2.], dtype=float32)
 */
export function copy(x: LaxOperand): NDArray {
  return bind1(copyPrimitive, [unaryOperand(x, "copy")], noParams);
}
