import type { NDArray } from "../../core/array.ts";
import { shapeStr, shapesEqual } from "../../core/aval.ts";
import {
  notDifferentiable,
  type Params,
  type Primitive,
  UndefinedPrimal,
  Zero,
} from "../../core/primitive.ts";
import { addTangents, instantiate } from "../../core/tangents.ts";
import { bind, bind1 } from "../../core/trace.ts";
import { realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { batchDimAtFront, moveBatchDim } from "../batching.ts";
import { range } from "../control/programs.ts";
import { inexact, sameDTypeOperands, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { asColumns } from "./matrices.ts";
import { tridiagonalRoutine } from "./routines/tridiagonal.ts";
import { tridiagonalSolveRoutine } from "./routines/tridiagonalSolve.ts";

interface TridiagonalParams extends Params {
  readonly lower: boolean;
}

const tridiagonalPrimitive = linalgPrimitive<TridiagonalParams>("tridiagonal", {
  ranks: [2],
  results: ([shape], _params, dtype) => {
    const [n] = shape;
    if (n !== shape[1] || n === 0) {
      throw new ValueError(`The input to tridiagonal must be a square matrix. Got shape ${shapeStr(shape)}.`);
    }
    const real = realDType(dtype);
    return [{ shape }, { shape: [n], dtype: real }, { shape: [n - 1], dtype: real }, { shape: [n - 1] }];
  },
  routine: ([[n]], { lower }, field) => tridiagonalRoutine(n, lower, field),
  jvp: /* @__PURE__ */ notDifferentiable("tridiagonal has no derivative in JAX"),
});

/**
 * Reduces Hermitian (symmetric if real) matrices to real tridiagonal form by reflectors: `A = Q T Q^H`.
 *
 * @param a the matrices, `[..., n, n]` with n > 0, floating or complex
 * @param options.lower read the lower triangle (default), or the upper one
 * @returns `[a, d, e, taus]`: the diagonal `d`, `[..., n]`, and the first subdiagonal (superdiagonal if not `lower`) `e`, `[..., n - 1]`, of T, which
 * are also in `a`, with the vectors of the reflectors below (above) them; and the factors of the reflectors
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square
 * @example
 * lax.linalg.tridiagonal(jnp.array([[1, 3], [3, 2]]))[2] // => Array([3.], dtype=float32)
 */
export function tridiagonal(
  a: LaxOperand,
  options: { readonly lower?: boolean } = {},
): [NDArray, NDArray, NDArray, NDArray] {
  checkOptions("lax.linalg.tridiagonal", options, ["lower"]);
  const x = unaryOperand(a, "tridiagonal", inexact);
  return bind(tridiagonalPrimitive, [x], { lower: options.lower ?? true }) as [
    NDArray,
    NDArray,
    NDArray,
    NDArray,
  ];
}

interface SolveParams extends Params {
  readonly perturbSingular: boolean;
}

const solvePrimitive: Primitive<SolveParams> = linalgPrimitive<SolveParams>("tridiagonal_solve", {
  ranks: [1, 1, 1, 2],
  results: ([dl, d, du, b]) => {
    if (!shapesEqual(dl, d) || !shapesEqual(dl, du)) {
      throw new TypeError("tridiagonal_solve requires that all diagonal arguments have the same shape.");
    }
    if (dl[0] !== b[0]) {
      throw new TypeError(
        "tridiagonal_solve requires that the leading ndim-1 dimensions of b equal the dimensions of the diagonal " +
          `arguments, got ${shapeStr(dl)} and ${shapeStr(b)}.`,
      );
    }
    return [{ shape: b }];
  },
  routine: ([[n], , , [, count]], { perturbSingular }, field) =>
    tridiagonalSolveRoutine(n, count, perturbSingular, field),
  // From A X = B: A dX = dB - dA X.
  jvp: ([dl, d, du, b], [ddl, dd, ddu, db], params) => {
    const x = bind1(solvePrimitive, [dl, d, du, b], params);
    const diagonals = [ddl, dd, ddu];
    const ofA = diagonals.every((t): boolean => t instanceof Zero)
      ? diagonals[0]
      : ops.neg(tridiagonalProduct(diagonals.map(instantiate), x));
    const rhs = ofA instanceof Zero ? db : addTangents(db, ofA);
    return [[x], [bind1(solvePrimitive, [dl, d, du, instantiate(rhs)], params)]];
  },
  transpose: ([ct], operands, params) => {
    const [dl, d, du] = operands;
    if (dl instanceof UndefinedPrimal || d instanceof UndefinedPrimal || du instanceof UndefinedPrimal)
      throw new TypeError("tridiagonal_solve is not linear in its diagonals");
    if (ct instanceof Zero) return [null, null, null, null];
    const [below, above] = [shifted(du, 1), shifted(dl, -1)];
    return [null, null, null, bind1(solvePrimitive, [below, d, above, ct], params)];
  },
  batching: (operands, dims, params, axisSize) => {
    const [b, bDim] = [operands[3], dims[3]];
    if (dims.slice(0, 3).some((dim) => dim !== null)) {
      const front = operands.map((x, i) => batchDimAtFront(x, dims[i], axisSize));
      return [[bind1(solvePrimitive, front, params)], [0]];
    }
    // Many right-hand sides for one matrix are more columns.
    const moved = moveBatchDim(b, bDim as number, b.ndim - 2);
    const { shape, ndim } = moved;
    const flat = ops.reshape(moved, [...shape.slice(0, -2), shape[ndim - 2] * shape[ndim - 1]]);
    const x = bind1(solvePrimitive, [...operands.slice(0, 3), flat], params);
    return [[ops.reshape(x, shape)], [ndim - 2]];
  },
});

/** Vectors moved along their last axis by one element, with a zero where one is missing. */
function shifted(x: NDArray, by: 1 | -1): NDArray {
  return ops.pad(x, ops.full([], 0, x.dtype), [
    ...range(0, x.ndim - 1).map(() => [0, 0, 0] as const),
    [by, -by, 0],
  ]);
}

function tridiagonalProduct([dl, d, du]: readonly NDArray[], x: NDArray): NDArray {
  const along = x.ndim - 2;
  const zero = ops.full([], 0, x.dtype);
  const moved = (by: number) =>
    ops.pad(
      x,
      zero,
      range(0, x.ndim).map((i) => (i === along ? ([by, -by, 0] as const) : ([0, 0, 0] as const))),
    );
  const terms = [
    ops.mul(asColumns(d), x),
    ops.mul(asColumns(dl), moved(1)),
    ops.mul(asColumns(du), moved(-1)),
  ];
  return terms.reduce((p, q) => ops.add(p, q));
}

/**
 * Solves `A X = B` with tridiagonal matrices A.
 *
 * @param dl the diagonal below the main one, `[..., m]`: `dl[i] = A[i, i - 1]`; its first element is not used
 * @param d the main diagonal, `[..., m]`
 * @param du the diagonal above, `[..., m]`: `du[i] = A[i, i + 1]`; its last element is not used
 * @param b right-hand sides, `[..., m, n]`
 * @param options.perturbSingular for singular matrices move pivots that are negligible away from zero; default false
 * @returns X, of the shape and dtype of `b`; NaN where a matrix is singular
 * @throws TypeError when dtypes differ or are neither floating nor complex, or shapes do not fit
 * @example
 * const [dl, d, du] = [jnp.array([0, 1]), jnp.array([2, 2]), jnp.array([1, 0])];
 * lax.linalg.tridiagonalSolve(dl, d, du, jnp.array([[3], [3]]))
 * // => Array([[1.],
 * //           [1.]], dtype=float32)
 */
export function tridiagonalSolve(
  dl: LaxOperand,
  d: LaxOperand,
  du: LaxOperand,
  b: LaxOperand,
  options: { readonly perturbSingular?: boolean } = {},
): NDArray {
  checkOptions("lax.linalg.tridiagonalSolve", options, ["perturbSingular"]);
  const operands = sameDTypeOperands([dl, d, du, b], "tridiagonal_solve");
  return bind1(solvePrimitive, operands, { perturbSingular: options.perturbSingular ?? false });
}
