import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import { definePrimitive, notLinear, type Primitive, Zero } from "../core/primitive.ts";
import { zeroTangent } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { int32, isComplex, isFloating, isKey } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";
import { broadcastedIota } from "./creation.ts";
import { gather } from "./gather.ts";
import { bitwiseNot } from "./logic.ts";
import { scalarLike, unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizeAxis } from "./shapeChecks.ts";
import { sort } from "./sort.ts";

interface TopKParams {
  readonly [name: string]: unknown;
  readonly k: number;
  readonly axis: number;
  /** The computation, for operands of this type. */
  readonly program: ClosedJaxpr;
}

/** Keys whose ascending order is the descending order of `x`: NaN first, and 0 before -0. */
function descendingKeys(x: NDArray): NDArray[] {
  if (isFloating(x.dtype)) {
    const negativeZero = ops.lt(ops.div(scalarLike(x, 1), x), scalarLike(x, 0));
    return [ops.eq(x, x), ops.neg(x), negativeZero];
  }
  return [bitwiseNot(x)];
}

/** Programs that are kept. */
const maxPrograms = 256;
const programs = new Map<string, ClosedJaxpr>();

/** A stable sort, of which the first k are kept. */
function topKProgram(aval: ShapedArray, k: number, axis: number): ClosedJaxpr {
  const key = `${aval.id}:${k}:${axis}`;
  let program = programs.get(key);
  if (program === undefined) {
    const { jaxpr, consts } = traceToJaxpr(
      ([x]) => {
        const keys = descendingKeys(x);
        // The places are as weakly typed as the values.
        const places = ops.convertElementType(broadcastedIota(int32, x.shape, axis), int32, x.weakType);
        const sorted = sort([...keys, x, places], { dimension: axis, numKeys: keys.length });
        const limit = x.shape.map((n, i) => (i === axis ? k : n));
        const start = x.shape.map(() => 0);
        return sorted.slice(keys.length).map((s) => ops.slice(s, start, limit));
      },
      [aval],
      "tracing top_k",
    );
    program = new ClosedJaxpr(jaxpr, consts);
    if (programs.size >= maxPrograms) programs.clear();
    programs.set(key, program);
  }
  return program;
}

function bindTopK(x: NDArray, k: number, axis: number): [NDArray, NDArray] {
  checkTopK(x.aval, k, axis);
  const [values, indices] = bind(topKPrimitive, [x], { k, axis, program: topKProgram(x.aval, k, axis) });
  return [values, indices];
}

function checkTopK(x: ShapedArray, k: number, axis: number): void {
  if (isKey(x.dtype)) throw new TypeError("top_k: random keys have no order.");
  if (isComplex(x.dtype)) throw new ValueError("top_k is not compatible with complex inputs.");
  if (!Number.isInteger(k)) throw new TypeError(`k argument to top_k must be an integer, got ${k}`);
  if (k < 0) throw new ValueError(`k argument to top_k must be nonnegative, got ${k}`);
  if (x.shape[axis] < k) {
    throw new ValueError(
      "k argument to top_k must be no larger than size along axis; " +
        `got k=${k} with shape=[${x.shape.join(", ")}] and axis=${axis}`,
    );
  }
}

const topKPrimitive: Primitive<TopKParams> = definePrimitive<TopKParams>({
  name: "top_k",
  abstractEval: ([x], { k, axis }) => {
    const shape = x.shape.map((n, i) => (i === axis ? k : n));
    return [x.update({ shape }), x.update({ shape, dtype: int32 })];
  },
  reference: () => {
    throw new Error("top_k is evaluated through its program");
  },
  inlineAs: ({ program }) => ({ jaxpr: program.jaxpr, consts: program.consts }),
  lowering: { kind: "inline" },
  jvp: ([x], [t], { k, axis }) => {
    const [values, indices] = bindTopK(x, k, axis);
    if (t instanceof Zero)
      return [
        [values, indices],
        [zeroTangent(values), zeroTangent(indices)],
      ];
    const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const tangent = gather(
      t,
      ops.reshape(indices, [...indices.shape, 1]),
      {
        offsetDims: [],
        collapsedSliceDims: [axis],
        startIndexMap: [axis],
        operandBatchingDims: others,
        startIndicesBatchingDims: others,
      },
      x.shape.map(() => 1),
      { mode: "promise_in_bounds" },
    );
    return [
      [values, indices],
      [tangent, zeroTangent(indices)],
    ];
  },
  transpose: notLinear,
  batching: ([x], [dim], { k, axis }) => {
    const at = dim as number;
    return [bindTopK(x, k, at <= axis ? axis + 1 : axis), [at, at]];
  },
  printParams: ({ k, axis }) => ({ axis, k }),
});

/**
 * The `k` largest elements along an axis in descending order, and their int32 indices; of equal elements the one with the lower
 * index comes first, and NaN counts as largest.
 * @throws ValueError when `k` or the axis is out of range.
 * @example
 * lax.topK(jnp.array([9, 3, 6, 4, 10]), 3) // => [Array([10.,  9.,  6.], dtype=float32), Array([4, 0, 2], dtype=int32)]
 */
export function topK(
  operand: LaxOperand,
  k: number,
  options: { readonly axis?: number } = {},
): [NDArray, NDArray] {
  const x = unaryOperand(operand, "top_k");
  return bindTopK(x, k, canonicalizeAxis(options.axis ?? -1, x.ndim));
}
