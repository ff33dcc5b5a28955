import type { ArrayLike, NDArray } from "../core/array.ts";
import { float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { eye, zeros } from "../numpy/creation.ts";
import { matrixNorm, norm } from "../numpy/linalg/norms.ts";
import { matmul } from "../numpy/products.ts";
import { convert, toArray } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { key as makeKey, uniform } from "../random/index.ts";
import { globalNorm } from "./clipping.ts";
import { weakFloat } from "./leaves.ts";
import { realDot, scaleTree, subtractTrees } from "./treeMath.ts";
import type { Scalar } from "./types.ts";

const normalized = <T>(tree: T): T => scaleTree(bi.divide(1, globalNorm(tree)), tree);

export interface PowerIterationOptions<T> {
  /** Where it starts; needed when the matrix is a function. */
  v0?: T;
  /** The most iterations; default 100. */
  numIters?: number;
  /** It stops when the residual, relative to the eigenvalue, is below; default 1e-6. */
  errorTolerance?: number;
  /** The key of a random start; default `random.key(0)`. */
  key?: NDArray;
}

/**
 * The eigenvalue of largest absolute value of a symmetric positive matrix, and its eigenvector of length 1, by repeated multiplication.
 *
 * @param matrix a square matrix, or a linear function from trees to trees
 * @throws ValueError for a function without `v0`
 * @example
 * ```ts
 * const [eigenvalue] = optim.powerIteration(jnp.array([[2, 1], [1, 2]]));
 * String(jnp.round(eigenvalue, 3)); // => "3.0"
 * ```
 */
export function powerIteration<T = NDArray>(
  matrix: ArrayLike | ((v: T) => T),
  options: PowerIterationOptions<T> = {},
): [eigenvalue: NDArray, eigenvector: T] {
  const names = ["v0", "numIters", "errorTolerance", "key"];
  const o = readOptions<PowerIterationOptions<T>>("powerIteration", [], [options], names);
  const { numIters = 100, errorTolerance = 1e-6 } = o;
  let multiply: (v: T) => T;
  let v0 = o.v0;
  if (typeof matrix === "function") {
    if (v0 === undefined) throw new ValueError("v0 must be provided when `matrix` is a function.");
    multiply = matrix;
  } else {
    const a = toArray(matrix, "powerIteration");
    multiply = (v) => matmul(a, v as ArrayLike) as T;
    v0 ??= uniform(o.key ?? makeKey(0), a.shape.slice(-1), a.dtype, -1, 1) as T;
  }
  // The vectors may be any trees; to the type checker they are arrays.
  type State = [v: NDArray, product: NDArray, eigenvalue: NDArray, iteration: NDArray];
  const multiplied = (v: NDArray): NDArray => multiply(v as T) as NDArray;
  const start = normalized(v0) as NDArray;
  const unfinished = ([v, product, eigenvalue, i]: State): NDArray => {
    const residual = globalNorm(subtractTrees(product, scaleTree(eigenvalue, v)));
    const converged = un.absolute(residual.div(eigenvalue)).lt(errorTolerance);
    return bi.logicalAnd(un.logicalNot(converged), i.lt(numIters));
  };
  const iterate = ([, product, , i]: State): State => {
    const v = normalized(product);
    const next = multiplied(v);
    return [v, next, realDot(v, next), i.add(1)];
  };
  const first = multiplied(start);
  const zero = realDot(start, first).mul(0);
  const [, product, eigenvalue] = lax.whileLoop(unfinished, iterate, [
    start,
    first,
    zero,
    lax.full([], 0, "int32"),
  ]);
  return [eigenvalue, normalized(product) as T];
}

export interface InverseRootOptions {
  /** The most iterations; default 100. */
  numIters?: number;
  /** Added to the diagonal, relative to the largest eigenvalue; default 1e-6. */
  ridgeEpsilon?: number;
  /** It stops when no element is farther than this from the identity; default 1e-6. */
  errorTolerance?: number;
}

/**
 * `matrix ** (-1 / p)` of a symmetric positive semi-definite matrix, by a coupled Newton iteration.
 *
 * Source: Higham, [Functions of Matrices](https://epubs.siam.org/doi/book/10.1137/1.9780898717778), equation 7.18, 2008.
 *
 * @param p 1, 2, 4 or 8
 * @returns the root, and how far the iteration was from the identity at its end
 * @example
 * ```ts
 * const [root] = optim.matrixInversePthRoot(jnp.array([[4, 0], [0, 16]]), 2);
 * String(jnp.round(root, 3)); // => "[[0.5  0.  ]\n [0.   0.25]]"
 * ```
 */
export function matrixInversePthRoot(
  matrix: ArrayLike,
  p: 1 | 2 | 4 | 8,
  ...options: [(number | InverseRootOptions)?, ...unknown[]]
): [root: NDArray, error: NDArray] {
  const names = ["numIters", "ridgeEpsilon", "errorTolerance"];
  const o = readOptions<InverseRootOptions>("matrixInversePthRoot", names, options);
  const { numIters = 100, ridgeEpsilon = 1e-6, errorTolerance = 1e-6 } = o;
  if (![1, 2, 4, 8].includes(p))
    throw new ValueError(`matrixInversePthRoot: p must be 1, 2, 4 or 8, got ${p}.`);
  const a = toArray(matrix, "matrixInversePthRoot");
  const n = a.shape[0];
  if (a.ndim !== 2 || a.shape[1] !== n) {
    throw new ValueError(`matrixInversePthRoot: the matrix must be square, got shape [${a.shape}].`);
  }
  const alpha = -1 / p;
  const [largest] = powerIteration(a);
  const ridge = bi.multiply(ridgeEpsilon, bi.maximum(largest, 1e-16));
  if (n === 1) return [bi.power(a.add(ridge), weakFloat(alpha)), lax.full([], 0, float32)];
  const identity = eye(n, { dtype: float32 });
  const power = (m: NDArray): NDArray => {
    let result = m;
    for (let k = 1; k < p; k *= 2) result = matmul(result, result);
    return result;
  };
  const distance = (m: NDArray): NDArray => un.absolute(m.sub(identity)).max();
  const damped = a.add(identity.mul(ridge));
  const z = bi.divide(1 + p, norm(damped).mul(2));
  const m0 = damped.mul(z);
  const h0 = identity.mul(bi.power(z, weakFloat(1 / p)));
  type State = [i: NDArray, m: NDArray, h: NDArray, oldH: NDArray, error: NDArray, improving: NDArray];
  const [, m, h, oldH, , improving] = lax.whileLoop(
    ([i, , , , error, run]: State) =>
      bi.logicalAnd(i.lt(numIters), bi.logicalAnd(error.gt(errorTolerance), run)),
    ([i, mi, hi, , error]: State): State => {
      const step = identity.mul(1 - alpha).add(mi.mul(alpha));
      const next = matmul(power(step), mi);
      const nextError = distance(next);
      return [i.add(1), next, matmul(hi, step), hi, nextError, nextError.lt(error.mul(1.2))];
    },
    [lax.full([], 0, "int32"), m0, h0, h0, distance(m0), lax.full([], true, "bool")],
  );
  return [convert(where(improving, h, oldH), a.dtype), distance(m)];
}

export interface NnlsOptions {
  /** As in `lax.scan`; default 1. */
  unroll?: number | boolean;
  /** An upper bound of the largest eigenvalue of `AᵀA`; computed when it is missing. */
  L?: Scalar | null;
}

/**
 * The `x >= 0` that minimizes `|A x - b|²`, by accelerated projected gradient descent.
 *
 * Source: Polyak, [Accelerated gradient methods revisited](https://arxiv.org/abs/2012.00183), and Beck and Teboulle, FISTA, 2009.
 *
 * @param A shape `[m, n]`
 * @param b shape `[m]` or `[m, k]`
 * @param iters the number of iterations
 * @throws ValueError when the shapes do not fit
 * @example
 * ```ts
 * String(jnp.round(optim.nnls(jnp.eye(2), jnp.array([3, -1]), 50), 3)); // => "[3. 0.]"
 * ```
 */
export function nnls(
  A: ArrayLike,
  b: ArrayLike,
  iters: number,
  ...options: [(number | boolean | NnlsOptions)?, ...unknown[]]
): NDArray {
  const { unroll = 1, L } = readOptions<NnlsOptions>("nnls", ["unroll", "L"], options);
  const [a, y] = [toArray(A, "nnls"), toArray(b, "nnls")];
  if (a.ndim !== 2 || (y.ndim !== 1 && y.ndim !== 2) || y.shape[0] !== a.shape[0]) {
    throw new ValueError(`nnls: A of shape [${a.shape}] and b of shape [${y.shape}] do not fit.`);
  }
  const Q = matmul(a.transpose(), a);
  const q = matmul(a.transpose(), y);
  const given = L ?? bi.minimum(matrixNorm(Q, { ord: "fro" }), matrixNorm(Q, { ord: 1 }));
  const bound = where(bi.equal(given, 0), 1, given);
  type State = [x: NDArray, momentum: NDArray, c: NDArray];
  const step = ([x, p, c]: State): [State, null] => {
    const next = un.sqrt(c.mul(c).mul(4).add(1)).add(1).div(2);
    const xn = bi.maximum(p.sub(matmul(Q, p).sub(q).div(bound)), 0);
    return [[xn, xn.add(xn.sub(x).mul(c.sub(1).div(next))), next], null];
  };
  const x0 = zeros(q.shape, q.dtype);
  const start: State = [x0, x0, convert(weakFloat(0), q.dtype)];
  const [[x]] = lax.scan(step, start, null, { length: iters, unroll });
  return x;
}
