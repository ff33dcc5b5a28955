import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { complexMath } from "../core/complexMath.ts";
import type { HostArray } from "../core/hostArray.ts";
import type { Jaxpr } from "../core/jaxpr.ts";
import { keysUpdated } from "../core/keyUse.ts";
import type { Expr, Lowering } from "../core/lowering.ts";
import type { JvpRule, TransposeRule } from "../core/primitive.ts";
import { type BatchingRule, definePrimitive, type NoRule, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { Complex, type DType, type HostData, isComplex, isInteger, isWideInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { scatterTemplate } from "../kernels/scatter.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";
import { add, max, min, mul, sub } from "./arithmetic.ts";
import { batchDimAtFront } from "./batching.ts";
import { complexReader } from "./hostComplex.ts";
import { bigintsOf, finish, numbersOf, offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { putElements } from "./hostMoves.ts";
import { concatInts, copyInts, type Ints, numpyMap } from "./intTuples.ts";
import { checkSameDTypes, sameDTypeOperands } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";
import { dataOperand } from "./shapeChecks.ts";
import {
  checkBatching,
  checkDimsInRange,
  checkDisjoint,
  checkNoDuplicates,
  checkSorted,
  hostPositions,
  type Mode,
  type ModeLike,
  modeText,
  namedTupleText,
  parseMode,
  placePoint,
  updateOrder,
  type WindowNumbers,
  windowSizes,
} from "./windows.ts";

/**
 * Which dimensions of a scatter's operand, indices and updates belong together: the mirror image of `GatherDimensionNumbers`. The
 * last dimension of the indices holds the index vectors.
 */
export interface ScatterDimensionNumbers {
  /** Dimensions of the updates that run over a window of the operand, ascending. */
  readonly updateWindowDims: Ints;
  /** Dimensions of the operand with window size 1 that the updates do not have, ascending. */
  readonly insertedWindowDims: Ints;
  /** For each component of an index vector, the dimension of the operand that it places. */
  readonly scatterDimsToOperandDims: Ints;
  /** Dimensions of the operand that go along with dimensions of the indices; default none. */
  readonly operandBatchingDims?: Ints;
  /** The dimensions of the indices that they go along with; default none. */
  readonly scatterIndicesBatchingDims?: Ints;
}

/** @internal */
export interface ScatterParams {
  readonly dimensionNumbers: Required<ScatterDimensionNumbers>;
  readonly indicesAreSorted: boolean;
  readonly uniqueIndices: boolean;
  readonly mode: Mode;
  /** How an element and its update combine, for printing; null when the update replaces the element. */
  readonly updateJaxpr: Jaxpr | null;
  [key: string]: unknown;
}

export function scatterWindows(n: Required<ScatterDimensionNumbers>): WindowNumbers {
  return {
    windowDims: n.updateWindowDims,
    collapsedDims: n.insertedWindowDims,
    indexMap: n.scatterDimsToOperandDims,
    operandBatchingDims: n.operandBatchingDims,
    indicesBatchingDims: n.scatterIndicesBatchingDims,
  };
}

// The family of primitives.

type Combine = "set" | "add" | "mul" | "min" | "max";

interface ScatterSpec {
  /** How an update changes an element: the scalar function of the reference. */
  readonly update: (element: number, update: number, dtype: DType) => number;
  /** The same for integers of 64 bits; wraps. */
  readonly wide: (element: bigint, update: bigint) => bigint;
  readonly combine: Combine;
  /** The update is negated before it is combined. */
  readonly negate?: boolean;
  readonly jvp: JvpRule<ScatterParams> | NoRule;
  readonly transpose: TransposeRule<ScatterParams> | NoRule;
}

/** Operations that combine updates with elements of an operand, one after the other. */
/* @__NO_SIDE_EFFECTS__ */
export function scatterPrimitive(name: string, spec: ScatterSpec): Primitive<ScatterParams> {
  const primitive: Primitive<ScatterParams> = definePrimitive<ScatterParams>({
    name,
    keyUse: /* @__PURE__ */ keysUpdated(2),
    abstractEval: ([x, indices, updates], { dimensionNumbers }) => {
      if (!isInteger(indices.dtype)) throw new ValueError("indices must have an integer type");
      checkSameDTypes("scatter", [x, updates]);
      checkScatter(x, indices, updates, dimensionNumbers);
      return [x];
    },
    reference: ([x, indices, updates], { dimensionNumbers, mode }) => {
      const numbers = scatterWindows(dimensionNumbers);
      const sizes = windowSizes(x.shape.length, updates.shape, numbers);
      const positions = hostPositions(x.shape, indices, updates.shape, sizes, numbers, mode === "clip");
      const dims = updateOrder(x.shape, updates.shape, numbers);
      const strides = rowMajorStrides(updates.shape);
      const order = offsetsOf(
        dims.map((d) => updates.shape[d]),
        dims.map((d) => strides[d]),
      );
      if (spec.combine === "set") {
        const result = x.data.slice();
        putElements(
          result,
          updates,
          positions.length,
          (i) => order[i],
          (i) => positions[order[i]],
        );
        return [result];
      }
      if (isWideInteger(x.dtype)) return [combineWide(x, updates, positions, order, spec)];
      if (isComplex(x.dtype)) return [combineComplex(x, updates, positions, order, spec.combine)];
      return [combineElements(x.data, numbersOf(x), numbersOf(updates), positions, order, x.dtype, spec)];
    },
    jvp: spec.jvp,
    transpose: spec.transpose,
    batching: scatterBatching(() => primitive),
    lowering: scatterLowering(spec),
    printParams: (params) => ({
      dimension_numbers: numbersText(params.dimensionNumbers),
      indices_are_sorted: params.indicesAreSorted,
      mode: modeText(params.mode),
      unique_indices: params.uniqueIndices,
      update_consts: [],
      update_jaxpr: params.updateJaxpr,
    }),
  });
  return primitive;
}

/** Elements stay in the precision of the dtype between updates, as on every device. */
function combineElements(
  original: HostData,
  elements: ArrayLike<number>,
  updates: ArrayLike<number>,
  positions: Int32Array,
  order: ArrayLike<number>,
  dtype: DType,
  { update }: ScatterSpec,
): HostData {
  const exact = !(original === elements || dtype.kind !== "float"); // narrow floats are decoded to float64
  const result = exact ? Float64Array.from(elements) : (original.slice() as Float32Array);
  const one = new Float64Array(1);
  const narrow = (v: number): number => {
    one[0] = v;
    const bits = finish(one, dtype);
    return numbersOf({ shape: [1], dtype, data: bits })[0];
  };
  for (let k = 0; k < positions.length; k++) {
    const i = order[k];
    const at = positions[i];
    if (at < 0) continue;
    const value = update(result[at], updates[i], dtype);
    result[at] = exact ? narrow(value) : value;
  }
  return exact ? finish(result, dtype) : result;
}

function combineWide(
  x: HostArray,
  updates: HostArray,
  positions: Int32Array,
  order: ArrayLike<number>,
  { wide }: ScatterSpec,
): HostData {
  const result = bigintsOf(x).slice();
  const values = bigintsOf(updates);
  for (let k = 0; k < positions.length; k++) {
    const i = order[k];
    const at = positions[i];
    if (at >= 0) result[at] = wide(result[at], values[i]);
  }
  return result;
}

function combineComplex(
  x: HostArray,
  updates: HostArray,
  positions: Int32Array,
  order: ArrayLike<number>,
  combine: ScatterSpec["combine"],
): HostData {
  const update = complexMath[combine] as (p: Complex, q: Complex) => Complex;
  const result = x.data.slice() as Float64Array;
  const value = complexReader(updates);
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const at = positions[i];
    if (at < 0) continue;
    const old = new Complex(result[2 * at], result[2 * at + 1]);
    const { re, im } = update(old, value(i));
    result[2 * at] = re;
    result[2 * at + 1] = im;
  }
  return result;
}

function scatterLowering(spec: ScatterSpec): Lowering<ScatterParams> {
  return {
    kind: "scatter",
    template: scatterTemplate,
    combine: spec.combine,
    space: ({ dimensionNumbers }, [x, , updates]) =>
      updateOrder(x.shape, updates.shape, scatterWindows(dimensionNumbers)).map((d) => updates.shape[d]),
    emit: (b, [x, indices, updates], walked, { dimensionNumbers, mode }) => {
      const numbers = scatterWindows(dimensionNumbers);
      const point: Expr[] = [];
      updateOrder(x.aval.shape, updates.aval.shape, numbers).forEach((d, k) => {
        point[d] = walked[k];
      });
      const sizes = windowSizes(x.aval.ndim, updates.aval.shape, numbers);
      const placed = placePoint(b, x.aval.shape, indices, point, sizes, numbers, mode === "clip");
      const update = updates.at(point);
      return {
        index: placed.index,
        guard: placed.inBounds,
        value: spec.negate ? b.op("neg", update) : update,
      };
    },
  };
}

export function numbersText(n: Required<ScatterDimensionNumbers>): string {
  return namedTupleText("ScatterDimensionNumbers", {
    update_window_dims: n.updateWindowDims,
    inserted_window_dims: n.insertedWindowDims,
    scatter_dims_to_operand_dims: n.scatterDimsToOperandDims,
    operand_batching_dims: n.operandBatchingDims,
    scatter_indices_batching_dims: n.scatterIndicesBatchingDims,
  });
}

function scatterBatching(primitive: () => Primitive<ScatterParams>): BatchingRule<ScatterParams> {
  return ([x, indices, updates], [dimX, dimI, dimU], params, size) => {
    const n = params.dimensionNumbers;
    const up = (dims: Ints): number[] => numpyMap(dims, (d) => d + 1);
    // There must be a copy of the operand for each example to write to.
    const operand = batchDimAtFront(x, dimX, size);
    const values = batchDimAtFront(updates, dimU, size);
    if (dimI === null) {
      const dimensionNumbers = {
        updateWindowDims: concatInts([0], up(n.updateWindowDims)),
        insertedWindowDims: up(n.insertedWindowDims),
        scatterDimsToOperandDims: up(n.scatterDimsToOperandDims),
        operandBatchingDims: up(n.operandBatchingDims),
        scatterIndicesBatchingDims: n.scatterIndicesBatchingDims,
      };
      return [[bind1(primitive(), [operand, indices, values], { ...params, dimensionNumbers })], [0]];
    }
    const vectors = batchDimAtFront(indices, dimI, size);
    const dimensionNumbers = {
      updateWindowDims: up(n.updateWindowDims),
      insertedWindowDims: up(n.insertedWindowDims),
      scatterDimsToOperandDims: up(n.scatterDimsToOperandDims),
      operandBatchingDims: concatInts([0], up(n.operandBatchingDims)),
      scatterIndicesBatchingDims: concatInts([0], up(n.scatterIndicesBatchingDims)),
    };
    return [[bind1(primitive(), [operand, vectors, values], { ...params, dimensionNumbers })], [0]];
  };
}

// The shape rule.

function checkScatter(
  x: ShapedArray,
  indices: ShapedArray,
  updates: ShapedArray,
  n: Required<ScatterDimensionNumbers>,
): void {
  const vectorDim = indices.ndim - 1;
  if (vectorDim < 0) {
    throw new TypeError(
      "Scatter index leaf dimension must be within [0, rank(indices) + 1). rank(indices) is 0 " +
        "and scatter index leaf dimension is -1.",
    );
  }
  const {
    updateWindowDims,
    insertedWindowDims,
    scatterDimsToOperandDims,
    operandBatchingDims,
    scatterIndicesBatchingDims,
  } = n;
  const rank = vectorDim + updateWindowDims.length;
  if (updates.ndim !== rank) {
    throw new TypeError(`Updates tensor must be of rank ${rank}; got ${updates.ndim}.`);
  }
  checkSorted(updateWindowDims, "scatter", "update_window_dims");
  checkNoDuplicates(updateWindowDims, "scatter", "update_window_dims");
  checkDimsInRange(updateWindowDims, updates.ndim, "scatter", "update_window_dims");
  checkSorted(insertedWindowDims, "scatter", "inserted_window_dims");
  checkNoDuplicates(insertedWindowDims, "scatter", "inserted_window_dims");
  checkDimsInRange(insertedWindowDims, x.ndim, "scatter", "inserted_window_dims");
  checkSorted(operandBatchingDims, "scatter", "operand_batching_dims");
  checkNoDuplicates(operandBatchingDims, "scatter", "operand_batching_dims");
  checkDimsInRange(operandBatchingDims, x.ndim, "scatter", "operand_batching_dims");
  checkDisjoint(
    insertedWindowDims,
    operandBatchingDims,
    "scatter",
    "inserted_window_dims",
    "operand_batching_dims",
  );
  checkDisjoint(
    scatterDimsToOperandDims,
    operandBatchingDims,
    "scatter",
    "scatter_dims_to_operand_dims",
    "operand_batching_dims",
  );
  checkBatching(
    "scatter",
    x.shape,
    indices.shape,
    operandBatchingDims,
    scatterIndicesBatchingDims,
    "scatter_indices_batching_dims",
  );
  const scatterDims = updates.shape.flatMap((_, i) => (updateWindowDims.includes(i) ? [] : [i]));
  const operandBatch = operandBatchingDims.map((d) => x.shape[d]);
  const updatesBatch = scatterIndicesBatchingDims.map((d) => updates.shape[scatterDims[d]]);
  if (!shapesEqual(operandBatch, updatesBatch)) {
    throw new TypeError(
      "Scatter op requires operand batching dimensions and updates batching dimensions to have the same shape, " +
        `got ${shapeStr(operandBatch)} and ${shapeStr(updatesBatch)}.`,
    );
  }
  const windowRank = updateWindowDims.length + insertedWindowDims.length + operandBatchingDims.length;
  if (x.ndim !== windowRank) {
    throw new TypeError(
      `Scatter op has window of size ${windowRank}; doesn't match operand of rank ${x.ndim}.`,
    );
  }
  if (scatterDimsToOperandDims.length !== indices.shape[vectorDim]) {
    throw new TypeError(
      `Scatter op has ${scatterDimsToOperandDims.length} elements in scatter_dims_to_operand_dims and the bound ` +
        `of dimension index_vector_dim=${vectorDim} of indices is ${indices.shape[vectorDim]}. ` +
        "These two numbers must be equal",
    );
  }
  scatterDimsToOperandDims.forEach((d, i) => {
    if (d < 0 || d >= x.ndim) {
      throw new TypeError(
        `Invalid scatter_dims_to_operand_dims mapping; domain is [0, ${x.ndim}), got: ${i}->${d}.`,
      );
    }
  });
  checkNoDuplicates(scatterDimsToOperandDims, "scatter", "scatter_dims_to_operand_dims");
  const sizes = windowSizes(x.ndim, updates.shape, scatterWindows(n));
  let next = 0;
  sizes.forEach((size, d) => {
    if (insertedWindowDims.includes(d) || operandBatchingDims.includes(d)) return;
    const dim = updateWindowDims[next++];
    if (size > x.shape[d]) {
      throw new TypeError(
        "Bounds of the window dimensions of updates must not exceed the bounds of the corresponding dimensions of " +
          `operand. For dimension ${dim}, updates bound is ${size}, operand bound is ${x.shape[d]}.`,
      );
    }
  });
  let seen = 0;
  updates.shape.forEach((size, i) => {
    if (updateWindowDims.includes(i)) return;
    const bound = indices.shape[seen++];
    if (size !== bound) {
      throw new TypeError(
        "Bounds of the scatter dimensions of updates must be the same as the bounds of the corresponding dimensions " +
          `of scatter indices. For scatter dimension ${i}, updates bound is ${size}, indices bound is ${bound}.`,
      );
    }
  });
}

// Binding.

/** Options of the scatter functions. */
export interface ScatterOptions {
  /** The caller promises that the indices ascend. */
  readonly indicesAreSorted?: boolean;
  /** The caller promises that no element is written twice. Needed by some derivatives. */
  readonly uniqueIndices?: boolean;
  /** Default `"drop"`: windows that are not within the operand are left out. */
  readonly mode?: ModeLike;
}

/** The programs that combine an element with an update. */
const updates = { add, sub, mul, min, max };
const updateJaxprs = new Map<string, Jaxpr>();

/**
 * The program that combines an element with its update. One per operation and type, so that printed programs share it; transpose
 * rules have their own, as they have in JAX.
 */
export function updateJaxpr(name: keyof typeof updates, x: NDArray, ofTranspose: boolean): Jaxpr {
  const weak = x.weakType && x.ndim === 0;
  const key = `${name}:${x.dtype.id}:${weak}:${ofTranspose}`;
  let jaxpr = updateJaxprs.get(key);
  if (jaxpr === undefined) {
    const aval = shapedArray([], x.dtype, weak);
    const traced = traceToJaxpr(
      ([a, c]) => [updates[name](a, c)],
      [aval, aval],
      `tracing the update of scatter`,
    );
    jaxpr = traced.jaxpr;
    updateJaxprs.set(key, jaxpr);
  }
  return jaxpr;
}

/**
 * Dimension numbers with the optional ones filled in. A plain object does as well.
 * @example
 * lax.ScatterDimensionNumbers({ updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] })
 */
export function ScatterDimensionNumbers(n: ScatterDimensionNumbers): Required<ScatterDimensionNumbers> {
  return {
    updateWindowDims: copyInts(n.updateWindowDims),
    insertedWindowDims: copyInts(n.insertedWindowDims),
    scatterDimsToOperandDims: copyInts(n.scatterDimsToOperandDims),
    operandBatchingDims: copyInts(n.operandBatchingDims ?? []),
    scatterIndicesBatchingDims: copyInts(n.scatterIndicesBatchingDims ?? []),
  };
}

/** Applies a scatter primitive to the arguments of a user function. */
export function bindScatter(
  primitive: Primitive<ScatterParams>,
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  numbers: ScatterDimensionNumbers,
  options: ScatterOptions,
  jaxprOf: (x: NDArray) => Jaxpr | null,
): NDArray {
  const [x, u] = sameDTypeOperands([operand, updates], primitive.name);
  return bind1(primitive, [x, dataOperand(indices, primitive.name), u], {
    dimensionNumbers: ScatterDimensionNumbers(numbers),
    indicesAreSorted: options.indicesAreSorted ?? false,
    uniqueIndices: options.uniqueIndices ?? false,
    mode: parseMode(options.mode),
    updateJaxpr: jaxprOf(x),
  });
}
