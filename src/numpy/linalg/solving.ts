import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { luSolve } from "../../lax/linalg/lu.ts";
import { matmul as multiply } from "../../lax/linalg/matrices.ts";
import { jit } from "../../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "../arguments.ts";
import { eye } from "../creation.ts";
import { broadcastTo } from "../manipulationBroadcast.ts";
import { expandDims, moveaxis, ravel, reshape, squeeze } from "../manipulationShape.ts";
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
  const rows = y.shape[y.ndim === 1 ? 0 : y.ndim - 2];
  if (x.ndim < 2 || y.ndim === 0 || x.shape[x.ndim - 2] !== n || rows !== n) {
    throw new ValueError(
      "The arguments to solve must have shapes a=[..., m, m] and b=[..., m, k] or b=[m]; " +
        `got a=${shapeStr(x.shape)} and b=${shapeStr(y.shape)}`,
    );
  }
  return solveJit(x, y);
}
const solveJit = jit(
  (x: NDArray, y: NDArray): NDArray => {
    const n = x.shape[x.ndim - 1];
    const isVector = y.ndim === 1;
    const rhs = isVector ? expandDims(y, 1) : y;
    const batch = checkBroadcast([x.shape.slice(0, -2), rhs.shape.slice(0, -2)], "jnp.linalg.solve");
    const solution = solveStack(
      broadcastTo(x, [...batch, n, n]),
      broadcastTo(rhs, [...batch, ...rhs.shape.slice(-2)]),
    );
    return isVector ? squeeze(solution, -1) : solution;
  },
  { name: "solve" },
);

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
  return inverseJit(x);
}
const inverseJit = jit(
  (x: NDArray): NDArray => solve(x, broadcastTo(eye(x.shape[x.ndim - 1], { dtype: x.dtype }), x.shape)),
  { name: "inv" },
);

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, k) => n * k, 1);

/**
 * The inverse of an array as a linear map: of the last axes to the first `ind` ones, which have as many elements. It solves by
 * `jnp.tensordot(jnp.linalg.tensorinv(a), b, b.ndim)` what {@link tensorsolve} does.
 *
 * @param a integers become float32
 * @param ind how many axes are first, default 2
 * @returns the inverse, whose first axes are the last of `a`
 * @throws ValueError when `ind` is not positive, or the first axes have another number of elements than the last
 * @example
 * ```ts
 * jnp.linalg.tensorinv(jnp.eye(24).reshape([4, 6, 8, 3])).shape; // => [8, 3, 4, 6]
 * ```
 */
export function tensorinv(a: ArrayLike, ind?: number | { ind?: number }): NDArray {
  const { ind: first = 2 } = readOptions<{ ind: number }>("jnp.linalg.tensorinv", ["ind"], [ind]);
  const x = matrixArgument("tensorinv", a);
  if (!Number.isInteger(first) || first <= 0)
    throw new ValueError(`ind must be a positive integer; got ind=${first}`);
  const [rows, columns] = [x.shape.slice(0, first), x.shape.slice(first)];
  if (sizeOf(rows) !== sizeOf(columns)) {
    throw new ValueError(
      "tensorinv is only possible when the product of the first `ind` dimensions equals that of the remaining dimensions. " +
        `got arr.shape=${shapeStr(x.shape)} with ind=${first}.`,
    );
  }
  return reshape(inv(reshape(x, [sizeOf(rows), sizeOf(columns)])), [...columns, ...rows]);
}

/**
 * The solution x of `jnp.tensordot(a, x, x.ndim) = b`: a linear map from arrays of one shape to arrays of another with as many elements.
 *
 * @param a its first axes are those of `b`, its last those of the result; integers become float32
 * @param axes axes of `a` that are moved behind all others first, in their order
 * @throws ValueError when the first axes of `a` are not those of `b`, or there are not as many equations as unknowns
 * @example
 * ```ts
 * jnp.linalg.tensorsolve(jnp.eye(6).reshape([2, 3, 6]), jnp.ones([2, 3])).shape; // => [6]
 * ```
 */
export function tensorsolve(
  a: ArrayLike,
  b: ArrayLike,
  axes?: readonly number[] | null | { axes?: readonly number[] | null },
): NDArray {
  const o = readOptions<{ axes: readonly number[] | null }>("jnp.linalg.tensorsolve", ["axes"], [axes]);
  const [given, y] = promoteDTypesInexact([toArray(a, "tensorsolve", 0), toArray(b, "tensorsolve", 1)]);
  const last = (o.axes ?? []).map((axis) => canonicalizeAxis(axis, given.ndim)).sort((p, q) => p - q);
  const x = moveaxis(
    given,
    last,
    last.map((_, i) => i - last.length),
  );
  const [rows, columns] = [x.shape.slice(0, y.ndim), x.shape.slice(y.ndim)];
  if (rows.join() !== y.shape.join()) {
    throw new ValueError(
      "After moving axes to end, leading shape of a must match shape of b. " +
        `got a.shape=${shapeStr(x.shape)}, b.shape=${shapeStr(y.shape)}`,
    );
  }
  if (y.size !== sizeOf(columns)) {
    throw new ValueError(
      "Input arrays must have prod(a.shape[:b.ndim]) == prod(a.shape[b.ndim:]); " +
        `got a.shape=${shapeStr(x.shape)}, b.ndim=${y.ndim}.`,
    );
  }
  return reshape(solve(reshape(x, [y.size, y.size]), ravel(y)), columns);
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
  return powerJit(given, n);
}
const powerJit = jit(
  (given: NDArray, n: number): NDArray => {
    if (n === 0) return broadcastTo(eye(given.shape[given.ndim - 1], { dtype: given.dtype }), given.shape);
    let square = n < 0 ? inv(given) : given;
    let result: NDArray | null = null;
    for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
      if (rest > 1) square = matmul(square, square);
    }
    return result as NDArray;
  },
  { name: "matrix_power", staticArgnums: 1 },
);
