import { NDArray } from "../core/array.ts";
import { config } from "../core/config.ts";
import { isEager } from "../core/trace.ts";
import { scalar } from "../core/values.ts";
import { int32, isKey } from "../dtypes/index.ts";
import { IndexError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readPart } from "../lax/readPart.ts";
import { expandEllipsis, type ParsedIndex } from "./indexingParse.ts";
import { convert } from "./promote.ts";
import { sliceIndices } from "./slice.ts";

/** Reads a part of an array by integers, which clamp, and slices; null for other indices. */
export function staticItem(x: NDArray, parsed: readonly ParsedIndex[]): NDArray | null {
  const index = basicIndex(parsed, x.shape, true, true);
  return index === null || isDynamic(index) ? null : applyBasic(x, index, slicePart);
}

/** An index of integers, scalars and slices as one contiguous or strided box. */
export interface BasicIndex {
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
export function basicIndex(
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

export function isDynamic({ start }: BasicIndex): boolean {
  return start.length > 0 && start[0] instanceof NDArray;
}

/** Reads what the index says; `cut` gives the box, which has the rank of the array. */
export function applyBasic(
  x: NDArray,
  index: BasicIndex,
  cut: (x: NDArray, index: BasicIndex) => NDArray,
): NDArray {
  const { rev, squeeze, newaxis } = index;
  let result = cut(x, index);
  if (rev.length > 0) result = lax.rev(result, rev);
  if (squeeze.length > 0) result = lax.squeeze(result, squeeze);
  return newaxis.length > 0 ? lax.expandDims(result, newaxis) : result;
}

/** The box of an index of numbers. */
export function slicePart(x: NDArray, index: BasicIndex): NDArray {
  const { limits, strides } = index;
  const start = index.start as readonly number[];
  const isWhole = strides === null && start.every((s, i) => s === 0 && limits[i] === x.shape[i]);
  return isWhole ? x : staticSlice(x, start, limits, strides);
}

/**
 * A slice at known positions. Eagerly the positions are operands, so that reading row after row compiles one program; only where keys are
 * followed they must be known.
 */
function staticSlice(
  x: NDArray,
  start: readonly number[],
  limits: readonly number[],
  strides: readonly number[] | null,
): NDArray {
  if (!isEager() || strides !== null || (config.debugKeyReuse && isKey(x.dtype)))
    return lax.slice(x, start, limits, strides);
  return readPart(
    x,
    start,
    limits.map((l, i) => l - start[i]),
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
