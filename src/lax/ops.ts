import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { Scalar } from "../core/values.ts";
import type { DType } from "../dtypes/index.ts";

/** An operand of a lax function: an array, a scalar or a typed array. */
export type LaxOperand = NDArray | Scalar | ArrayBufferView;

type Unary = (x: LaxOperand) => NDArray;
type Binary = (x: LaxOperand, y: LaxOperand) => NDArray;
type Reduction = (x: LaxOperand, axes: readonly number[]) => NDArray;

/**
 * The basic operations, which rules of every family use. Their own derivative rules refer to each other in circles (the transpose of a
 * broadcast is a sum, the transpose of a sum a broadcast); so their files import only this table, which basicOps.ts fills. Files that
 * no basic operation needs import each other, and are part of a bundle only where they are used.
 */
export interface LaxOps {
  neg: Unary;
  floor: Unary;
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  addAny(x: NDArray, y: NDArray): NDArray;
  real: Unary;
  conj: Unary;
  eq: Binary;
  lt: Binary;
  gt: Binary;
  ge: Binary;
  bitwiseAnd: Binary;
  select(pred: LaxOperand, onTrue: LaxOperand, onFalse: LaxOperand): NDArray;
  convertElementType(x: LaxOperand, dtype: DType, weakType?: boolean): NDArray;
  reduceSum: Reduction;
  broadcastInDim(x: LaxOperand, shape: readonly number[], broadcastDimensions: readonly number[]): NDArray;
  reshape(x: LaxOperand, newSizes: readonly number[], dimensions?: readonly number[] | null): NDArray;
  transpose(x: LaxOperand, permutation: readonly number[]): NDArray;
  squeeze(x: LaxOperand, dimensions: readonly number[]): NDArray;
  expandDims(x: LaxOperand, dimensions: readonly number[]): NDArray;
  full(shape: readonly number[], value: Scalar, dtype: DType): NDArray;
  fullLike(x: LaxOperand, value: Scalar): NDArray;
  slice(
    x: LaxOperand,
    start: readonly number[],
    limit: readonly number[],
    strides?: readonly number[] | null,
  ): NDArray;
  pad(x: LaxOperand, value: LaxOperand, config: readonly (readonly [number, number, number])[]): NDArray;
  /** Zeros of an aval, float0 included. */
  zeros(aval: ShapedArray): NDArray;
}

export const ops = {} as LaxOps;
