import type { NDArray } from "../../core/array.ts";
import type { Params, Primitive } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { realDType } from "../../dtypes/index.ts";
import { NotImplementedError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { constLike, inexact, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { asColumns, asRows, diagonal, H, identity, matmul, realPart } from "./matrices.ts";
import { svdRoutine } from "./routines/svd.ts";

interface SvdParams extends Params {
  readonly fullMatrices: boolean;
  readonly computeUv: boolean;
  readonly subsetByIndex: readonly [number, number] | null;
}

const svdPrimitive: Primitive<SvdParams> = linalgPrimitive<SvdParams>("svd", {
  ranks: [2],
  results: ([[m, n]], { fullMatrices, computeUv }, dtype) => {
    const few = Math.min(m, n);
    const values = { shape: [few], dtype: realDType(dtype) };
    if (!computeUv) return [values];
    return [values, { shape: [m, fullMatrices ? m : few] }, { shape: [fullMatrices ? n : few, n] }];
  },
  routine: ([[m, n]], params, field) => svdRoutine(m, n, params, field),
  jvp: ([a], [t], params) => {
    const [m, n] = a.shape.slice(-2);
    if (params.computeUv && params.fullMatrices && m !== n) {
      throw new NotImplementedError("Singular value decomposition JVP not implemented for full matrices");
    }
    const [s, u, vh] = bind(svdPrimitive, [a], { ...params, fullMatrices: false, computeUv: true });
    const da = instantiate(t);
    const v = H(vh);
    const turned = matmul(matmul(H(u), da), v);
    const ds = diagonal(realPart(turned));
    if (!params.computeUv) return [[s], [ds]];
    const [du, dv] = vectorTangents(s, u, v, da, turned);
    return [
      [s, u, vh],
      [ds, du, H(dv)],
    ];
  },
  printParams: ({ fullMatrices, computeUv, subsetByIndex }) => ({
    algorithm: null,
    compute_uv: computeUv,
    full_matrices: fullMatrices,
    subset_by_index: subsetByIndex,
  }),
});

/** The tangents of U and V, for distinct singular values, from `turned` = U^H dA V. */
function vectorTangents(
  values: NDArray,
  u: NDArray,
  v: NDArray,
  da: NDArray,
  turned: NDArray,
): [NDArray, NDArray] {
  const { dtype, ndim } = u;
  const like = (x: NDArray) => (x.dtype === dtype ? x : ops.convertElementType(x, dtype));
  const k = values.shape[values.ndim - 1];
  const [row, column] = [asRows(values), asColumns(values)];
  const squares = ops.mul(ops.add(row, column), ops.sub(row, column));
  const eye = identity(values.dtype, k, ndim);
  const inverses = like(ops.sub(ops.div(constLike(squares, 1), ops.add(squares, eye)), eye));
  const [dS, Sd] = [ops.mul(like(row), turned), ops.mul(like(column), turned)];
  // Phases of U and V together are free where a singular value is not 0; real numbers have none.
  const zeros = ops.convertElementType(ops.eq(values, ops.fullLike(values, 0)), values.dtype);
  const reciprocals = ops.sub(ops.div(constLike(values, 1), ops.add(values, zeros)), zeros);
  const skew = ops.mul(ops.sub(turned, H(turned)), constLike(turned, 0.5));
  const phases = ops.mul(skew, like(ops.mul(eye, asRows(reciprocals))));
  let du = matmul(u, ops.add(ops.mul(inverses, ops.add(dS, H(dS))), phases));
  let dv = matmul(v, ops.mul(inverses, ops.add(Sd, H(Sd))));
  // What of dA is outside the spaces that U and V span.
  const [m, n] = [u.shape[ndim - 2], v.shape[ndim - 2]];
  if (m > n) {
    const image = matmul(da, v);
    du = ops.add(du, ops.div(ops.sub(image, matmul(u, matmul(H(u), image))), like(row)));
  }
  if (n > m) {
    const image = matmul(H(da), u);
    dv = ops.add(dv, ops.div(ops.sub(image, matmul(v, matmul(H(v), image))), like(row)));
  }
  return [du, dv];
}

export interface SvdOptions {
  /** Square U and V (default), or only as many singular vectors as there are singular values. */
  readonly fullMatrices?: boolean;
  /** Whether singular vectors are wanted, too; default true. */
  readonly computeUv?: boolean;
  /** Only all singular values are supported, `[0, min(m, n)]` or null, as in JAX on the CPU. */
  readonly subsetByIndex?: readonly [number, number] | null;
}

/**
 * The singular value decomposition `A = U diag(s) V^H` of matrices.
 *
 * Derivatives are those for distinct singular values; those of U and V need `fullMatrices: false` where the matrices are not square.
 *
 * @param x the matrices, `[..., m, n]`, floating or complex
 * @returns `[u, s, vh]`: singular vectors as columns of U, `[..., m, k]`, and rows of V^H, `[..., k, n]`, where k is `min(m, n)` or with
 * `fullMatrices` m and n; the singular values, real and descending, `[..., min(m, n)]`. With `computeUv: false` the singular values alone.
 * NaN where a matrix has elements that are not finite
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; NotImplementedError for a part of the singular values
 * @example
 * lax.linalg.svd(jnp.array([[0, 2], [1, 0]]), { computeUv: false }) // => Array([2., 1.], dtype=float32)
 */
export function svd(x: LaxOperand, options: SvdOptions & { readonly computeUv: false }): NDArray;
export function svd(
  x: LaxOperand,
  options?: SvdOptions & { readonly computeUv?: true },
): [NDArray, NDArray, NDArray];
export function svd(x: LaxOperand, options?: SvdOptions): NDArray | [NDArray, NDArray, NDArray];
export function svd(x: LaxOperand, options: SvdOptions = {}): NDArray | [NDArray, NDArray, NDArray] {
  checkOptions("lax.linalg.svd", options, ["fullMatrices", "computeUv", "subsetByIndex", "algorithm"]);
  const { fullMatrices = true, computeUv = true, subsetByIndex = null } = options;
  const a = unaryOperand(x, "svd", inexact);
  const few = Math.min(...a.shape.slice(-2));
  if (subsetByIndex !== null && (subsetByIndex[0] !== 0 || subsetByIndex[1] !== few)) {
    throw new NotImplementedError("subset_by_index (subsetByIndex) not implemented for CPU");
  }
  const [s, u, vh] = bind(svdPrimitive, [a], { fullMatrices, computeUv, subsetByIndex });
  return computeUv ? [u, s, vh] : s;
}
