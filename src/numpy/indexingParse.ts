import { type ArrayImpl, NDArray } from "../core/array.ts";
import type { IndexEntry } from "../core/arrayMethods.ts";
import { type ShapedArray, shapedArray, shapeStr } from "../core/aval.ts";
import { arrayFromHost } from "../core/values.ts";
import { bool, int32, isInteger } from "../dtypes/index.ts";
import { IndexError, NonConcreteBooleanIndexError } from "../errors.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { fromNested, toArray } from "./promote.ts";
import { isSliceLike, parseSlice, Slice, toSlice } from "./slice.ts";

/** One entry of an index, understood, with the axes of the array that it consumes. */
export type ParsedIndex = { readonly axes: readonly number[] } & (
  | { readonly kind: "newaxis" | "ellipsis" }
  | { readonly kind: "slice"; readonly slice: Slice }
  | { readonly kind: "integer"; readonly value: number }
  /** An integer array; `host` holds its elements where they were known before tracing (masks, typed arrays). */
  | { readonly kind: "array"; readonly value: NDArray; readonly host: Int32Array | null }
  | { readonly kind: "boolean"; readonly value: NDArray | boolean }
);
type Entry = ParsedIndex extends infer P ? (P extends { axes: unknown } ? Omit<P, "axes"> : never) : never;

/**
 * Understands an index of an array of the given shape.
 *
 * @throws IndexError for too many indices, more than one ellipsis, or an entry that is no index
 * @throws TypeError for numbers with a fraction, arrays of other dtypes, and other text
 */
export function parseIndex(index: readonly IndexEntry[], shape: readonly number[]): ParsedIndex[] {
  const entries = index.map(parseEntry);
  const consumed = entries.map((e) => {
    if (e.kind === "newaxis" || e.kind === "ellipsis") return 0;
    return e.kind === "boolean" ? ndimOf(e.value) : 1;
  });
  const ellipses = entries.flatMap((e, i) => (e.kind === "ellipsis" ? [i] : []));
  if (ellipses.length > 1) throw new IndexError("an index can only have a single ellipsis ('...')");
  const total = consumed.reduce((a, b) => a + b, 0);
  if (total > shape.length) {
    throw new IndexError(`Too many indices: array is ${shape.length}-dimensional, but ${total} were indexed`);
  }
  if (ellipses.length === 1) consumed[ellipses[0]] = shape.length - total;
  let axis = 0;
  return entries.map((e, i) => {
    const axes = Array.from({ length: consumed[i] }, () => axis++);
    return { ...e, axes } as ParsedIndex;
  });
}

const ndimOf = (x: NDArray | boolean): number => (typeof x === "boolean" ? 0 : x.ndim);

function parseEntry(entry: IndexEntry): Entry {
  if (entry === null) return { kind: "newaxis" };
  if (typeof entry === "number") {
    if (Number.isInteger(entry)) return { kind: "integer", value: entry };
    throw new TypeError(
      `Indexer must have integer or boolean type, got indexer with type float32 (the number ${entry}). Round it first: Math.floor(i).`,
    );
  }
  if (typeof entry === "bigint") return { kind: "integer", value: Number(entry) };
  if (typeof entry === "boolean") return { kind: "boolean", value: entry };
  if (typeof entry === "string") return parseText(entry);
  if (entry instanceof NDArray) return arrayEntry(entry, null);
  if (Array.isArray(entry)) return listEntry(entry);
  if (ArrayBuffer.isView(entry)) {
    const x = toArray(entry, "index");
    return arrayEntry(x, isInteger(x.dtype) ? Int32Array.from(entry as Int32Array, Number) : null);
  }
  if (isSliceLike(entry)) return { kind: "slice", slice: toSlice(entry) };
  throw new IndexError(
    'only integers, slices (slice(1, 3) or "1:3"), ellipsis ("..."), newaxis (null) and integer or boolean arrays are valid ' +
      `indices. Got ${entry === undefined ? "undefined" : typeof entry}`,
  );
}

function parseText(text: string): Entry {
  if (text.trim() === "...") return { kind: "ellipsis" };
  const parsed = parseSlice(text);
  if (parsed !== null) return { kind: "slice", slice: parsed };
  throw new TypeError(
    `JAX does not support string indexing; got idx='${text}'. The text of an index is a slice ("1:3", "::-1", ":") or "...".`,
  );
}

