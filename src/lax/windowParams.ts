import { type ShapedArray, shapeStr } from "../core/aval.ts";
import { dilatedSize, isNamed, type Padding, type Pads, padtypeToPads, windowCount } from "./convPadding.ts";
import { copyInts, type Ints, insertInt } from "./intTuples.ts";
import { isIntList } from "./shapeChecks.ts";

/*
 * Windows that slide over an array: pooling and its derivatives. Windows have as many dimensions as the array.
 */

/** Windows of an array as it is. */
export interface SlidingWindows {
  readonly [name: string]: unknown;
  readonly windowDimensions: Ints;
  readonly windowStrides: Ints;
  readonly padding: Pads;
}

/** Windows of an array that may be dilated, and which may have gaps. */
export interface WindowParams extends SlidingWindows {
  /** How far apart the elements of the array are. */
  readonly baseDilation: Ints;
  /** How far apart the elements of a window are. */
  readonly windowDilation: Ints;
}

/** Windows as users describe them. */
export interface WindowOptions {
  /** The size of the windows along each axis. */
  readonly windowDimensions: Ints;
  /** How far windows are apart; default 1 along each axis. */
  readonly windowStrides?: Ints | null | undefined;
  /** `"VALID"` (the default), `"SAME"`, `"SAME_LOWER"`, or `[before, after]` for each axis. */
  readonly padding?: Padding | undefined;
  /** How far apart the elements of the array are; default 1. */
  readonly baseDilation?: Ints | null | undefined;
  /** How far apart the elements of a window are; default 1. */
  readonly windowDilation?: Ints | null | undefined;
}

const ones = (n: number): number[] => new Array<number>(n).fill(1);

/** Fills in what is not given, for an operand of a shape. */
export function windowParams(shape: Ints, options: WindowOptions): WindowParams {
  const { windowDimensions } = options;
  checkWindowInts("window_dimensions", windowDimensions, 1);
  const unit = ones(windowDimensions.length);
  const windowDilation = options.windowDilation ?? unit;
  const padding = options.padding ?? "VALID";
  return {
    windowDimensions: copyInts(windowDimensions),
    windowStrides: copyInts(options.windowStrides ?? unit),
    padding: isNamed(padding)
      ? padtypeToPads(
          shape,
          dilated(windowDimensions, windowDilation),
          options.windowStrides ?? unit,
          padding,
        )
      : padding.map(([before, after]) => [before, after] as const),
    baseDilation: copyInts(options.baseDilation ?? unit),
    windowDilation: copyInts(windowDilation),
  };
}

/** The windows of an array that is not dilated. */
export function undilated(windows: SlidingWindows): WindowParams {
  const unit = ones(windows.windowDimensions.length);
  const { windowDimensions, windowStrides, padding } = windows;
  return { windowDimensions, windowStrides, padding, baseDilation: unit, windowDilation: unit };
}

/** The same windows with one more axis, of windows of one element. */
export function withAxis<P extends SlidingWindows>(params: P, at: number): P {
  const padding = params.padding.slice();
  padding.splice(at, 0, [0, 0]);
  const dilations =
    params.baseDilation === undefined ? {} : bothDilations(params as unknown as WindowParams, at);
  return {
    ...params,
    windowDimensions: insertInt(params.windowDimensions, at, 1),
    windowStrides: insertInt(params.windowStrides, at, 1),
    padding,
    ...dilations,
  };
}
const bothDilations = ({ baseDilation, windowDilation }: WindowParams, at: number) => ({
  baseDilation: insertInt(baseDilation, at, 1),
  windowDilation: insertInt(windowDilation, at, 1),
});

/** The same windows of an array with leading axes, of windows of one element. */
export function withLeadingAxis<P extends SlidingWindows>(params: P): P {
  return withAxis(params, 0);
}

// Shapes.

function dilated(shape: Ints, dilation: Ints): number[] {
  return shape.map((n, i) => dilatedSize(n, dilation[i]));
}

