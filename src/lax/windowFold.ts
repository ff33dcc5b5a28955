import type { NDArray } from "../core/array.ts";
import { dilatedSize, windowCount } from "./convPadding.ts";
import { range } from "./intTuples.ts";
import { type Combine, foldPairs } from "./monoids.ts";
import { ops } from "./ops.ts";
import { broadcastInDim, pad, reshape, slice } from "./shape.ts";
import type { WindowParams } from "./windowParams.ts";

/*
 * Reductions over windows, written with slices of whole arrays. Element `o` of the result of a direct fold is the combination of
 * `x[o * stride + k * dilation]` over the places k of a window: one shifted view of the array for each place, which the compiler makes into
 * one loop. Larger windows are taken axis by axis, and a long axis in parts that windows share.
 */

/** What is combined: one array or several of one shape, elementwise and associatively. */
export interface WindowMonoid {
  readonly combine: Combine;
  /** Scalars that stand in padding and gaps. */
  readonly identity: readonly NDArray[];
  /** Whether `combine(x, x)` is `x`, so that parts may overlap. */
  readonly idempotent?: boolean;
  /**
   * Given where small windows are to be combined strictly one after the other, because it is not associative where there is a NaN: scalars
   * that come before all elements, in a list of one or none.
   */
  readonly before?: readonly (readonly NDArray[])[];
  /** Combines all elements along an axis, if there is an operation for that. */
  readonly reduce?: (xs: readonly NDArray[], axes: readonly number[]) => readonly NDArray[];
}

/** Windows of at most this many places are folded directly. */
const fewPlaces = 16;

/** The arrays with padding and gaps filled in. */
export function padded(
  xs: readonly NDArray[],
  fill: readonly NDArray[],
  { padding, baseDilation }: Pick<WindowParams, "padding" | "baseDilation">,
): readonly NDArray[] {
  const config = padding.map(([low, high], axis) => [low, high, baseDilation[axis] - 1]);
  if (config.every((c) => c.every((n) => n === 0))) return xs;
  return xs.map((x, i) => pad(x, fill[i], config));
}

/** The combination of each window's elements. There is at least one window. */
export function foldWindows(
  operands: readonly NDArray[],
  params: WindowParams,
  monoid: WindowMonoid,
): readonly NDArray[] {
  const { windowDimensions: window, windowStrides, windowDilation } = params;
  let xs = padded(operands, monoid.identity, params);
  if (window.reduce((n, k) => n * k, 1) <= fewPlaces) {
    const places = placesOf(xs, window, windowStrides, windowDilation);
    if (monoid.before === undefined) return foldPairs(places, monoid.combine);
    return [...starts(monoid, places[0][0].shape), ...places].reduce(monoid.combine);
  }
  const whole = monoid.reduce === undefined ? [] : wholeAxes(xs[0].shape, params);
  if (whole.length > 0) xs = reduceWhole(xs, whole, window, monoid);
  // From the last axis to the first: so elements are combined in their order.
  for (let axis = window.length - 1; axis >= 0; axis--) {
    if (whole.includes(axis)) continue;
    xs = foldAxis(xs, axis, window[axis], windowStrides[axis], windowDilation[axis], monoid);
  }
  return [...starts(monoid, xs[0].shape), xs].reduce(monoid.combine);
}

function starts({ before }: WindowMonoid, shape: readonly number[]): (readonly NDArray[])[] {
  return (before ?? []).map((scalars) => scalars.map((x) => broadcastInDim(x, shape, [])));
}

/** One view for each place of a window, in row-major order: its elements in all windows. */
export function placesOf(
  xs: readonly NDArray[],
  window: readonly number[],
  strides: readonly number[],
  dilation: readonly number[],
): (readonly NDArray[])[] {
  const { shape } = xs[0];
  const counts = shape.map((n, axis) =>
    windowCount(n, dilatedSize(window[axis], dilation[axis]), strides[axis]),
  );
  let starts: number[][] = [[]];
  window.forEach((k, axis) => {
    starts = starts.flatMap((start) => range(k).map((i) => [...start, i * dilation[axis]]));
  });
  return starts.map((start) => {
    const limit = start.map((s, axis) => s + (counts[axis] - 1) * strides[axis] + 1);
    return xs.map((x) => slice(x, start, limit, strides));
  });
}

