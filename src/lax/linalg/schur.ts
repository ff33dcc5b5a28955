import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { notDifferentiable, type Params } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { installComplex } from "../../kernels/complex.ts";
import { checkOptions } from "../../transforms/options.ts";
import { inexact, unaryOperand } from "../operands.ts";
import type { LaxOperand } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { schurRoutine } from "./routines/schur.ts";

interface SchurParams extends Params {
  readonly computeSchurVectors: boolean;
}

const schurPrimitive = linalgPrimitive<SchurParams>("schur", {
  ranks: [2],
  results: ([shape], { computeSchurVectors }) => {
    if (shape[0] !== shape[1]) {
      throw new ValueError(`The input to schur must be a square matrix. Got shape ${shapeStr(shape)}.`);
    }
    return computeSchurVectors ? [{ shape }, { shape }] : [{ shape }];
  },
  routine: ([[n]], { computeSchurVectors }, field) => schurRoutine(n, computeSchurVectors, field),
  jvp: /* @__PURE__ */ notDifferentiable("schur has no derivative in JAX"),
  printParams: ({ computeSchurVectors }) => ({
    compute_schur_vectors: computeSchurVectors,
    select_callable: null,
    sort_eig_vals: false,
  }),
});

export interface SchurOptions {
  /** Whether Q is wanted, too; default true. */
  readonly computeSchurVectors?: boolean;
  /** Only false is supported, as in JAX. */
  readonly sortEigVals?: boolean;
}

/**
 * The Schur decomposition of square matrices, `A = Q T Q^H`, with Q unitary. T is upper triangular; that of a real matrix is real and has 2 x 2 blocks
 * `[[a, b], [c, a]]` with `b c < 0` on its diagonal for pairs of eigenvalues that are not real.
 *
 * @param x the matrices, `[..., n, n]`, floating or complex
 * @returns `[T, Q]`, or `[T]`; NaN where a matrix has elements that are not finite
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square;
 * NotImplementedError for sorted eigenvalues
 * @example
 * lax.linalg.schur(jnp.array([[1, 2], [0, 3]]))[0]
 * // => Array([[1., 2.],
 * //           [0., 3.]], dtype=float32)
 */
export function schur(x: LaxOperand, options: SchurOptions = {}): NDArray[] {
  installComplex();
  checkOptions("lax.linalg.schur", options, ["computeSchurVectors", "sortEigVals", "selectCallable"]);
  const { computeSchurVectors = true, sortEigVals = false } = options;
  if (sortEigVals) throw new NotImplementedError("schur does not sort eigenvalues");
  return bind(schurPrimitive, [unaryOperand(x, "schur", inexact)], { computeSchurVectors });
}
