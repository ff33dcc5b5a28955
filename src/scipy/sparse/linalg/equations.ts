import { type ArrayLike, NDArray } from "../../../core/array.ts";
import { shapeStr } from "../../../core/aval.ts";
import { ValueError } from "../../../errors.ts";
import * as lax from "../../../lax/index.ts";
import { conj, realPart } from "../../../lax/linalg/matrices.ts";
import { dot } from "../../../numpy/products.ts";
import { toArray } from "../../../numpy/promote.ts";
import { ravelPytree } from "../../../numpy/ravelPytree.ts";
import { sum } from "../../../numpy/reductions.ts";
import { sqrt } from "../../../numpy/unary.ts";
import type { AnyFunction } from "../../../transforms/types.ts";
import { structure } from "../../../tree/flatten.ts";
import { map } from "../../../tree/map.ts";

/** A square matrix, or a linear function from trees like the right-hand side to trees like it. */
export type LinearOperator<T = unknown> = ArrayLike | ((x: T) => T);

/** Options that the iterative methods share. */
export interface SolverOptions<T = unknown> {
  /** Where the iteration begins, a tree like the right-hand side; default zeros. */
  x0?: T | null;
  /** It ends when the residual is at most this times the norm of the right-hand side; default 1e-5. */
  tol?: ArrayLike;
  /** Or at most this; default 0. */
  atol?: ArrayLike;
  /** The most iterations; default 10 times the number of unknowns. */
  maxiter?: number | null;
  /** A preconditioner: an operator that is like the inverse of A; default none. */
  M?: LinearOperator<T> | null;
}

/** A map of vectors. */
export type VectorMap = (x: NDArray) => NDArray;

/** Equations between trees as equations between vectors, which hold all numbers of the trees. */
export interface Equations {
  readonly matvec: VectorMap;
  readonly precondition: VectorMap;
  readonly b: NDArray;
  readonly x0: NDArray;
  readonly maxiter: number;
  /** A vector as a tree like the right-hand side. */
  readonly unravel: (x: NDArray) => unknown;
}

/**
 * @throws TypeError for an operator that is neither a matrix nor a function; ValueError for a matrix that is not square, or a beginning unlike the
 * right-hand side
 */
export function equationsOf(name: string, A: unknown, given: unknown, options: SolverOptions): Equations {
  const bTree = map((x) => toArray(x, `scipy.sparse.linalg.${name}`, 1), given as NDArray);
  const [b, unravel] = ravelPytree(bTree);
  const flat =
    (f: AnyFunction): VectorMap =>
    (x) => {
      const result = f(unravel(x));
      checkLike(name, "the result of a linear operator", result, bTree);
      return ravelPytree(result)[0];
    };
  const startTree = options.x0 ?? null;
  if (startTree !== null) checkLike(name, "x0", startTree, bTree);
  const start = startTree === null ? lax.fullLike(b, 0) : ravelPytree(startTree)[0];
  return {
    matvec: flat(operator(name, A)),
    precondition: (options.M ?? null) === null ? (x) => x : flat(operator(name, options.M)),
    b,
    x0: start.astype(b.dtype),
    maxiter: options.maxiter ?? 10 * b.size,
    unravel,
  };
}

function operator(name: string, A: unknown): AnyFunction {
  if (typeof A === "function") return A as AnyFunction;
  if (!(A instanceof NDArray) && !Array.isArray(A) && !ArrayBuffer.isView(A))
    throw new TypeError(
      `scipy.sparse.linalg.${name}: linear operator must be either a function or a matrix: ${A}`,
    );
  const matrix = toArray(A, `scipy.sparse.linalg.${name}`);
  if (matrix.ndim !== 2 || matrix.shape[0] !== matrix.shape[1]) {
    throw new ValueError(
      `scipy.sparse.linalg.${name}: linear operator must be a square matrix, but has shape: ${shapeStr(matrix.shape)}`,
    );
  }
  return (x: NDArray) => dot(matrix, x, { precision: lax.Precision.HIGHEST });
}

function checkLike(name: string, what: string, tree: unknown, b: unknown): void {
  if (structure(tree) !== structure(b)) {
    throw new ValueError(
      `scipy.sparse.linalg.${name}: ${what} and b must have matching tree structure: ${structure(tree)} vs ${structure(b)}`,
    );
  }
  map(
    (x, y) => {
      const shape = toArray(x, `scipy.sparse.linalg.${name}`).shape;
      if (shape.join() === (y as NDArray).shape.join()) return x;
      throw new ValueError(
        `scipy.sparse.linalg.${name}: arrays in ${what} and b must have matching shapes: ${shapeStr(shape)} vs ` +
          shapeStr((y as NDArray).shape),
      );
    },
    tree as NDArray,
    b as NDArray,
  );
}

/** The sum of conj(x) y. */
export function inner(x: NDArray, y: NDArray): NDArray {
  return sum(lax.mul(conj(x), y));
}
/** The real part of {@link inner}: all of it where it is a square, or of a Hermitian form. */
export function realInner(x: NDArray, y: NDArray): NDArray {
  return realPart(inner(x, y));
}
/** The Euclidean norm. */
export function norm(x: NDArray): NDArray {
  return sqrt(realInner(x, x));
}
