import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { H } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { checkSquare, inexactArguments, matrixArgument, solveStacks } from "./arguments.ts";

/** Options of {@link cholesky} and {@link choFactor}; what JAX ignores is ignored here. */
export interface CholeskyOptions {
  /** Return the lower factor L with `A = L L^H`; default false: the upper one, U with `A = U^H U`. */
  lower?: boolean;
  overwriteA?: boolean;
  checkFinite?: boolean;
}
type CholeskyArguments = [(boolean | CholeskyOptions)?, ...unknown[]];

/** The factor of a matrix whose given triangle is read, if it is not symmetrized: both count, as in JAX. */
export function choleskyFactor(a: NDArray, lower: boolean): NDArray {
  const l = lax.linalg.cholesky(lower ? a : H(a));
  return lower ? l : H(l);
}

/** The solution for a factor: by forward and back substitution. */
export function solveByCholesky(factor: NDArray, b: NDArray, lower: boolean): NDArray {
  const step = (adjoint: boolean) => ({ leftSide: true, lower, transposeA: adjoint, conjugateA: adjoint });
  const y = lax.linalg.triangularSolve(factor, b, step(!lower));
  return lax.linalg.triangularSolve(factor, y, step(lower));
}

function readCholesky(name: string, a: ArrayLike, args: CholeskyArguments): [NDArray, boolean] {
  const o = readOptions<CholeskyOptions>(
    `scipy.linalg.${name}`,
    ["lower", "overwriteA", "checkFinite"],
    args,
  );
  const x = matrixArgument(name, a);
  checkSquare(name, "a", x);
  return [choleskyFactor(x, o.lower ?? false), o.lower ?? false];
}

/**
 * The Cholesky factor of Hermitian positive definite matrices: upper triangular, U with `A = U^H U`, unless `lower` is set.
 *
 * @param a `[..., n, n]`; integers become float32
 * @param args `lower`, ...; or an object with the options
 * @returns the factor, of the shape of `a`; NaN in its triangle where a matrix is not positive definite
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(scipy.linalg.cholesky(jnp.array([[4, 2], [2, 5]]))); // => "[[2. 1.]\n [0. 2.]]"
 * ```
 */
export function cholesky(a: ArrayLike, ...args: CholeskyArguments): NDArray {
  return readCholesky("cholesky", a, args)[0];
}

/**
 * The Cholesky factor for {@link choSolve}, and whether it is the lower one.
 *
 * @param a `[..., n, n]`; integers become float32
 * @param args `lower` (default false), ...; or an object with the options
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * const factor = scipy.linalg.choFactor(jnp.array([[4, 2], [2, 5]]));
 * String(scipy.linalg.choSolve(factor, jnp.array([8, 8]))); // => "[1.5 1. ]"
 * ```
 */
export function choFactor(a: ArrayLike, ...args: CholeskyArguments): [factor: NDArray, lower: boolean] {
  return readCholesky("choFactor", a, args);
}

/**
 * The solution x of `a x = b`, for the Cholesky factor of `a`.
 *
 * @param cAndLower the factor, of which only its own triangle is read, and whether it is the lower one: what {@link choFactor} returns
 * @param b `[n]` or `[..., n, k]`
 * @throws ValueError when sizes do not fit; TypeError when the first argument is no pair
 * @example
 * ```ts
 * String(scipy.linalg.choSolve([jnp.array([[2, 0], [1, 2]]), true], jnp.array([8, 8]))); // => "[1.5 1. ]"
 * ```
 */
export function choSolve(
  cAndLower: readonly [factor: ArrayLike, lower: boolean],
  b: ArrayLike,
  ...args: unknown[]
): NDArray {
  readOptions("scipy.linalg.choSolve", ["overwriteB", "checkFinite"], args);
  if (!Array.isArray(cAndLower) || cAndLower.length !== 2 || typeof cAndLower[1] !== "boolean")
    throw new TypeError("scipy.linalg.choSolve takes a factor and whether it is the lower one, [c, lower].");
  const [c, lower] = cAndLower as readonly [ArrayLike, boolean];
  const [x, y] = inexactArguments("choSolve", c, b);
  return solveStacks("choSolve", x, y, (factor, rhs) => solveByCholesky(factor, rhs, lower));
}
