import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { luSolve } from "../../lax/linalg/lu.ts";
import { matmul as multiply } from "../../lax/linalg/matrices.ts";
import { eye } from "../creation.ts";
import { broadcastTo } from "../manipulationBroadcast.ts";
import { expandDims, squeeze } from "../manipulationShape.ts";
import { matmul } from "../products.ts";
import { checkBroadcast, promoteArgs, promoteDTypesInexact, toArray } from "../promote.ts";
import { checkSquare, matrixArgument } from "./matrix.ts";

const { linalg } = lax;

/** X with A X = B for stacks of square matrices and as many matrices of right-hand sides; derivatives use the same decomposition. */
function solveStack(a: NDArray, b: NDArray): NDArray {
  const [factors, , permutation] = linalg.lu(lax.stopGradient(a));
  const solveWith = (transpose: 0 | 1) => (_: unknown, y: NDArray) =>
    luSolve(factors, permutation, y, transpose);
  return lax.customLinearSolve((x: NDArray) => multiply(a, x), b, solveWith(0), {
    transposeSolve: solveWith(1),
  });
}

/**
 * The solution x of the linear equations `a x = b`.
 *
 * @param a square matrices, `[..., n, n]`; integers become float32
 * @param b a vector `[n]`, or right-hand sides `[..., n, k]`; leading dimensions broadcast with those of `a`
 * @returns x of the shape of b; infinities and NaN where a matrix is singular
 * @throws ValueError when `a` is not square or sizes do not fit
 * @example
 * ```ts
 * String(jnp.linalg.solve(jnp.array([[2, 0], [1, 4]]), jnp.array([2, 9]))); // => "[1. 2.]"
 * ```
 */
export function solve(a: ArrayLike, b: ArrayLike): NDArray {
  const [x, y] = promoteDTypesInexact([toArray(a, "solve", 0), toArray(b, "solve", 1)]);
  const [n] = x.shape.slice(-1);
  const isVector = y.ndim === 1;
  const rows = y.shape[isVector ? 0 : y.ndim - 2];
  if (x.ndim < 2 || y.ndim === 0 || x.shape[x.ndim - 2] !== n || rows !== n) {
    throw new ValueError(
      "The arguments to solve must have shapes a=[..., m, m] and b=[..., m, k] or b=[m]; " +
        `got a=${shapeStr(x.shape)} and b=${shapeStr(y.shape)}`,
    );
  }
  const rhs = isVector ? expandDims(y, 1) : y;
  const batch = checkBroadcast([x.shape.slice(0, -2), rhs.shape.slice(0, -2)], "jnp.linalg.solve");
  const solution = solveStack(
    broadcastTo(x, [...batch, n, n]),
    broadcastTo(rhs, [...batch, ...rhs.shape.slice(-2)]),
  );
  return isVector ? squeeze(solution, -1) : solution;
}

/**
 * The inverses of square matrices; infinities and NaN where a matrix is singular. To solve equations, {@link solve} is faster and more accurate.
 *
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.inv(jnp.array([[2, 0], [0, 4]]))); // => "[[0.5  0.  ]\n [0.   0.25]]"
 * ```
 */
export function inv(a: ArrayLike): NDArray {
  const x = matrixArgument("inv", a);
  checkSquare("inv", x);
  return solve(x, broadcastTo(eye(x.shape[x.ndim - 1], { dtype: x.dtype }), x.shape));
}

/**
 * Square matrices multiplied with themselves n times; negative powers are those of the inverses.
 *
 * @throws TypeError for an exponent that is no integer, or matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.matrixPower(jnp.array([[1, 1], [0, 1]]), 5)); // => "[[1. 5.]\n [0. 1.]]"
 * ```
 */
export function matrixPower(a: ArrayLike, n: number): NDArray {
  const given = promoteArgs("jnp.linalg.matrixPower", a)[0];
  if (given.ndim < 2) {
    throw new TypeError(`${given.ndim}-dimensional array given. Array must be at least two-dimensional`);
  }
  if (given.shape[given.ndim - 1] !== given.shape[given.ndim - 2])
    throw new TypeError("Last 2 dimensions of the array must be square");
  if (!Number.isInteger(n)) throw new TypeError(`exponent must be an integer, got ${n}`);
  if (n === 0) return broadcastTo(eye(given.shape[given.ndim - 1], { dtype: given.dtype }), given.shape);
  let square = n < 0 ? inv(given) : given;
  let result: NDArray | null = null;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    if (rest > 1) square = matmul(square, square);
  }
  return result as NDArray;
}
