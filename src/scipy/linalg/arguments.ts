import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import { broadcastTo } from "../../numpy/manipulationBroadcast.ts";
import { expandDims, squeeze } from "../../numpy/manipulationShape.ts";
import { checkBroadcast, promoteDTypesInexact, toArray } from "../../numpy/promote.ts";

/** Arguments as arrays of one floating or complex dtype. */
export function inexactArguments(name: string, ...xs: readonly ArrayLike[]): NDArray[] {
  return promoteDTypesInexact(xs.map((x, i) => toArray(x, `scipy.linalg.${name}`, i)));
}

/** A matrix or a stack of them, floating or complex. @throws ValueError for fewer than two dimensions */
export function matrixArgument(name: string, a: ArrayLike): NDArray {
  const [x] = inexactArguments(name, a);
  if (x.ndim < 2)
    throw new ValueError(
      `scipy.linalg.${name}: the input must be at least a 2-D array, got shape ${shapeStr(x.shape)}.`,
    );
  return x;
}

/** @throws ValueError unless the last two dimensions are there and equal */
export function checkSquare(name: string, what: string, { shape }: NDArray): void {
  const n = shape.length;
  if (n >= 2 && shape[n - 1] === shape[n - 2]) return;
  throw new ValueError(
    `scipy.linalg.${name}: expected ${what} to be a (batched) square matrix, got ${what}.shape=${shapeStr(shape)}.`,
  );
}

/** A single square matrix. @throws ValueError for anything else */
export function squareMatrix(name: string, a: ArrayLike): NDArray {
  const [x] = inexactArguments(name, a);
  if (x.ndim === 2 && x.shape[0] === x.shape[1]) return x;
  throw new ValueError(`scipy.linalg.${name}: expected a square matrix, got shape ${shapeStr(x.shape)}.`);
}

/**
 * Solves equations with square matrices `a` for right-hand sides `b`, a vector `[n]` or matrices `[..., n, k]`, whose leading dimensions
 * broadcast with those of `a`; with one dimension less than `a` and its size at the end, `b` is as many vectors.
 *
 * @throws ValueError when `a` is not square or the sizes do not fit
 */
export function solveStacks(
  name: string,
  a: NDArray,
  b: NDArray,
  solve: (a: NDArray, b: NDArray) => NDArray,
): NDArray {
  checkSquare(name, "a", a);
  const n = a.shape[a.ndim - 1];
  const isVector = b.ndim === 1 || (a.ndim === b.ndim + 1 && b.shape[b.ndim - 1] === n);
  const columns = isVector && b.ndim > 0 ? expandDims(b, -1) : b;
  if (columns.ndim < 2 || columns.shape[columns.ndim - 2] !== n) {
    throw new ValueError(
      `scipy.linalg.${name}: the arguments must have shapes a=[..., n, n] and b=[n] or b=[..., n, k]; ` +
        `got a=${shapeStr(a.shape)} and b=${shapeStr(b.shape)}`,
    );
  }
  const batch = checkBroadcast([a.shape.slice(0, -2), columns.shape.slice(0, -2)], `scipy.linalg.${name}`);
  const x = solve(
    broadcastTo(a, [...batch, n, n]),
    broadcastTo(columns, [...batch, ...columns.shape.slice(-2)]),
  );
  return isVector ? squeeze(x, -1) : x;
}
