import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { keysForwarded } from "../core/keyUse.ts";
import type { Expr, ExprBuilder } from "../core/lowering.ts";
import { type BatchingRule, definePrimitive, type Primitive } from "../core/primitive.ts";
import { pythonStr } from "../core/pythonText.ts";
import { bind1 } from "../core/trace.ts";
import { type Scalar, scalar } from "../core/values.ts";
import {
  type DType,
  type HostData,
  hostArray,
  iinfo,
  isBool,
  isInexact,
  isInteger,
  isKey,
  pythonFloatRepr,
  scalarFromHost,
  scalarToHost,
  uint32,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { rem } from "./arithmetic.ts";
import { moveBatchDim } from "./batching.ts";
import { concatenate } from "./concatenate.ts";
import { linearTranspose, standardJvp } from "./families.ts";
import { filled, putElements } from "./hostMoves.ts";
import { concatInts, copyInts, type Ints, mapInts, numpyMap } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
// biome-ignore lint/suspicious/noImportCycles: the transpose of a gather is a scatter, and the other way round; neither runs on import
import { scatterAddOfTranspose } from "./scatterOps.ts";
import { canonicalizeShape, dataOperand } from "./shapeChecks.ts";
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
  type WindowNumbers,
} from "./windows.ts";

/**
 * Which dimensions of a gather's operand, indices and result belong together. The last dimension of the indices holds the index
 * vectors.
 */
export interface GatherDimensionNumbers {
  /** Dimensions of the result that run over a window of the operand, ascending. */
  readonly offsetDims: Ints;
  /** Dimensions of the operand with slice size 1 that the result does not have, ascending. */
  readonly collapsedSliceDims: Ints;
  /** For each component of an index vector, the dimension of the operand that it places. */
  readonly startIndexMap: Ints;
  /** Dimensions of the operand that go along with dimensions of the indices; default none. */
  readonly operandBatchingDims?: Ints;
  /** The dimensions of the indices that they go along with; default none. */
  readonly startIndicesBatchingDims?: Ints;
}

/** A fill value; a bigint is printed as an integer even where the dtype is floating. */
type Fill = number | bigint | boolean;

interface GatherParams {
  readonly dimensionNumbers: Required<GatherDimensionNumbers>;
  readonly sliceSizes: Ints;
  readonly indicesAreSorted: boolean;
  readonly uniqueIndices: boolean;
  readonly mode: Mode;
  readonly fillValue: Fill | null;
  [key: string]: unknown;
}

function windowNumbers(n: Required<GatherDimensionNumbers>): WindowNumbers {
  return {
    windowDims: n.offsetDims,
    collapsedDims: n.collapsedSliceDims,
    indexMap: n.startIndexMap,
    operandBatchingDims: n.operandBatchingDims,
    indicesBatchingDims: n.startIndicesBatchingDims,
  };
}

const gatherBatching: BatchingRule<GatherParams> = ([x, indices], [dimX, dimI], params) => {
  const n = params.dimensionNumbers;
  const up = (dims: Ints): number[] => numpyMap(dims, (d) => d + 1);
  const sizes = (first: number): number[] => concatInts([first], params.sliceSizes);
  if (dimI === null) {
    const operand = moveBatchDim(x, dimX as number, 0);
    const dimensionNumbers = {
      offsetDims: concatInts([0], up(n.offsetDims)),
      collapsedSliceDims: up(n.collapsedSliceDims),
      startIndexMap: up(n.startIndexMap),
      operandBatchingDims: up(n.operandBatchingDims),
      startIndicesBatchingDims: n.startIndicesBatchingDims,
    };
    const sliceSizes = sizes(operand.shape[0]);
    return [[bind1(gatherPrimitive, [operand, indices], { ...params, dimensionNumbers, sliceSizes })], [0]];
  }
  if (dimX === null) {
    const vectors = moveBatchDim(indices, dimI, 0);
    const dimensionNumbers = {
      ...n,
      offsetDims: mapInts(n.offsetDims, (d) => d + 1),
      startIndicesBatchingDims: up(n.startIndicesBatchingDims),
    };
    // Several accesses to one array: its indices need no longer be sorted or unique.
    const promises = { uniqueIndices: false, indicesAreSorted: false };
    return [[bind1(gatherPrimitive, [x, vectors], { ...params, ...promises, dimensionNumbers })], [0]];
  }
  const operand = moveBatchDim(x, dimX, 0);
  const vectors = moveBatchDim(indices, dimI, 0);
  const dimensionNumbers = {
    offsetDims: up(n.offsetDims),
    collapsedSliceDims: up(n.collapsedSliceDims),
    startIndexMap: up(n.startIndexMap),
    operandBatchingDims: concatInts([0], up(n.operandBatchingDims)),
    startIndicesBatchingDims: concatInts([0], up(n.startIndicesBatchingDims)),
  };
  const sliceSizes = sizes(operand.shape[0] === 0 ? 0 : 1);
  return [[bind1(gatherPrimitive, [operand, vectors], { ...params, dimensionNumbers, sliceSizes })], [0]];
};

