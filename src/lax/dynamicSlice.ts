import { NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { keysForwarded, keysUpdated } from "../core/keyUse.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import {
  type BatchDim,
  definePrimitive,
  type Primitive,
  type Tangent,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { pythonStr } from "../core/pythonText.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind1 } from "../core/trace.ts";
import { literal, scalar } from "../core/values.ts";
import { int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { scatterTemplate } from "../kernels/scatter.ts";
import { runBatched } from "../transforms/batchTrace.ts";
import { jit } from "../transforms/jit.ts";
import { broadcastInDim, expandDims } from "./broadcast.ts";
import { concatenate } from "./concatenate.ts";
import { full } from "./creation.ts";
import { gather } from "./gather.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { putElements, takeElements } from "./hostMoves.ts";
import { type Ints, range } from "./intTuples.ts";
import { checkSameDTypes, sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { squeeze } from "./reshape.ts";
import { scatter } from "./scatterOps.ts";
import { canonicalizeAxis, canonicalizeShape, dataOperand } from "./shapeChecks.ts";
import { slice } from "./slice.ts";
import { placePoint } from "./windows.ts";

// Shared by the two primitives: start indices are scalar operands of one integer dtype, clamped so that the window fits.

function checkStarts(name: string, starts: readonly ShapedArray[], separator: string): void {
  if (starts.some((i) => i.ndim !== 0)) {
    throw new TypeError(
      `start_indices arguments to ${name} must be scalars, got indices (${starts.map((a) => a.repr()).join(", ")})`,
    );
  }
  if (starts.some((i) => i.dtype !== starts[0].dtype || !isInteger(i.dtype))) {
    throw new TypeError(
      `index arguments to ${name} must be integers of the same type, got${separator} ` +
        starts.map((i) => i.dtype.name).join(", "),
    );
  }
}

/** Where the window begins in the operand, row-major. */
function hostStart(operand: Ints, starts: readonly HostArray[], sizes: Ints): number {
  const unit = rowMajorStrides(operand);
  return starts.reduce((sum, start, d) => {
    const i = Math.min(Math.max(Number(start.data[0]), 0), operand[d] - sizes[d]);
    return sum + i * unit[d];
  }, 0);
}

/** The clamped start indices as int32. */
function startExprs(b: ExprBuilder, operand: Ints, starts: readonly Operand[], sizes: Ints): Expr[] {
  return starts.map((start, d) => {
    const one = {
      aval: shapedArray([1], start.aval.dtype),
      at: () => start.at([]),
      atLinear: () => start.at([]),
    };
    const numbers = {
      windowDims: [],
      collapsedDims: [0],
      indexMap: [0],
      operandBatchingDims: [],
      indicesBatchingDims: [],
    };
    return placePoint(b, [operand[d]], one, [], [sizes[d]], numbers, true).index[0];
  });
}

/** The start indices as one index vector, or one for each example. */
function stackStarts(starts: readonly NDArray[], dims: readonly BatchDim[]): [NDArray, BatchDim] {
  const first = dims.findIndex((d) => d !== null);
  if (starts.length === 0) return [full([0], 0, int32), null];
  if (first < 0) {
    const columns = starts.map((i) => broadcastInDim(i, [1], []));
    return [concatenate(columns, 0), null];
  }
  const size = starts[first].shape[dims[first] as number];
  const columns = starts.map((i, k) => broadcastInDim(i, [size, 1], dims[k] === null ? [] : [0]));
  return [concatenate(columns, 1), 0];
}

// dynamic_slice.

interface DynamicSliceParams {
  readonly sliceSizes: Ints;
  [key: string]: unknown;
}

const dynamicSlicePrimitive: Primitive<DynamicSliceParams> = definePrimitive<DynamicSliceParams>({
  name: "dynamic_slice",
  keyUse: keysForwarded,
  abstractEval: ([x, ...starts], { sliceSizes }) => {
    const sizes = shapeStr(sliceSizes);
    if (sliceSizes.length !== x.ndim || starts.length !== x.ndim) {
      throw new TypeError(
        `dynamic_slice needs a start index and a slice size for each of the ${x.ndim} dimensions of the operand, ` +
          `got ${starts.length} start indices and slice_sizes ${sizes}.`,
      );
    }
    if (sliceSizes.some((n, d) => n > x.shape[d])) {
      throw new TypeError(
        "slice slice_sizes must be less than or equal to operand shape, " +
          `got slice_sizes ${sizes} for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    if (sliceSizes.some((n) => n < 0)) {
      throw new TypeError(
        `slice slice_sizes must be greater than or equal to zero, got slice_sizes of ${sizes}.`,
      );
    }
    checkStarts("dynamic_slice", starts, ":");
    return [x.update({ shape: sliceSizes })];
  },
  reference: ([x, ...starts], { sliceSizes }) => {
    const start = hostStart(x.shape, starts, sliceSizes);
    const positions = offsetsOf(sliceSizes, rowMajorStrides(x.shape));
    return [
      takeElements(
        x,
        positions.map((p) => p + start),
      ),
    ];
  },
  jvp: ([x, ...starts], [t], params) => {
    // The tangent's equation comes first, as in JAX.
    const tangent: Tangent = t instanceof Zero ? t : bind1(dynamicSlicePrimitive, [t, ...starts], params);
    const out = bind1(dynamicSlicePrimitive, [x, ...starts], params);
    return [[out], [tangent instanceof Zero ? zeroTangent(out) : tangent]];
  },
  transpose: ([ct], [x, ...starts]) => {
    const none = starts.map(() => null);
    if (ct instanceof Zero || !(x instanceof UndefinedPrimal)) return [null, ...none];
    const zeros = full(x.aval.shape, 0, x.aval.dtype);
    return [bind1(dynamicUpdateSlicePrimitive, [zeros, ct, ...(starts as NDArray[])], {}), ...none];
  },
  batching: ([x, ...starts], [dimX, ...dims], { sliceSizes }, size) => {
    const all = range(sliceSizes.length);
    const numbers = { offsetDims: all, collapsedSliceDims: [], startIndexMap: all };
    const [vector, dimV] = stackStarts(starts, dims);
    return runBatched(
      ([operand, index]) => [
        gather(operand, index, numbers, sliceSizes, {
          uniqueIndices: true,
          indicesAreSorted: true,
          mode: "clip",
        }),
      ],
      [x, vector],
      [dimX, dimV],
      size,
      "mapping dynamic_slice",
    );
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x, ...starts], index, { sliceSizes }) => {
      const from = startExprs(b, x.aval.shape, starts, sliceSizes);
      return x.at(index.map((e, d) => (x.aval.shape[d] === sliceSizes[d] ? e : b.op("add", from[d], e))));
    },
  },
});

// dynamic_update_slice.

const dynamicUpdateSlicePrimitive: Primitive = definePrimitive({
  name: "dynamic_update_slice",
  keyUse: /* @__PURE__ */ keysUpdated(1),
  abstractEval: ([x, update, ...starts]) => {
    const shapes = `got update shape ${shapeStr(update.shape)} for operand shape ${shapeStr(x.shape)}.`;
    if (x.ndim !== update.ndim) {
      throw new TypeError(`dynamic_update_slice update must have the same rank as operand, ${shapes}`);
    }
    if (x.ndim !== starts.length) {
      throw new TypeError(
        "dynamic_update_slice start_indices must have length equal to the rank of operand, " +
          `got indices (${starts.map((a) => a.repr()).join(", ")}) for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    if (update.shape.some((n, d) => n > x.shape[d])) {
      throw new TypeError(`dynamic_update_slice update shape must be smaller than operand shape, ${shapes}`);
    }
    checkSameDTypes("dynamic_update_slice", [x, update]);
    checkStarts("dynamic_update_slice", starts, "");
    return [x.strong()];
  },
  reference: ([x, update, ...starts]) => {
    const start = hostStart(x.shape, starts, update.shape);
    const positions = offsetsOf(update.shape, rowMajorStrides(x.shape));
    const result = x.data.slice();
    putElements(
      result,
      update,
      positions.length,
      (i) => i,
      (i) => positions[i] + start,
    );
    return [result];
  },
  jvp: ([x, update, ...starts], [tx, tu]) => {
    const out = bind1(dynamicUpdateSlicePrimitive, [x, update, ...starts], {});
    if (tx instanceof Zero && tu instanceof Zero) return [[out], [zeroTangent(out)]];
    const tangents = [instantiate(tx), instantiate(tu)];
    return [[out], [bind1(dynamicUpdateSlicePrimitive, [...tangents, ...starts], {})]];
  },
  transpose: ([ct], [x, update, ...rest]) => {
    const starts = rest as NDArray[];
    const none = starts.map(() => null);
    if (ct instanceof Zero) return [null, null, ...none];
    const { shape } = update.aval;
    const zeros = full(shape, 0, ct.dtype);
    return [
      x instanceof UndefinedPrimal ? bind1(dynamicUpdateSlicePrimitive, [ct, zeros, ...starts], {}) : null,
      update instanceof UndefinedPrimal
        ? bind1(dynamicSlicePrimitive, [ct, ...starts], { sliceSizes: shape })
        : null,
      ...none,
    ];
  },
  batching: ([x, update, ...starts], [dimX, dimU, ...dims], _params, size) => {
    const all = range(starts.length);
    const numbers = { updateWindowDims: all, insertedWindowDims: [], scatterDimsToOperandDims: all };
    const [vector, dimV] = stackStarts(starts, dims);
    return runBatched(
      ([operand, index, value]) => [
        scatter(operand, index, value, numbers, {
          indicesAreSorted: true,
          uniqueIndices: true,
          mode: "clip",
        }),
      ],
      [x, vector, update],
      [dimX, dimV, dimU],
      size,
      "mapping dynamic_update_slice",
    );
  },
  // A scatter rather than a select over the operand: only the window is written when the operand can be updated in place.
  lowering: {
    kind: "scatter",
    template: scatterTemplate,
    combine: "set",
    space: (_params, [, update]) => update.shape,
    emit: (b, [x, update, ...starts], point) => {
      const from = startExprs(b, x.aval.shape, starts, update.aval.shape);
      return {
        index: point.map((e, d) => (x.aval.shape[d] === update.aval.shape[d] ? e : b.op("add", from[d], e))),
        guard: null,
        value: update.at(point),
      };
    },
  },
});

// User functions.

/** Options of the dynamic slicing functions. */
export interface DynamicSliceOptions {
  /** Whether negative start indices count from the end (default true); one answer, or one for each dimension. */
  readonly allowNegativeIndices?: boolean | readonly boolean[];
}

type Starts = NDArray | readonly LaxOperand[];

/** The start indices as scalar arrays of one dtype; negative ones wrapped once. */
function startIndices(
  x: NDArray,
  starts: Starts,
  { allowNegativeIndices = true }: DynamicSliceOptions,
): NDArray[] {
  if (starts instanceof NDArray && starts.ndim !== 1) {
    throw new ValueError(`Slice indices must be a 1D sequence, got ${shapeStr(starts.shape)}`);
  }
  const list = starts instanceof NDArray ? entries(starts) : starts;
  if (list.length !== x.ndim) {
    throw new ValueError(
      `Length of slice indices must match number of operand dimensions (${list.length} vs ${shapeStr(x.shape)})`,
    );
  }
  // Numbers take the dtype of the traced indices beside them.
  const dtype = list.find((i): i is NDArray => i instanceof NDArray)?.dtype ?? int32;
  return list.map((i, d) => {
    const allowed =
      typeof allowNegativeIndices === "boolean" ? allowNegativeIndices : (allowNegativeIndices[d] ?? true);
    const size = x.shape[d];
    if (typeof i === "number" || typeof i === "bigint") {
      const n = Number(i);
      if (!Number.isInteger(n)) throw new TypeError(`a start index must be an integer, got ${pythonStr(n)}`);
      if (n < 0 && !allowed) {
        throw new ValueError(
          `Index ${n} is out of bounds for dimension ${size} if allow_negative_indices=False`,
        );
      }
      return literal(n < 0 ? n + size : n, shapedArray([], isInteger(dtype) ? dtype : int32, true));
    }
    const index = dataOperand(i, "dynamic_slice");
    if (!allowed || index.dtype.kind === "uint" || !isInteger(index.dtype) || index.ndim > 0) return index;
    return wrapNegative(index, size);
  });
}
function wrapNegative(index: NDArray, size: number): NDArray {
  const negative = ops.lt(index, scalar(0, index.dtype, index.weakType));
  const strong = index.weakType ? ops.convertElementType(index, index.dtype, false) : index;
  return ops.select(negative, ops.add(strong, scalar(size, index.dtype)), index);
}
/** The elements of a one-dimensional array. */
function entries(x: NDArray): NDArray[] {
  return range(x.shape[0]).map((i) => squeeze(slice(x, [i], [i + 1], [1]), [0]));
}

/**
 * The window of an array that begins at computed indices. Indices are clamped so that the window lies within the array.
 * @param starts An integer for each dimension: numbers or 0-d arrays, or a 1-d array. Negative ones count from the end.
 * @param sliceSizes The size of the window; static.
 * @throws TypeError when the window is larger than the array; ValueError for the wrong number of indices.
 * @example
 * lax.dynamicSlice(jnp.arange(5), [3], [2]) // => Array([3, 4], dtype=int32)
 * lax.dynamicSlice(jnp.arange(5), [4], [2]) // => Array([3, 4], dtype=int32)
 */
export function dynamicSlice(
  x: LaxOperand,
  starts: Starts,
  sliceSizes: Ints,
  options: DynamicSliceOptions = {},
): NDArray {
  const operand = dataOperand(x, "dynamic_slice");
  const indices = startIndices(operand, starts, options);
  return bind1(dynamicSlicePrimitive, [operand, ...indices], { sliceSizes: canonicalizeShape(sliceSizes) });
}

/**
 * The array with the window that begins at computed indices replaced. Indices are clamped as in {@link dynamicSlice}.
 * @throws TypeError when the update does not fit or has another dtype.
 * @example
 * lax.dynamicUpdateSlice(jnp.zeros([4]), jnp.array([1, 2]), [2]) // => Array([0., 0., 1., 2.], dtype=float32)
 */
export function dynamicUpdateSlice(
  x: LaxOperand,
  update: LaxOperand,
  starts: Starts,
  options: DynamicSliceOptions = {},
): NDArray {
  const [operand, value] = sameDTypeOperands([x, update], "dynamic_update_slice");
  const indices = startIndices(operand, starts, options);
  return bind1(dynamicUpdateSlicePrimitive, [operand, value, ...indices], {});
}

/** Options of the functions that slice along one axis. */
export interface DynamicInDimOptions {
  readonly axis?: number;
  readonly allowNegativeIndices?: boolean;
}

/** Start indices that are zero save along one axis. */
function startsInDim(
  x: NDArray,
  start: LaxOperand,
  axis: number,
  allowNegativeIndices: boolean,
): [LaxOperand[], DynamicSliceOptions] {
  const zero = start instanceof NDArray ? scalar(0, start.dtype, start.weakType) : 0;
  const starts = x.shape.map((_, d) => (d === axis ? start : zero));
  return [starts, { allowNegativeIndices: starts.map((_, d) => d === axis && allowNegativeIndices) }];
}

/**
 * {@link dynamicSlice} along one axis.
 * @example
 * lax.dynamicSliceInDim(jnp.arange(5), 1, 2) // => Array([1, 2], dtype=int32)
 */
export function dynamicSliceInDim(
  x: LaxOperand,
  start: LaxOperand,
  sliceSize: number,
  axis: number | DynamicInDimOptions = 0,
  options: DynamicInDimOptions = {},
): NDArray {
  const operand = dataOperand(x, "dynamic_slice_in_dim");
  const o = typeof axis === "object" ? axis : { axis, ...options };
  const at = canonicalizeAxis(o.axis ?? 0, operand.ndim);
  const [starts, wrap] = startsInDim(operand, start, at, o.allowNegativeIndices ?? true);
  const sizes = operand.shape.map((n, d) => (d === at ? sliceSize : n));
  return dynamicSlice(operand, starts, sizes, wrap);
}

/** Options of {@link dynamicIndexInDim}. */
export interface DynamicIndexInDimOptions extends DynamicInDimOptions {
  /** Keep the axis with size 1; default true. */
  readonly keepdims?: boolean;
}

type IndexFunction = (x: NDArray, index: NDArray) => NDArray;
const indexFunctions = new Map<string, IndexFunction>();

/**
 * The slice at one computed index of an axis.
 * @example
 * const x = jnp.array([[1, 2], [3, 4]]);
 * lax.dynamicIndexInDim(x, 1, { keepdims: false }) // => Array([3., 4.], dtype=float32)
 */
export function dynamicIndexInDim(
  x: LaxOperand,
  index: LaxOperand,
  axis: number | DynamicIndexInDimOptions = 0,
  keepdims: boolean | DynamicIndexInDimOptions = true,
  options: DynamicIndexInDimOptions = {},
): NDArray {
  const operand = dataOperand(x, "dynamic_index_in_dim");
  const named = typeof keepdims === "object" ? keepdims : { keepdims, ...options };
  const o = typeof axis === "object" ? axis : { axis, ...named };
  const at = canonicalizeAxis(o.axis ?? 0, operand.ndim);
  const keep = o.keepdims ?? true;
  const allowNegativeIndices = o.allowNegativeIndices ?? true;
  const key = `${at}:${keep}:${allowNegativeIndices}`;
  let f = indexFunctions.get(key);
  if (f === undefined) {
    f = jit(
      (y: NDArray, i: NDArray) => {
        const result = dynamicSliceInDim(y, i, 1, { axis: at, allowNegativeIndices });
        return keep ? result : squeeze(result, [at]);
      },
      { name: "dynamic_index_in_dim" },
    ) as IndexFunction;
    indexFunctions.set(key, f);
  }
  return f(operand, dataOperand(index, "dynamic_index_in_dim"));
}

/**
 * {@link dynamicUpdateSlice} along one axis.
 * @example
 * lax.dynamicUpdateSliceInDim(jnp.zeros([3]), jnp.array([1]), 1, 0) // => Array([0., 1., 0.], dtype=float32)
 */
export function dynamicUpdateSliceInDim(
  x: LaxOperand,
  update: LaxOperand,
  start: LaxOperand,
  axis: number,
  options: { readonly allowNegativeIndices?: boolean } = {},
): NDArray {
  const [operand, value] = sameDTypeOperands([x, update], "dynamic_update_slice");
  const at = canonicalizeAxis(axis, operand.ndim);
  const [starts, wrap] = startsInDim(operand, start, at, options.allowNegativeIndices ?? true);
  return dynamicUpdateSlice(operand, value, starts, wrap);
}

type UpdateFunction = (x: NDArray, update: NDArray, index: NDArray) => NDArray;
const updateFunctions = new Map<string, UpdateFunction>();

/**
 * The array with the slice at one computed index of an axis replaced. The update may lack the axis.
 * @throws ValueError when the update's rank is neither that of the array nor one less.
 * @example
 * lax.dynamicUpdateIndexInDim(jnp.zeros([3]), 7, 1, 0) // => Array([0., 7., 0.], dtype=float32)
 */
export function dynamicUpdateIndexInDim(
  x: LaxOperand,
  update: LaxOperand,
  index: LaxOperand,
  axis: number,
  options: { readonly allowNegativeIndices?: boolean } = {},
): NDArray {
  const [operand, value] = sameDTypeOperands([x, update], "dynamic_update_slice");
  if (value.ndim !== operand.ndim && value.ndim !== operand.ndim - 1) {
    throw new ValueError(
      `dynamic_update_index_in_dim: the update's rank must be ${operand.ndim} or ${operand.ndim - 1}, got ${value.ndim}`,
    );
  }
  const at = canonicalizeAxis(axis, operand.ndim);
  const allowNegativeIndices = options.allowNegativeIndices ?? true;
  const key = `${at}:${allowNegativeIndices}`;
  let f = updateFunctions.get(key);
  if (f === undefined) {
    f = jit(
      (y: NDArray, u: NDArray, i: NDArray) => {
        const whole = u.ndim === y.ndim ? u : expandDims(u, [at]);
        return dynamicUpdateSliceInDim(y, whole, i, at, { allowNegativeIndices });
      },
      { name: "dynamic_update_index_in_dim" },
    ) as UpdateFunction;
    updateFunctions.set(key, f);
  }
  return f(operand, value, dataOperand(index, "dynamic_update_index_in_dim"));
}
