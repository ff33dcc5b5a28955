import { type ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { asDType, type DTypeLike } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { vmap } from "../transforms/vmap.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { atleast1d, atleast2d, atleast3d, expandDims, ravel, transpose } from "./manipulationShape.ts";
import { convert, promoteDTypes, toArray } from "./promote.ts";

/** A list of arrays, or an array whose first axis lists them. */
export type Arrays = NDArray | readonly ArrayLike[];
interface JoinOptions {
  axis?: number | null;
  dtype?: DTypeLike;
}

function listOf(arrays: Arrays, name: string, verb: string): NDArray[] {
  if (!Array.isArray(arrays)) {
    throw new TypeError(
      `jnp.${name} requires a list of arrays, or an array of one more axis, got ${typeof arrays}.`,
    );
  }
  if (arrays.length === 0) throw new ValueError(`Need at least one array to ${verb}.`);
  return arrays.map((x, i) => toArray(x, name, i));
}

function sameDType(arrays: readonly NDArray[], dtype: DTypeLike | undefined): NDArray[] {
  if (dtype === undefined || dtype === null) return promoteDTypes(arrays);
  const target = asDType(dtype);
  return arrays.map((x) => convert(x, target));
}

/**
 * Joins arrays along an existing axis (default the first); null flattens them first. Dtypes are promoted, unless `dtype` is given.
 *
 * @throws ValueError for an empty list and for scalars, TypeError when ranks or other sizes differ
 * @example
 * ```ts
 * String(jnp.concatenate([jnp.array([1, 2]), jnp.array([3])])); // => "[1. 2. 3.]"
 * ```
 */
export function concatenate(
  arrays: Arrays,
  ...args: [(number | null | JoinOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<JoinOptions>("concatenate", ["axis", "dtype"], args);
  const axis = o.axis === undefined ? 0 : o.axis;
  if (arrays instanceof NDArray) return concatenateRows(arrays, axis, o.dtype);
  const list = listOf(arrays, "concatenate", "concatenate");
  if (axis === null)
    return concatenate(
      list.map((x) => ravel(x)),
      { dtype: o.dtype },
    );
  if (list[0].ndim === 0) throw new ValueError("Zero-dimensional arrays cannot be concatenated.");
  const dimension = canonicalizeAxis(axis, list[0].ndim);
  return lax.concatenate(sameDType(list, o.dtype), dimension);
}
/** The Array API's name of {@link concatenate}. */
export const concat = concatenate;

/** The rows of an array joined along one of their axes: a transposition and a reshape. */
function concatenateRows(x: NDArray, axis: number | null, dtype: DTypeLike | undefined): NDArray {
  const a = dtype === undefined || dtype === null ? x : convert(x, asDType(dtype));
  if (axis === null) return lax.reshape(a, [a.size]);
  if (a.ndim < 2) throw new ValueError("Zero-dimensional arrays cannot be concatenated.");
  const k = canonicalizeAxis(axis, a.ndim - 1);
  const order = a.shape.map((_, i) => i);
  const shape = [...a.shape.slice(1, k + 1), a.shape[0] * a.shape[k + 1], ...a.shape.slice(k + 2)];
  return lax.reshape(a, shape, [...order.slice(1, k + 1), 0, ...order.slice(k + 1)]);
}

/**
 * Joins arrays of one shape along a new axis (default the first).
 *
 * @throws ValueError for an empty list and when shapes differ
 * @example
 * ```ts
 * String(jnp.stack([jnp.array([1, 2]), jnp.array([3, 4])], { axis: 1 })); // => "[[1. 3.]\n [2. 4.]]"
 * ```
 */
export function stack(arrays: Arrays, ...args: [(number | JoinOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<JoinOptions>("stack", ["axis", "out", "dtype"], args);
  const axis = o.axis ?? 0;
  if (arrays instanceof NDArray) {
    if (arrays.ndim === 0)
      throw new TypeError("jnp.stack requires a list of arrays or an array with at least one axis.");
    if (arrays.shape[0] === 0) throw new ValueError("Need at least one array to stack.");
    const k = canonicalizeAxis(axis, arrays.ndim);
    return concatenate(expandDims(arrays, k + 1), { axis: k, dtype: o.dtype });
  }
  const list = listOf(arrays, "stack", "stack");
  if (list.some((x) => !shapesEqual(x.shape, list[0].shape))) {
    throw new ValueError(
      `All input arrays must have the same shape. Got ${list.map((x) => shapeStr(x.shape)).join(", ")}.`,
    );
  }
  return lax.stack(sameDType(list, o.dtype), canonicalizeAxis(axis, list[0].ndim + 1));
}

/* @__NO_SIDE_EFFECTS__ */
function joiner(
  name: string,
  raise: (x: NDArray) => NDArray,
  axisOf: (ndim: number) => number,
): (arrays: Arrays, options?: { dtype?: DTypeLike }) => NDArray {
  return (arrays, options) => {
    const { dtype } = readOptions<{ dtype: DTypeLike }>(name, ["dtype"], [options]);
    if (arrays instanceof NDArray) {
      const rows = vmap((x: NDArray) => raise(x))(arrays);
      return concatenateRows(rows, axisOf(rows.ndim - 1), dtype);
    }
    const list = listOf(arrays, name, "concatenate").map((x) => raise(x));
    return concatenate(list, { axis: axisOf(list[0].ndim), dtype });
  };
}
/** Joins arrays row by row, along the first axis; vectors are rows. @example `jnp.vstack([jnp.zeros(3), jnp.ones(3)]).shape; // => [2, 3]` */
export const vstack = joiner("vstack", atleast2d, () => 0);
/** Joins arrays side by side: along the second axis, vectors along the first. @example `String(jnp.hstack([jnp.zeros(1), jnp.ones(1)])); // => "[0. 1.]"` */
export const hstack = joiner("hstack", atleast1d, (ndim) => (ndim === 1 ? 0 : 1));
/** Joins arrays along the third axis. @example `jnp.dstack([jnp.zeros(3), jnp.ones(3)]).shape; // => [1, 3, 2]` */
export const dstack = joiner("dstack", atleast3d, () => 2);
/** Joins arrays as columns: vectors become columns of a matrix. @example `jnp.columnStack([jnp.zeros(3), jnp.ones(3)]).shape; // => [3, 2]` */
export const columnStack = joiner(
  "column_stack",
  (x) => (x.ndim < 2 ? transpose(atleast2d(x)) : x),
  () => 1,
);

const appendJit = jit(
  (x: NDArray, y: NDArray, axis: number | null): NDArray => concatenate([x, y], { axis }),
  { name: "append", staticArgnums: 2 },
);
/**
 * `values` behind `arr` along an axis; without one both are flattened.
 *
 * @example
 * ```ts
 * String(jnp.append(jnp.array([1, 2]), 3)); // => "[1. 2. 3.]"
 * ```
 */
export function append(
  arr: ArrayLike,
  values: ArrayLike,
  axis?: number | null | { axis?: number | null },
): NDArray {
  const o = readOptions<{ axis: number | null }>("append", ["axis"], [axis]);
  return appendJit(toArray(arr, "append", 0), toArray(values, "append", 1), o.axis ?? null);
}

/** Nested lists of arrays, arranged as they are written. */
export type Blocks = ArrayLike | readonly Blocks[];
const blockJit = jit((blocks: Blocks): NDArray => joinBlocks(blocks)[0], { name: "block" });
/**
 * An array assembled from blocks written as nested lists: the innermost lists are joined along the last axis, the next along the one before.
 *
 * @throws ValueError for an empty list or lists of different depth
 * @example
 * ```ts
 * const one = jnp.ones([1, 1]);
 * jnp.block([[one, one], [one, one]]).shape; // => [2, 2]
 * ```
 */
export function block(arrays: Blocks): NDArray {
  const asArrays = (b: Blocks): Blocks => (Array.isArray(b) ? b.map(asArrays) : toArray(b, "block"));
  return blockJit(asArrays(arrays));
}
function joinBlocks(blocks: Blocks): [NDArray, depth: number] {
  if (!Array.isArray(blocks)) return [blocks as NDArray, 1];
  if (blocks.length === 0) throw new ValueError("jnp.block does not allow empty list arguments");
  const parts = blocks.map(joinBlocks);
  const depth = parts[0][1];
  if (parts.some((p) => p[1] !== depth)) throw new ValueError("Mismatched list depths in jnp.block");
  const rank = Math.max(depth, ...parts.map(([x]) => x.ndim));
  const raised = parts.map(([x]) =>
    x.ndim < rank ? lax.broadcast(x, new Array<number>(rank - x.ndim).fill(1)) : x,
  );
  return [concatenate(raised, { axis: -depth }), depth + 1];
}