/** The axes along which there is one window, and that a long run of elements. */
function wholeAxes(shape: readonly number[], params: WindowParams): number[] {
  const { windowDimensions: window, windowStrides, windowDilation } = params;
  return range(shape.length).filter(
    (axis) =>
      window[axis] > fewPlaces &&
      windowDilation[axis] === 1 &&
      windowCount(shape[axis], window[axis], windowStrides[axis]) === 1,
  );
}

/** Reduces the first elements along some axes, as many as a window has, and keeps the axes. */
function reduceWhole(
  xs: readonly NDArray[],
  axes: readonly number[],
  window: readonly number[],
  { combine, reduce }: WindowMonoid,
): readonly NDArray[] {
  const { shape } = xs[0];
  const start = shape.map(() => 0);
  const within = shape.map((n, axis) => (axes.includes(axis) ? window[axis] : n));
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const parts = xs.map((x) => slice(x, start, within));
  return reduceAxes(parts, axes, combine, reduce).map((x) => reshape(x, kept));
}

function reduceAxes(
  xs: readonly NDArray[],
  axes: readonly number[],
  combine: Combine,
  reduce: WindowMonoid["reduce"],
): readonly NDArray[] {
  if (reduce !== undefined) return reduce(xs, axes);
  let parts = xs;
  for (const axis of axes.slice().sort((p, q) => q - p)) parts = reduceAxis(parts, axis, combine);
  return parts;
}

/** Combines neighbours along an axis until one element is left, and drops the axis. */
export function reduceAxis(xs: readonly NDArray[], axis: number, combine: Combine): readonly NDArray[] {
  const { shape } = xs[0];
  const part = (arrays: readonly NDArray[], from: number, to: number, step: number) =>
    arrays.map((x) =>
      slice(
        x,
        x.shape.map((_, d) => (d === axis ? from : 0)),
        x.shape.map((n, d) => (d === axis ? to : n)),
        x.shape.map((_, d) => (d === axis ? step : 1)),
      ),
    );
  let rest = xs;
  // What is left over at the end of a level: later in the order than all that is left over after it.
  const ends: (readonly NDArray[])[] = [];
  for (let n = shape[axis]; n > 1; n = Math.floor(n / 2)) {
    if (n % 2 === 1) ends.unshift(part(rest, n - 1, n, 1));
    const even = n - (n % 2);
    rest = combine(part(rest, 0, even, 2), part(rest, 1, even, 2));
  }
  const kept = shape.filter((_, d) => d !== axis);
  return ends.reduce((left, right) => combine(left, right), rest).map((x) => reshape(x, kept));
}

// One axis.

function foldAxis(
  xs: readonly NDArray[],
  axis: number,
  k: number,
  stride: number,
  dilation: number,
  monoid: WindowMonoid,
): readonly NDArray[] {
  const { shape } = xs[0];
  if (k <= fewPlaces) {
    const only = (value: number, others: number) => shape.map((_, d) => (d === axis ? value : others));
    return foldPairs(placesOf(xs, only(k, 1), only(stride, 1), only(dilation, 1)), monoid.combine);
  }
  if (dilation === 1 && windowCount(shape[axis], k, stride) === 1) {
    const window = shape.map((n, d) => (d === axis ? k : n));
    return reduceWhole(xs, [axis], window, monoid);
  }
  if (stride === 1 || dilation > 1) return foldByDoubling(xs, axis, k, stride, dilation, monoid);
  return foldByBlocks(xs, axis, k, stride, monoid);
}

