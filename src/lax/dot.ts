import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  type BatchDim,
  type BatchingRule,
  definePrimitive,
  type JvpRule,
  type LinearOperand,
  type Primitive,
  type Tangent,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { addTangents, zeroTangent } from "../core/tangents.ts";
import { bind1 } from "../core/trace.ts";
import {
  asDType,
  bool,
  convertHost,
  type DType,
  type DTypeLike,
  floatFormat,
  type HostData,
  int32,
  isBool,
  isFloating,
  isInteger,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { offsetsOf, rowMajorStrides, sumOfProducts, valuesOf, writeElements } from "./hostLoops.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizePrecision, type PrecisionLike, type PrecisionPair } from "./precision.ts";

/** `[[lhs contracting, rhs contracting], [lhs batch, rhs batch]]`. */
export type DotDimensionNumbers = readonly [
  readonly [readonly number[], readonly number[]],
  readonly [readonly number[], readonly number[]],
];

interface DotParams {
  readonly [name: string]: unknown;
  readonly dimensionNumbers: DotDimensionNumbers;
  readonly precision: PrecisionPair | null;
  readonly preferredElementType: DType | null;
  readonly outSharding: null;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const remaining = (n: number, ...removed: readonly (readonly number[])[]): number[] =>
  range(n).filter((i) => !removed.some((r) => r.includes(i)));

// Shape and dtype.

function checkSide(
  side: "lhs" | "rhs",
  x: ShapedArray,
  contract: readonly number[],
  batch: readonly number[],
): void {
  if (![...contract, ...batch].every((d) => Number.isInteger(d) && d >= 0 && d < x.ndim)) {
    throw new TypeError(
      `dot_general requires ${side} dimension numbers to be nonnegative and less than the number of axes of the ` +
        `${side} value, got ${side}_batch of ${shapeStr(batch)} and ${side}_contracting of ${shapeStr(contract)} ` +
        `for ${side} of rank ${x.ndim}`,
    );
  }
  for (const [what, label, dims] of [
    ["batch", "batch", batch],
    ["contracting", "contracting", contract],
  ] as const) {
    if (new Set(dims).size !== dims.length) {
      throw new TypeError(
        `dot_general requires ${side} ${what} dimensions to be distinct, got ${side}_${label} ${shapeStr(dims)}.`,
      );
    }
  }
  if (contract.some((d) => batch.includes(d))) {
    throw new TypeError(
      `dot_general requires ${side} batch dimensions to be disjoint from contracting dimensions, ` +
        `got ${side}_batch ${shapeStr(batch)} and ${side}_contracting ${shapeStr(contract)}.`,
    );
  }
}

function dotShape(x: ShapedArray, y: ShapedArray, dims: DotDimensionNumbers): number[] {
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  checkSide("lhs", x, xContract, xBatch);
  checkSide("rhs", y, yContract, yBatch);
  if (xBatch.length !== yBatch.length) {
    throw new TypeError(
      "dot_general requires equal numbers of lhs_batch and rhs_batch dimensions, " +
        `got lhs_batch ${shapeStr(xBatch)} and rhs_batch ${shapeStr(yBatch)}.`,
    );
  }
  const sizes = (a: ShapedArray, list: readonly number[]) => list.map((d) => a.shape[d]);
  const [xSizes, ySizes] = [sizes(x, xBatch), sizes(y, yBatch)];
  if (!shapesEqual(xSizes, ySizes)) {
    throw new TypeError(
      "dot_general requires lhs batch dimensions and rhs batch dimensions to have the same shape, " +
        `got ${shapeStr(xSizes)} and ${shapeStr(ySizes)}.`,
    );
  }
  const [xInner, yInner] = [sizes(x, xContract), sizes(y, yContract)];
  if (!shapesEqual(xInner, yInner)) {
    throw new TypeError(
      "dot_general requires contracting dimensions to have the same shape, " +
        `got ${shapeStr(xInner)} and ${shapeStr(yInner)}.`,
    );
  }
  return [
    ...xSizes,
    ...sizes(x, remaining(x.ndim, xContract, xBatch)),
    ...sizes(y, remaining(y.ndim, yContract, yBatch)),
  ];
}

/** Orders dtypes by what their products need: exponent, mantissa, width, sign. */
function rank(d: DType): number[] {
  const format = isFloating(d) ? floatFormat(d) : null;
  return [format?.nexp ?? -1, format?.nmant ?? -1, isBool(d) ? 1 : d.bits, d.kind === "uint" ? 0 : 1];
}
function dotDType(x: ShapedArray, y: ShapedArray, preferred: DType | null): DType {
  for (const a of [x, y]) {
    if (!isFloating(a.dtype) && !isInteger(a.dtype)) {
      throw new TypeError(
        `dot_general does not accept dtype ${a.dtype.name}. Accepted dtypes are subtypes of integer, floating.`,
      );
    }
  }
  const [p, q] = [rank(x.dtype), rank(y.dtype)];
  const differs = p.findIndex((v, i) => v !== q[i]);
  const result = differs < 0 || p[differs] > q[differs] ? x.dtype : y.dtype;
  if (preferred === null || preferred === result) return result;
  if (!isFloating(result) && preferred.bits < result.bits) {
    throw new TypeError(
      "`preferred_element_type` must not be narrower than the original type, " +
        `got preferred_element_type of ${preferred.name} for result type of ${result.name}.`,
    );
  }
  return preferred;
}

// Evaluation.

function dotReference(x: HostArray, y: HostArray, dims: DotDimensionNumbers, out: ShapedArray): HostData {
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  const converted = (a: HostArray): HostArray => ({
    ...a,
    dtype: out.dtype,
    data: convertHost(a.data, a.dtype, out.dtype),
  });
  const offsets = (a: HostArray, list: readonly number[]) => {
    const strides = rowMajorStrides(a.shape);
    return offsetsOf(
      list.map((d) => a.shape[d]),
      list.map((d) => strides[d]),
    );
  };
  const [xb, yb] = [offsets(x, xBatch), offsets(y, yBatch)];
  const rows = offsets(x, remaining(x.shape.length, xContract, xBatch));
  const columns = offsets(y, remaining(y.shape.length, yContract, yBatch));
  const [xk, yk] = [offsets(x, xContract), offsets(y, yContract)];
  const [p, q] = [valuesOf(converted(x)), valuesOf(converted(y))];
  const { zero, add } = sumOfProducts(out.dtype);
  return writeElements(out, (write) => {
    let i = 0;
    for (let b = 0; b < xb.length; b++) {
      for (const row of rows) {
        for (const column of columns) {
          let sum = zero;
          for (let k = 0; k < xk.length; k++) {
            sum = add(sum, p[xb[b] + row + xk[k]], q[yb[b] + column + yk[k]]);
          }
          write(i++, sum);
        }
      }
    }
  });
}

// Rules.

const dotJvp: JvpRule<DotParams> = ([x, y], [s, t], params) => {
  const ans = bind1(dotPrimitive, [x, y], params);
  let tangent: Tangent = zeroTangent(ans);
  if (!(s instanceof Zero)) tangent = bind1(dotPrimitive, [s, y], params);
  if (!(t instanceof Zero)) tangent = addTangents(tangent, bind1(dotPrimitive, [x, t], params));
  return [[ans], [tangent]];
};

/** The cotangent of `x` in `x . y`, or of `x` in `y . x` when swapped. */
function transposeOne(
  ct: NDArray,
  x: ShapedArray,
  y: NDArray,
  dims: DotDimensionNumbers,
  params: DotParams,
  swapped: boolean,
): NDArray {
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  const xKept = remaining(x.ndim, xContract, xBatch);
  const yKept = remaining(y.ndim, yContract, yBatch);
  const batch = range(xBatch.length);
  const skipped = xBatch.length + (swapped ? 0 : xKept.length);
  const ansY = yKept.map((_, i) => skipped + i);
  const byY = yContract.map((_, i) => i).sort((i, j) => yContract[i] - yContract[j]);
  const axes = [...xBatch, ...xKept, ...byY.map((i) => xContract[i])];
  const product = bind1(dotPrimitive, [ct, y], {
    ...params,
    dimensionNumbers: [
      [ansY, yKept],
      [batch, yBatch],
    ],
  });
  const bar = ops.transpose(
    product,
    range(x.ndim).map((d) => axes.indexOf(d)),
  );
  return bar.dtype === x.dtype ? bar : ops.convertElementType(bar, x.dtype, x.weakType);
}

function dotTranspose(
  [ct]: readonly Tangent[],
  [x, y]: readonly LinearOperand[],
  params: DotParams,
): readonly (Tangent | null)[] {
  if (ct instanceof Zero) return [null, null];
  const dims = params.dimensionNumbers;
  if (x instanceof UndefinedPrimal)
    return [transposeOne(ct, x.aval, y as NDArray, dims, params, false), null];
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  const flipped: DotDimensionNumbers = [
    [yContract, xContract],
    [yBatch, xBatch],
  ];
  return [null, transposeOne(ct, (y as UndefinedPrimal).aval, x as NDArray, flipped, params, true)];
}

const dotBatching: BatchingRule<DotParams> = ([x, y], dims, params) => {
  const [xDim, yDim] = dims;
  let [[xContract, yContract], [xBatch, yBatch]] = params.dimensionNumbers;
  const bump = (list: readonly number[], dim: number) => list.map((d) => (d >= dim ? d + 1 : d));
  /** Where the mapped axis of an operand ends up among its free axes. */
  const freeBefore = (ndim: number, dim: number, contract: readonly number[], batch: readonly number[]) =>
    remaining(ndim - 1, contract, batch).filter((d) => d < dim).length;
  let out: BatchDim;
  if (xDim !== null && yDim !== null) {
    // Both mapped: one more batch dimension, the first.
    xBatch = [xDim, ...bump(xBatch, xDim)];
    yBatch = [yDim, ...bump(yBatch, yDim)];
    [xContract, yContract] = [bump(xContract, xDim), bump(yContract, yDim)];
    out = 0;
  } else if (xDim !== null) {
    out = xBatch.length + freeBefore(x.ndim, xDim, xContract, xBatch);
    [xContract, xBatch] = [bump(xContract, xDim), bump(xBatch, xDim)];
  } else {
    const dim = yDim as number;
    out = x.ndim - xContract.length + freeBefore(y.ndim, dim, yContract, yBatch);
    [yContract, yBatch] = [bump(yContract, dim), bump(yBatch, dim)];
  }
  const dimensionNumbers: DotDimensionNumbers = [
    [xContract, yContract],
    [xBatch, yBatch],
  ];
  return [[bind1(dotPrimitive, [x, y], { ...params, dimensionNumbers })], [out]];
};

const dotPrimitive: Primitive<DotParams> = definePrimitive<DotParams>({
  name: "dot_general",
  abstractEval: ([x, y], { dimensionNumbers, preferredElementType }) => {
    const shape = dotShape(x, y, dimensionNumbers);
    const dtype = dotDType(x, y, preferredElementType);
    return [x.update({ shape, dtype, weakType: x.weakType && y.weakType })];
  },
  reference: ([x, y], { dimensionNumbers }, [out]) => [dotReference(x, y, dimensionNumbers, out)],
  jvp: dotJvp,
  transpose: dotTranspose,
  batching: dotBatching,
  lowering: {
    kind: "dot",
    dims: ({ dimensionNumbers: [contract, batch] }) => ({ contract, batch }),
  },
  printParams: ({ dimensionNumbers, precision, preferredElementType }) => ({
    dimension_numbers: printDimensions(dimensionNumbers),
    ...(precision === null ? {} : { precision }),
    ...(preferredElementType === null ? {} : { preferred_element_type: preferredElementType }),
  }),
});

/** Lists inside tuples: `(([1], [0]), ([], []))`. */
function printDimensions(dims: DotDimensionNumbers): string {
  const list = (axes: readonly number[]) => `[${axes.join(", ")}]`;
  return `(${dims.map(([x, y]) => `(${list(x)}, ${list(y)})`).join(", ")})`;
}

// User functions.

export interface DotOptions {
  /** How exactly to compute; null: the default of the device. */
  readonly precision?: PrecisionLike;
  /** The dtype of the result, and the least to accumulate in. */
  readonly preferredElementType?: DTypeLike | null;
}
function isOptions(x: unknown): x is DotOptions {
  return typeof x === "object" && x !== null && !Array.isArray(x) && !("toJSON" in x);
}

/**
 * The general product of two arrays: sums over the contracting axes, zips the batch axes, and takes all pairs of the others.
 * The result's axes are the batch axes, then the free axes of `lhs`, then those of `rhs`.
 * @param dimensionNumbers `[[lhs contracting, rhs contracting], [lhs batch, rhs batch]]`.
 * @throws TypeError when axes, sizes or dtypes do not fit.
 * @example
 * const a = jnp.array([[1, 2], [3, 4]]);
 * lax.dotGeneral(a, a, [[[0, 1], [0, 1]], [[], []]]) // => Array(30., dtype=float32)
 * lax.dotGeneral(a, a, [[[1], [0]], [[], []]]).shape // => [2, 2]
 */
export function dotGeneral(
  lhs: LaxOperand,
  rhs: LaxOperand,
  dimensionNumbers: DotDimensionNumbers,
  precision?: PrecisionLike | DotOptions,
  preferredElementType?: DTypeLike | null,
): NDArray {
  if (isOptions(precision)) {
    return dotGeneral(lhs, rhs, dimensionNumbers, precision.precision, precision.preferredElementType);
  }
  const preferred = preferredElementType ?? null;
  const params: DotParams = {
    dimensionNumbers: canonicalizeDimensions(dimensionNumbers),
    precision: canonicalizePrecision(precision),
    preferredElementType: preferred === null ? null : asDType(preferred),
    outSharding: null,
  };
  const [x, y] = [unaryOperand(lhs, "dot_general"), unaryOperand(rhs, "dot_general")];
  if (isBool(x.dtype) && isBool(y.dtype) && (params.preferredElementType ?? bool) === bool) {
    // Or of ands: a count that is not zero.
    const counts = dotGeneral(
      ops.convertElementType(x, int32),
      ops.convertElementType(y, int32),
      dimensionNumbers,
      precision,
    );
    return ops.ne(counts, 0);
  }
  return bind1(dotPrimitive, [x, y], params);
}

function canonicalizeDimensions(dims: DotDimensionNumbers): DotDimensionNumbers {
  const ok =
    Array.isArray(dims) &&
    dims.length === 2 &&
    dims.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Array.isArray));
  if (!ok) {
    throw new TypeError(
      "dotGeneral: dimensionNumbers must be [[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]], four lists of axes",
    );
  }
  const [[xc, yc], [xb, yb]] = dims;
  return [
    [Array.from(xc), Array.from(yc)],
    [Array.from(xb), Array.from(yb)],
  ];
}

