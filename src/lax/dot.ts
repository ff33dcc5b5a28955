import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr } from "../core/aval.ts";
import { checkOutSharding } from "../core/placement.ts";
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
import { asDType, bool, type DType, type DTypeLike, int32, isBool } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { ne } from "./compare.ts";
import {
  canonicalizeDimensions,
  type DotDimensionNumbers,
  dotDType,
  dotReference,
  dotShape,
  remaining,
} from "./dotShape.ts";
import { range } from "./intTuples.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

import { canonicalizePrecision, type PrecisionLike, type PrecisionPair } from "./precision.ts";

export type { DotDimensionNumbers } from "./dotShape.ts";

interface DotParams {
  readonly [name: string]: unknown;
  readonly dimensionNumbers: DotDimensionNumbers;
  readonly precision: PrecisionPair | null;
  readonly preferredElementType: DType | null;
  readonly outSharding: null;
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

/** A product sums over the mapped dimensions too. */
function summedDot([x, y]: readonly NDArray[], [xDim, yDim]: readonly number[], params: DotParams): NDArray {
  const [[xContract, yContract], [xBatch, yBatch]] = params.dimensionNumbers;
  const bump = (list: readonly number[], dim: number) => list.map((d) => (d >= dim ? d + 1 : d));
  return bind1(dotPrimitive, [x, y], {
    ...params,
    dimensionNumbers: [
      [
        [xDim, ...bump(xContract, xDim)],
        [yDim, ...bump(yContract, yDim)],
      ],
      [bump(xBatch, xDim), bump(yBatch, yDim)],
    ],
  });
}

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
  summedBatching: summedDot,
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
  /** A `NamedSharding` or spec for the type of the result; one that divides anything needs axes that are Explicit, which there are not. */
  readonly outSharding?: unknown;
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
    checkOutSharding("dot_general", precision.outSharding);
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
    return ne(counts, 0);
  }
  return bind1(dotPrimitive, [x, y], params);
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
