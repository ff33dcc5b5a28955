import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { asDType, bool, type DTypeLike, int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { divmod, greater, less, notEqual, remainder, subtract } from "./binary.ts";
import { getItem } from "./indexingGet.ts";
import { broadcastArrays, broadcastTo } from "./manipulationBroadcast.ts";
import { clip } from "./manipulationClip.ts";
import { concatenate, stack } from "./manipulationJoin.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { convert, promoteDTypes, toArray } from "./promote.ts";
import { Slice } from "./slice.ts";
import { toBool } from "./unary.ts";
import { where } from "./where.ts";

/**
 * For each element the value of the first choice whose condition holds, `defaultValue` (0) where none does. Everything broadcasts.
 *
 * @throws ValueError for lists of different lengths or empty ones
 * @example
 * ```ts
 * const x = jnp.arange(4);
 * String(jnp.select([x.lt(1), x.lt(3)], [10, x.mul(2)], -1)); // => "[10  2  4 -1]"
 * ```
 */
export function select(
  condlist: readonly ArrayLike[],
  choicelist: readonly ArrayLike[],
  defaultValue: ArrayLike | { default?: ArrayLike } = 0,
): NDArray {
  if (condlist.length !== choicelist.length) {
    throw new ValueError(
      `condlist must have length equal to choicelist (${condlist.length} vs ${choicelist.length})`,
    );
  }
  if (condlist.length === 0) throw new ValueError("condlist must be non-empty");
  const o = readOptions<{ default: ArrayLike }>("select", ["default"], [defaultValue]);
  const choices = promoteDTypes([o.default ?? 0, ...choicelist].map((x, i) => toArray(x, "select", i)));
  const conditions = condlist.map((c, i) => toBool(toArray(c, "select", i)));
  // A false condition in front stands for the default: argmax gives the first of equals.
  const stacked = stack(broadcastArrays(scalar(false, bool), ...conditions));
  const which = lax.argmax(stacked, 0, int32);
  const [index, ...cases] = broadcastArrays(which, ...choices);
  return lax.selectN(index, ...cases);
}

/**
 * For each element of `a` the element of the array in `choices` that it numbers. Everything broadcasts.
 *
 * @param options.mode for numbers out of range: "raise" (default; needs a known `a`), "wrap" or "clip"
 * @throws ValueError for numbers out of range, other dtypes and modes; ConcretizationTypeError for a traced `a` in mode "raise"
 * @example
 * ```ts
 * String(jnp.choose(jnp.int32([0, 1]), [jnp.array([1, 2]), jnp.array([3, 4])])); // => "[1. 4.]"
 * ```
 */
export function choose(
  a: ArrayLike,
  choices: readonly ArrayLike[],
  options?: { mode?: "raise" | "wrap" | "clip" },
): NDArray {
  const o = readOptions<{ mode: string }>("choose", ["out", "mode"], [options]);
  const index = toArray(a, "choose", 0);
  if (!isInteger(index.dtype)) throw new ValueError("`a` array must be integer typed");
  const n = choices.length;
  const mode = o.mode ?? "raise";
  let which = index;
  if (mode === "raise") {
    const known = requireConcrete(
      index,
      "The error occurred because jnp.choose was jit-compiled with mode='raise'. Use mode='wrap' or mode='clip' instead.",
    );
    for (const v of known.toHost())
      if (v < 0 || v >= n) throw new ValueError("invalid entry in choice array");
  } else if (mode === "wrap") which = remainder(index, n);
  else if (mode === "clip") which = clip(index, 0, n - 1);
  else throw new ValueError(`mode='${mode}' not understood. Must be 'raise', 'wrap', or 'clip'`);
  const arrays = promoteDTypes(choices.map((c, i) => toArray(c, "choose", i + 1)));
  const [at, ...spread] = broadcastArrays(which, ...arrays);
  return getItem(concatenate(spread.map((c) => lax.expandDims(c, [0]))), [
    at,
    ...indices(at.shape, { sparse: true }),
  ]);
}

interface MeshgridOptions {
  /** Keep axes of size 1 instead of repeating. */
  sparse?: boolean;
  /** "xy" (default): the first vector runs along columns; "ij": along rows. */
  indexing?: "xy" | "ij";
  copy?: boolean;
}
/**
 * Coordinate arrays of a grid spanned by vectors.
 *
 * @throws ValueError for arrays of other ranks
 * @example
 * ```ts
 * const [x, y] = jnp.meshgrid(jnp.arange(2), jnp.arange(3));
 * String(x); // => "[[0 1]\n [0 1]\n [0 1]]"
 * y.shape; // => [3, 2]
 * ```
 */
export function meshgrid(...args: (ArrayLike | MeshgridOptions)[]): NDArray[] {
  const last = args[args.length - 1];
  const hasOptions =
    typeof last === "object" && last !== null && Object.getPrototypeOf(last) === Object.prototype;
  const o = hasOptions
    ? readOptions<MeshgridOptions>("meshgrid", [], [last], ["sparse", "indexing", "copy"])
    : {};
  const vectors = (hasOptions ? args.slice(0, -1) : args).map((x, i) =>
    toArray(x as ArrayLike, "meshgrid", i),
  );
  const indexing = o.indexing ?? "xy";
  if (o.copy === false) throw new ValueError("jnp.meshgrid only supports copy=true: arrays are immutable");
  if (indexing !== "xy" && indexing !== "ij") {
    throw new ValueError(`Valid values for indexing are 'xy' and 'ij', got ${String(indexing)}`);
  }
  if (vectors.some((v) => v.ndim !== 1)) {
    const shapes = vectors.map((v) => shapeStr(v.shape)).join(", ");
    throw new ValueError(`Arguments to jax.numpy.meshgrid must be 1D, got shapes [${shapes}]`);
  }
  const swap = (list: NDArray[]): void => {
    if (indexing === "xy" && list.length >= 2) [list[0], list[1]] = [list[1], list[0]];
  };
  swap(vectors);
  const shape = vectors.map((v) => (o.sparse === true ? 1 : v.shape[0]));
  const grids = vectors.map((v, i) =>
    lax.broadcastInDim(
      v,
      shape.map((n, k) => (k === i ? v.shape[0] : n)),
      [i],
    ),
  );
  swap(grids);
  return grids;
}

interface IndicesOptions {
  dtype?: DTypeLike;
  sparse?: boolean;
}
/**
 * The positions of all elements of an array of a shape: an array `[ndim, ...shape]`; with `sparse`, one array per axis with size 1 elsewhere.
 *
 * @example
 * ```ts
 * String(jnp.indices([2, 2])); // => "[[[0 0]\n  [1 1]]\n\n [[0 1]\n  [0 1]]]"
 * ```
 */
export function indices(dimensions: readonly number[], options: IndicesOptions & { sparse: true }): NDArray[];
export function indices(
  dimensions: readonly number[],
  ...args: [(DTypeLike | IndicesOptions)?, ...unknown[]]
): NDArray;
export function indices(dimensions: readonly number[], ...args: unknown[]): NDArray | NDArray[] {
  const o = readOptions<IndicesOptions>("indices", ["dtype", "sparse"], args);
  const shape = canonicalizeShape(dimensions, "jnp.indices");
  const dtype = o.dtype === undefined ? int32 : asDType(o.dtype);
  const grids = shape.map((n, i) =>
    lax.broadcastInDim(
      lax.iota(dtype, n),
      o.sparse === true ? shape.map((d, k) => (k === i ? d : 1)) : shape,
      [i],
    ),
  );
  if (o.sparse === true) return grids;
  return grids.length > 0 ? stack(grids) : lax.full([0], 0, dtype);
}

interface DiffOptions {
  n?: number;
  axis?: number;
  /** Values to put before the array first. */
  prepend?: ArrayLike;
  /** Values to put behind the array first. */
  append?: ArrayLike;
}
const diffJit = jit(
  (x: NDArray, ends: { prepend?: NDArray; append?: NDArray }, n: number, axis: number): NDArray => {
    const edge = (v: NDArray): NDArray =>
      v.ndim > 0
        ? v
        : broadcastTo(
            v,
            x.shape.map((d, i) => (i === axis ? 1 : d)),
          );
    const parts = [
      ...(ends.prepend === undefined ? [] : [edge(ends.prepend)]),
      x,
      ...(ends.append === undefined ? [] : [edge(ends.append)]),
    ];
    let result = parts.length > 1 ? concatenate(parts, axis) : x;
    const along = (s: Slice): Slice[] =>
      x.shape.map((_, i) => (i === axis ? s : new Slice(null, null, null)));
    const op = result.dtype === bool ? notEqual : subtract;
    for (let k = 0; k < n; k++) {
      result = op(
        getItem(result, along(new Slice(1, null, null))),
        getItem(result, along(new Slice(null, -1, null))),
      );
    }
    return result;
  },
  { name: "diff", staticArgnums: [2, 3] },
);
/**
 * The differences of neighbours along an axis (default the last), `n` times over. Of booleans: whether they differ.
 *
 * @throws ValueError for scalars and negative `n`
 * @example
 * ```ts
 * String(jnp.diff(jnp.array([1, 4, 9, 16]))); // => "[3. 5. 7.]"
 * ```
 */
export function diff(a: ArrayLike, ...args: [(number | DiffOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<DiffOptions>("diff", ["n", "axis", "prepend", "append"], args);
  const x = toArray(a, "diff");
  const n = o.n ?? 1;
  if (n === 0) return x;
  if (!Number.isInteger(n) || n < 0) throw new ValueError(`order must be non-negative but got ${n}`);
  if (x.ndim === 0) throw new ValueError("diff requires input that is at least one dimensional");
  const ends: { prepend?: NDArray; append?: NDArray } = {};
  if (o.prepend !== undefined) ends.prepend = toArray(o.prepend, "diff");
  if (o.append !== undefined) ends.append = toArray(o.append, "diff");
  return diffJit(x, ends, n, canonicalizeAxis(o.axis ?? -1, x.ndim));
}

/** The shape of a grid whose axis `k` is a vector of `args[k]`; boolean vectors stand for their true positions. @example `jnp.ix_(jnp.int32([0, 1]), jnp.int32([2])).map((x) => x.shape); // => [[2, 1], [1, 1]]` */
export function ix_(...args: ArrayLike[]): NDArray[] {
  return args.map((arg, i) => {
    const x = toArray(arg, "ix_", i);
    if (x.ndim !== 1)
      throw new ValueError(
        `Arguments to jax.numpy.ix_ must be 1-dimensional, got shape ${shapeStr(x.shape)}`,
      );
    const positions = x.dtype === bool ? truePositionsOf(x) : x;
    const integers = positions.size === 0 ? convert(positions, int32) : positions;
    return lax.broadcastInDim(
      integers,
      args.map((_, k) => (k === i ? integers.size : 1)),
      [i],
    );
  });
}
function truePositionsOf(mask: NDArray): NDArray {
  const data = requireConcrete(mask, "A boolean vector of jnp.ix_ must be known while tracing.").toHost();
  const positions = Array.from(data as Iterable<number | bigint>, (v, i) => (v ? i : -1)).filter(
    (i) => i >= 0,
  );
  return toArray(Int32Array.from(positions), "ix_");
}

/** The positions in an array of a shape of row-major positions: one array per axis. @example `jnp.unravelIndex(5, [2, 3]).map(String); // => ["1", "2"]` */
export function unravelIndex(index: ArrayLike, shape: number | readonly number[]): NDArray[] {
  const i = toArray(index, "unravel_index");
  if (!isInteger(i.dtype)) throw new TypeError(`jnp.unravelIndex: indices must be integers, got ${i.dtype}.`);
  const sizes = canonicalizeShape(shape, "jnp.unravelIndex");
  let rest = i;
  const result: NDArray[] = [];
  for (let k = sizes.length - 1; k >= 0; k--) [rest, result[k]] = divmod(rest, sizes[k]);
  const above = greater(rest, 0);
  const below = less(rest, -1);
  // Out of bounds clamps, as reading does.
  return result.map((r, k) => where(above, sizes[k] - 1, where(below, 0, r)));
}
