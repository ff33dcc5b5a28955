import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { luSolve as solveFactors } from "../../lax/linalg/lu.ts";
import { block, identity, matmul, tril, triu } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { broadcastTo } from "../../numpy/manipulationBroadcast.ts";
import { expandDims } from "../../numpy/manipulationShape.ts";
import { toArray } from "../../numpy/promote.ts";
import { jit } from "../../transforms/jit.ts";
import { inexactArguments, matrixArgument, solveStacks } from "./arguments.ts";
import { type Transposition, transposition } from "./solving.ts";

/** Options of {@link lu}; what JAX ignores is ignored here. */
export interface LuOptions {
  /** Return P L instead of P and L; default false. */
  permuteL?: boolean;
  overwriteA?: boolean;
  checkFinite?: boolean;
}

/**
 * The decomposition `A = P L U` into a permutation, a lower triangular matrix with ones on its diagonal, and an upper triangular one.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param args `permuteL`, ...; or an object with the options
 * @returns `[P, L, U]`: `[..., m, m]`, `[..., m, k]` and `[..., k, n]` with k = min(m, n); or `[P L, U]` with `permuteL`
 * @throws ValueError for fewer than two dimensions
 * @example
 * ```ts
 * const [p, l, u] = scipy.linalg.lu(jnp.array([[1, 2], [4, 4]]));
 * String(u); // => "[[4. 4.]\n [0. 1.]]"
 * String(p.matmul(l).matmul(u)); // => "[[1. 2.]\n [4. 4.]]"
 * ```
 */
export function lu(
  a: ArrayLike,
  permuteL: true | (LuOptions & { permuteL: true }),
  ...args: unknown[]
): [NDArray, NDArray];
export function lu(
  a: ArrayLike,
  permuteL?: false | LuOptions,
  ...args: unknown[]
): [NDArray, NDArray, NDArray];
export function lu(a: ArrayLike, ...args: unknown[]): NDArray[] {
  const { permuteL = false } = readOptions<LuOptions>(
    "scipy.linalg.lu",
    ["permuteL", "overwriteA", "checkFinite"],
    args,
  );
  return luJit(matrixArgument("lu", a), permuteL);
}
const luJit = jit(
  (x: NDArray, permuteL: boolean): NDArray[] => {
    const [m, n] = x.shape.slice(-2);
    const k = Math.min(m, n);
    const [factors, , permutation] = lax.linalg.lu(x);
    const l = tril(block(factors, [0, m], [0, k]), -1).add(
      block(identity(x.dtype, Math.max(m, 1)), [0, m], [0, k]),
    );
    const u = triu(block(factors, [0, k], [0, n]));
    const isPlace = expandDims(permutation, -2).eq(expandDims(lax.iota("int32", m), -1));
    return permuteL ? [matmul(isPlace.astype(x.dtype), l), u] : [isPlace.astype(realDType(x.dtype)), l, u];
  },
  { name: "lu", staticArgnums: 1 },
);

/**
 * The decomposition for {@link luSolve}: L below the diagonal and U on and above it in one matrix, and the swaps of rows.
 *
 * @param a `[..., m, n]`; integers become float32
 * @returns `[lu, pivots]`: row `i` was swapped with row `pivots[i]`, in turn
 * @throws ValueError for fewer than two dimensions
 * @example
 * ```ts
 * String(scipy.linalg.luFactor(jnp.array([[1, 2], [4, 4]]))[1]); // => "[1 1]"
 * ```
 */
export function luFactor(a: ArrayLike, ...args: unknown[]): [lu: NDArray, pivots: NDArray] {
  readOptions("scipy.linalg.luFactor", ["overwriteA", "checkFinite"], args);
  const [factors, pivots] = lax.linalg.lu(matrixArgument("luFactor", a));
  return [factors, pivots];
}

/**
 * The solution x of `a x = b`, for the decomposition of `a`.
 *
 * @param luAndPivots what {@link luFactor} returns for square matrices
 * @param b `[n]` or `[..., n, k]`
 * @param args `trans`: solve with the transpose (1) or the adjoint (2); or an object with it
 * @throws ValueError when sizes do not fit, or for an unknown `trans`
 * @example
 * ```ts
 * const factors = scipy.linalg.luFactor(jnp.array([[1, 2], [4, 4]]));
 * String(scipy.linalg.luSolve(factors, jnp.array([5, 12]))); // => "[1. 2.]"
 * ```
 */
export function luSolve(
  luAndPivots: readonly [lu: ArrayLike, pivots: ArrayLike],
  b: ArrayLike,
  ...args: [(Transposition | { trans?: Transposition })?, ...unknown[]]
): NDArray {
  const o = readOptions<{ trans: Transposition }>(
    "scipy.linalg.luSolve",
    ["trans", "overwriteB", "checkFinite"],
    args,
  );
  if (!Array.isArray(luAndPivots) || luAndPivots.length !== 2)
    throw new TypeError("scipy.linalg.luSolve takes what luFactor returns, [lu, pivots].");
  const kind = transposition(o.trans ?? 0);
  const [factors, y] = inexactArguments("luSolve", luAndPivots[0] as ArrayLike, b);
  const pivots = toArray(luAndPivots[1], "scipy.linalg.luSolve", 0);
  const n = factors.shape[factors.ndim - 1];
  if (factors.ndim < 2 || pivots.shape.join() !== [...factors.shape.slice(0, -2), n].join()) {
    throw new ValueError(
      `scipy.linalg.luSolve: expected lu=[..., n, n] and pivots=[..., n], got lu=${shapeStr(factors.shape)} and ` +
        `pivots=${shapeStr(pivots.shape)}.`,
    );
  }
  const permutation = lax.linalg.luPivotsToPermutation(pivots, n);
  return solveStacks("luSolve", factors, y, (stack, rhs) =>
    solveFactors(stack, broadcastTo(permutation, stack.shape.slice(0, -1)), rhs, kind),
  );
}
