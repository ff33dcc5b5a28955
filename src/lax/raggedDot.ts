import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { definePrimitive, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { asDType, type DType, type DTypeLike, type HostData, hostArray, isInteger } from "../dtypes/index.ts";
import { NotImplementedError } from "../errors.ts";
import { batchDimAtFront } from "./batching.ts";
import { dotDType, dotReference, remaining } from "./dotShape.ts";
import { standardJvp } from "./families.ts";
import { numbersOf, offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { argsort, range } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizePrecision, type PrecisionLike, type PrecisionPair } from "./precision.ts";
import { asProgram } from "./programLowering.ts";
import {
  copyDims,
  prefixDims,
  printDims,
  type RaggedDotDimensionNumbers,
  raggedMode,
  raggedShape,
} from "./raggedDims.ts";
import { raggedProduct } from "./raggedProgram.ts";

interface RaggedDotParams {
  readonly [name: string]: unknown;
  readonly raggedDotDimensionNumbers: RaggedDotDimensionNumbers;
  readonly precision: PrecisionPair | null;
  readonly preferredElementType: DType | null;
}

// Evaluation.

/** The operand with zeros outside of one group. */
function groupOnHost(
  x: HostArray,
  sizes: HostArray,
  prefix: readonly number[],
  ragged: number,
  group: number,
): HostArray {
  const _strides = rowMajorStrides(x.shape);
  const counts = numbersOf(sizes);
  const _groups = sizes.shape[sizes.shape.length - 1];
  const data = x.data.slice();
  const unit = (d: number) => x.shape.map((_, i) => (i === d ? 1 : 0));
  const rows = offsetsOf(x.shape, unit(ragged));
  const sizeStrides = rowMajorStrides(sizes.shape);
  const base = offsetsOf(
    x.shape,
    x.shape.map((_, d) =>
      sizes.shape.length > 1 && prefix.includes(d) ? sizeStrides[prefix.indexOf(d)] : 0,
    ),
  );
  for (let i = 0; i < data.length; i++) {
    let start = 0;
    for (let g = 0; g < group; g++) start += counts[base[i] + g];
    if (rows[i] < start || rows[i] >= start + counts[base[i] + group]) data[i] = 0;
  }
  return { ...x, data };
}

function raggedReference(
  [lhs, rhs, sizes]: readonly HostArray[],
  dims: RaggedDotDimensionNumbers,
  out: ShapedArray,
): HostData {
  const mode = raggedMode(dims);
  if (mode === "batch") return dotReference(lhs, rhs, dims.dotDimensionNumbers, out);
  const [[contract, rhsContract], [batch, rhsBatch]] = dims.dotDimensionNumbers;
  const [ragged] = dims.lhsRaggedDimensions;
  const prefix = prefixDims(mode, lhs.shape.length, ragged, batch, contract);
  const groups = sizes.shape[sizes.shape.length - 1];
  const result = hostArray(out.dtype, out.size);
  const each = mode === "contracting" ? out.size / Math.max(groups, 1) : out.size;
  for (let g = 0; g < groups; g++) {
    const left = groupOnHost(lhs, sizes, prefix, ragged, g);
    if (mode === "contracting") {
      const part = shapedArray(out.shape.slice(1), out.dtype);
      const rhsRagged = rhsContract[contract.indexOf(ragged)];
      const rhsPrefix = prefixDims(mode, rhs.shape.length, rhsRagged, rhsBatch, rhsContract);
      const right = groupOnHost(rhs, sizes, rhsPrefix, rhsRagged, g);
      (result as Float64Array).set(
        dotReference(left, right, dims.dotDimensionNumbers, part) as Float64Array,
        g * each,
      );
      continue;
    }
    const [group] = dims.rhsGroupDimensions;
    const matrix = sliceOnHost(rhs, group, g);
    const drop = (list: readonly number[]) => list.map((d) => (d > group ? d - 1 : d));
    const product = dotReference(
      left,
      matrix,
      [
        [contract, drop(rhsContract)],
        [batch, drop(rhsBatch)],
      ],
      out,
    ) as Float64Array;
    // Each row belongs to one group; the others are zero.
    for (let i = 0; i < product.length; i++) if (product[i] !== 0) (result as Float64Array)[i] = product[i];
  }
  return result;
}

function sliceOnHost(x: HostArray, axis: number, index: number): HostArray {
  const shape = x.shape.filter((_, d) => d !== axis);
  const strides = rowMajorStrides(x.shape);
  const places = offsetsOf(
    shape,
    strides.filter((_, d) => d !== axis),
  );
  const data = hostArray(x.dtype, sizeOf(shape));
  places.forEach((at, i) => {
    data[i] = x.data[at + index * strides[axis]];
  });
  return { ...x, shape, data };
}

// Rules.

const bindRagged = (lhs: NDArray, rhs: NDArray, sizes: NDArray, params: RaggedDotParams): NDArray =>
  bind1(raggedDotPrimitive, [lhs, rhs, sizes], params);

/** The cotangent of an operand: a product whose result has its dimensions in the order `axes`. */
function cotangentOf(
  x: ShapedArray,
  lhs: NDArray,
  rhs: NDArray,
  sizes: NDArray,
  axes: readonly number[],
  dims: RaggedDotDimensionNumbers,
  params: RaggedDotParams,
): NDArray {
  const product = bindRagged(lhs, rhs, sizes, { ...params, raggedDotDimensionNumbers: dims });
  const bar = ops.transpose(product, argsort(axes));
  return bar.dtype === x.dtype ? bar : ops.convertElementType(bar, x.dtype, x.weakType);
}

/** Dimensions of the result: batch, free ones of the left operand, free ones of the right, from a number on. */
const resultDims = (batch: readonly number[], x: readonly number[], y: readonly number[], from: number) => {
  const [b, m, n] = [batch.length, x.length, y.length];
  return [range(b), range(m).map((i) => b + i), range(n).map((i) => b + m + i)].map((l) =>
    l.map((d) => d + from),
  );
};

function transposeLeft(
  ct: NDArray,
  x: ShapedArray,
  y: NDArray,
  sizes: NDArray,
  params: RaggedDotParams,
): NDArray {
  const dims = params.raggedDotDimensionNumbers;
  const [[xContract, yContract], [xBatch, yBatch]] = dims.dotDimensionNumbers;
  const xKept = remaining(x.ndim, xContract, xBatch);
  const yKept = remaining(y.ndim, yContract, yBatch, dims.rhsGroupDimensions);
  const [ragged] = dims.lhsRaggedDimensions;
  const contract = argsort(yContract).map((i) => xContract[i]);
  if (raggedMode(dims) === "noncontracting") {
    const [ansBatch, , ansY] = resultDims(xBatch, xKept, yKept, 0);
    return cotangentOf(
      x,
      ct,
      y,
      sizes,
      [...xBatch, ...xKept, ...contract],
      {
        dotDimensionNumbers: [
          [ansY, yKept],
          [ansBatch, yBatch],
        ],
        lhsRaggedDimensions: [xBatch.length + xKept.indexOf(ragged)],
        rhsGroupDimensions: dims.rhsGroupDimensions,
      },
      params,
    );
  }
  requireContracting(dims);
  // Rows of the right operand with the cotangent of their group.
  const [ansBatch, , ansY] = resultDims(xBatch, xKept, yKept, 1);
  return cotangentOf(
    x,
    y,
    ct,
    sizes,
    [...xBatch, ...contract, ...xKept],
    {
      dotDimensionNumbers: [
        [yKept, ansY],
        [yBatch, ansBatch],
      ],
      lhsRaggedDimensions: [yContract[xContract.indexOf(ragged)]],
      rhsGroupDimensions: [0],
    },
    params,
  );
}

function transposeRight(
  ct: NDArray,
  x: NDArray,
  y: ShapedArray,
  sizes: NDArray,
  params: RaggedDotParams,
): NDArray {
  const dims = params.raggedDotDimensionNumbers;
  const [[xContract, yContract], [xBatch, yBatch]] = dims.dotDimensionNumbers;
  const xKept = remaining(x.ndim, xContract, xBatch);
  const yKept = remaining(y.ndim, yContract, yBatch, dims.rhsGroupDimensions);
  const contract = argsort(xContract).map((i) => yContract[i]);
  if (raggedMode(dims) === "noncontracting") {
    const [ansBatch, ansX] = resultDims(xBatch, xKept, yKept, 0);
    return cotangentOf(
      y,
      x,
      ct,
      sizes,
      [...dims.rhsGroupDimensions, ...yBatch, ...contract, ...yKept],
      {
        dotDimensionNumbers: [
          [xKept, ansX],
          [xBatch, ansBatch],
        ],
        lhsRaggedDimensions: dims.lhsRaggedDimensions,
        rhsGroupDimensions: [],
      },
      params,
    );
  }
  requireContracting(dims);
  const [ansBatch, ansX] = resultDims(xBatch, xKept, yKept, 1);
  return cotangentOf(
    y,
    x,
    ct,
    sizes,
    [...yBatch, ...contract, ...yKept],
    {
      dotDimensionNumbers: [
        [xKept, ansX],
        [xBatch, ansBatch],
      ],
      lhsRaggedDimensions: dims.lhsRaggedDimensions,
      rhsGroupDimensions: [0],
    },
    params,
  );
}

function requireContracting(dims: RaggedDotDimensionNumbers): void {
  if (raggedMode(dims) === "contracting") return;
  throw new NotImplementedError("Unimplemented transposition of ragged dot general in mode RAGGED_BATCH.");
}

const raggedDotPrimitive: Primitive<RaggedDotParams> = definePrimitive<RaggedDotParams>({
  name: "ragged_dot_general",
  abstractEval: ([lhs, rhs, sizes], { raggedDotDimensionNumbers, preferredElementType }) => {
    if (!isInteger(sizes.dtype)) {
      throw new TypeError("ragged_dot_general requires that group_sizes.dtype is subtype of np.integer.");
    }
    const shape = raggedShape(lhs, rhs, sizes, raggedDotDimensionNumbers);
    const dtype = dotDType(lhs, rhs, preferredElementType);
    return [lhs.update({ shape, dtype, weakType: lhs.weakType && rhs.weakType })];
  },
  reference: (inputs, { raggedDotDimensionNumbers }, [out]) => [
    raggedReference(inputs, raggedDotDimensionNumbers, out),
  ],
  jvp: /* @__PURE__ */ standardJvp(
    () => raggedDotPrimitive,
    [
      (t, _ans, [, rhs, sizes], params) => bindRagged(t, rhs, sizes, params),
      (t, _ans, [lhs, , sizes], params) => bindRagged(lhs, t, sizes, params),
      null,
    ],
  ),
  transpose: ([ct], [lhs, rhs, sizes], params) => {
    if (ct instanceof Zero) return [null, null, null];
    if (lhs instanceof UndefinedPrimal) {
      return [transposeLeft(ct, lhs.aval, rhs as NDArray, sizes as NDArray, params), null, null];
    }
    const right = (rhs as UndefinedPrimal).aval;
    return [null, transposeRight(ct, lhs as NDArray, right, sizes as NDArray, params), null];
  },
  batching: (operands, dims, params, size) => {
    // One more batch dimension, the first, by which group sizes may differ.
    const [lhs, rhs] = [0, 1].map((i) => batchDimAtFront(operands[i], dims[i], size));
    const numbers = params.raggedDotDimensionNumbers;
    const bump = (list: readonly number[]) => list.map((d) => d + 1);
    const [[contract, rhsContract], [batch, rhsBatch]] = numbers.dotDimensionNumbers;
    const [ragged] = numbers.lhsRaggedDimensions;
    const mode = raggedMode(numbers);
    let sizes = operands[2];
    if (dims[2] !== null || sizes.ndim > 1) {
      const grouped = sizes.ndim > (dims[2] === null ? 1 : 2);
      const prefix = grouped
        ? []
        : prefixDims(mode, operands[0].ndim - (dims[0] === null ? 0 : 1), ragged, batch, contract);
      sizes = batchDimAtFront(sizes, dims[2], size);
      // Sizes for each batch are for each index of the other dimensions by which they may differ, too.
      const inner = prefix.map((d) => lhs.shape[d + 1]);
      const shape = [size, ...inner, sizes.shape[sizes.ndim - 1]];
      if (!grouped && inner.length > 0) sizes = ops.broadcastInDim(sizes, shape, [0, shape.length - 1]);
    }
    const out = bindRagged(lhs, rhs, sizes, {
      ...params,
      raggedDotDimensionNumbers: {
        dotDimensionNumbers: [
          [bump(contract), bump(rhsContract)],
          [
            [0, ...bump(batch)],
            [0, ...bump(rhsBatch)],
          ],
        ],
        lhsRaggedDimensions: bump(numbers.lhsRaggedDimensions),
        rhsGroupDimensions: bump(numbers.rhsGroupDimensions),
      },
    });
    return [[out], [mode === "contracting" ? 1 : 0]];
  },
  lowering: /* @__PURE__ */ asProgram(
    ([lhs, rhs, sizes], { raggedDotDimensionNumbers, precision, preferredElementType }) => [
      raggedProduct(lhs, rhs, sizes, raggedDotDimensionNumbers, { precision, preferredElementType }),
    ],
  ),
  printParams: ({ raggedDotDimensionNumbers, precision, preferredElementType }) => ({
    group_offset: null,
    out_sharding: null,
    precision,
    preferred_element_type: preferredElementType,
    ragged_dot_dimension_numbers: printDims(raggedDotDimensionNumbers),
  }),
});

// User functions.

/** Options of {@link raggedDot}. */
export interface RaggedDotOptions {
  readonly precision?: PrecisionLike;
  /** The dtype of the result, and the least to accumulate in. */
  readonly preferredElementType?: DTypeLike | null;
  /** Not supported, as in JAX. */
  readonly groupOffset?: NDArray | null;
}
const names = ["precision", "preferredElementType", "groupOffset"];

/**
 * A product of two arrays of which one has a dimension that is divided into groups, `groupSizes` long, one after the other.
 *
 * - A free dimension of `lhs` is divided: `rhs` has a dimension for the groups, and each row is multiplied with the matrix of its group.
 *   Rows behind the last group give zeros.
 * - A contracting dimension is divided: each group gives a product, and the result has a leading dimension for the groups.
 * - A batch dimension is divided: this is `dotGeneral`.
 *
 * @param groupSizes integers, as many as there are groups; or with leading dimensions by which they differ
 * @throws TypeError when dimensions, sizes or dtypes do not fit; NotImplementedError for a group offset.
 * @example
 * const numbers = { dotDimensionNumbers: [[[0], [0]], [[], []]], lhsRaggedDimensions: [0], rhsGroupDimensions: [] };
 * lax.raggedDotGeneral(jnp.ones([4, 2]), jnp.ones([4, 3]), jnp.int32([1, 3]), numbers).shape // => [2, 2, 3]
 */
export function raggedDotGeneral(
  lhs: LaxOperand,
  rhs: LaxOperand,
  groupSizes: LaxOperand,
  raggedDotDimensionNumbers: RaggedDotDimensionNumbers,
  precision?: PrecisionLike | RaggedDotOptions,
  ...rest: unknown[]
): NDArray {
  const given = namedArguments<RaggedDotOptions>("raggedDotGeneral", names, 0, [precision, ...rest]);
  if (given.groupOffset !== undefined && given.groupOffset !== null) {
    throw new NotImplementedError("Unimplemented group_offset support.");
  }
  const operands = [lhs, rhs, groupSizes].map((x) => unaryOperand(x, "ragged_dot_general"));
  const preferred = given.preferredElementType ?? null;
  return bind1(raggedDotPrimitive, operands, {
    raggedDotDimensionNumbers: copyDims(raggedDotDimensionNumbers),
    precision: canonicalizePrecision(given.precision),
    preferredElementType: preferred === null ? null : asDType(preferred),
  });
}

const rowsInGroups: RaggedDotDimensionNumbers = {
  dotDimensionNumbers: [
    [[1], [1]],
    [[], []],
  ],
  lhsRaggedDimensions: [0],
  rhsGroupDimensions: [0],
};

/**
 * Multiplies rows of `lhs`, of shape [m, k], in consecutive groups with one matrix for each group: `rhs` of shape [g, k, n]. The work is that of one
 * product of [m, k] and [k, n]. Rows behind the last group give zeros.
 * @param groupSizes g integers
 * @throws TypeError when shapes or dtypes do not fit.
 * @example
 * const matrices = jnp.array([[[1], [1]], [[2], [2]]]);
 * lax.raggedDot(jnp.ones([3, 2]), matrices, jnp.int32([1, 2])).ravel() // => Array([2., 4., 4.], dtype=float32)
 */
export function raggedDot(
  lhs: LaxOperand,
  rhs: LaxOperand,
  groupSizes: LaxOperand,
  precision?: PrecisionLike | RaggedDotOptions,
  ...rest: unknown[]
): NDArray {
  return raggedDotGeneral(lhs, rhs, groupSizes, rowsInGroups, precision, ...rest);
}
