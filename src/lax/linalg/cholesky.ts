import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import type { Primitive } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import { bind1 } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { constLike, inexact, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { identity, matmul, symmetrize, tril } from "./matrices.ts";
import { choleskyRoutine } from "./routines/cholesky.ts";
import { triangularSolve } from "./triangularSolve.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

const choleskyPrimitive: Primitive<Record<string, never>> = linalgPrimitive("cholesky", {
  ranks: [2],
  results: ([shape]) => {
    if (shape[0] !== shape[1]) {
      throw new ValueError(`The input to cholesky must be a square matrix. Got shape ${shapeStr(shape)}.`);
    }
    return [{ shape }];
  },
  routine: ([[n]], _params, field) => choleskyRoutine(n, field),
  // From A = L L^H: L^-1 dA L^-H = L^-1 dL + (L^-1 dL)^H, whose first term is lower triangular.
  jvp: ([x], [t]) => {
    const l = tril(bind1(choleskyPrimitive, [x], noParams));
    const right = triangularSolve(l, instantiate(t), { transposeA: true, conjugateA: true, lower: true });
    const both = tril(triangularSolve(l, right, { leftSide: true, lower: true }));
    const halving = ops.add(constLike(both, 1), identity(both.dtype, both.shape[both.ndim - 1], both.ndim));
    return [[l], [matmul(l, ops.div(both, halving))]];
  },
});

/**
 * The Cholesky decomposition `A = L L^H` of Hermitian (symmetric if real) positive definite matrices.
 *
 * @param x the matrices, `[..., n, n]`, floating or complex
 * @param options.symmetrizeInput decompose `(x + x^H) / 2` (default); else only the lower triangle of `x` is read
 * @returns L, lower triangular, of the shape and dtype of `x`; where a matrix is not positive definite, NaN in its lower triangle
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square
 * @example
 * lax.linalg.cholesky(jnp.array([[4, 2], [2, 5]]))
 * // => Array([[2., 0.],
 * //           [1., 2.]], dtype=float32)
 */
export function cholesky(x: LaxOperand, options: { readonly symmetrizeInput?: boolean } = {}): NDArray {
  checkOptions("lax.linalg.cholesky", options, ["symmetrizeInput"]);
  const a = unaryOperand(x, "cholesky", inexact);
  const isMatrix = a.ndim >= 2 && a.shape[a.ndim - 1] === a.shape[a.ndim - 2];
  return tril(
    bind1(choleskyPrimitive, [options.symmetrizeInput !== false && isMatrix ? symmetrize(a) : a], noParams),
  );
}
