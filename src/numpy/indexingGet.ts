import { NDArray } from "../core/array.ts";
import type { IndexEntry, IndexingOptions } from "../core/arrayMethods.ts";
import { checkOutSharding } from "../core/placement.ts";
import { isEager } from "../core/trace.ts";
import { scalar } from "../core/values.ts";
import { type DType, int32, keyFry, uint32 } from "../dtypes/index.ts";
import { IndexError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { concreteScalar } from "./concrete.ts";
import { toGather } from "./indexingGather.ts";
import { expandEllipsis, expandMasks, type ParsedIndex, parseIndex } from "./indexingParse.ts";
import { convert } from "./promote.ts";
import { sliceIndices } from "./slice.ts";

/**
 * Reads a part of an array; `x.get(...index)` calls it.
 *
 * An entry of the index is an integer, a slice or its text (`"1:3"`, `"::-1"`), `"..."`, null (a new axis), or an integer or boolean array.
 * Integers drop their axis; index arrays broadcast together and put their common shape where they stand (first, when something stands
 * between them); masks select the true positions. Traced integers are allowed anywhere but in slices. Out-of-bounds indices clamp;
 * `options.mode` says otherwise. Negative indices count from the end.
 *
 * @throws IndexError for too many indices or ellipses and for masks of another shape
 * @throws NonConcreteBooleanIndexError for a traced mask
 * @throws TypeError for indices that are neither integers nor booleans
 * @example
 * ```ts
 * const x = jnp.arange(6).reshape(2, 3);
 * String(x.get(1)); // => "[3 4 5]"
 * String(x.get(":", -1)); // => "[2 5]"
 * String(x.get(x.gt(3))); // => "[4 5]"
 * ```
 */
export function getItem(x: NDArray, index: readonly IndexEntry[], options: IndexingOptions = {}): NDArray {
  const parsed = parseIndex(index, x.shape);
  checkOutSharding(".get", options.outSharding);
  const wrapNegative = options.wrapNegativeIndices !== false;
  if (options.mode === undefined || options.mode === "promise_in_bounds" || options.mode === "clip") {
    const basic = basicIndex(parsed, x.shape, wrapNegative, options.mode === "clip");
    if (basic !== null) return applyBasic(x, basic, wrapNegative);
  }
  return gatherItem(x, parsed, options);
}

/** An index of integers, scalars and slices as one contiguous or strided box. */
interface BasicIndex {
  /** Numbers for a static slice, otherwise scalars of one dtype. */
  readonly start: readonly number[] | readonly NDArray[];
  readonly sizes: readonly number[];
  readonly limits: readonly number[];
  readonly strides: readonly number[] | null;
  readonly rev: readonly number[];
  readonly squeeze: readonly number[];
  readonly newaxis: readonly number[];
}

/** Null when the index needs a gather: index arrays, masks, or a step beside a dynamic index. */
function basicIndex(
  parsed: readonly ParsedIndex[],
  shape: readonly number[],
  wrapNegative: boolean,
  clip: boolean,
): BasicIndex | null {
  const start: (number | NDArray)[] = [];
  const sizes: number[] = [];
  const limits: number[] = [];
  const strides: number[] = [];
  const rev: number[] = [];
  const squeeze: number[] = [];
  const newaxis: number[] = [];
  let dynamic = false;
  for (const e of expandEllipsis(parsed, shape.length)) {
    const [axis] = e.axes;
    if (e.kind === "newaxis") {
      newaxis.push(start.length - squeeze.length + newaxis.length);
      continue;
    }
    if (e.kind === "slice") {
      const [first, stop, step] = sliceIndices(e.slice, shape[axis]);
      if (step < 0) {
        const lowest = Math.min(shape[axis], stop + 1 + (Math.abs(first - stop - 1) % -step));
        start.push(lowest);
        limits.push(Math.max(lowest, first + 1));
        rev.push(axis);
      } else {
        start.push(first);
        limits.push(Math.max(first, stop));
      }
      strides.push(Math.abs(step));
      sizes.push(limits[axis] - (start[axis] as number));
      continue;
    }
    if (e.kind === "integer") {
      if (shape[axis] === 0) throw new IndexError(`index is out of bounds for axis ${axis} with size 0`);
      let i = wrapNegative && e.value < 0 ? e.value + shape[axis] : e.value;
      if (clip) i = Math.min(Math.max(i, 0), shape[axis] - 1);
      // An out-of-bounds integer is clamped by the dynamic slice.
      if (i < 0 || i >= shape[axis]) {
        dynamic = true;
        i = e.value;
      }
      start.push(i);
      limits.push(i + 1);
    } else if (e.kind === "array" && e.value.ndim === 0) {
      if (shape[axis] === 0) throw new IndexError(`index is out of bounds for axis ${axis} with size 0`);
      dynamic = true;
      start.push(e.value);
      limits.push(0);
    } else {
      return null;
    }
    strides.push(1);
    sizes.push(1);
    squeeze.push(axis);
  }
  const strided = strides.some((s) => s !== 1);
  if (!dynamic) {
    return {
      start: start as number[],
      sizes,
      limits,
      strides: strided ? strides : null,
      rev,
      squeeze,
      newaxis,
    };
  }
  if (strided) return null;
  const original = expandEllipsis(parsed, shape.length).filter((e) => e.kind !== "newaxis");
  const starts = start.map((s, axis): NDArray => {
    if (s instanceof NDArray) return start.length > 1 ? convert(s, int32) : s;
    const e = original[axis];
    return scalar(e.kind === "integer" ? e.value : s, int32);
  });
  return { start: starts, sizes, limits, strides: null, rev, squeeze, newaxis };
}

function applyBasic(x: NDArray, index: BasicIndex, wrapNegative: boolean): NDArray {
  const { start, sizes, limits, strides, rev, squeeze, newaxis } = index;
  let result = x;
  if (start.length > 0 && start[0] instanceof NDArray) {
    result = lax.dynamicSlice(x, start as NDArray[], sizes, { allowNegativeIndices: wrapNegative });
  } else if (strides !== null || !(start as number[]).every((s, i) => s === 0 && limits[i] === x.shape[i])) {
    result = staticSlice(x, start as number[], limits, strides);
  }
  if (rev.length > 0) result = lax.rev(result, rev);
  if (squeeze.length > 0) result = lax.squeeze(result, squeeze);
  return newaxis.length > 0 ? lax.expandDims(result, newaxis) : result;
}

/** A slice at known positions. Eagerly the positions are operands, so that reading row after row compiles one program. */
function staticSlice(
  x: NDArray,
  start: readonly number[],
  limits: readonly number[],
  strides: readonly number[] | null,
): NDArray {
  if (!isEager() || strides !== null) return lax.slice(x, start, limits, strides);
  const starts = start.map((s) => scalar(s, int32));
  const sizes = limits.map((l, i) => l - start[i]);
  return lax.dynamicSlice(x, starts, sizes, { allowNegativeIndices: false });
}

function gatherItem(x: NDArray, parsed: readonly ParsedIndex[], options: IndexingOptions): NDArray {
  const index = toGather(expandMasks(parsed, x.shape), x.shape, options.wrapNegativeIndices !== false);
  const fillValue = staticFillValue(options.fillValue);
  let y = index.scalarMaskDims.length > 0 ? lax.expandDims(x, index.scalarMaskDims) : x;
  if (index.sliceShape.includes(0)) return nothing(index.sliceShape, x.dtype);
  if (index.indices.size > 0) {
    const numbers = {
      offsetDims: index.offsetDims,
      collapsedSliceDims: index.collapsedSliceDims,
      startIndexMap: index.startIndexMap,
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
    };
    y = lax.gather(y, index.indices, numbers, index.windowShape, {
      uniqueIndices: options.uniqueIndices === true || index.unique,
      indicesAreSorted: options.indicesAreSorted === true || index.unique,
      mode: options.mode ?? "promise_in_bounds",
      fillValue,
    });
  }
  if (index.reversedDims.length > 0) y = lax.rev(y, index.reversedDims);
  return index.newaxisDims.length > 0 ? lax.expandDims(y, index.newaxisDims) : y;
}

/** An array without elements. */
function nothing(shape: readonly number[], dtype: DType): NDArray {
  return dtype === keyFry ? lax.randomWrap(lax.full([...shape, 2], 0, uint32)) : lax.full(shape, 0, dtype);
}

function staticFillValue(value: unknown): number | bigint | boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (value instanceof NDArray) {
    if (value.ndim !== 0) throw new ValueError("fill_value argument to indexed get() must be a scalar");
    const known = concreteScalar(value);
    if (known !== null) return known;
  }
  throw new TypeError(
    "The fillValue of an indexed get() must be a number known while tracing; for a traced one use jnp.where on the result.",
  );
}

/**
 * The rows of an array: what iterating over it gives.
 *
 * @throws TypeError for scalars
 * @example
 * ```ts
 * const [a, b] = jnp.array([[1, 2], [3, 4]]);
 * String(b); // => "[3. 4.]"
 * ```
 */
export function iterateRows(x: NDArray): NDArray[] {
  if (x.ndim === 0) throw new TypeError("iteration over a 0-d array");
  const rest = x.shape.slice(1);
  return Array.from({ length: x.shape[0] }, (_, i) => {
    const start = [i, ...rest.map(() => 0)];
    const limits = [i + 1, ...rest];
    const row = isEager()
      ? staticSlice(x, start, limits, null)
      : lax.slice(
          x,
          start,
          limits,
          start.map(() => 1),
        );
    return lax.squeeze(row, [0]);
  });
}
