import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { notDifferentiable, type Params } from "../../core/primitive.ts";
import { bind1 } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { constLike, sameDTypeOperands } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { matmul, T, tril } from "./matrices.ts";
import { choleskyUpdateRoutine } from "./routines/cholesky.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

const choleskyUpdatePrimitive = linalgPrimitive("cholesky_update", {
  ranks: [2, 1],
  results: ([a, [n]]) => {
    if (a[0] !== a[1] || n !== a[1]) {
      throw new ValueError(
        "Rank-1 update to Cholesky decomposition takes a square matrix and a vector of the same size as input. " +
          `Got shapes ${shapeStr(a)} and (${n},) instead`,
      );
    }
    return [{ shape: a }];
  },
  routine: ([[n]], _params, field) => choleskyUpdateRoutine(n, field),
  jvp: /* @__PURE__ */ notDifferentiable("cholesky_update has no derivative in JAX"),
});

/**
 * The Cholesky factor of `A + w w^T` from that of A, in time proportional to n^2.
 *
 * @param rMatrix an upper triangular matrix R with `A = R^T R`, `[..., n, n]`, floating or complex
 * @param wVector `[..., n]`, of the same dtype
 * @returns the upper triangular R of the sum, of the shape of `rMatrix`
 * @throws TypeError when dtypes differ or are neither floating nor complex; ValueError when sizes do not fit
 * @example
 * lax.linalg.choleskyUpdate(jnp.array([[3]]), jnp.array([4])) // => Array([[5.]], dtype=float32)
 */
export function choleskyUpdate(rMatrix: LaxOperand, wVector: LaxOperand): NDArray {
  return bind1(choleskyUpdatePrimitive, sameDTypeOperands([rMatrix, wVector], "cholesky_update"), noParams);
}

interface ProductParams extends Params {
  readonly alpha: number;
  readonly beta: number;
}

const symmetricProductPrimitive = linalgPrimitive<ProductParams>("symmetric_product", {
  ranks: [2, 2],
  results: ([a, c]) => {
    if (a[0] !== c[1] || c[0] !== c[1]) {
      throw new ValueError(
        "symmetric_update expects a rectangular matrix of shape (m, n) and a square matrix of shape (m, m). " +
          `Got shapes ${shapeStr(a)} and ${shapeStr(c)}.`,
      );
    }
    return [{ shape: c }];
  },
  program: ([a, c], { alpha, beta }) => [
    ops.add(ops.mul(constLike(a, alpha), matmul(a, T(a))), ops.mul(constLike(c, beta), c)),
  ],
  jvp: /* @__PURE__ */ notDifferentiable("symmetric_product has no derivative in JAX"),
});

export interface SymmetricProductOptions {
  /** Factor of the product; default 1. */
  readonly alpha?: number;
  /** Factor of `cMatrix`; default 0. */
  readonly beta?: number;
  /** Make the upper triangle the transpose of the lower one; default false. */
  readonly symmetrizeOutput?: boolean;
}

/**
 * The symmetric product `alpha A A^T + beta C`.
 *
 * @param aMatrix `[..., m, n]`, floating or complex
 * @param cMatrix symmetric, `[..., m, m]`, of the same dtype
 * @throws TypeError when dtypes differ or are neither floating nor complex; ValueError when sizes do not fit
 * @example
 * lax.linalg.symmetricProduct(jnp.array([[1, 2]]), jnp.array([[10]]), { beta: 1 }) // => Array([[15.]], dtype=float32)
 */
export function symmetricProduct(
  aMatrix: LaxOperand,
  cMatrix: LaxOperand,
  options: SymmetricProductOptions = {},
): NDArray {
  checkOptions("lax.linalg.symmetricProduct", options, ["alpha", "beta", "symmetrizeOutput"]);
  const operands = sameDTypeOperands([aMatrix, cMatrix], "symmetric_product");
  const { alpha = 1, beta = 0, symmetrizeOutput = false } = options;
  const result = bind1(symmetricProductPrimitive, operands, { alpha, beta });
  return symmetrizeOutput ? ops.add(tril(result), T(tril(result, -1))) : result;
}
