import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { asDType, bool, type DType, type DTypeLike, float32, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { eye } from "./creation.ts";
import { getItem } from "./indexingGet.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { tile } from "./manipulationRepeat.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { where } from "./where.ts";

type Offset = number | { k?: number };
function offsetOf(name: string, k: Offset | undefined): number {
  const o = readOptions<{ k: number }>(name, ["k"], [k]);
  const value = o.k ?? 0;
  if (!Number.isInteger(value))
    throw new TypeError(`jnp.${name}: k must be an integer, got ${String(value)}.`);
  return value;
}

/** True on the `k`-th diagonal of a matrix. */
const eyeMask = (rows: number, columns: number, k: number): NDArray =>
  eye(rows, { M: columns, k, dtype: bool });

/**
 * Ones at and below the `k`-th diagonal, zeros above.
 *
 * @param options.M columns; default `N`
 * @param options.dtype default float32
 * @example
 * ```ts
 * String(jnp.tri(2)); // => "[[1. 0.]\n [1. 1.]]"
 * ```
 */
export function tri(
  N: number,
  ...args: [(number | null | { M?: number | null; k?: number; dtype?: DTypeLike })?, ...unknown[]]
): NDArray {
  const o = readOptions<{ M: number | null; k: number; dtype: DTypeLike }>("tri", ["M", "k", "dtype"], args);
  const shape = canonicalizeShape([N, o.M ?? N], "jnp.tri");
  return lax.tri(o.dtype === undefined ? float32 : asDType(o.dtype), shape, o.k ?? 0);
}

/* @__NO_SIDE_EFFECTS__ */
function triangle(name: string, lower: boolean): (m: ArrayLike, k?: Offset) => NDArray {
  const compiled = jit(
    (x: NDArray, k: number): NDArray => {
      const shape = x.shape.slice(-2);
      const below = lax.broadcast(lax.tri(bool, shape, lower ? k : k - 1), x.shape.slice(0, -2));
      const zeros = lax.fullLike(x, 0);
      return lower ? lax.select(below, x, zeros) : lax.select(below, zeros, x);
    },
    { name, staticArgnums: 1 },
  );
  return (m, k) => {
    const x = toArray(m, name);
    if (x.ndim < 2) throw new ValueError(`Argument to jax.numpy.${name} must be at least 2D`);
    return compiled(x, offsetOf(name, k));
  };
}
/**
 * The elements at and below the `k`-th diagonal of each matrix, zeros above.
 *
 * @throws ValueError for fewer than two axes
 * @example
 * ```ts
 * String(jnp.tril(jnp.ones([2, 2]))); // => "[[1. 0.]\n [1. 1.]]"
 * ```
 */
export const tril = triangle("tril", true);
/** The elements at and above the `k`-th diagonal of each matrix, zeros below. @example `String(jnp.triu(jnp.ones([2, 2]))); // => "[[1. 1.]\n [0. 1.]]"` */
export const triu = triangle("triu", false);

const diagonalJit = jit(
  (x: NDArray, offset: number, axis1: number, axis2: number): NDArray => {
    const [rows, columns] = [x.shape[axis1], x.shape[axis2]];
    const a = moveaxis(x, [axis1, axis2], [-2, -1]);
    const length = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
    const near = lax.iota(int32, length);
    const start = Math.abs(offset);
    const steps = lax.iota(int32, length);
    const far = start === 0 ? steps : lax.add(scalar(start, int32), steps);
    return getItem(a, offset >= 0 ? ["...", near, far] : ["...", far, near]);
  },
  { name: "diagonal", staticArgnums: [1, 2, 3] },
);
interface DiagonalOptions {
  offset?: number;
  axis1?: number;
  axis2?: number;
}
/**
 * The diagonals of the matrices that two axes (default the first two) form, as a last axis.
 *
 * @param options.offset which diagonal: above the main one when positive
 * @throws ValueError for fewer than two axes
 * @example
 * ```ts
 * String(jnp.diagonal(jnp.array([[1, 2], [3, 4]]))); // => "[1. 4.]"
 * ```
 */
export function diagonal(a: ArrayLike, ...args: [(number | DiagonalOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<DiagonalOptions>("diagonal", ["offset", "axis1", "axis2"], args);
  const x = toArray(a, "diagonal");
  if (x.ndim < 2) throw new ValueError("diagonal requires an array of at least two dimensions.");
  const [axis1, axis2] = [o.axis1 ?? 0, o.axis2 ?? 1].map((k) => canonicalizeAxis(k, x.ndim));
  if (axis1 === axis2)
    throw new ValueError(`axis1 and axis2 can not be same. axis1=${o.axis1} and axis2=${o.axis2}`);
  return diagonalJit(x, o.offset ?? 0, axis1, axis2);
}

const diagJit = jit(
  (v: NDArray, k: number): NDArray => {
    if (v.ndim === 2) return diagonal(v, k);
    const n = v.shape[0] + Math.abs(k);
    const zero = scalar(0, v.dtype, v.weakType);
    const padded = lax.pad(v, zero, [[Math.max(0, -k), Math.max(0, k), 0]]);
    const mask = eyeMask(n, n, k);
    return where(mask, lax.expandDims(padded, [1]), zero);
  },
  { name: "_diag", staticArgnums: 1 },
);
/**
 * A matrix with a vector on its `k`-th diagonal, or the `k`-th diagonal of a matrix.
 *
 * @throws ValueError for other ranks
 * @example
 * ```ts
 * String(jnp.diag(jnp.array([1, 2]))); // => "[[1. 0.]\n [0. 2.]]"
 * String(jnp.diag(jnp.array([[1, 2], [3, 4]]))); // => "[1. 4.]"
 * ```
 */
export function diag(v: ArrayLike, k?: Offset): NDArray {
  const x = toArray(v, "diag");
  if (x.ndim !== 1 && x.ndim !== 2) throw new ValueError("diag input must be 1d or 2d");
  return diagJit(x, offsetOf("diag", k));
}

/** A matrix with all elements of `v` on its `k`-th diagonal. @example `String(jnp.diagflat(jnp.array([[1, 2]]))); // => "[[1. 0.]\n [0. 2.]]"` */
export function diagflat(v: ArrayLike, k?: Offset): NDArray {
  const x = ravel(toArray(v, "diagflat"));
  const offset = offsetOf("diagflat", k);
  const n = x.size + Math.abs(offset);
  const zeros = lax.full([n * n], 0, x.dtype);
  const along = lax.iota(int32, x.size);
  const times = (y: NDArray): NDArray => lax.mul(y, scalar(n, int32));
  const positions =
    offset >= 0
      ? lax.add(lax.add(along, scalar(offset, int32)), times(along))
      : lax.add(along, times(lax.sub(along, scalar(offset, int32))));
  return lax.reshape(indexUpdate(zeros, [positions]).set(x), [n, n]);
}

interface TraceOptions extends DiagonalOptions {
  dtype?: DTypeLike;
}
const traceJit = jit(
  (x: NDArray, offset: number, axis1: number, axis2: number, dtype: DType | null): NDArray => {
    const mask = eyeMask(x.shape[axis1], x.shape[axis2], offset);
    const a = moveaxis(x, [axis1, axis2], [-2, -1]);
    const kept = where(mask, a, lax.fullLike(a, 0));
    return sum(kept, { axis: [-2, -1], dtype: dtype ?? undefined });
  },
  { name: "trace", staticArgnums: [1, 2, 3, 4] },
);
/**
 * The sum of a diagonal of the matrices that two axes (default the first two) form.
 *
 * @throws ValueError for equal or out-of-range axes
 * @example
 * ```ts
 * String(jnp.trace(jnp.array([[1, 2], [3, 4]]))); // => "5.0"
 * ```
 */
export function trace(a: ArrayLike, ...args: [(number | TraceOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<TraceOptions>("trace", ["offset", "axis1", "axis2", "dtype"], args);
  const x = toArray(a, "trace");
  const [axis1, axis2] = [o.axis1 ?? 0, o.axis2 ?? 1].map((k) => canonicalizeAxis(k, x.ndim));
  if (axis1 === axis2)
    throw new ValueError(`axis1 and axis2 can not be same. axis1=${axis1} and axis2=${axis2}`);
  return traceJit(x, o.offset ?? 0, axis1, axis2, o.dtype === undefined ? null : asDType(o.dtype));
}

/** The positions of the main diagonal of an array with `ndim` axes of size `n`. @example `jnp.diagIndices(2).map(String); // => ["[0 1]", "[0 1]"]` */
export function diagIndices(n: number, ndim = 2): NDArray[] {
  if (n < 0) throw new ValueError(`n argument to diag_indices must be nonnegative, got ${n}`);
  if (ndim < 0) throw new ValueError(`ndim argument to diag_indices must be nonnegative, got ${ndim}`);
  return new Array<NDArray>(ndim).fill(lax.iota(int32, n));
}

/**
 * The array with its main diagonal replaced, as a new array.
 *
 * @param val one value, or values used over and over
 * @throws ValueError for fewer than two axes, or more than two of different sizes
 * @example
 * ```ts
 * String(jnp.fillDiagonal(jnp.zeros([2, 2]), 5, { inplace: false })); // => "[[5. 0.]\n [0. 5.]]"
 * ```
 */
export function fillDiagonal(
  a: ArrayLike,
  val: ArrayLike,
  options?: { wrap?: boolean; inplace?: boolean },
): NDArray {
  const o = readOptions<{ wrap: boolean; inplace: boolean }>(
    "fillDiagonal",
    ["wrap"],
    [options],
    ["inplace"],
  );
  if (o.inplace === true)
    throw new ValueError("Arrays are immutable: jnp.fillDiagonal returns a new array, pass inplace: false.");
  if (o.wrap === true) throw new ValueError("jnp.fillDiagonal: wrap is not supported.");
  const [x, v] = [toArray(a, "fill_diagonal", 0), toArray(val, "fill_diagonal", 1)];
  if (x.ndim < 2) throw new ValueError("array must be at least 2-d");
  if (x.ndim > 2 && x.shape.some((n) => n !== x.shape[0])) {
    throw new ValueError("All dimensions of input must be of equal length");
  }
  const n = Math.min(...x.shape);
  const copies = v.ndim === 0 ? v : tile(ravel(v), Math.ceil(n / Math.max(1, v.size)));
  const values = copies.ndim === 0 ? copies : lax.slice(copies, [0], [n]);
  return indexUpdate(x, diagIndices(n, x.ndim)).set(values);
}

/** Positions of a triangle, computed on the host: their number depends only on the sizes. */
function triangleIndices(n: number, m: number, inside: (row: number, column: number) => boolean): NDArray[] {
  const rows: number[] = [];
  const columns: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      if (!inside(i, j)) continue;
      rows.push(i);
      columns.push(j);
    }
  }
  return [rows, columns].map((v) => toArray(Int32Array.from(v), "triangle"));
}
interface TriangleOptions {
  k?: number;
  m?: number | null;
}
/** The positions at and above the `k`-th diagonal of an `n` by `m` matrix: rows and columns. @example `jnp.triuIndices(2).map(String); // => ["[0 0 1]", "[0 1 1]"]` */
export function triuIndices(n: number, ...args: [(number | TriangleOptions)?, ...unknown[]]): NDArray[] {
  const o = readOptions<TriangleOptions>("triuIndices", ["k", "m"], args);
  return triangleIndices(n, o.m ?? n, (i, j) => j - i >= (o.k ?? 0));
}
/** The positions at and below the `k`-th diagonal of an `n` by `m` matrix: rows and columns. @example `jnp.trilIndices(2).map(String); // => ["[0 1 1]", "[0 0 1]"]` */
export function trilIndices(n: number, ...args: [(number | TriangleOptions)?, ...unknown[]]): NDArray[] {
  const o = readOptions<TriangleOptions>("trilIndices", ["k", "m"], args);
  return triangleIndices(n, o.m ?? n, (i, j) => j - i <= (o.k ?? 0));
}
