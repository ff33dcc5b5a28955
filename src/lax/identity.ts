import { NDArray } from "../core/array.ts";
import { ClosedJaxpr, Jaxpr, Var } from "../core/jaxpr.ts";
import { definePrimitive, notLinear, type Primitive, Zero, zeroDerivative } from "../core/primitive.ts";
import { bind, bind1 } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { isKey } from "../dtypes/index.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";
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

interface BarrierParams {
  readonly [name: string]: unknown;
  /** The identity on operands of these types. */
  readonly program: ClosedJaxpr;
}

/** A barrier for the operands' types. */
function bindBarrier(xs: readonly NDArray[]): NDArray[] {
  const vars = xs.map((x) => new Var(x.aval));
  return bind(barrierPrimitive, xs, { program: new ClosedJaxpr(new Jaxpr([], vars, [], vars)) });
}

const barrierPrimitive: Primitive<BarrierParams> = definePrimitive<BarrierParams>({
  name: "optimization_barrier",
  abstractEval: (avals) => avals,
  reference: (inputs) => inputs.map((x) => x.data.slice()),
  inlineAs: ({ program }) => ({ jaxpr: program.jaxpr, consts: [] }),
  lowering: { kind: "inline" },
  jvp: (primals, tangents) => {
    const outs = bindBarrier(primals);
    const nonzero = tangents.filter((t): t is NDArray => !(t instanceof Zero));
    const moved = bindBarrier(nonzero);
    let next = 0;
    return [outs, tangents.map((t) => (t instanceof Zero ? t : moved[next++]))];
  },
  transpose: (cts) => {
    const moved = bindBarrier(cts.filter((t): t is NDArray => !(t instanceof Zero)));
    let next = 0;
    return cts.map((t) => (t instanceof Zero ? t : moved[next++]));
  },
  batching: (operands, dims) => [bindBarrier(operands), dims.slice()],
  printParams: () => ({}),
});

/**
 * The identity on a tree of arrays, computed together: none of the results is available before all are.
 * @example
 * const [x, y] = lax.optimizationBarrier([jnp.ones([2]), jnp.zeros([3])]);
 */
export function optimizationBarrier<T>(operand: T): T {
  const { leaves, treedef } = flattenArrays(operand, "optimizationBarrier was called with");
  return treedef.unflatten(bindBarrier(leaves)) as T;
}