/**
 * The product of vectors and matrices, without batch axes: the last axis of `lhs` with the first of `rhs`; or any
 * general product when `dimensionNumbers` are given.
 * @throws ValueError for other ranks without `dimensionNumbers`.
 * @example
 * lax.dot(jnp.array([1, 2]), jnp.array([3, 4])) // => Array(11., dtype=float32)
 */
export function dot(
  lhs: LaxOperand,
  rhs: LaxOperand,
  options: (DotOptions & { readonly dimensionNumbers?: DotDimensionNumbers }) | PrecisionLike = {},
): NDArray {
  const [x, y] = [unaryOperand(lhs, "dot"), unaryOperand(rhs, "dot")];
  const named = isOptions(options) ? options : { precision: options };
  const dims: DotDimensionNumbers | undefined =
    "dimensionNumbers" in named ? named.dimensionNumbers : undefined;
  if (dims !== undefined) return dotGeneral(x, y, dims, named);
  const simple = (a: NDArray) => a.ndim === 1 || a.ndim === 2;
  if (!simple(x) || !simple(y) || x.shape[x.ndim - 1] !== y.shape[0]) {
    throw new ValueError(
      "jax.lax.dot: dimension_numbers must be specified when not performing simple un-batched matrix-matrix, " +
        `matrix-vector, or vector-vector products; got lhs_shape=${shapeStr(x.shape)} rhs_shape=${shapeStr(y.shape)}`,
    );
  }
  return dotGeneral(
    x,
    y,
    [
      [[x.ndim - 1], [0]],
      [[], []],
    ],
    named,
  );
}

/**
 * Matrix products of stacks of matrices: all axes but the last two are batch axes of equal size.
 * @throws ValueError for operands of fewer than two dimensions or of different ranks.
 * @example
 * lax.batchMatmul(jnp.ones([5, 2, 3]), jnp.ones([5, 3, 4])).shape // => [5, 2, 4]
 */
export function batchMatmul(
  lhs: LaxOperand,
  rhs: LaxOperand,
  precision: PrecisionLike | Pick<DotOptions, "precision"> = null,
): NDArray {
  const [x, y] = [unaryOperand(lhs, "batch_matmul"), unaryOperand(rhs, "batch_matmul")];
  if (x.ndim < 2 || y.ndim < 2) {
    throw new ValueError(`Arguments to batch_matmul must be at least 2D, got ${x.ndim}, ${y.ndim}`);
  }
  if (x.ndim !== y.ndim) {
    throw new ValueError(`Arguments to batch_matmul must have same ndim, got ${x.ndim}, ${y.ndim}`);
  }
  const batch = range(x.ndim - 2);
  return dotGeneral(
    x,
    y,
    [
      [[x.ndim - 1], [x.ndim - 2]],
      [batch, batch],
    ],
    precision,
  );
}
