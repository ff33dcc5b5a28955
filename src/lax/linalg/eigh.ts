import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import type { Params, Primitive } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { realDType } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { integerPow } from "../arithmetic.ts";
import { inexact, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { asColumns, asRows, diagonal, H, identity, matmul, realPart, symmetrize } from "./matrices.ts";
import { eighRoutine } from "./routines/eigh.ts";

interface EighParams extends Params {
  readonly lower: boolean;
  readonly sortEigenvalues: boolean;
  readonly subsetByIndex: readonly [number, number] | null;
}

const eighPrimitive: Primitive<EighParams> = linalgPrimitive<EighParams>("eigh", {
  ranks: [2],
  results: ([shape], _params, dtype) => {
    const [n] = shape;
    if (n !== shape[1]) {
      throw new ValueError(
        `Argument to symmetric eigendecomposition must have shape [..., n, n], got shape ${shapeStr(shape)}`,
      );
    }
    return [{ shape }, { shape: [n], dtype: realDType(dtype) }];
  },
  routine: ([[n]], { lower }, field) => eighRoutine(n, lower, field),
  jvp: ([a], [t], params) => {
    const [v, values] = bind(eighPrimitive, [symmetrize(a)], params);
    return [[v, values], eighTangents(v, values, instantiate(t))];
  },
  printParams: ({ lower, sortEigenvalues, subsetByIndex }) => ({
    algorithm: null,
    lower,
    sort_eigenvalues: sortEigenvalues,
    subset_by_index: subsetByIndex,
  }),
});

/**
 * Tangents of eigenvectors and eigenvalues, for distinct eigenvalues, from A V = V W: (V^H dA V)[i, j] / (w[j] - w[i]) is how much dV[:, j] has of
 * V[:, i].
 */
export function eighTangents(v: NDArray, values: NDArray, da: NDArray): [NDArray, NDArray] {
  const w = values.dtype === v.dtype ? values : ops.convertElementType(values, v.dtype);
  const eye = identity(v.dtype, w.shape[w.ndim - 1], v.ndim);
  const differences = ops.sub(ops.add(eye, asRows(w)), asColumns(w));
  const inverses = ops.sub(integerPow(differences, -1), eye);
  const turned = matmul(matmul(H(v), da), v);
  return [matmul(v, ops.mul(inverses, turned)), diagonal(realPart(turned))];
}

export interface EighOptions {
  /** Which triangle is read: the lower one (default) or the upper one. */
  readonly lower?: boolean;
  /** Decompose `(x + x^H) / 2` (default), so that both triangles count. */
  readonly symmetrizeInput?: boolean;
  /** Eigenvalues are in ascending order whatever this says, as in JAX on the CPU. */
  readonly sortEigenvalues?: boolean;
  /** Only all eigenvalues are supported, `[0, n]` or null, as in JAX on the CPU. */
  readonly subsetByIndex?: readonly [number, number] | null;
}

/**
 * Eigenvectors and eigenvalues of Hermitian (symmetric if real) matrices: `A V = V diag(w)`.
 *
 * Derivatives are those for distinct eigenvalues.
 *
 * @param x the matrices, `[..., n, n]`, floating or complex
 * @returns `[v, w]`: the eigenvectors as columns, `[..., n, n]`, each of length 1 and either sign; the eigenvalues, real and ascending,
 * `[..., n]`; NaN where a matrix has elements that are not finite
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square;
 * NotImplementedError for a part of the eigenvalues
 * @example
 * lax.linalg.eigh(jnp.array([[2, 0], [0, 1]]))[1] // => Array([1., 2.], dtype=float32)
 */
export function eigh(x: LaxOperand, options: EighOptions = {}): [NDArray, NDArray] {
  checkOptions("lax.linalg.eigh", options, [
    ...["lower", "symmetrizeInput", "sortEigenvalues", "subsetByIndex", "implementation"],
  ]);
  const { lower = true, symmetrizeInput = true, sortEigenvalues = true, subsetByIndex = null } = options;
  const a = unaryOperand(x, "eigh", inexact);
  const n = a.shape[a.ndim - 1];
  if (subsetByIndex !== null && (subsetByIndex[0] !== 0 || subsetByIndex[1] !== n)) {
    throw new NotImplementedError("subset_by_index (subsetByIndex) not supported on CPU and GPU");
  }
  const isMatrix = a.ndim >= 2 && n === a.shape[a.ndim - 2];
  const [v, w] = bind(eighPrimitive, [symmetrizeInput && isMatrix ? symmetrize(a) : a], {
    lower,
    sortEigenvalues,
    subsetByIndex,
  });
  return [v, w];
}