const gatherPrimitive: Primitive<GatherParams> = definePrimitive<GatherParams>({
  name: "gather",
  keyUse: keysForwarded,
  abstractEval: ([x, indices], { dimensionNumbers, sliceSizes }) => {
    if (!isInteger(indices.dtype)) throw new ValueError("indices must have an integer type");
    return [x.update({ shape: gatherShape(x, indices, dimensionNumbers, sliceSizes) })];
  },
  reference: ([x, indices], { dimensionNumbers, sliceSizes, mode, fillValue }, [out]) => {
    const numbers = windowNumbers(dimensionNumbers);
    const positions = hostPositions(x.shape, indices, out.shape, sliceSizes, numbers, mode !== "fill");
    const result =
      mode === "fill"
        ? filled({ shape: [], dtype: out.dtype, data: fillData(fillValue as Fill, out.dtype) }, out)
        : hostArray(out.dtype, out.size);
    putElements(result, x, out.size, (i) => positions[i]);
    return [result];
  },
  jvp: /* @__PURE__ */ standardJvp(
    () => gatherPrimitive,
    [
      (g, _ans, [, indices], params) =>
        bind1(gatherPrimitive, [g, indices], {
          ...params,
          fillValue: params.mode === "fill" ? 0n : null,
        }),
      null,
    ],
  ),
  transpose: (cts, operands, params) => {
    const [ct] = linearTranspose((t, operand) => {
      const n = params.dimensionNumbers;
      const numbers = {
        updateWindowDims: n.offsetDims,
        insertedWindowDims: n.collapsedSliceDims,
        scatterDimsToOperandDims: n.startIndexMap,
        operandBatchingDims: n.operandBatchingDims,
        scatterIndicesBatchingDims: n.startIndicesBatchingDims,
      };
      return scatterAddOfTranspose(
        ops.full(operand.shape, 0, t.dtype),
        operands[1] as NDArray,
        t,
        numbers,
        params,
      );
    })(cts, operands, params);
    return [ct, null];
  },
  batching: gatherBatching,
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [x, indices], index, { dimensionNumbers, sliceSizes, mode, fillValue }, [out]) => {
      const numbers = windowNumbers(dimensionNumbers);
      const placed = placePoint(b, x.aval.shape, indices, index, sliceSizes, numbers, mode !== "fill");
      const read = x.at(placed.index);
      if (placed.inBounds === null) return read;
      return b.select(placed.inBounds, read, fillExpr(b, fillValue as Fill, out.dtype));
    },
  },
  printParams: ({ dimensionNumbers: n, fillValue, indicesAreSorted, mode, sliceSizes, uniqueIndices }) => ({
    dimension_numbers: namedTupleText("GatherDimensionNumbers", {
      offset_dims: n.offsetDims,
      collapsed_slice_dims: n.collapsedSliceDims,
      start_index_map: n.startIndexMap,
      operand_batching_dims: n.operandBatchingDims,
      start_indices_batching_dims: n.startIndicesBatchingDims,
    }),
    fill_value: typeof fillValue === "number" ? pythonFloatRepr(fillValue) : pythonStr(fillValue),
    indices_are_sorted: indicesAreSorted,
    mode: modeText(mode),
    slice_sizes: sliceSizes,
    unique_indices: uniqueIndices,
  }),
});

/** The fill value as one stored element. A key is filled with the same word twice. */
function fillData(fill: Fill, dtype: DType): HostData {
  if (!isKey(dtype)) return scalarToHost(fill, dtype);
  const [word] = scalarToHost(fill, uint32) as Uint32Array;
  return Uint32Array.of(word, word);
}
function fillExpr(b: ExprBuilder, fill: Fill, dtype: DType): Expr {
  const data = fillData(fill, dtype);
  if (isKey(dtype)) return b.op("key_pack", b.const(data[0], uint32), b.const(data[1], uint32));
  return b.const(scalarFromHost(data, 0, dtype) as Scalar, dtype);
}

