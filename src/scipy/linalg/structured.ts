import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { conjugate } from "../../numpy/complex.ts";
import { take } from "../../numpy/indexing.ts";
import { broadcastTo } from "../../numpy/manipulationBroadcast.ts";
import { flip } from "../../numpy/manipulationFlip.ts";
import { concatenate } from "../../numpy/manipulationJoin.ts";
import { pad } from "../../numpy/manipulationPad.ts";
import { atleast1d, atleast2d, expandDims } from "../../numpy/manipulationShape.ts";
import { checkBroadcast, promoteArgsInexact, promoteDTypes, toArray } from "../../numpy/promote.ts";
import { abs } from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";

/*
 * Matrices that are made of vectors, most of them with one element for each diagonal. Leading dimensions are stacks.
 */

const argument = (name: string, x: ArrayLike, position = 0): NDArray =>
  toArray(x, `scipy.linalg.${name}`, position);

/** Row and column numbers of an m x n matrix. */
const rowNumbers = (m: number, n: number): NDArray => lax.broadcastedIota("int32", [m, n], 0);
const columnNumbers = (m: number, n: number): NDArray => lax.broadcastedIota("int32", [m, n], 1);

/** The elements of a vector followed by those of another from its second on, for stacks that broadcast. */
function joined(name: string, first: NDArray, second: NDArray): NDArray {
  const [x, y] = promoteDTypes([first, second]);
  const batch = checkBroadcast([x.shape.slice(0, -1), y.shape.slice(0, -1)], `scipy.linalg.${name}`);
  const parts = [x, y.get("...", "1:")];
  return concatenate(
    parts.map((part) => broadcastTo(part, [...batch, part.shape[part.ndim - 1]])),
    -1,
  );
}

/**
 * A matrix of blocks along its diagonal, with zeros elsewhere.
 *
 * @param arrays at most two-dimensional; a vector counts as a row
 * @throws ValueError for more than two dimensions
 * @example
 * ```ts
 * String(scipy.linalg.blockDiag(jnp.array([1, 2]), jnp.array([[3], [4]]))); // => "[[1. 2. 0.]\n [0. 0. 3.]\n [0. 0. 4.]]"
 * ```
 */
export function blockDiag(...arrays: readonly ArrayLike[]): NDArray {
  if (arrays.length === 0) return lax.full([1, 0], 0, "float32");
  const given = promoteDTypes(arrays.map((x, i) => argument("blockDiag", x, i)));
  const deep = given.findIndex((x) => x.ndim > 2);
  if (deep >= 0) {
    throw new ValueError(
      "Arguments to scipy.linalg.blockDiag must have at most 2 dimensions, " +
        `got shape ${shapeStr(given[deep].shape)} at argument ${deep}.`,
    );
  }
  const blocks = given.map((x) => atleast2d(x));
  const total = blocks.reduce((n, x) => n + x.shape[1], 0);
  let before = 0;
  const rows = blocks.map((x) => {
    const own = x.shape[1];
    const row = pad(x, [
      [0, 0],
      [before, total - own - before],
    ]);
    before += own;
    return row;
  });
  return concatenate(rows, 0);
}

/**
 * The matrix whose elements are constant along each diagonal.
 *
 * @param c the first column, `[..., m]`
 * @param r the first row, `[..., n]`, whose first element is not read; default the conjugate of c
 * @returns `[..., m, n]`
 * @throws TypeError when leading dimensions do not broadcast
 * @example
 * ```ts
 * String(scipy.linalg.toeplitz(jnp.array([1, 2, 3]), jnp.array([0, 8]))); // => "[[1. 8.]\n [2. 1.]\n [3. 2.]]"
 * ```
 */
export function toeplitz(c: ArrayLike, r?: ArrayLike | null): NDArray {
  const column = atleast1d(argument("toeplitz", c));
  const row = (r ?? null) === null ? conjugate(column) : atleast1d(argument("toeplitz", r as ArrayLike, 1));
  const [m, n] = [column.shape[column.ndim - 1], row.shape[row.ndim - 1]];
  const elements = joined("toeplitz", flip(column, -1), row);
  if (m === 0 || n === 0) return lax.full([...elements.shape.slice(0, -1), m, n], 0, elements.dtype);
  return take(
    elements,
    columnNumbers(m, n)
      .sub(rowNumbers(m, n))
      .add(m - 1),
    -1,
  );
}

/**
 * The matrix whose elements are constant along each antidiagonal.
 *
 * @param c the first column, `[..., m]`
 * @param r the last row, `[..., n]`, whose first element is not read; default zeros
 * @returns `[..., m, n]`
 * @throws ValueError for scalars; TypeError when leading dimensions do not broadcast
 * @example
 * ```ts
 * String(scipy.linalg.hankel(jnp.array([1, 2, 3]))); // => "[[1. 2. 3.]\n [2. 3. 0.]\n [3. 0. 0.]]"
 * ```
 */
