import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { matmul } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { det as determinant } from "../../numpy/linalg/determinants.ts";
import { inv as inverse, solve as solveGeneral } from "../../numpy/linalg/solving.ts";
import { inexactArguments, solveStacks } from "./arguments.ts";
import { choleskyFactor, solveByCholesky } from "./cholesky.ts";

/** Which matrix the equations have: A (0, "N"), its transpose (1, "T") or its adjoint (2, "C"). */
export type Transposition = 0 | 1 | 2 | "N" | "T" | "C";

/** As a number. @throws ValueError for anything else */
export function transposition(trans: Transposition): 0 | 1 | 2 {
  const at = ([0, 1, 2] as unknown[]).includes(trans)
    ? (trans as number)
    : ["N", "T", "C"].indexOf(trans as string);
  if (at < 0) throw new ValueError(`Invalid 'trans' value ${trans}`);
  return at as 0 | 1 | 2;
}

/** Options of {@link solveTriangular}; what JAX ignores is ignored here. */
export interface SolveTriangularOptions {
  trans?: Transposition;
  /** Whether `a` is lower triangular; default false: upper. The other triangle is not read. */
  lower?: boolean;
  /** The diagonal counts as ones and is not read; default false. */
  unitDiagonal?: boolean;
  overwriteB?: boolean;
  debug?: unknown;
  checkFinite?: boolean;
}

/**
 * The solution x of `a x = b` with triangular `a`.
 *
 * @param a `[..., n, n]`; integers become float32
 * @param b `[n]` or `[..., n, k]`
 * @param args `trans`, `lower`, `unitDiagonal`, ...; or an object with these
 * @returns x of the shape of b; infinities and NaN where a diagonal element is 0
 * @throws ValueError when sizes do not fit, or for an unknown `trans`
 * @example
 * ```ts
 * const a = jnp.array([[2, 0], [1, 4]]);
 * String(scipy.linalg.solveTriangular(a, jnp.array([2, 9]), { lower: true })); // => "[1. 2.]"
 * ```
 */
export function solveTriangular(
  a: ArrayLike,
  b: ArrayLike,
  ...args: [(Transposition | SolveTriangularOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SolveTriangularOptions>(
    "scipy.linalg.solveTriangular",
    ["trans", "lower", "unitDiagonal", "overwriteB", "debug", "checkFinite"],
    args,
  );
  const kind = transposition(o.trans ?? 0);
  const options = {
    leftSide: true,
    lower: o.lower ?? false,
    transposeA: kind > 0,
    conjugateA: kind === 2,
    unitDiagonal: o.unitDiagonal ?? false,
  };
  const [x, y] = inexactArguments("solveTriangular", a, b);
  return solveStacks("solveTriangular", x, y, (p, q) => lax.linalg.triangularSolve(p, q, options));
}

/** Options of {@link solve}; what JAX ignores is ignored here. */
export interface SolveOptions {
  /** Which triangle of a positive definite matrix is read, if it is not symmetrized: the lower one; default the upper one. */
  lower?: boolean;
  overwriteA?: boolean;
  overwriteB?: boolean;
  debug?: boolean;
  checkFinite?: boolean;
  /** What is known of the matrices: nothing ("gen", default), symmetric ("sym"), Hermitian ("her"), positive definite ("pos"), which is faster. */
  assumeA?: "gen" | "sym" | "her" | "pos";
}

/**
 * The solution x of the linear equations `a x = b`.
 *
 * @param a square matrices, `[..., n, n]`; integers become float32
 * @param b `[n]` or `[..., n, k]`
 * @param args `lower`, ...; or an object with the options
 * @returns x of the shape of b; infinities and NaN where a matrix is singular, NaN where it is not positive definite as promised
 * @throws ValueError when `a` is not square, sizes do not fit, or for an unknown `assumeA`
 * @example
 * ```ts
 * const a = jnp.array([[4, 2], [2, 5]]);
 * String(scipy.linalg.solve(a, jnp.array([8, 8]), { assumeA: "pos" })); // => "[1.5 1. ]"
 * ```
 */
export function solve(
  a: ArrayLike,
  b: ArrayLike,
  ...args: [(boolean | SolveOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SolveOptions>(
    "scipy.linalg.solve",
    ["lower", "overwriteA", "overwriteB", "debug", "checkFinite", "assumeA"],
    args,
  );
  const assumed = o.assumeA ?? "gen";
  const known = ["gen", "sym", "her", "pos"];
  if (!known.includes(assumed)) {
    throw new ValueError(
      `Expected assume_a to be one of [${known.map((k) => `'${k}'`).join(", ")}]; got '${assumed}'`,
    );
  }
  if (assumed !== "pos") return solveGeneral(a, b);
  const [x, y] = inexactArguments("solve", a, b);
  return solveStacks("solve", x, y, (p, q) => solvePositive(p, q, o.lower ?? false));
}

/** By the Cholesky factor, which derivatives use, too. */
function solvePositive(a: NDArray, b: NDArray, lower: boolean): NDArray {
  const factor = choleskyFactor(lax.stopGradient(a), lower);
  return lax.customLinearSolve(
    (x: NDArray) => matmul(a, x),
    b,
    (_: unknown, y: NDArray) => solveByCholesky(factor, y, lower),
    { symmetric: true },
  );
}

/**
 * The inverses of square matrices; see {@link jnp.linalg.inv}.
 *
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(scipy.linalg.inv(jnp.array([[2, 0], [0, 4]]))); // => "[[0.5  0.  ]\n [0.   0.25]]"
 * ```
 */
export function inv(a: ArrayLike, ...args: unknown[]): NDArray {
  readOptions("scipy.linalg.inv", ["overwriteA", "checkFinite"], args);
  return inverse(a);
}

/**
 * The determinants of square matrices; see {@link jnp.linalg.det}.
 *
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(scipy.linalg.det(jnp.array([[1, 2], [3, 4]]))); // => "-2.0"
 * ```
 */
export function det(a: ArrayLike, ...args: unknown[]): NDArray {
  readOptions("scipy.linalg.det", ["overwriteA", "checkFinite"], args);
  return determinant(a);
}