/** What a window outside the operand is filled with unless told otherwise. */
function defaultFill(dtype: DType): Fill {
  if (isInexact(dtype)) return Number.NaN;
  if (dtype.kind === "int") return BigInt(iinfo(dtype).min);
  if (dtype.kind === "uint") return BigInt(iinfo(dtype).max);
  if (isBool(dtype)) return true;
  if (isKey(dtype)) return BigInt(iinfo(uint32).max);
  throw new ValueError(`Unsupported dtype for gather fill_value ${dtype.name}`);
}

function gatherShape(
  x: ShapedArray,
  indices: ShapedArray,
  n: Required<GatherDimensionNumbers>,
  sliceSizes: Ints,
): number[] {
  const vectorDim = indices.ndim - 1;
  if (vectorDim < 0) {
    throw new TypeError(
      "Gather index leaf dimension must be within [0, rank(indices) + 1). rank(indices) is 0 " +
        "and gather index leaf dimension is -1.",
    );
  }
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = n;
  checkSorted(offsetDims, "gather", "offset_dims");
  checkNoDuplicates(offsetDims, "gather", "offset_dims");
  const rank = offsetDims.length + vectorDim;
  offsetDims.forEach((d, i) => {
    if (d < 0 || d >= rank) {
      throw new TypeError(
        `Offset dimension ${i} in gather op is out of bounds; got ${d}, but should have been in [0, ${rank})`,
      );
    }
  });
  if (startIndexMap.length !== indices.shape[vectorDim]) {
    throw new TypeError(
      `Gather op has ${startIndexMap.length} elements in start_index_map and the bound of dimension ` +
        `index_vector_dim=${vectorDim} of indices is ${indices.shape[vectorDim]}. These two numbers must be equal.`,
    );
  }
  startIndexMap.forEach((d, i) => {
    if (d < 0 || d >= x.ndim) {
      throw new TypeError(`Invalid start_index_map; domain is [0, ${x.ndim}), got: ${i}->${d}.`);
    }
  });
  checkNoDuplicates(startIndexMap, "gather", "start_index_map");
  checkSorted(collapsedSliceDims, "gather", "collapsed_slice_dims");
  checkDimsInRange(collapsedSliceDims, x.ndim, "gather", "collapsed_slice_dims");
  checkNoDuplicates(collapsedSliceDims, "gather", "collapsed_slice_dims");
  checkNoDuplicates(operandBatchingDims, "gather", "operand_batching_dims");
  checkSorted(operandBatchingDims, "gather", "operand_batching_dims");
  checkDimsInRange(operandBatchingDims, x.ndim, "gather", "operand_batching_dims");
  checkDisjoint(
    collapsedSliceDims,
    operandBatchingDims,
    "gather",
    "collapsed_slice_dims",
    "operand_batching_dims",
  );
  checkDisjoint(startIndexMap, operandBatchingDims, "gather", "start_index_map", "operand_batching_dims");
  checkBatching(
    "gather",
    x.shape,
    indices.shape,
    operandBatchingDims,
    startIndicesBatchingDims,
    "start_indices_batching_dims",
  );
  if (x.ndim !== sliceSizes.length) {
    throw new TypeError(
      "Gather op must have one slice size for every input dimension; " +
        `got: len(slice_sizes)=${sliceSizes.length}, input_shape.rank=${x.ndim}`,
    );
  }
  if (sliceSizes.length !== offsetDims.length + collapsedSliceDims.length + operandBatchingDims.length) {
    throw new TypeError(
      "All components of the offset index in a gather op must either be a offset dimension or explicitly " +
        `collapsed/batching; got len(slice_sizes)=${sliceSizes.length}, output_slice_sizes=${pythonStr(offsetDims)}, ` +
        `collapsed_slice_dims=${pythonStr(collapsedSliceDims)}, ` +
        `operand_batching_dims=${pythonStr(operandBatchingDims)}.`,
    );
  }
  sliceSizes.forEach((size, i) => {
    if (indices.size > 0 && !(size >= 0 && x.shape[i] >= size)) {
      throw new TypeError(
        `Slice size at index ${i} in gather op is out of range, must be within [0, ${x.shape[i]} + 1), got ${size}.`,
      );
    }
  });
  collapsedSliceDims.forEach((d, i) => {
    if (sliceSizes[d] !== 1) {
      throw new TypeError(
        "Gather op can only collapse slice dims with bound 1, " +
          `but bound is ${sliceSizes[d]} for index ${d} at position ${i}.`,
      );
    }
  });
  operandBatchingDims.forEach((d, i) => {
    if (sliceSizes[d] > 1) {
      throw new TypeError(
        "Gather op can only have operand batching dims with bound 0/1, " +
          `but bound is ${sliceSizes[d]} for index ${d} at position ${i}.`,
      );
    }
  });
  const windows = sliceSizes.filter(
    (_, d) => !collapsedSliceDims.includes(d) && !operandBatchingDims.includes(d),
  );
  let nextWindow = 0;
  let nextBatch = 0;
  return Array.from({ length: rank }, (_, i) =>
    offsetDims.includes(i) ? windows[nextWindow++] : indices.shape[nextBatch++],
  );
}

