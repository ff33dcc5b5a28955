import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { namedTuple } from "../../tree/namedTuple.ts";
import { checkSquare, matrixArgument } from "./matrix.ts";

const { linalg } = lax;

/** The results of {@link eig}. */
export type EigResult = [NDArray, NDArray] & {
  readonly eigenvalues: NDArray;
  readonly eigenvectors: NDArray;
};
const eigResult = namedTuple<EigResult>("EigResult", ["eigenvalues", "eigenvectors"]);

/**
 * Eigenvalues and right eigenvectors, as columns, of square matrices; complex, also for real matrices. For Hermitian ones see {@link eigh}.
 *
 * @param a `[..., n, n]`; integers become float32
 * @returns `[eigenvalues, eigenvectors]`, also by those names: the eigenvalues in no particular order, the vectors of length 1; NaN where a
 * matrix has elements that are not finite
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.eig(jnp.array([[2, 1], [0, 1]])).eigenvalues); // => "[2.+0.j 1.+0.j]"
 * ```
 */
export function eig(a: ArrayLike): EigResult {
  const x = matrixArgument("eig", a);
  checkSquare("eig", x);
  const [eigenvalues, eigenvectors] = linalg.eig(x, { computeLeftEigenvectors: false });
  return eigResult(eigenvalues, eigenvectors);
}

/**
 * The eigenvalues of square matrices, complex and in no particular order; see {@link eig}. They have derivatives where they are distinct.
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.eigvals(jnp.array([[2, 1], [0, 1]]))); // => "[2.+0.j 1.+0.j]"
 * ```
 */
export function eigvals(a: ArrayLike): NDArray {
  const x = matrixArgument("eigvals", a);
  checkSquare("eigvals", x);
  return linalg.eig(x, { computeLeftEigenvectors: false, computeRightEigenvectors: false })[0];
}
