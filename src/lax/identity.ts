import { NDArray } from "../core/array.ts";
import { Jaxpr, Var } from "../core/jaxpr.ts";
import { keysForwarded } from "../core/keyUse.ts";
import {
  definePrimitive,
  notLinear,
  type Primitive,
  type Tangent,
  Zero,
  zeroDerivative,
} from "../core/primitive.ts";
import { bind, bind1 } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { isKey } from "../dtypes/index.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";
import * as tree from "../tree/index.ts";
import { vectorizedBatching } from "./batching.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { unaryOperand } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

const stopGradientPrimitive: Primitive = definePrimitive({
  name: "stop_gradient",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data.slice()],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => stopGradientPrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
});

const copyPrimitive: Primitive = definePrimitive({
  name: "copy",
  keyUse: keysForwarded,
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data.slice()],
  jvp: /* @__PURE__ */ linearJvp(() => copyPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct) => bind1(copyPrimitive, [ct], noParams)),
  batching: /* @__PURE__ */ vectorizedBatching(() => copyPrimitive),
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
 * grad((x) => lax.stopGradient(x).mul(x))(3) // => Array(3., dtype=float32, weak_type=True)
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

const bindBarrier = (xs: readonly NDArray[]): NDArray[] => bind(barrierPrimitive, xs, noParams);

/** Moves the tangents or cotangents that are not zero through a barrier of their own. */
function moveNonzeros(tangents: readonly Tangent[]): Tangent[] {
  const moved = bindBarrier(tangents.filter((t): t is NDArray => !(t instanceof Zero)));
  let next = 0;
  return tangents.map((t) => (t instanceof Zero ? t : moved[next++]));
}

const barrierPrimitive: Primitive = definePrimitive({
  name: "optimization_barrier",
  abstractEval: (avals) => avals,
  reference: (inputs) => inputs.map((x) => x.data.slice()),
  lowering: { kind: "barrier" },
  jvp: (primals, tangents) => [bindBarrier(primals), moveNonzeros(tangents)],
  transpose: (cts) => moveNonzeros(cts),
  batching: (operands, dims) => [bindBarrier(operands), dims.slice()],
  printParams: () => ({}),
});

/** The program whose inputs pass a barrier first: nothing that it computes is shared with what was computed before. */
export function behindBarrier(jaxpr: Jaxpr): Jaxpr {
  if (jaxpr.invars.length === 0) return jaxpr;
  const inputs = jaxpr.invars.map((v) => new Var(v.aval));
  const barrier = { primitive: barrierPrimitive, inputs, outputs: jaxpr.invars, params: noParams };
  return new Jaxpr(jaxpr.constvars, inputs, [barrier, ...jaxpr.eqns], jaxpr.outvars);
}

/**
 * The identity on a tree of arrays, computed together: none of the results is available before all are. The compiler shares no work between
 * what comes before and what depends on the results, and does not merge their loops.
 * @example
 * const [x, y] = lax.optimizationBarrier([jnp.ones([2]), jnp.zeros([3])]);
 */
export function optimizationBarrier<T>(operand: T): T {
  const { leaves, treedef } = flattenArrays(operand, "optimizationBarrier was called with");
  return treedef.unflatten(bindBarrier(leaves)) as T;
}