function checkWindowInts(what: string, values: Ints, least: number): void {
  if (!isIntList(values)) {
    throw new TypeError(
      `reduce_window ${what} must have every element be an integer type, got ${JSON.stringify(values)}.`,
    );
  }
  if (values.every((v) => v >= least)) return;
  const kind = least === 1 ? "strictly positive" : "nonnegative";
  throw new TypeError(`reduce_window ${what} must have every element be ${kind}, got ${shapeStr(values)}.`);
}

/** The shape of a window reduction's result. @throws TypeError when the windows do not fit the operand. */
export function windowedShape(operand: ShapedArray, params: WindowParams): number[] {
  const { windowDimensions, windowStrides, padding, baseDilation, windowDilation } = params;
  checkWindowInts("window_dimensions", windowDimensions, 1);
  checkWindowInts("window_strides", windowStrides, 1);
  checkWindowInts("base_dilation", baseDilation, 1);
  checkWindowInts("window_dilation", windowDilation, 1);
  if (operand.ndim !== windowDimensions.length) {
    throw new TypeError(
      "reduce_window got the wrong number of window_dimensions for operand: " +
        `got operand shape ${shapeStr(operand.shape)} with window_dimensions ${shapeStr(windowDimensions)}.`,
    );
  }
  for (const [name, values] of [
    ["window_strides", windowStrides],
    ["base_dilation", baseDilation],
    ["window_dilation", windowDilation],
  ] as const) {
    if (values.length === windowDimensions.length) continue;
    throw new TypeError(
      `reduce_window got inconsistent ${name} and window_dimensions: ` +
        `got ${name} ${shapeStr(values)} and window_dimensions ${shapeStr(windowDimensions)}.`,
    );
  }
  if (padding.length !== operand.ndim || !padding.every((p) => isIntList(p) && p.length === 2)) {
    throw new TypeError(
      `reduce_window padding must be [before, after] for each of the ${operand.ndim} axes of the operand, ` +
        `got ${JSON.stringify(padding)}.`,
    );
  }
  return reduceWindowShapeTuple(
    operand.shape,
    windowDimensions,
    windowStrides,
    padding,
    baseDilation,
    windowDilation,
  );
}

/**
 * The shape of the result of {@link reduceWindow}.
 * @example
 * lax.reduceWindowShapeTuple([5, 6], [2, 3], [1, 2], [[0, 0], [1, 1]]) // => [4, 3]
 */
export function reduceWindowShapeTuple(
  operandShape: Ints,
  windowDimensions: Ints,
  windowStrides: Ints,
  padding: Pads,
  baseDilation: Ints = ones(operandShape.length),
  windowDilation: Ints = ones(operandShape.length),
): number[] {
  const window = dilated(windowDimensions, windowDilation);
  return dilated(operandShape, baseDilation).map((n, i) =>
    windowCount(n + padding[i][0] + padding[i][1], window[i], windowStrides[i]),
  );
}

/** The parameters in the order of JAX's names. */
export function printWindows(params: SlidingWindows): Record<string, unknown> {
  const { baseDilation, windowDilation, windowDimensions, windowStrides, padding } = params;
  return {
    ...(baseDilation === undefined ? {} : { base_dilation: baseDilation, window_dilation: windowDilation }),
    padding,
    window_dimensions: windowDimensions,
    window_strides: windowStrides,
  };
}

// Host loops.

/**
 * For every window, in row-major order, the positions of its elements in the operand; -1 where there is padding or a gap of the dilated
 * operand.
 */
export function windowPositions(shape: Ints, params: WindowParams, out: Ints): Int32Array[] {
  const { windowDimensions, windowStrides, padding, baseDilation, windowDilation } = params;
  let windows: number[][] = [[0]];
  shape.forEach((n, axis) => {
    const along: number[][] = Array.from({ length: out[axis] }, (_, o) =>
      Array.from({ length: windowDimensions[axis] }, (_, k) => {
        const at = o * windowStrides[axis] + k * windowDilation[axis] - padding[axis][0];
        const i = at / baseDilation[axis];
        return Number.isInteger(i) && i >= 0 && i < n ? i : -1;
      }),
    );
    windows = windows.flatMap((outer) =>
      along.map((inner) => outer.flatMap((p) => inner.map((q) => (p < 0 || q < 0 ? -1 : p * n + q)))),
    );
  });
  return windows.map((w) => Int32Array.from(w));
}
