import type { NDArray } from "../../core/array.ts";
import { bool, type DType, int32 } from "../../dtypes/index.ts";
import { conj as conjugate, real } from "../complex.ts";
import { range } from "../control/programs.ts";
import { broadcastedIota, eye as eyeMatrix, tri } from "../creation.ts";
import { batchMatmul } from "../dot.ts";
import { constLike } from "../operands.ts";
import { ops } from "../ops.ts";
import { Precision } from "../precision.ts";

/** What the rules of linear algebra say in terms of other operations, on stacks of matrices. */

/** The transposed matrices. */
export function T(x: NDArray): NDArray {
  return ops.transpose(x, [...range(0, x.ndim - 2), x.ndim - 1, x.ndim - 2]);
}

/** The conjugate of complex numbers; real ones are as they are. */
export function conj(x: NDArray): NDArray {
  return x.dtype.kind === "complex" ? conjugate(x) : x;
}

/** The real part of complex numbers; real ones are as they are. */
export function realPart(x: NDArray): NDArray {
  return x.dtype.kind === "complex" ? real(x) : x;
}

/** The adjoint matrices: transposed and conjugated. */
export function H(x: NDArray): NDArray {
  return conj(T(x));
}

/** The Hermitian part. */
export function symmetrize(x: NDArray): NDArray {
  return ops.div(ops.add(x, H(x)), constLike(x, 2));
}

/** The elements on and below a diagonal, above the main one for a positive `k`; zeros elsewhere. */
export function tril(x: NDArray, k = 0): NDArray {
  return ops.select(lower(x, k), x, ops.fullLike(x, 0));
}
/** The elements on and above a diagonal; zeros elsewhere. */
export function triu(x: NDArray, k = 0): NDArray {
  return ops.select(lower(x, k - 1), ops.fullLike(x, 0), x);
}
function lower(x: NDArray, k: number): NDArray {
  const mask = tri(bool, x.shape.slice(-2), k);
  return x.ndim === 2 ? mask : ops.broadcastInDim(mask, x.shape, [x.ndim - 2, x.ndim - 1]);
}

/** An identity matrix, with leading axes of size 1 so that it broadcasts to `ndim` dimensions. */
export function identity(dtype: DType, n: number, ndim = 2): NDArray {
  const eye = eyeMatrix(dtype, [n, n]);
  return ndim === 2 ? eye : ops.expandDims(eye, range(0, ndim - 2));
}

/** Products of matrices of one stack with those of another. */
export function matmul(x: NDArray, y: NDArray): NDArray {
  return batchMatmul(x, y, Precision.HIGHEST);
}

/** The diagonals of square matrices. */
export function diagonal(x: NDArray): NDArray {
  const n = x.shape[x.ndim - 1];
  const at = ops.eq(broadcastedIota(int32, [n, n], 0), broadcastedIota(int32, [n, n], 1));
  const mask = x.ndim === 2 ? at : ops.broadcastInDim(at, x.shape, [x.ndim - 2, x.ndim - 1]);
  return ops.reduceSum(ops.select(mask, x, ops.fullLike(x, 0)), [x.ndim - 1]);
}

/** Vectors as rows: with an axis of size 1 before the last. */
export function asRows(x: NDArray): NDArray {
  return ops.expandDims(x, [x.ndim - 1]);
}
/** Vectors as columns: with an axis of size 1 behind the last. */
export function asColumns(x: NDArray): NDArray {
  return ops.expandDims(x, [x.ndim]);
}

/** A part of the last two dimensions of matrices. */
export function block(
  x: NDArray,
  rows: readonly [number, number],
  columns: readonly [number, number],
): NDArray {
  const batch = x.shape.slice(0, -2);
  return ops.slice(x, [...batch.map(() => 0), rows[0], columns[0]], [...batch, rows[1], columns[1]]);
}
