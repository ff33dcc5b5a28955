import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapeStr, sizeOf } from "../core/aval.ts";
import { IndexError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { toArray } from "./promote.ts";

/** Row-major ("C") or column-major ("F") order of elements. */
export type Order = "C" | "F";

function checkOrder(where: string, order: Order | undefined): Order {
  if (order === undefined || order === "C") return "C";
  if (order === "F") return "F";
  throw new ValueError(`${where}: order must be 'C' (row-major) or 'F' (column-major), got '${order}'.`);
}

/**
 * The same elements with another shape; one size may be -1, which stands for what is left.
 *
 * @param options.order "C" (default) reads and writes row by row, "F" column by column
 * @throws TypeError when the number of elements differs, ValueError for more than one -1
 * @example
 * ```ts
 * String(jnp.reshape(jnp.arange(6), [2, -1])); // => "[[0 1 2]\n [3 4 5]]"
 * ```
 */
export function reshape(
  a: ArrayLike,
  shape: number | readonly number[],
  ...args: [(Order | { order?: Order; copy?: boolean })?, { copy?: boolean }?]
): NDArray {
  const o = readOptions<{ order: Order; copy: boolean }>("reshape", ["order"], args, ["copy"]);
  const x = toArray(a, "reshape");
  const newShape = resolveShape(x, shape);
  if (checkOrder("jnp.reshape", o.order) === "C") return lax.reshape(x, newShape);
  const reversed = lax.reshape(
    x,
    newShape.slice().reverse(),
    x.shape.map((_, i) => x.ndim - 1 - i),
  );
  return transpose(reversed);
}

function resolveShape(x: NDArray, given: number | readonly number[]): number[] {
  const list = typeof given === "number" ? [given] : given;
  const unknown = Array.isArray(list) ? list.flatMap((n, i) => (n === -1 ? [i] : [])) : [];
  if (unknown.length > 1)
    throw new TypeError(
      `can only specify one unknown axis size with a -1 value, got ${shapeStr(list as number[])}`,
    );
  const shape = canonicalizeShape(
    unknown.length === 1 ? list.map((n) => (n === -1 ? 1 : n)) : list,
    "jnp.reshape",
  );
  const product = sizeOf(shape);
  const from = `cannot reshape array of shape ${shapeStr(x.shape)} (size ${x.size}) into shape ${shapeStr(list)}`;
  if (unknown.length === 1) {
    if (product === 0 ? x.size !== 0 : x.size % product !== 0) {
      throw new TypeError(
        `${from} because the product of specified axis sizes (${product}) does not evenly divide ${x.size}`,
      );
    }
    shape[unknown[0]] = product === 0 ? 0 : x.size / product;
  } else if (product !== x.size) {
    throw new TypeError(`${from} (size ${product})`);
  }
  return shape;
}

/**
 * All elements along one axis, row by row (`order: "F"`: column by column).
 *
 * @example
 * ```ts
 * String(jnp.ravel(jnp.array([[1, 2], [3, 4]]))); // => "[1. 2. 3. 4.]"
 * ```
 */
export function ravel(a: ArrayLike, ...args: [(Order | { order?: Order })?]): NDArray {
  const o = readOptions<{ order: Order }>("ravel", ["order"], args);
  const x = toArray(a, "ravel");
  const columns = checkOrder("jnp.ravel", o.order) === "F";
  return lax.reshape(x, [x.size], columns ? x.shape.map((_, i) => x.ndim - 1 - i) : null);
}

/**
 * Permutes the axes: axis `i` of the result is axis `axes[i]` of `a`. Without axes their order is reversed.
 *
 * @throws TypeError when `axes` is not a permutation
 * @example
 * ```ts
 * String(jnp.transpose(jnp.array([[1, 2], [3, 4]]))); // => "[[1. 3.]\n [2. 4.]]"
 * ```
 */
export function transpose(
  a: ArrayLike,
  axes?: readonly number[] | null | { axes?: readonly number[] | null },
): NDArray {
  const o = readOptions<{ axes: readonly number[] | null }>("transpose", ["axes"], [axes]);
  const x = toArray(a, "transpose");
  if (o.axes === undefined || o.axes === null)
    return lax.transpose(
      x,
      x.shape.map((_, i) => x.ndim - 1 - i),
    );
  return lax.transpose(
    x,
    o.axes.map((k) => canonicalizeAxis(k, x.ndim)),
  );
}

/** {@link transpose} with the axes required. @example `jnp.permuteDims(jnp.zeros([2, 3, 4]), [2, 0, 1]).shape; // => [4, 2, 3]` */
export function permuteDims(x: ArrayLike, axes: readonly number[] | { axes: readonly number[] }): NDArray {
  return transpose(x, axes);
}

/**
 * Swaps the last two axes: the transposes of a stack of matrices.
 *
 * @throws ValueError for fewer than two axes
 * @example
 * ```ts
 * jnp.matrixTranspose(jnp.zeros([5, 2, 3])).shape; // => [5, 3, 2]
 * ```
 */
export function matrixTranspose(x: ArrayLike): NDArray {
  const a = toArray(x, "matrix_transpose");
  if (a.ndim < 2)
    throw new ValueError(`x must be at least two-dimensional for matrix_transpose; got ndim=${a.ndim}`);
  const order = a.shape.map((_, i) => i);
  return lax.transpose(a, [...order.slice(0, -2), a.ndim - 1, a.ndim - 2]);
}

/**
 * Exchanges two axes.
 *
 * @throws IndexError for an axis out of range
 * @example
 * ```ts
 * jnp.swapaxes(jnp.zeros([2, 3, 4]), 0, -1).shape; // => [4, 3, 2]
 * ```
 */
export function swapaxes(a: ArrayLike, axis1: number, axis2: number): NDArray {
  const x = toArray(a, "swapaxes");
  const order = x.shape.map((_, i) => i);
  const [i, j] = [axis1, axis2].map((axis) => {
    if (!Number.isInteger(axis)) return canonicalizeAxis(axis, x.ndim);
    if (axis < -x.ndim || axis >= x.ndim) {
      throw new IndexError(
        `swapaxes: index ${axis} is out of bounds for axis 0 with size ${x.ndim}: the array has ${x.ndim} axes`,
      );
    }
    return axis < 0 ? axis + x.ndim : axis;
  });
  [order[i], order[j]] = [order[j], order[i]];
  return lax.transpose(x, order);
}

/**
 * Moves axes to new places; the others keep their order.
 *
 * @throws ValueError when the lists have different lengths or an axis is out of range
 * @example
 * ```ts
 * jnp.moveaxis(jnp.zeros([2, 3, 4]), 0, -1).shape; // => [3, 4, 2]
 * ```
 */
export function moveaxis(
  a: ArrayLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): NDArray {
  const x = toArray(a, "moveaxis");
  const [from, to] = [source, destination].map((axes) =>
    (typeof axes === "number" ? [axes] : axes).map((k) => canonicalizeAxis(k, x.ndim)),
  );
  if (from.length !== to.length) {
    throw new ValueError(`Inconsistent number of elements: ${from.length} vs ${to.length}`);
  }
  const order = x.shape.flatMap((_, i) => (from.includes(i) ? [] : [i]));
  const moves = to.map((d, i) => [d, from[i]] as const).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  for (const [d, s] of moves) order.splice(d, 0, s);
  return lax.transpose(x, order);
}

const rollaxisJit = jit((x: NDArray, axis: number, start: number): NDArray => moveaxis(x, axis, start), {
  name: "rollaxis",
  staticArgnums: [1, 2],
});
/**
 * Moves an axis to stand before the axis `start` (default: to the front). {@link moveaxis} is easier to read.
 *
 * @throws ValueError for positions out of range
 * @example
 * ```ts
 * jnp.rollaxis(jnp.zeros([2, 3, 4]), 2).shape; // => [4, 2, 3]
 * ```
 */
export function rollaxis(a: ArrayLike, axis: number, start: number | { start?: number } = 0): NDArray {
  const x = toArray(a, "rollaxis");
  const given = typeof start === "object" ? (start.start ?? 0) : start;
  if (given < -x.ndim || given > x.ndim) {
    throw new ValueError(`start=${given} must satisfy ${-x.ndim}<=start<=${x.ndim}`);
  }
  const from = canonicalizeAxis(axis, x.ndim);
  const before = given < 0 ? given + x.ndim : given;
  return rollaxisJit(x, from, before > from ? before - 1 : before);
}

/**
 * Removes axes of size 1: all of them, or those given.
 *
 * @throws ValueError when an axis is not of size 1 or out of range
 * @example
 * ```ts
 * jnp.squeeze(jnp.zeros([1, 3, 1])).shape; // => [3]
 * ```
 */
export function squeeze(a: ArrayLike, axis?: Axis | { axis?: Axis }): NDArray {
  const o = readOptions<{ axis: Axis }>("squeeze", ["axis"], [axis]);
  const x = toArray(a, "squeeze");
  if (o.axis === undefined || o.axis === null) {
    const ones = x.shape.flatMap((n, i) => (n === 1 ? [i] : []));
    return lax.squeeze(x, ones);
  }
  return lax.squeeze(x, typeof o.axis === "number" ? [o.axis] : o.axis);
}

/**
 * Inserts axes of size 1 at these positions of the result.
 *
 * @throws ValueError for repeated or out-of-range positions
 * @example
 * ```ts
 * jnp.expandDims(jnp.zeros([2, 3]), [0, -1]).shape; // => [1, 2, 3, 1]
 * ```
 */
export function expandDims(
  a: ArrayLike,
  axis: number | readonly number[] | { axis: number | readonly number[] },
): NDArray {
  const o = readOptions<{ axis: number | readonly number[] }>("expandDims", ["axis"], [axis]);
  if (o.axis === undefined)
    throw new TypeError("jnp.expandDims requires an axis: the positions of the new axes.");
  const x = toArray(a, "expand_dims");
  const axes = typeof o.axis === "number" ? [o.axis] : o.axis;
  return axes.length === 0 ? x : lax.expandDims(x, axes);
}

type AtLeast = { (x: ArrayLike): NDArray; (...xs: ArrayLike[]): NDArray[] };
/** One array gives an array, several a list of arrays. */
/* @__NO_SIDE_EFFECTS__ */
function atLeast(name: string, op: (x: NDArray) => NDArray): AtLeast {
  const compiled = jit((...xs: NDArray[]): NDArray[] => xs.map(op), { name });
  return ((...xs: ArrayLike[]) => {
    const results = compiled(...xs.map((x, i) => toArray(x, name, i)));
    return xs.length === 1 ? results[0] : results;
  }) as AtLeast;
}

/** The array with at least one axis: scalars become one-element arrays. @example `jnp.atleast1d(1).shape; // => [1]` */
export const atleast1d: AtLeast = atLeast("atleast_1d", (x) => (x.ndim < 1 ? lax.broadcast(x, [1]) : x));
/** The array with at least two axes; new ones are in front. @example `jnp.atleast2d(jnp.zeros(3)).shape; // => [1, 3]` */
export const atleast2d: AtLeast = atLeast("atleast_2d", (x) =>
  x.ndim < 2 ? lax.broadcast(x, new Array<number>(2 - x.ndim).fill(1)) : x,
);
/** The array with at least three axes; a matrix gets one behind, a vector one on each side. @example `jnp.atleast3d(jnp.zeros(3)).shape; // => [1, 3, 1]` */
export const atleast3d: AtLeast = atLeast("atleast_3d", (x) => {
  if (x.ndim === 0) return lax.broadcast(x, [1, 1, 1]);
  if (x.ndim === 1) return lax.broadcastInDim(x, [1, x.shape[0], 1], [1]);
  return x.ndim === 2 ? lax.broadcastInDim(x, [...x.shape, 1], [0, 1]) : x;
});

/** The number of axes. @example `jnp.ndim(jnp.zeros([2, 3])); // => 2` */
export const ndim = (a: ArrayLike): number => toArray(a, "ndim").ndim;
/** The sizes of the axes. @example `jnp.shape(jnp.zeros([2, 3])); // => [2, 3]` */
export const shape = (a: ArrayLike): number[] => [...toArray(a, "shape").shape];
/** The number of elements, or the size of one axis or several. @example `jnp.size(jnp.zeros([2, 3])); // => 6` */
export function size(a: ArrayLike, axis?: Axis | { axis?: Axis }): number {
  const o = readOptions<{ axis: Axis }>("size", ["axis"], [axis]);
  const x = toArray(a, "size");
  if (o.axis === undefined || o.axis === null) return x.size;
  const axes = typeof o.axis === "number" ? [o.axis] : o.axis;
  return sizeOf(axes.map((k) => x.shape[canonicalizeAxis(k, x.ndim)]));
}
