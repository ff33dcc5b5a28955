import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { isEager } from "../core/trace.ts";
import { arrayFromHost, literal, scalar } from "../core/values.ts";
import { bool, int32 } from "../dtypes/index.ts";
import { IndexError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { expandEllipsis, knownIndex, type ParsedIndex } from "./indexingParse.ts";
import { broadcastToShape, convert } from "./promote.ts";
import { rangeLength, sliceIndices } from "./slice.ts";

/** An index as one gather (for reading) or scatter (for writing). */
export interface GatherIndexer {
  /** The shape that the index selects, before reversal; updates are broadcast to it. */
  readonly sliceShape: readonly number[];
  /** The window that each start index reads. */
  readonly windowShape: readonly number[];
  readonly indices: NDArray;
  readonly offsetDims: readonly number[];
  readonly collapsedSliceDims: readonly number[];
  readonly startIndexMap: readonly number[];
  /** True without index arrays: only those can repeat a position. */
  readonly unique: boolean;
  /** Axes with a negative step, reversed after the gather. */
  readonly reversedDims: readonly number[];
  /** Axes of the selection that the index adds. */
  readonly newaxisDims: readonly number[];
  /** Axes of size 1 to add to the operand first, one per boolean scalar. */
  readonly scalarMaskDims: readonly number[];
}

/** Lowers an index (masks expanded) of an array of the given shape to a gather. */
export function toGather(
  parsed: readonly ParsedIndex[],
  operandShape: readonly number[],
  wrapNegative: boolean,
): GatherIndexer {
  const advancedAt = parsed.flatMap((e, i) => (isAdvanced(e) ? [i] : []));
  const contiguous = advancedAt.every((p, i) => i === 0 || p === advancedAt[i - 1] + 1);
  const { entries, shape, scalarMaskDims } = expandScalarMasks(
    expandEllipsis(parsed, operandShape.length),
    operandShape,
  );
  const index = wrapNegative ? entries.map((e) => wrapNegativeIndex(e, shape)) : entries;

  const anyArray = index.some((e) => e.kind === "array" && e.value.ndim > 0);
  const advanced = new Set(anyArray ? index.filter(isAdvanced) : []);
  const firstAdvanced = contiguous ? index.findIndex((e) => advanced.has(e)) : 0;

  const parts: { indices: NDArray; startDim: number }[] = [];
  const indicesShape: number[] = [];
  const sliceShape: number[] = [];
  const windowShape: number[] = [];
  const offsetDims: number[] = [];
  const collapsed: number[] = [];
  const startIndexMap: number[] = [];
  const reversedDims: number[] = [];
  const newaxisDims: number[] = [];
  let axis = 0;
  let outAxis = 0; // In the result without the new axes.

  const addAdvanced = (): void => {
    const arrays = broadcastIndices([...advanced].map(indexArray));
    const axes = index.filter((e) => advanced.has(e)).map((e) => e.axes[0]);
    for (const a of arrays) parts.push({ indices: convert(a, int32), startDim: indicesShape.length });
    startIndexMap.push(...axes);
    collapsed.push(...axes);
    indicesShape.push(...arrays[0].shape);
    sliceShape.push(...arrays[0].shape);
    outAxis += arrays[0].ndim;
  };

  index.forEach((entry, position) => {
    if (advanced.size > 0 && position === firstAdvanced) addAdvanced();
    if (advanced.has(entry)) {
      windowShape.push(1);
      axis++;
    } else if (entry.kind === "integer" || entry.kind === "array") {
      if (shape[axis] === 0) throw new IndexError(`index is out of bounds for axis ${axis} with size 0`);
      const start = entry.kind === "integer" ? scalar(entry.value, int32) : convert(entry.value, int32);
      parts.push({ indices: start, startDim: indicesShape.length });
      collapsed.push(axis);
      startIndexMap.push(axis);
      windowShape.push(1);
      axis++;
    } else if (entry.kind === "newaxis") {
      newaxisDims.push(sliceShape.length);
      sliceShape.push(1);
    } else if (entry.kind === "slice") {
      const [start, stop, step] = sliceIndices(entry.slice, shape[axis]);
      const length = rangeLength(start, stop, step);
      sliceShape.push(length);
      if (step === 1) {
        if (length !== shape[axis]) {
          parts.push({ indices: scalar(start, int32), startDim: indicesShape.length });
          startIndexMap.push(axis);
        }
        windowShape.push(length);
        offsetDims.push(outAxis);
      } else {
        if (step < 0) reversedDims.push(outAxis);
        parts.push({ indices: stridedPositions(start, step, length), startDim: indicesShape.length });
        startIndexMap.push(axis);
        indicesShape.push(length);
        collapsed.push(axis);
        windowShape.push(1);
      }
      outAxis++;
      axis++;
    }
  });

  return {
    sliceShape,
    windowShape,
    indices: joinIndices(parts, indicesShape),
    offsetDims,
    collapsedSliceDims: collapsed.sort((a, b) => a - b),
    startIndexMap,
    unique: advanced.size === 0,
    reversedDims,
    newaxisDims,
    scalarMaskDims,
  };
}

const isAdvanced = (e: ParsedIndex): boolean => e.kind === "array" || e.kind === "integer";

/** The index of an entry as an array; integers become weak scalars. */
function indexArray(e: ParsedIndex): NDArray {
  if (e.kind === "array") return e.value;
  return literal((e as { value: number }).value, shapedArray([], int32, true));
}

function broadcastIndices(arrays: readonly NDArray[]): NDArray[] {
  const shape = lax.broadcastShapes(...arrays.map((a) => a.shape));
  return arrays.map((a) => broadcastToShape(a, shape));
}

/** A boolean scalar selects along a new axis of size 1: all of it (true) or nothing (false). */
function expandScalarMasks(
  index: readonly ParsedIndex[],
  operandShape: readonly number[],
): { entries: ParsedIndex[]; shape: number[]; scalarMaskDims: number[] } {
  const shape: number[] = [];
  const scalarMaskDims: number[] = [];
  let from = 0;
  const entries = index.map((e): ParsedIndex => {
    const first = shape.length;
    if (e.kind === "boolean") {
      scalarMaskDims.push(first);
      shape.push(1);
      return { ...knownIndex(e.value === true ? new Int32Array(1) : new Int32Array(0)), axes: [first] };
    }
    for (let i = 0; i < e.axes.length; i++) shape.push(operandShape[from++]);
    return { ...e, axes: e.axes.map((_, i) => first + i) };
  });
  return { entries, shape, scalarMaskDims };
}

/** Counts negative indices from the end of their axis. */
function wrapNegativeIndex(e: ParsedIndex, shape: readonly number[]): ParsedIndex {
  const size = shape[e.axes[0]];
  if (e.kind === "integer") return e.value < 0 ? { ...e, value: e.value + size } : e;
  if (e.kind !== "array" || e.value.dtype.kind === "uint") return e;
  const { value, host } = e;
  if (host !== null && isEager()) {
    return host.some((i) => i < 0)
      ? { ...knownIndex(host.map((i) => (i < 0 ? i + size : i))), axes: e.axes }
      : e;
  }
  if (host !== null) {
    const wrapped = lax.add(value, scalar(size, value.dtype));
    const negative = Uint8Array.from(host, (i) => (i < 0 ? 1 : 0));
    return {
      ...e,
      value: lax.select(arrayFromHost(negative, shapedArray(value.shape, bool)), wrapped, value),
    };
  }
  return { ...e, value: normalizeIndex(value, size) };
}

/** `i + size` where `i` is negative, `i` elsewhere. Unsigned indices are returned as they are. */
export function normalizeIndex(index: NDArray, size: number): NDArray {
  if (index.dtype.kind === "uint") return index;
  const negative = lax.lt(index, scalar(0, index.dtype, index.weakType));
  const strong = convert(index, index.dtype);
  return lax.select(negative, lax.add(strong, scalar(size, index.dtype)), strong);
}

function stridedPositions(start: number, step: number, length: number): NDArray {
  const steps = lax.mul(scalar(step, int32), lax.iota(int32, length));
  const positions = lax.add(scalar(start, int32), steps);
  return step < 0 ? lax.rev(positions, [0]) : positions;
}

/** All start indices side by side along a last axis. */
function joinIndices(
  parts: readonly { indices: NDArray; startDim: number }[],
  batchShape: readonly number[],
): NDArray {
  if (parts.length === 0) return arrayFromHost(new Int32Array(0), shapedArray([0], int32));
  if (parts.length === 1) return lax.expandDims(parts[0].indices, [parts[0].indices.ndim]);
  const shape = [...batchShape, 1];
  const columns = parts.map(({ indices, startDim }) =>
    lax.broadcastInDim(
      indices,
      shape,
      Array.from({ length: indices.ndim }, (_, i) => startDim + i),
    ),
  );
  return lax.concatenate(columns, shape.length - 1);
}
