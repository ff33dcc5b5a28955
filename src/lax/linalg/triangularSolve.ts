import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { type BatchDim, type Params, type Primitive, UndefinedPrimal, Zero } from "../../core/primitive.ts";
import { addTangents } from "../../core/tangents.ts";
import { bind1 } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { batchDimAtFront, moveBatchDim } from "../batching.ts";
import { sameDTypeOperands } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { conj, matmul, T, tril, triu } from "./matrices.ts";
import { triangularSolveRoutine } from "./routines/triangularSolve.ts";

export interface TriangularParams extends Params {
  readonly leftSide: boolean;
  readonly lower: boolean;
  readonly transposeA: boolean;
  readonly conjugateA: boolean;
  readonly unitDiagonal: boolean;
}

const primitive: Primitive<TriangularParams> = linalgPrimitive<TriangularParams>("triangular_solve", {
  ranks: [2, 2],
  results: ([a, b], { leftSide }) => {
    if (a[0] !== a[1]) {
      throw new ValueError(
        `The first input to triangular_solve must be a square matrix. Got shape ${shapeStr(a)}.`,
      );
    }
    if (a[0] !== b[leftSide ? 0 : 1]) {
      throw new ValueError(
        `Incompatible shapes for arguments to triangular_solve: ${shapeStr(a)} and ${shapeStr(b)}.`,
      );
    }
    return [{ shape: b }];
  },
  routine: ([, b], params, field) => triangularSolveRoutine(b, params, field),
  jvp: ([a, b], [da, db], params) => {
    const x = bind1(primitive, [a, b], params);
    const ofA = da instanceof Zero ? da : tangentOfMatrix(da, x, a, params);
    const ofB = db instanceof Zero ? db : bind1(primitive, [a, db], params);
    return [[x], [ofA instanceof Zero ? ofB : addTangents(ofA, ofB)]];
  },
  // Linear in the right-hand side, not in the matrix.
  transpose: ([ct], [a], params) => {
    if (a instanceof UndefinedPrimal) throw new TypeError("triangular_solve is not linear in its matrix");
    if (ct instanceof Zero) return [null, null];
    return [null, bind1(primitive, [a, ct], { ...params, transposeA: !params.transposeA })];
  },
  batching: ([a, b], [aDim, bDim], params, axisSize) =>
    aDim === null ? oneMatrix(a, b, bDim, params) : manyMatrices(a, b, aDim, bDim, params, axisSize),
});

/** From op(A) X = B: dX = -op(A)^-1 op(dA) X, in the cheaper order. */
function tangentOfMatrix(da: NDArray, x: NDArray, a: NDArray, params: TriangularParams): NDArray {
  const { leftSide, lower, transposeA, conjugateA, unitDiagonal } = params;
  const own = lower ? tril(da, unitDiagonal ? -1 : 0) : triu(da, unitDiagonal ? 1 : 0);
  const turned = transposeA ? T(ops.neg(own)) : ops.neg(own);
  const minus = conjugateA ? conj(turned) : turned;
  const solve = (rhs: NDArray) => bind1(primitive, [a, rhs], params);
  const [m, n] = x.shape.slice(-2);
  if (leftSide) return m > n ? solve(matmul(minus, x)) : matmul(solve(minus), x);
  return m < n ? solve(matmul(x, minus)) : matmul(x, solve(minus));
}

/** Many right-hand sides for one matrix are more columns (or rows) of one. */
function oneMatrix(
  a: NDArray,
  b: NDArray,
  bDim: BatchDim,
  params: TriangularParams,
): [NDArray[], BatchDim[]] {
  const { ndim } = b;
  const at = params.leftSide ? ndim - 1 : ndim - 2;
  const moved = moveBatchDim(b, bDim as number, at);
  const { shape } = moved;
  const flat = params.leftSide
    ? [...shape.slice(0, -2), shape[ndim - 2] * shape[ndim - 1]]
    : [...shape.slice(0, -3), shape[ndim - 3] * shape[ndim - 2], shape[ndim - 1]];
  const x = bind1(primitive, [a, ops.reshape(moved, flat)], params);
  return [[ops.reshape(x, shape)], [at]];
}

function manyMatrices(
  a: NDArray,
  b: NDArray,
  aDim: BatchDim,
  bDim: BatchDim,
  params: TriangularParams,
  axisSize: number,
): [NDArray[], BatchDim[]] {
  const front = [batchDimAtFront(a, aDim, axisSize), batchDimAtFront(b, bDim, axisSize)];
  return [[bind1(primitive, front, params)], [0]];
}

export interface TriangularSolveOptions {
  /** Solve `op(A) X = B` instead of `X op(A) = B`; default false. */
  readonly leftSide?: boolean;
  /** Which triangle of `a` is read: the lower one if true; default false. */
  readonly lower?: boolean;
  /** Whether `op` transposes; default false. */
  readonly transposeA?: boolean;
  /** Whether `op` conjugates; default false. */
  readonly conjugateA?: boolean;
  /** Take the diagonal for ones, without reading it; default false. */
  readonly unitDiagonal?: boolean;
}

/**
 * Solves `op(A) X = B` or `X op(A) = B` for X, with triangular matrices A.
 *
 * @param a the matrices, `[..., m, m]`, floating or complex; the other triangle is not read
 * @param b right-hand sides, `[..., m, n]` with `leftSide`, else `[..., n, m]`; with one dimension less than `a`, vectors
 * @returns X, of the shape and dtype of `b`; a zero on the diagonal gives infinities and NaN
 * @throws TypeError when dtypes differ or are neither floating nor complex, or the numbers of batch dimensions differ
 * @throws ValueError when A is not square or sizes do not fit
 * @example
 * const a = jnp.array([[2, 0], [1, 4]]);
 * lax.linalg.triangularSolve(a, jnp.array([2, 9]), { leftSide: true, lower: true }) // => Array([1., 2.], dtype=float32)
 */
export function triangularSolve(a: LaxOperand, b: LaxOperand, options: TriangularSolveOptions = {}): NDArray {
  checkOptions("lax.linalg.triangularSolve", options, [
    ...["leftSide", "lower", "transposeA", "conjugateA", "unitDiagonal"],
  ]);
  const [x, y] = sameDTypeOperands([a, b], "triangular_solve");
  const {
    leftSide = false,
    lower = false,
    transposeA = false,
    conjugateA = false,
    unitDiagonal = false,
  } = options;
  const params = {
    leftSide,
    lower,
    transposeA,
    conjugateA: conjugateA && x.dtype.kind === "complex",
    unitDiagonal,
  };
  if (y.ndim !== x.ndim - 1) return bind1(primitive, [x, y], params);
  const axis = leftSide ? y.ndim : y.ndim - 1;
  return ops.squeeze(bind1(primitive, [x, ops.expandDims(y, [axis])], params), [axis]);
}