function arrayEntry(x: NDArray, host: Int32Array | null): Entry {
  if (x.dtype === bool) return { kind: "boolean", value: x };
  if (isInteger(x.dtype)) return { kind: "array", value: x, host };
  throw new TypeError(
    `Indexer must have integer or boolean type, got indexer with type ${x.dtype}. Convert it: i.astype("int32").`,
  );
}

/** Numbers in the list of an index are integers, unlike those in lists of values. */
function listEntry(list: readonly unknown[]): Entry {
  const kinds = new Set<string>();
  const collect = (x: unknown): void => {
    if (Array.isArray(x)) x.forEach(collect);
    else if (typeof x === "number" && !Number.isInteger(x)) kinds.add("fraction");
    else kinds.add(typeof x === "bigint" ? "number" : typeof x);
  };
  collect(list);
  if (kinds.has("fraction")) {
    throw new TypeError(
      "Indexer must have integer or boolean type, got indexer with type float32 (a list with a fraction in it).",
    );
  }
  if (kinds.size === 1 && kinds.has("boolean"))
    return { kind: "boolean", value: fromNested(list, "index", bool) };
  return arrayEntry(fromNested(list, "index", kinds.has("object") ? undefined : int32), null);
}

/**
 * Replaces boolean arrays by the integer arrays of their true positions, one per axis. Boolean scalars stay.
 *
 * @throws NonConcreteBooleanIndexError for masks without a value, IndexError for those of another shape
 */
export function expandMasks(index: readonly ParsedIndex[], shape: readonly number[]): ParsedIndex[] {
  return index.flatMap((entry, position): ParsedIndex[] => {
    if (entry.kind !== "boolean") return [entry];
    if (typeof entry.value === "boolean") return [entry];
    const mask = requireConcrete(entry.value);
    if (mask.ndim === 0) return [{ kind: "boolean", value: mask.toHost()[0] !== 0, axes: [] }];
    const expected = entry.axes.map((axis) => shape[axis]);
    if (!mask.shape.every((n, i) => n === 0 || n === expected[i])) {
      throw new IndexError(
        `boolean index did not match shape of indexed array in index ${position}: got ${shapeStr(mask.shape)}, expected ${shapeStr(expected)}`,
      );
    }
    return truePositions(mask).map((host, i) => ({ ...knownIndex(host), axes: [entry.axes[i]] }));
  });
}

function requireConcrete(mask: NDArray): ArrayImpl {
  const value = concreteValue(mask);
  if (value !== null) return value;
  throw new NonConcreteBooleanIndexError(
    `Array boolean indices must be concrete; got ${mask.aval}\n` +
      "The shape of the result would depend on the values of the mask, which are not known while tracing. Keep the shape instead: " +
      "jnp.where(mask, x, 0) selects values, jnp.sum(x, { where: mask }) reduces them, jnp.where(mask, v, x) replaces x.at(mask).set(v), " +
      "and jnp.nonzero(mask, { size: n }) gives a fixed number of positions.",
  );
}

/** The coordinates of the true elements in row-major order, one list per axis. */
export function truePositions(mask: ArrayImpl): Int32Array[] {
  const data = mask.toHost();
  const flat: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i]) flat.push(i);
  const result: Int32Array[] = [];
  let stride = 1;
  for (let axis = mask.ndim - 1; axis >= 0; axis--) {
    const size = mask.shape[axis];
    const step = stride;
    result[axis] = Int32Array.from(flat, (p) => Math.floor(p / step) % size);
    stride *= size;
  }
  return result;
}

/** An index array whose elements are known. */
export function knownIndex(host: Int32Array): Extract<Entry, { kind: "array" }> {
  const aval: ShapedArray = shapedArray([host.length], int32);
  return { kind: "array", value: arrayFromHost(host, aval), host };
}

/** Writes out the ellipsis and the trailing axes as full slices. */
export function expandEllipsis(index: readonly ParsedIndex[], ndim: number): ParsedIndex[] {
  const full = (axis: number): ParsedIndex => ({ kind: "slice", slice: everything, axes: [axis] });
  let consumed = 0;
  const expanded = index.flatMap((entry): ParsedIndex[] => {
    consumed += entry.axes.length;
    return entry.kind === "ellipsis" ? entry.axes.map(full) : [entry];
  });
  while (consumed < ndim) expanded.push(full(consumed++));
  return expanded;
}
const everything = /* @__PURE__ */ new Slice(null, null, null);
