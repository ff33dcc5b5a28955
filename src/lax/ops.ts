import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { Scalar } from "../core/values.ts";
import type { DType } from "../dtypes/index.ts";

/** An operand of a lax function: an array, a scalar or a typed array. */
export type LaxOperand = NDArray | Scalar | ArrayBufferView;

type Unary = (x: LaxOperand) => NDArray;
type Binary = (x: LaxOperand, y: LaxOperand) => NDArray;
type Reduction = (x: LaxOperand, axes: readonly number[]) => NDArray;

/** The parts of a gather's dimension numbers that the rules of this folder use. */
export interface RuleGatherNumbers {
  readonly offsetDims: readonly number[];
  readonly collapsedSliceDims: readonly number[];
  readonly startIndexMap: readonly number[];
  readonly operandBatchingDims: readonly number[];
  readonly startIndicesBatchingDims: readonly number[];
}

/** The parts of a scatter's dimension numbers. */
export interface RuleScatterNumbers {
  readonly updateWindowDims: readonly number[];
  readonly insertedWindowDims: readonly number[];
  readonly scatterDimsToOperandDims: readonly number[];
  readonly operandBatchingDims: readonly number[];
  readonly scatterIndicesBatchingDims: readonly number[];
}

/**
 * The operations that rules of other families use. Derivative rules refer to each other in circles (the transpose of a
 * broadcast is a sum, the transpose of a sum a broadcast); families import only this table and add themselves to it.
 */
export interface LaxOps {
  // Arithmetic.
  neg: Unary;
  sign: Unary;
  abs: Unary;
  floor: Unary;
  square: Unary;
  integerPow(x: LaxOperand, y: number): NDArray;
  pow: Binary;
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  max: Binary;
  min: Binary;
  addAny(x: NDArray, y: NDArray): NDArray;
  // Transcendental.
  exp: Unary;
  exp2: Unary;
  log: Unary;
  log1p: Unary;
  sqrt: Unary;
  rsqrt: Unary;
  sin: Unary;
  cos: Unary;
  sinh: Unary;
  cosh: Unary;
  digamma: Unary;
  polygamma: Binary;
  // Complex numbers.
  real: Unary;
  imag: Unary;
  complex: Binary;
  conj: Unary;
  // Comparison, logic, selection, conversion.
  eq: Binary;
  ne: Binary;
  lt: Binary;
  gt: Binary;
  ge: Binary;
  bitwiseAnd: Binary;
  bitwiseOr: Binary;
  bitwiseNot: Unary;
  select(pred: LaxOperand, onTrue: LaxOperand, onFalse: LaxOperand): NDArray;
  selectN(which: LaxOperand, ...cases: readonly LaxOperand[]): NDArray;
  convertElementType(x: LaxOperand, dtype: DType, weakType?: boolean): NDArray;
  // Reductions.
  reduceSum: Reduction;
  reduceMax: Reduction;
  reduceMin: Reduction;
  reduceOr: Reduction;
  // Structure (shape.ts, indexing.ts).
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
  concatenate(xs: readonly LaxOperand[], dimension: number): NDArray;
  broadcastedIota(dtype: DType, shape: readonly number[], dimension: number): NDArray;
  gather(
    x: LaxOperand,
    indices: LaxOperand,
    dimensionNumbers: RuleGatherNumbers,
    sliceSizes: readonly number[],
    options?: { readonly mode?: "promise_in_bounds" },
  ): NDArray;
  /** The scatter-add that a transpose rule stages. */
  scatterAddOfTranspose(
    x: NDArray,
    indices: NDArray,
    updates: NDArray,
    dimensionNumbers: RuleScatterNumbers,
    options: {
      readonly mode: "clip" | "fill" | "promise_in_bounds";
      readonly indicesAreSorted: boolean;
      readonly uniqueIndices: boolean;
    },
  ): NDArray;
  /** Zeros of an aval, float0 included. */
  zeros(aval: ShapedArray): NDArray;
}

export const ops = {} as LaxOps;