export function hankel(c: ArrayLike, r?: ArrayLike | null): NDArray {
  const column = argument("hankel", c);
  const row = (r ?? null) === null ? lax.fullLike(column, 0) : argument("hankel", r as ArrayLike, 1);
  if (column.ndim === 0) throw new ValueError("hankel: c must be at least 1-dimensional, got a scalar.");
  if (row.ndim === 0) throw new ValueError("hankel: r must be at least 1-dimensional, got a scalar.");
  const [m, n] = [column.shape[column.ndim - 1], row.shape[row.ndim - 1]];
  const elements = joined("hankel", column, row);
  if (m === 0 || n === 0) return lax.full([...elements.shape.slice(0, -1), m, n], 0, elements.dtype);
  return take(elements, columnNumbers(m, n).add(rowNumbers(m, n)), -1);
}

/**
 * The matrix whose columns are a vector rotated by 0, 1, 2, ... places.
 *
 * @param c `[..., n]`
 * @returns `[..., n, n]`
 * @example
 * ```ts
 * String(scipy.linalg.circulant(jnp.array([1, 2, 3]))); // => "[[1. 3. 2.]\n [2. 1. 3.]\n [3. 2. 1.]]"
 * ```
 */
export function circulant(c: ArrayLike): NDArray {
  const x = atleast1d(argument("circulant", c));
  const n = x.shape[x.ndim - 1];
  return take(x, rowNumbers(n, n).sub(columnNumbers(n, n)).mod(n), -1);
}

/**
 * The matrix of a population in age groups: fecundities in the first row, survival below the diagonal.
 *
 * @param f `[..., n]` with n > 1
 * @param s `[..., n - 1]`
 * @returns `[..., n, n]`
 * @throws ValueError for other lengths
 * @example
 * ```ts
 * String(scipy.linalg.leslie(jnp.array([0, 2]), jnp.array([0.5]))); // => "[[0.  2. ]\n [0.5 0. ]]"
 * ```
 */
export function leslie(f: ArrayLike, s: ArrayLike): NDArray {
  const [first, below] = promoteDTypes([
    atleast1d(argument("leslie", f)),
    atleast1d(argument("leslie", s, 1)),
  ]);
  const n = first.shape[first.ndim - 1];
  if (n < 2) {
    throw new ValueError(
      `The length of f along the last axis must be at least 2; got shape ${shapeStr(first.shape)}.`,
    );
  }
  if (below.shape[below.ndim - 1] !== n - 1) {
    throw new ValueError(
      "Incorrect lengths for f and s. The length of s along the last axis must be one less than the length of f; " +
        `got f shape ${shapeStr(first.shape)} and s shape ${shapeStr(below.shape)}.`,
    );
  }
  const lead = Array.from(below.shape.slice(0, -1), () => [0, 0] as [number, number]);
  const columns = pad(below, [...lead, [0, 1]]);
  const isBelow = rowNumbers(n, n).eq(columnNumbers(n, n).add(1));
  const survival = where(isBelow, expandDims(columns, -2), 0);
  return where(rowNumbers(n, n).eq(0), expandDims(first, -2), survival).astype(first.dtype);
}

/** A row above ones below the diagonal. */
function withFirstRow(row: NDArray): NDArray {
  const n = row.shape[row.ndim - 1];
  const ones = rowNumbers(n, n).eq(columnNumbers(n, n).add(1)).astype(row.dtype);
  return where(rowNumbers(n, n).eq(0), expandDims(row, -2), ones);
}

/**
 * The companion matrix of a polynomial: its eigenvalues are the roots.
 *
 * @param a coefficients from the highest power on, `[..., n]` with n > 1; integers become float32
 * @returns `[..., n - 1, n - 1]`
 * @throws ValueError for fewer than two coefficients
 * @example
 * ```ts
 * String(scipy.linalg.companion(jnp.array([1, -3, 2]))); // => "[[ 3. -2.]\n [ 1.  0.]]"
 * ```
 */
export function companion(a: ArrayLike): NDArray {
  const x = atleast1d(promoteArgsInexact("companion", a)[0]);
  if (x.shape[x.ndim - 1] < 2) {
    throw new ValueError(
      `The length of \`a\` along the last axis must be at least 2; got shape ${shapeStr(x.shape)}.`,
    );
  }
  return withFirstRow(lax.neg(x.get("...", "1:")).div(x.get("...", ":1")));
}

/**
 * The distances of all pairs of numbers.
 *
 * @param a `[..., n]`
 * @returns `[..., n, n]`
 * @example
 * ```ts
 * String(scipy.linalg.fiedler(jnp.array([1, 4]))); // => "[[0. 3.]\n [3. 0.]]"
 * ```
 */
