import { sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import { pythonStr } from "../core/pythonText.ts";
import { type DType, iinfo, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { offsetsOf, rowMajorStrides, valuesOf } from "./hostLoops.ts";
import type { Ints } from "./intTuples.ts";

/*
 * Gather and scatter read and write windows of an operand at places given by indices. What they share is here: which element of the
 * operand a point of the result (of the updates) stands for, and whether its window lies within the operand.
 */

/** How a gather or scatter places its windows; the names of {@link GatherDimensionNumbers} and its mirror image agree here. */
export interface WindowNumbers {
  /** Dimensions of the result (updates) that run over a window; the others run over the indices. */
  readonly windowDims: Ints;
  /** Dimensions of the operand that a window does not have. */
  readonly collapsedDims: Ints;
  /** The operand dimension that each component of an index vector places. */
  readonly indexMap: Ints;
  readonly operandBatchingDims: Ints;
  readonly indicesBatchingDims: Ints;
}

/** What happens to windows that are not within the operand. */
export type Mode = "clip" | "fill" | "promise_in_bounds";

/** A mode as users write it. */
export type ModeLike = Mode | "drop" | null | undefined;

/**
 * Modes of gather and scatter.
 *
 * - `CLIP`: windows are moved into the operand.
 * - `FILL_OR_DROP`: a gathered window is filled with a constant, a scattered one dropped as a whole.
 * - `PROMISE_IN_BOUNDS`: the caller promises that there are none. Should there be, a gather clips and a scatter drops.
 */
export const GatherScatterMode = /* @__PURE__ */ Object.freeze({
  CLIP: "clip",
  FILL_OR_DROP: "fill",
  PROMISE_IN_BOUNDS: "promise_in_bounds",
} as const);
export type GatherScatterMode = Mode;

/** @throws ValueError for an unknown mode. */
export function parseMode(mode: ModeLike): Mode {
  switch (mode) {
    case null:
    case undefined:
    case "fill":
    case "drop":
      return "fill";
    case "clip":
    case "promise_in_bounds":
      return mode;
    default:
      throw new ValueError(`Unknown gather mode ${JSON.stringify(mode)}`);
  }
}

const modeNames = { clip: "CLIP", fill: "FILL_OR_DROP", promise_in_bounds: "PROMISE_IN_BOUNDS" };
export function modeText(mode: Mode): string {
  return `GatherScatterMode.${modeNames[mode]}`;
}

/** A named tuple as Python shows it. */
export function namedTupleText(name: string, fields: { readonly [field: string]: Ints }): string {
  const items = Object.entries(fields).map(([field, value]) => `${field}=${pythonStr(value)}`);
  return `${name}(${items.join(", ")})`;
}

/** The sizes of a scatter's windows along each dimension of the operand. */
export function windowSizes(ndim: number, updates: Ints, numbers: WindowNumbers): number[] {
  let next = 0;
  return Array.from({ length: ndim }, (_, d) =>
    hasNoWindow(d, numbers) ? 1 : updates[numbers.windowDims[next++]],
  );
}

/**
 * The dimensions of a scatter's updates in the order in which they are walked: windows one after the other, as their indices come. That
 * matters only where windows can overlap in part; elsewhere the order in memory, which is faster, has the same result.
 */
export function updateOrder(operand: Ints, updates: Ints, numbers: WindowNumbers): number[] {
  const dims = updates.map((_, i) => i);
  const sizes = windowSizes(operand.length, updates, numbers);
  const slides = numbers.indexMap.some((d) => sizes[d] > 1 && sizes[d] < operand[d]);
  if (!slides) return dims;
  return [...dims.filter((i) => !numbers.windowDims.includes(i)), ...numbers.windowDims];
}

function hasNoWindow(d: number, { collapsedDims, operandBatchingDims }: WindowNumbers): boolean {
  return collapsedDims.includes(d) || operandBatchingDims.includes(d);
}

// Expressions.

/** The operand element that a point stands for, and whether its window is within the operand (null: it surely is). */
export interface Placed {
  readonly index: Expr[];
  readonly inBounds: Expr | null;
}

/**
 * Places a point of the result (updates).
 * @param clip Move windows into the operand; otherwise compute whether they are within. The index is safe to read in both cases.
 */
export function placePoint(
  b: ExprBuilder,
  operand: Ints,
  indices: Operand,
  point: readonly Expr[],
  sizes: Ints,
  numbers: WindowNumbers,
  clip: boolean,
): Placed {
  const batch = point.filter((_, i) => !numbers.windowDims.includes(i));
  let inBounds: Expr | null = null;
  let nextWindow = 0;
  const index = operand.map((n, d) => {
    const batching = numbers.operandBatchingDims.indexOf(d);
    if (batching >= 0) return batch[numbers.indicesBatchingDims[batching]];
    const within = numbers.collapsedDims.includes(d) ? null : point[numbers.windowDims[nextWindow++]];
    const component = numbers.indexMap.indexOf(d);
    if (component < 0) return within ?? b.const(0, int32);
    const last = Math.max(n - sizes[d], 0);
    const raw = clip && last === 0 ? null : indices.at([...batch, b.const(component, int32)]);
    if (raw !== null && !clip) {
      const ok = withinBounds(b, raw, last);
      if (ok !== null) inBounds = inBounds === null ? ok : b.op("and", inBounds, ok);
    }
    const start = raw === null || last === 0 ? null : clamp(b, raw, last);
    if (start === null) return within ?? b.const(0, int32);
    return within === null || sizes[d] === 1 ? start : b.op("add", start, within);
  });
  return { index, inBounds };
}

/** Clamps an index of any integer dtype to [0, last], as int32. */
function clamp(b: ExprBuilder, raw: Expr, last: number): Expr {
  const { dtype } = raw;
  const [low, high] = bounds(dtype);
  let x = low < 0 ? b.op("max", raw, b.const(0, dtype)) : raw;
  if (last < high) x = b.op("min", x, b.const(last, dtype));
  return dtype === int32 ? x : b.cast(x, int32);
}

function withinBounds(b: ExprBuilder, raw: Expr, last: number): Expr | null {
  const { dtype } = raw;
  const [low, high] = bounds(dtype);
  const above = low < 0 ? b.op("ge", raw, b.const(0, dtype)) : null;
  const below = last < high ? b.op("le", raw, b.const(last, dtype)) : null;
  return above !== null && below !== null ? b.op("and", above, below) : (above ?? below);
}

function bounds(dtype: DType): [number, number] {
  const { min, max } = iinfo(dtype);
  return [Number(min), Number(max)];
}

// Host loops.

/**
 * For every point of the result (updates) in row-major order, the position of its element in the operand; -1 where the window is not
 * within the operand (never when clipping).
 */
export function hostPositions(
  operand: Ints,
  indices: HostArray,
  points: Ints,
  sizes: Ints,
  numbers: WindowNumbers,
  clip: boolean,
): Int32Array {
  const components = indices.shape[indices.shape.length - 1];
  const vectors = valuesOf(indices);
  const unit = rowMajorStrides(operand);
  const pointStrides = rowMajorStrides(points);
  const batchDims = points.map((_, i) => i).filter((i) => !numbers.windowDims.includes(i));
  const pick = (values: Ints, dims: Ints): number[] => dims.map((d) => values[d]);

  // The window: where its elements are in the operand and among the points, relative to its first.
  const windowed = operand.map((_, d) => d).filter((d) => !hasNoWindow(d, numbers));
  const windowShape = pick(points, numbers.windowDims);
  const inOperand = offsetsOf(windowShape, pick(unit, windowed));
  const inPoints = offsetsOf(windowShape, pick(pointStrides, numbers.windowDims));

  const batchShape = pick(points, batchDims);
  const batchPoints = offsetsOf(batchShape, pick(pointStrides, batchDims));
  const batchStrides = batchDims.map((_, j) => {
    const k = numbers.indicesBatchingDims.indexOf(j);
    return k < 0 ? 0 : unit[numbers.operandBatchingDims[k]];
  });
  const batchBase = offsetsOf(batchShape, batchStrides);

  const positions = new Int32Array(sizeOf(points)).fill(-1);
  for (let p = 0; p < batchPoints.length; p++) {
    let base = batchBase[p];
    let inside = true;
    numbers.indexMap.forEach((d, c) => {
      const last = Math.max(operand[d] - sizes[d], 0);
      const start = Number(vectors[p * components + c]); // rounding cannot bring a far one near
      if (start < 0 || start > last) inside = false;
      base += Math.min(Math.max(start, 0), last) * unit[d];
    });
    if (!inside && !clip) continue;
    for (let w = 0; w < inPoints.length; w++) positions[batchPoints[p] + inPoints[w]] = base + inOperand[w];
  }
  return positions;
}

// Checks of dimension numbers, shared by the two shape rules.

const set = (dims: Ints): string => pythonStr(dims);

export function checkSorted(dims: Ints, op: string, name: string): void {
  if (dims.some((d, i) => i > 0 && d < dims[i - 1])) {
    throw new TypeError(`${name} in ${op} op must be sorted; got ${set(dims)}`);
  }
}
export function checkDimsInRange(dims: Ints, rank: number, op: string, name: string): void {
  for (const d of dims) {
    if (!(Number.isInteger(d) && d >= 0 && d < rank)) {
      throw new TypeError(`Invalid ${name} set in ${op} op; valid range is [0, ${rank}); got: ${d}.`);
    }
  }
}
export function checkNoDuplicates(dims: Ints, op: string, name: string): void {
  if (new Set(dims).size !== dims.length) {
    throw new TypeError(`${name} in ${op} op must not repeat; got: ${set(dims)}.`);
  }
}
export function checkDisjoint(a: Ints, c: Ints, op: string, nameA: string, nameC: string): void {
  if (a.some((d) => c.includes(d))) {
    throw new TypeError(`${nameA} and ${nameC} in ${op} op must be disjoint; got: ${set(a)} and ${set(c)}.`);
  }
}
/** Batching dimensions of operand and indices: as many, and of equal sizes. */
export function checkBatching(
  op: string,
  operand: Ints,
  indices: Ints,
  operandDims: Ints,
  indicesDims: Ints,
  indicesName: string,
): void {
  checkNoDuplicates(indicesDims, op, indicesName);
  checkDimsInRange(indicesDims, indices.length, op, indicesName);
  const title = op === "gather" ? "Gather" : "Scatter";
  if (indicesDims.includes(indices.length - 1)) {
    throw new TypeError(
      `${title} op cannot have the index vector dimension as a batching dimension; got ${set(indicesDims)}.`,
    );
  }
  if (operandDims.length !== indicesDims.length) {
    throw new TypeError(
      `${title} op requires equal numbers of operand_batching_dims and ${indicesName}, ` +
        `got ${set(operandDims)} and ${set(indicesDims)}.`,
    );
  }
  const a = operandDims.map((d) => operand[d]);
  const c = indicesDims.map((d) => indices[d]);
  if (a.some((n, i) => n !== c[i])) {
    throw new TypeError(
      `${title} op requires operand batching dimensions and indices batching dimensions to have the same shape, ` +
        `got ${set(a)} and ${set(c)}.`,
    );
  }
}