/** A run of `count` elements along an axis from `start`, every `step`-th. */
function along(xs: readonly NDArray[], axis: number, start: number, count: number, step = 1): NDArray[] {
  return xs.map((x) =>
    slice(
      x,
      x.shape.map((_, d) => (d === axis ? start : 0)),
      x.shape.map((n, d) => (d === axis ? start + (count - 1) * step + 1 : n)),
      x.shape.map((_, d) => (d === axis ? step : 1)),
    ),
  );
}

/**
 * Windows of 2, 4, 8 ... places, each made of two of half its size: as many combinations per element as `k` has binary digits. Where
 * parts may overlap, a window is the two largest ones within it.
 */
function foldByDoubling(
  xs: readonly NDArray[],
  axis: number,
  k: number,
  stride: number,
  dilation: number,
  { combine, idempotent }: WindowMonoid,
): readonly NDArray[] {
  const n = xs[0].shape[axis];
  const windows = n - (k - 1) * dilation;
  const sizeOf = (parts: readonly NDArray[]) => parts[0].shape[axis];
  let runs = xs; // of `size` places each
  let size = 1;
  let result: readonly NDArray[] | null = null;
  let done = 0;
  for (;;) {
    if (idempotent !== true && (k & size) !== 0) {
      const part = along(runs, axis, done * dilation, windows);
      result = result === null ? part : combine(result, part);
      done += size;
    }
    if (2 * size > k) break;
    const count = sizeOf(runs) - size * dilation;
    runs = combine(along(runs, axis, 0, count), along(runs, axis, size * dilation, count));
    size *= 2;
  }
  if (idempotent === true) {
    const first = along(runs, axis, 0, windows);
    result = size === k ? first : combine(first, along(runs, axis, (k - size) * dilation, windows));
  }
  return along(result as readonly NDArray[], axis, 0, Math.ceil(windows / stride), stride);
}

/**
 * Windows that begin every `stride` elements are made of whole blocks of that length, which neighbours share, and the beginning of
 * one more block.
 */
function foldByBlocks(
  xs: readonly NDArray[],
  axis: number,
  k: number,
  stride: number,
  monoid: WindowMonoid,
): readonly NDArray[] {
  const count = windowCount(xs[0].shape[axis], k, stride);
  const whole = Math.floor(k / stride);
  const rest = k % stride;
  let result: readonly NDArray[] | null = null;
  if (whole > 0) {
    const blocks = foldEach(xs, axis, 0, count + whole - 1, stride, stride, monoid);
    result = foldAxis(blocks, axis, whole, 1, 1, monoid);
  }
  if (rest === 0) return result as readonly NDArray[];
  const ends = foldEach(xs, axis, whole * stride, count, stride, rest, monoid);
  return result === null ? ends : monoid.combine(result, ends);
}

/** The combinations of the first `size` elements of `count` blocks of length `stride`, the first of which begins at `start`. */
function foldEach(
  xs: readonly NDArray[],
  axis: number,
  start: number,
  count: number,
  stride: number,
  size: number,
  { combine, reduce }: WindowMonoid,
): readonly NDArray[] {
  if (size <= fewPlaces) {
    const places = range(size).map((i) => along(xs, axis, start + i, count, stride));
    return foldPairs(places, combine);
  }
  const { shape } = xs[0];
  const split = (length: number, width: number) => [
    ...shape.slice(0, axis),
    length,
    width,
    ...shape.slice(axis + 1),
  ];
  // The last block may end with the array; what follows it is not read, so any filling does.
  const missing = Math.max(start + count * stride - shape[axis], 0);
  const blocks = xs.map((x) => {
    const [run] = along([x], axis, start, Math.min(count * stride, shape[axis] - start));
    const config = shape.map((_, d) => [0, d === axis ? missing : 0, 0]);
    return reshape(missing === 0 ? run : pad(run, ops.full([], 0, x.dtype), config), split(count, stride));
  });
  const wanted = blocks.map((x) =>
    slice(
      x,
      x.shape.map(() => 0),
      split(count, size),
    ),
  );
  return reduceAxes(wanted, [axis + 1], combine, reduce);
}