/** Options of {@link gather}. */
export interface GatherOptions {
  /** The caller promises that no element is read twice. */
  readonly uniqueIndices?: boolean;
  /** The caller promises that the indices ascend. */
  readonly indicesAreSorted?: boolean;
  /** Default `"promise_in_bounds"`. */
  readonly mode?: ModeLike;
  /** For mode `"fill"`; default NaN, the smallest signed or largest unsigned integer, or true. */
  readonly fillValue?: number | bigint | boolean | null | undefined;
}

/**
 * Collects windows of `operand` at computed places, in XLA's general form; `x.get(...)` and `jnp.take` are easier to use.
 * @param startIndices Integers; the last dimension holds the index vectors.
 * @param sliceSizes The size of a window along each dimension of the operand.
 * @throws TypeError when the dimension numbers do not fit; ValueError for other than integer indices and unknown modes.
 * @example
 * const rows = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] };
 * lax.gather(jnp.array([[1, 2], [3, 4]]), jnp.int32([[1], [0]]), rows, [1, 2])
 * // => Array([[3., 4.],
 * //           [1., 2.]], dtype=float32)
 */
export function gather(
  operand: LaxOperand,
  startIndices: LaxOperand,
  dimensionNumbers: GatherDimensionNumbers,
  sliceSizes: Ints,
  options: GatherOptions = {},
): NDArray {
  const x = dataOperand(operand, "gather");
  const mode = options.mode == null ? "promise_in_bounds" : parseMode(options.mode);
  return bind1(gatherPrimitive, [x, dataOperand(startIndices, "gather")], {
    dimensionNumbers: GatherDimensionNumbers(dimensionNumbers),
    sliceSizes: canonicalizeShape(sliceSizes),
    indicesAreSorted: options.indicesAreSorted ?? false,
    uniqueIndices: options.uniqueIndices ?? false,
    mode,
    fillValue: mode === "fill" ? fillOf(options.fillValue, x.dtype) : null,
  });
}

/**
 * Dimension numbers with the optional ones filled in. A plain object does as well.
 * @example
 * lax.GatherDimensionNumbers({ offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] })
 */
export function GatherDimensionNumbers(n: GatherDimensionNumbers): Required<GatherDimensionNumbers> {
  return {
    offsetDims: copyInts(n.offsetDims),
    collapsedSliceDims: copyInts(n.collapsedSliceDims),
    startIndexMap: copyInts(n.startIndexMap),
    operandBatchingDims: copyInts(n.operandBatchingDims ?? []),
    startIndicesBatchingDims: copyInts(n.startIndicesBatchingDims ?? []),
  };
}

/** Integer dtypes print whole fill values as integers. */
function fillOf(value: number | bigint | boolean | null | undefined, dtype: DType): Fill {
  if (value === null || value === undefined) return defaultFill(dtype);
  const integral = typeof value === "number" && Number.isInteger(value) && !isInexact(dtype);
  return integral ? BigInt(value) : value;
}

/**
 * Rows of `x` at index vectors made of `indices`, one array per axis; indices wrap around.
 * @example
 * lax.indexTake(jnp.array([[1, 2], [3, 4]]), [jnp.int32([1, -2])], [0])
 * // => Array([[3., 4.],
 * //           [1., 2.]], dtype=float32)
 */
export function indexTake(x: NDArray, indices: readonly NDArray[], axes: Ints): NDArray {
  const columns = indices.map((i, k) => {
    const size = scalar(x.shape[axes[k]], i.dtype);
    const rest = rem(i, size);
    return ops.select(ops.lt(rest, scalar(0, i.dtype)), ops.add(rest, size), rest);
  });
  const vectors = concatenate(
    columns.map((c) => ops.expandDims(c, [1])),
    1,
  );
  const count = x.ndim - axes.length;
  return gather(
    x,
    vectors,
    {
      offsetDims: Array.from({ length: count }, (_, i) => i + 1),
      collapsedSliceDims: axes,
      startIndexMap: axes,
    },
    x.shape.map((n, d) => (axes.includes(d) ? 1 : n)),
  );
}
