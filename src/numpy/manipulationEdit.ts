import { type ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool, int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { greaterEqual } from "./binary.ts";
import { getItem } from "./indexingGet.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { clip } from "./manipulationClip.ts";
import { concatenate } from "./manipulationJoin.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { convert, raiseRank, toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { isSliceLike, Slice, sliceIndices, toSlice } from "./slice.ts";
import { argsort, flatnonzero, sort } from "./sorting.ts";
import { where } from "./where.ts";

/** What to delete or where to insert: an integer, a list or array of integers, or a slice. */
export type Positions = number | readonly number[] | ArrayLike | Slice;

interface AxisOption {
  axis?: number | null;
}
const everything = /* @__PURE__ */ new Slice(null, null, null);
const before = (axis: number): Slice[] => Array.from({ length: axis }, () => everything);

interface KnownPositions {
  readonly values: readonly number[];
  readonly mask: boolean;
  readonly scalar: boolean;
}
/** The positions, where they are known while tracing; otherwise the traced integers. */
function readPositions(obj: Positions, size: number, name: string): KnownPositions | NDArray {
  if (isSliceLike(obj)) {
    const [start, stop, step] = sliceIndices(toSlice(obj), size);
    const values: number[] = [];
    for (let i = start; step > 0 ? i < stop : i > stop; i += step) values.push(i);
    return { values, mask: false, scalar: false };
  }
  if (typeof obj === "number") return { values: [obj], mask: false, scalar: true };
  if (Array.isArray(obj) && obj.every((v) => typeof v === "number")) {
    return { values: obj as number[], mask: false, scalar: false };
  }
  const x = toArray(obj as ArrayLike, name, 1);
  if (!isInteger(x.dtype) && x.dtype !== bool) {
    throw new ValueError(`jnp.${name}: the positions must be integers or booleans, got ${x.dtype}.`);
  }
  const known = concreteValue(x);
  if (known === null) return x;
  const values = Array.from(known.toHost() as Iterable<number | bigint>, Number);
  return { values, mask: x.dtype === bool, scalar: x.ndim === 0 };
}

/**
 * The array without the slices at some positions of an axis; without an axis, of the flattened array.
 *
 * @param options.assumeUniqueIndices promises that no position occurs twice: needed for traced positions, whose number gives the shape
 * @throws ConcretizationTypeError for other traced positions, ValueError for masks of another length, IndexError for positions out of range
 * @example
 * ```ts
 * String(jnp.delete(jnp.array([1, 2, 3]), 1)); // => "[1. 3.]"
 * ```
 */
function deletePositions(
  arr: ArrayLike,
  obj: Positions,
  axis?: number | null | (AxisOption & { assumeUniqueIndices?: boolean }),
  options?: { assumeUniqueIndices?: boolean },
): NDArray {
  const o = readOptions<AxisOption & { assumeUniqueIndices: boolean }>(
    "delete",
    ["axis"],
    [axis, options],
    ["assumeUniqueIndices"],
  );
  const given = toArray(arr, "delete");
  const x = o.axis === undefined || o.axis === null ? ravel(given) : given;
  const k = canonicalizeAxis(o.axis ?? 0, x.ndim);
  const size = x.shape[k];
  const positions = readPositions(obj, size, "delete");
  if (positions instanceof NDArray) {
    if (o.assumeUniqueIndices !== true || positions.dtype === bool) {
      requireConcrete(
        positions,
        "'obj' array argument of jnp.delete(): the positions must be known while tracing, or unique (assumeUniqueIndices: true).",
      );
    }
    return getItem(x, [...before(k), remaining(positions, size)]);
  }
  const { values, mask } = positions;
  if (mask && values.length !== size) {
    throw new ValueError(
      "np.delete(arr, obj): for boolean indices, obj must be one-dimensional with length matching specified axis.",
    );
  }
  const gone = new Set(
    mask ? values.flatMap((v, i) => (v ? [i] : [])) : values.map((i) => canonicalizeAxis(i, size)),
  );
  if (positions.scalar && gone.size === 1) {
    const [i] = gone;
    return concatenate(
      [
        getItem(x, [...before(k), new Slice(0, i, null)]),
        getItem(x, [...before(k), new Slice(i + 1, null, null)]),
      ],
      k,
    );
  }
  const kept = Array.from({ length: size }, (_, i) => i).filter((i) => !gone.has(i));
  return getItem(x, [...before(k), Int32Array.from(kept)]);
}

export { deletePositions as delete };

/** Positions from the start, within the axis. */
function wrapAndClip(positions: NDArray, size: number): NDArray {
  const negative = lax.lt(positions, scalarLike(positions, 0));
  const wrapped = where(negative, lax.add(positions, scalarLike(positions, size)), positions);
  return clip(wrapped, 0, size);
}
const scalarLike = (x: NDArray, value: number): NDArray => scalar(value, x.dtype, x.weakType);

/** The positions of an axis that are not among those given, which are unique. */
function remaining(positions: NDArray, size: number): NDArray {
  const sorted = sort(wrapAndClip(ravel(positions), size));
  const gaps = lax.sub(sorted, lax.iota(sorted.dtype, sorted.size));
  const kept = lax.iota(sorted.dtype, size - sorted.size);
  // The i-th of the rest is shifted by the number of deleted positions at or before it.
  const shifts = greaterEqual(lax.expandDims(kept, [0]), lax.expandDims(gaps, [1]));
  return lax.add(kept, sum(shifts, { axis: 0, dtype: sorted.dtype }));
}

/**
 * The array with values inserted before some positions of an axis; without an axis, of the flattened array. Several positions refer to the
 * array as it was.
 *
 * @throws ValueError for arrays of positions of other ranks or dtypes
 * @example
 * ```ts
 * String(jnp.insert(jnp.array([1, 2, 3]), 1, 9)); // => "[1. 9. 2. 3.]"
 * ```
 */
export function insert(
  arr: ArrayLike,
  obj: Positions,
  values: ArrayLike,
  axis?: number | null | AxisOption,
): NDArray {
  const o = readOptions<AxisOption>("insert", ["axis"], [axis]);
  const given = toArray(arr, "insert", 0);
  const x = o.axis === undefined || o.axis === null ? ravel(given) : given;
  const k = canonicalizeAxis(o.axis ?? 0, x.ndim);
  const size = x.shape[k];
  const position = readPositions(obj, size, "insert");
  const isScalar = position instanceof NDArray ? position.ndim === 0 : position.scalar;
  if (position instanceof NDArray ? position.dtype === bool || position.ndim > 1 : position.mask) {
    throw new ValueError(
      "jnp.insert(): obj must be a slice, an integer, or a one-dimensional array of integers.",
    );
  }
  let inserted = raiseRank(convert(toArray(values, "insert", 2), x.dtype), x.ndim);
  const many = position instanceof NDArray ? position.size : position.values.length;
  if (many === 1 && isScalar) inserted = moveaxis(inserted, 0, k);
  const count = many === 1 ? inserted.shape[k] : lax.broadcastShapes([many], [inserted.shape[k]])[0];
  const { target, rest } =
    position instanceof NDArray
      ? tracedTargets(position, size, count)
      : knownTargets(position.values, size, count);
  const empty = lax.full(
    x.shape.map((n, i) => (i === k ? n + count : n)),
    0,
    x.dtype,
  );
  const withValues = indexUpdate(empty, [...before(k), target]).set(inserted);
  return size === 0 ? withValues : indexUpdate(withValues, [...before(k), rest]).set(x);
}

/** Where inserted values and the array's own elements go. */
interface Targets {
  readonly target: NDArray | Int32Array;
  readonly rest: NDArray | Int32Array;
}

function knownTargets(positions: readonly number[], size: number, count: number): Targets {
  const spread = positions.length === 1 ? new Array<number>(count).fill(positions[0]) : positions;
  const clamped = spread.map((i) => Math.min(Math.max(i < 0 ? i + size : i, 0), size));
  // In sorted order each insertion is shifted by those before it.
  const target = new Int32Array(count);
  const order = clamped.map((_, i) => i).sort((i, j) => clamped[i] - clamped[j] || i - j);
  order.forEach((i, rank) => {
    target[i] = clamped[i] + rank;
  });
  const taken = new Set(target);
  const rest = Int32Array.from({ length: size + count }, (_, i) => i).filter((i) => !taken.has(i));
  return { target, rest };
}

function tracedTargets(positions: NDArray, size: number, count: number): Targets {
  const strong = convert(ravel(positions), int32);
  const clamped = wrapAndClip(
    strong.size === 1 ? lax.broadcastInDim(lax.reshape(strong, []), [count], []) : strong,
    size,
  );
  const target = indexUpdate(clamped, [argsort(clamped)]).add(lax.iota(int32, count));
  const own = indexUpdate(lax.full([size + count], true, bool), [target]).set(false);
  return { target, rest: size === 0 ? target : flatnonzero(own, { size }) };
}
