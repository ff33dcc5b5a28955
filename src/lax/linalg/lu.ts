import type { NDArray } from "../../core/array.ts";
import { notDifferentiable, type Params, type Primitive } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { bind, bind1 } from "../../core/trace.ts";
import { int32 } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { range } from "../control/programs.ts";
import { broadcastedIota } from "../creation.ts";
import { gather } from "../gather.ts";
import { inexact, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { sortKeyVal } from "../sort.ts";
import { linalgPrimitive } from "./family.ts";
import { block, identity, matmul, tril, triu } from "./matrices.ts";
import { luRoutine, permutationRoutine } from "./routines/lu.ts";
import { triangularSolve } from "./triangularSolve.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

const luPrimitive: Primitive<Record<string, never>> = linalgPrimitive("lu", {
  ranks: [2],
  results: ([[m, n]]) => [
    { shape: [m, n] },
    { shape: [Math.min(m, n)], dtype: int32 },
    { shape: [m], dtype: int32 },
  ],
  routine: ([[m, n]], _params, field) => luRoutine(m, n, field),
  jvp: ([a], [t]) => {
    const [lu, pivots, permutation] = bind(luPrimitive, [a], noParams);
    const rows = permutedRows(instantiate(t), permutation);
    return [
      [lu, pivots, permutation],
      [luTangent(lu, rows), zeroTangent(pivots), zeroTangent(permutation)],
    ];
  },
});

/** From P A = L U: L^-1 P dA U^-1 = L^-1 dL + dU U^-1, strictly lower and upper triangular; L and U are made square by ones. */
function luTangent(lu: NDArray, da: NDArray): NDArray {
  const [m, n] = lu.shape.slice(-2);
  const k = Math.min(m, n);
  const { ndim, dtype } = lu;
  const l = ops.add(
    padded(tril(block(lu, [0, m], [0, k]), -1), [0, 0], [0, m - k]),
    identity(dtype, m, ndim),
  );
  const below = padded(identity(dtype, n - k, ndim), [k, 0], [k, 0]);
  const u = ops.add(padded(triu(block(lu, [0, k], [0, n])), [0, n - k], [0, 0]), below);
  const left = triangularSolve(l, da, { leftSide: true, lower: true, unitDiagonal: true });
  const both = triangularSolve(u, left);
  return ops.add(matmul(l, tril(both, -1)), matmul(triu(both), u));
}

/** Zeros before and after the rows and the columns. */
function padded(x: NDArray, rows: readonly [number, number], columns: readonly [number, number]): NDArray {
  const zero = ops.full([], 0, x.dtype);
  const config = [...range(0, x.ndim - 2).map(() => [0, 0, 0] as const), [...rows, 0], [...columns, 0]];
  return ops.pad(x, zero, config as [number, number, number][]);
}

/** The rows of each matrix in the order that the permutation of its batch says. */
export function permutedRows(x: NDArray, permutation: NDArray): NDArray {
  const batch = range(0, x.ndim - 2);
  const row = x.ndim - 2;
  return gather(
    x,
    ops.reshape(permutation, [...permutation.shape, 1]),
    {
      offsetDims: [x.ndim - 1],
      collapsedSliceDims: [row],
      startIndexMap: [row],
      operandBatchingDims: batch,
      startIndicesBatchingDims: batch,
    },
    x.shape.map((n, i) => (i === x.ndim - 1 ? n : 1)),
    { mode: "promise_in_bounds" },
  );
}

/**
 * The decomposition `P A = L U` of matrices, with partial pivoting.
 *
 * @param x the matrices, `[..., m, n]`, floating or complex
 * @returns `[lu, pivots, permutation]`: L below the diagonal of `lu`, whose own diagonal of ones is not stored, and U on and above it; the
 * swaps of rows in their order, int32 `[..., min(m, n)]`; and the permutation that they make, int32 `[..., m]`
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions
 * @example
 * lax.linalg.lu(jnp.array([[1, 2], [4, 4]]))[0]
 * // => Array([[4.  , 4.  ],
 * //           [0.25, 1.  ]], dtype=float32)
 */
export function lu(x: LaxOperand): [NDArray, NDArray, NDArray] {
  const [factors, pivots, permutation] = bind(luPrimitive, [unaryOperand(x, "lu", inexact)], noParams);
  return [factors, pivots, permutation];
}

interface PermutationParams extends Params {
  readonly permutationSize: number;
}

const pivotsPrimitive = linalgPrimitive<PermutationParams>("lu_pivots_to_permutation", {
  ranks: [1],
  accepts: [["integer"]],
  results: ([[swaps]], { permutationSize }) => {
    if (permutationSize < swaps) {
      throw new ValueError(
        `Output permutation size ${permutationSize} has to exceed the trailing dimension of the pivots. ` +
          `Got pivots size ${swaps}`,
      );
    }
    return [{ shape: [permutationSize] }];
  },
  routine: ([[swaps]], { permutationSize }) => permutationRoutine(swaps, permutationSize),
  jvp: /* @__PURE__ */ notDifferentiable("lu_pivots_to_permutation takes integers"),
});

/**
 * The permutation that the swaps of {@link lu} make.
 *
 * @param pivots int32 `[..., k]`: row `i` was swapped with row `pivots[i]`, in turn
 * @param permutationSize how many rows there are, at least k
 * @returns int32 `[..., permutationSize]`
 * @throws TypeError unless the pivots are int32; ValueError when there are more of them than rows
 * @example
 * lax.linalg.luPivotsToPermutation(jnp.int32([2, 2]), 3) // => Array([2, 0, 1], dtype=int32)
 */
export function luPivotsToPermutation(pivots: LaxOperand, permutationSize: number): NDArray {
  const x = unaryOperand(pivots, "lu_pivots_to_permutation");
  if (x.dtype !== int32) {
    throw new TypeError(
      `lu_pivots_to_permutation does not accept dtype ${x.dtype.name}. Accepted dtypes are subtypes of int32.`,
    );
  }
  return bind1(pivotsPrimitive, [x], { permutationSize });
}

/** Solves A X = B, for the decomposition of A: `transpose` 0, or with A^T (1) or A^H (2). B has as many dimensions as A. */
export function luSolve(factors: NDArray, permutation: NDArray, b: NDArray, transpose: 0 | 1 | 2): NDArray {
  if (transpose === 0) {
    const y = permutedRows(b, permutation);
    const z = triangularSolve(factors, y, { leftSide: true, lower: true, unitDiagonal: true });
    return triangularSolve(factors, z, { leftSide: true });
  }
  const form = { leftSide: true, transposeA: true, conjugateA: transpose === 2 };
  const y = triangularSolve(factors, b, form);
  const z = triangularSolve(factors, y, { ...form, lower: true, unitDiagonal: true });
  return permutedRows(z, inversePermutation(permutation));
}

function inversePermutation(permutation: NDArray): NDArray {
  const positions = broadcastedIota(int32, permutation.shape, permutation.ndim - 1);
  return sortKeyVal(permutation, positions)[1];
}
