import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { definePrimitive, notLinear, type Primitive, Zero } from "../core/primitive.ts";
import { zeroTangent } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { type HostData, int32, isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { gather } from "./gather.ts";
import { finish, numbersOf, offsetsOf, resultBuffer, rowMajorStrides } from "./hostLoops.ts";
import { namedArguments } from "./namedArguments.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { canonicalizeAxis } from "./shapeChecks.ts";
import { topK } from "./topK.ts";

/** Options of {@link approxMaxK}. */
export interface ApproxTopKOptions {
  /** The axis to search along; default the last. */
  readonly reductionDimension?: number;
  /** How many of the largest are to be found; here all of them always are. */
  readonly recallTarget?: number;
  /** The size that recall refers to, of which the operand is a part. */
  readonly reductionInputSizeOverride?: number;
  /** Whether exactly `k` results in order are wanted; if not, there may be more. Here there never are. */
  readonly aggregateToTopk?: boolean;
}
interface ApproxTopKParams extends Required<ApproxTopKOptions> {
  readonly [name: string]: unknown;
  readonly k: number;
  readonly isMaxK: boolean;
}

/** Larger before smaller, NaN first. */
const descending = (p: number, q: number): number =>
  Number.isNaN(p) || Number.isNaN(q) ? Number(Number.isNaN(q)) - Number(Number.isNaN(p)) : q - p;

function bestOnHost(x: HostArray, { k, isMaxK, reductionDimension }: ApproxTopKParams): HostData[] {
  const axis = canonicalizeAxis(reductionDimension, x.shape.length);
  const data = numbersOf(x);
  const [n, stride] = [x.shape[axis], rowMajorStrides(x.shape)[axis]];
  const shape = x.shape.map((size, d) => (d === axis ? k : size));
  const count = shape.reduce((p, q) => p * q, 1);
  const [values, places] = [resultBuffer(x.dtype, count), new Int32Array(count)];
  const others = (sizes: readonly number[]) => {
    const strides = rowMajorStrides(sizes);
    const kept = sizes.map((_, d) => d).filter((d) => d !== axis);
    return offsetsOf(
      kept.map((d) => sizes[d]),
      kept.map((d) => strides[d]),
    );
  };
  const targets = others(shape);
  const sign = isMaxK ? 1 : -1;
  others(x.shape).forEach((base, row) => {
    const order = Array.from({ length: n }, (_, i) => i);
    order.sort((i, j) => descending(sign * data[base + i * stride], sign * data[base + j * stride]) || i - j);
    for (let i = 0; i < k; i++) {
      values[targets[row] + i * stride] = data[base + order[i] * stride];
      places[targets[row] + i * stride] = order[i];
    }
  });
  return [finish(values, x.dtype), places];
}

const approxTopKPrimitive: Primitive<ApproxTopKParams> = definePrimitive<ApproxTopKParams>({
  name: "approx_top_k",
  abstractEval: ([x], { k, reductionDimension }) => {
    if (!(Number.isInteger(k) && k > 0)) throw new ValueError(`k must be positive, got ${k}`);
    if (x.ndim === 0) {
      throw new TypeError(`approx_top_k operand must have >= 1 dimension, got ${shapeStr(x.shape)}`);
    }
    const axis = canonicalizeAxis(reductionDimension, x.ndim);
    if (x.shape[axis] < k) {
      throw new ValueError(`k must be smaller than the size of reduction_dim ${x.shape[axis]}, got ${k}`);
    }
    if (!isFloating(x.dtype)) throw new ValueError("operand must be a floating type");
    const shape = x.shape.map((n, d) => (d === axis ? k : n));
    return [x.update({ shape }), x.update({ shape, dtype: int32 })];
  },
  reference: ([x], params) => bestOnHost(x, params),
  jvp: ([x], [t], params) => {
    const [values, places] = bind(approxTopKPrimitive, [x], params);
    const tangents =
      t instanceof Zero ? zeroTangent(values) : alongAxis(t, places, params.reductionDimension);
    return [
      [values, places],
      [tangents, zeroTangent(places)],
    ];
  },
  transpose: notLinear,
  batching: ([x], [dim], params) => {
    const at = dim as number;
    const axis = canonicalizeAxis(params.reductionDimension, x.ndim - 1);
    const reductionDimension = axis < at ? axis : axis + 1;
    return [bind(approxTopKPrimitive, [x], { ...params, reductionDimension }), [at, at]];
  },
  lowering: /* @__PURE__ */ asProgram(([x], { k, isMaxK, reductionDimension }) => {
    const [values, places] = topK(isMaxK ? x : ops.neg(x), k, { axis: reductionDimension });
    return [isMaxK ? values : ops.neg(values), places];
  }),
});

/** The elements of `x` at places along an axis. */
function alongAxis(x: NDArray, places: NDArray, dimension: number): NDArray {
  const axis = canonicalizeAxis(dimension, x.ndim);
  const others = x.shape.map((_, d) => d).filter((d) => d !== axis);
  return gather(
    x,
    ops.reshape(places, [...places.shape, 1]),
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
}

const names = ["reductionDimension", "recallTarget", "reductionInputSizeOverride", "aggregateToTopk"];
function approxTopK(
  where: string,
  isMaxK: boolean,
  operand: LaxOperand,
  k: number,
  rest: readonly unknown[],
) {
  const given = namedArguments<ApproxTopKOptions>(where, names, 0, rest);
  const [values, places] = bind(approxTopKPrimitive, [unaryOperand(operand, "approx_top_k")], {
    aggregateToTopk: given.aggregateToTopk ?? true,
    isMaxK,
    k,
    recallTarget: given.recallTarget ?? 0.95,
    reductionDimension: given.reductionDimension ?? -1,
    reductionInputSizeOverride: given.reductionInputSizeOverride ?? -1,
  });
  return [values, places] as [NDArray, NDArray];
}

/**
 * The `k` largest elements along an axis and their int32 indices. Accelerators may miss some of them; here the result is exact.
 * @throws ValueError when `k` is out of range or the dtype is not floating.
 * @example
 * lax.approxMaxK(jnp.array([9, 3, 6, 4, 10]), 2) // => [Array([10.,  9.], dtype=float32), Array([4, 0], dtype=int32)]
 */
export function approxMaxK(
  operand: LaxOperand,
  k: number,
  reductionDimension?: number | ApproxTopKOptions,
  ...rest: unknown[]
): [NDArray, NDArray] {
  return approxTopK("approxMaxK", true, operand, k, [reductionDimension, ...rest]);
}

/**
 * The `k` smallest elements along an axis and their int32 indices; see {@link approxMaxK}.
 * @example
 * lax.approxMinK(jnp.array([9, 3, 6, 4, 10]), 2) // => [Array([3., 4.], dtype=float32), Array([1, 3], dtype=int32)]
 */
export function approxMinK(
  operand: LaxOperand,
  k: number,
  reductionDimension?: number | ApproxTopKOptions,
  ...rest: unknown[]
): [NDArray, NDArray] {
  return approxTopK("approxMinK", false, operand, k, [reductionDimension, ...rest]);
}