export function fiedler(a: ArrayLike): NDArray {
  const x = atleast1d(argument("fiedler", a));
  return abs(expandDims(x, -1).sub(expandDims(x, -2)));
}

/**
 * Fiedler's companion matrix of a polynomial, with five diagonals: its eigenvalues are the roots.
 *
 * @param a coefficients from the highest power on, `[..., n]`; integers become float32
 * @returns `[..., n - 1, n - 1]`
 * @throws ValueError when there are none
 * @example
 * ```ts
 * String(scipy.linalg.fiedlerCompanion(jnp.array([1, -3, 2]))); // => "[[ 3. -2.]\n [ 1.  0.]]"
 * ```
 */
export function fiedlerCompanion(a: ArrayLike): NDArray {
  const given = atleast1d(promoteArgsInexact("fiedler_companion", a)[0]);
  const n = given.shape[given.ndim - 1] - 1;
  if (n < 0) {
    throw new ValueError(
      `fiedler_companion requires the last axis of 'a' to have nonzero length, but got an array of shape ${shapeStr(given.shape)}.`,
    );
  }
  if (n === 0) return lax.full([...given.shape.slice(0, -1), 0, 0], 0, given.dtype);
  const x = lax.neg(given.div(given.get("...", ":1")));
  const [i, j] = [rowNumbers(n, n), columnNumbers(n, n)];
  const isEven = i.mod(2).eq(0);
  const at = (index: NDArray): NDArray => take(x, index.clip(0, n), -1);
  // Even rows have coefficients beside the diagonal; the ones are two places off, and below the first element.
  const above = lax.bitwiseAnd(isEven, j.eq(i.add(1)));
  const below = lax.bitwiseAnd(lax.bitwiseAnd(isEven, i.gt(0)), j.eq(i.sub(1)));
  const corner = lax.bitwiseAnd(i.eq(0), j.eq(0));
  const evenOnes = lax.bitwiseAnd(isEven, j.eq(i.add(2)));
  const oddOnes = lax.bitwiseAnd(isEven.invert(), j.eq(i.sub(2).clip(0)));
  const ones = lax.bitwiseOr(evenOnes, oddOnes);
  const beside = where(above, at(i.add(2)), where(below, at(i.add(1)), where(ones, 1, 0)));
  return where(corner, at(lax.fullLike(i, 1)), beside).astype(given.dtype);
}

/**
 * The matrix that convolves a vector of length n with `a`.
 *
 * @param a `[..., m]`
 * @param n how many columns there are
 * @param mode "full" (default): m + n - 1 rows; "valid": only where all elements meet; "same": max(m, n) rows in the middle
 * @throws ValueError unless n is positive, for a scalar, an empty vector or an unknown mode
 * @example
 * ```ts
 * String(scipy.linalg.convolutionMatrix(jnp.array([1, 2]), 2)); // => "[[1. 0.]\n [2. 1.]\n [0. 2.]]"
 * ```
 */
export function convolutionMatrix(
  a: ArrayLike,
  n: number,
  mode?: "full" | "valid" | "same" | { mode?: "full" | "valid" | "same" },
): NDArray {
  const o = readOptions<{ mode: string }>("scipy.linalg.convolutionMatrix", ["mode"], [mode]);
  const chosen = o.mode ?? "full";
  if (!Number.isInteger(n) || n <= 0) throw new ValueError(`n must be a positive integer; got ${n}.`);
  const x = argument("convolutionMatrix", a);
  if (x.ndim === 0)
    throw new ValueError("convolution_matrix: a must be at least 1-dimensional, got a scalar.");
  const m = x.shape[x.ndim - 1];
  if (m < 1) throw new ValueError(`len(a) must be at least 1; got shape ${shapeStr(x.shape)}.`);
  if (!["full", "valid", "same"].includes(chosen))
    throw new ValueError(`mode must be one of 'full', 'valid', 'same'; got '${chosen}'.`);
  const lead = Array.from(x.shape.slice(0, -1), () => [0, 0] as [number, number]);
  const padded = (v: NDArray): NDArray => pad(v, [...lead, [0, n - 1]]);
  const length = m + n - 1;
  const trim = Math.min(m, n) - 1;
  const before = chosen === "valid" ? trim : chosen === "same" ? Math.floor(trim / 2) : 0;
  const behind = chosen === "valid" ? trim : chosen === "same" ? trim - before : 0;
  const column = padded(x).get("...", `${before}:${length - behind}`);
  const row = padded(flip(x, -1)).get("...", `${m - 1 - before}:${length - before}`);
  return toeplitz(column, row);
}
