import { type ArrayLike, NDArray } from "../core/array.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { multiply, subtract } from "./binary.ts";
import { linspace } from "./creation.ts";
import { round } from "./manipulationClip.ts";
import { flip } from "./manipulationFlip.ts";
import { repeat } from "./manipulationRepeat.ts";
import { convert, toArray } from "./promote.ts";
import { max, mean, min } from "./reductions.ts";
import { sort } from "./sorting.ts";

/** How {@link pad} makes the new elements. */
export type PadMode =
  | "constant"
  | "edge"
  | "empty"
  | "linear_ramp"
  | "maximum"
  | "mean"
  | "median"
  | "minimum"
  | "reflect"
  | "symmetric"
  | "wrap";
/** One value for all, `[before, after]` for all axes, or such a pair per axis. */
export type PadValues = number | readonly number[] | readonly (readonly number[])[];

export interface PadOptions {
  mode?: PadMode;
  /** Of mode "constant": what to pad with; default 0. May be traced when it is one value. */
  constantValues?: ArrayLike | PadValues;
  /** Of "maximum", "mean", "median" and "minimum": how many elements at the edge count; default all. */
  statLength?: PadValues | null;
  /** Of "linear_ramp": the outermost values; default 0. */
  endValues?: PadValues;
  /** Of "reflect" and "symmetric": "even", or "odd" to mirror at the edge's value too. */
  reflectType?: "even" | "odd";
}

type Pair = readonly [before: number, after: number];

/** A pair per axis. @throws ValueError for another shape */
function toPairs(values: unknown, ndim: number, name: string): Pair[] {
  const every = (pair: Pair): Pair[] => Array.from({ length: ndim }, () => pair);
  const isNumber = (x: unknown): x is number => typeof x === "number";
  if (isNumber(values)) return every([values, values]);
  const list = ArrayBuffer.isView(values) ? Array.from(values as Int32Array) : values;
  if (Array.isArray(list)) {
    if (list.every(isNumber)) {
      if (list.length === 1) return every([list[0], list[0]]);
      if (list.length === 2) return every([list[0], list[1]]);
    } else if (list.every((p) => Array.isArray(p) && p.length === 2 && p.every(isNumber))) {
      if (list.length === ndim) return list.map((p) => [p[0], p[1]]);
      if (list.length === 1) return every([list[0][0], list[0][1]]);
    }
  }
  if (values instanceof NDArray) {
    throw new TypeError(
      `${name} argument of jnp.pad must be numbers or lists of numbers, known while tracing.`,
    );
  }
  throw new ValueError(
    `jnp.pad: ${name} with nd=${ndim} has unsupported shape. Valid shapes are (${ndim}, 2), (1, 2), (2,), (1,), or ().`,
  );
}

interface PadStatic {
  readonly width: readonly Pair[];
  readonly mode: PadMode;
  readonly constants: readonly Pair[] | null;
  readonly statLength: readonly Pair[] | null;
  readonly endValues: readonly Pair[];
  readonly odd: boolean;
}
const padJit = jit(
  (x: NDArray, constant: NDArray, s: PadStatic): NDArray => {
    switch (s.mode) {
      case "constant":
        return padConstant(x, s.width, constant, s.constants);
      case "edge":
        return padAxes(x, s, (a, axis, [before, after]) => {
          const n = a.shape[axis];
          return [repeat(part(a, 0, 1, axis), before, axis), repeat(part(a, n - 1, n, axis), after, axis)];
        });
      case "empty":
        return padAxes({ x, allowEmpty: true }, s, (a, axis, [before, after]) =>
          [before, after].map((n) =>
            lax.full(
              a.shape.map((d, i) => (i === axis ? n : d)),
              0,
              a.dtype,
            ),
          ),
        );
      case "wrap":
        return padWrap(x, s);
      case "reflect":
      case "symmetric":
        return padMirror(x, s);
      case "linear_ramp":
        return padRamp(x, s);
      default:
        return padStatistic(x, s);
    }
  },
  { name: "_pad", staticArgnums: 2 },
);

const part = (x: NDArray, start: number, stop: number, axis: number): NDArray =>
  lax.sliceInDim(x, start, stop, 1, axis);

function padConstant(
  x: NDArray,
  width: readonly Pair[],
  constant: NDArray,
  constants: readonly Pair[] | null,
): NDArray {
  if (constants === null) {
    const config = width.map(([before, after]) => asNumpyInts([before, after, 0], (i) => i < 2));
    return lax.pad(x, convert(constant, x.dtype, x.weakType), config);
  }
  return width.reduce((padded, pair, axis) => {
    const sides = [0, 1].map((side) =>
      x.shape.map((_, i) => (i === axis && side === 0 ? pair[0] : i === axis ? pair[1] : 0)),
    );
    return sides.reduce((a, amounts, side) => {
      const config = a.shape.map((_, i) => (side === 0 ? [amounts[i], 0, 0] : [0, amounts[i], 0]));
      return lax.pad(a, convert(toArray(constants[axis][side], "pad"), x.dtype), config);
    }, padded);
  }, x);
}

/** Adds what `make` gives before and behind each axis in turn. */
function padAxes(
  operand: NDArray | { x: NDArray; allowEmpty: true },
  s: PadStatic,
  make: (x: NDArray, axis: number, pair: Pair) => readonly NDArray[],
): NDArray {
  const { x, allowEmpty } = operand instanceof NDArray ? { x: operand, allowEmpty: false } : operand;
  let result = x;
  s.width.forEach((pair, axis) => {
    if (!allowEmpty && x.shape[axis] === 0) return requireNoPadding(pair, s.mode);
    const [before, after] = make(result, axis, pair);
    result = lax.concatenate([before, result, after], axis);
  });
  return result;
}

function requireNoPadding(pair: Pair, mode: PadMode): void {
  if (pair[0] > 0 || pair[1] > 0) throw new ValueError(`Cannot apply '${mode}' padding to empty axis`);
}

function padWrap(x: NDArray, s: PadStatic): NDArray {
  let result = x;
  s.width.forEach((pair, axis) => {
    const size = x.shape[axis];
    if (size === 0) return requireNoPadding(pair, s.mode);
    const [left, right] = pair.map((n) => n % size);
    const whole = Math.floor(pair[0] / size) + Math.floor(pair[1] / size) + 1;
    const parts: NDArray[] = left > 0 ? [part(result, size - left, size, axis)] : [];
    for (let i = 0; i < whole; i++) parts.push(result);
    if (right > 0) parts.push(part(result, 0, right, axis));
    result = lax.concatenate(parts, axis);
  });
  return result;
}

/** Mirrors at the edge ("symmetric") or at the outermost element ("reflect"), as often as it takes. */
function padMirror(x: NDArray, s: PadStatic): NDArray {
  let result = x;
  s.width.forEach((pair, axis) => {
    const size = x.shape[axis];
    if (size === 0) return requireNoPadding(pair, s.mode);
    const offset = s.mode === "reflect" && size > 1 ? 1 : 0;
    pair.forEach((amount, side) => {
      const first = (a: NDArray): NDArray => part(a, 0, 1, axis);
      const last = (a: NDArray): NDArray => part(a, a.shape[axis] - 1, a.shape[axis], axis);
      const edgeOf = side === 0 ? first : last;
      let edge = edgeOf(result);
      for (let left = amount; left > 0; ) {
        const n = Math.min(left, size - offset);
        left -= n;
        const end = result.shape[axis] - (s.mode === "symmetric" || size === 1 ? 0 : 1);
        const source = side === 0 ? part(result, offset, offset + n, axis) : part(result, end - n, end, axis);
        let mirrored = flip(source, axis);
        if (s.odd) {
          mirrored = subtract(multiply(2, edge), mirrored);
          if (size > 1) edge = edgeOf(mirrored);
        }
        result = lax.concatenate(side === 0 ? [mirrored, result] : [result, mirrored], axis);
      }
    });
  });
  return result;
}

function padRamp(x: NDArray, s: PadStatic): NDArray {
  return padAxes(x, s, (a, axis, [before, after]) => {
    const n = a.shape[axis];
    const edges = [part(a, 0, 1, axis), part(a, n - 1, n, axis)];
    const ramps = edges.map((edge, side) =>
      convert(
        linspace(s.endValues[axis][side], lax.squeeze(edge, [axis]), {
          num: side === 0 ? before : after,
          endpoint: false,
          dtype: a.dtype,
          axis,
        }),
        a.dtype,
        a.weakType,
      ),
    );
    return [ramps[0], flip(ramps[1], axis)];
  });
}

const statistics: Partial<Record<PadMode, (x: NDArray, axis: number) => NDArray>> = {
  maximum: (x, axis) => max(x, { axis, keepdims: true }),
  minimum: (x, axis) => min(x, { axis, keepdims: true }),
  mean: (x, axis) => mean(x, { axis, keepdims: true }),
  median: (x, axis) => {
    // The middle element, or the mean of the two middle ones.
    const sorted = sort(x, axis);
    const n = x.shape[axis];
    return mean(part(sorted, Math.floor((n - 1) / 2), Math.floor(n / 2) + 1, axis), { axis, keepdims: true });
  },
};
function padStatistic(x: NDArray, s: PadStatic): NDArray {
  const statistic = statistics[s.mode] as (x: NDArray, axis: number) => NDArray;
  return padAxes(x, s, (a, axis, [before, after]) => {
    const n = a.shape[axis];
    let values: NDArray[];
    if (s.statLength === null) {
      const value = statistic(a, axis);
      values = [value, value];
    } else {
      const [p, q] = s.statLength[axis].map((k) => Math.min(k, n));
      if (p === 0 || q === 0) throw new ValueError("stat_length of 0 yields no value for padding");
      values = [statistic(part(a, 0, p, axis), axis), statistic(part(a, n - q, n, axis), axis)];
    }
    const rounded = values.map((v) => convert(isInteger(a.dtype) ? round(v) : v, a.dtype, a.weakType));
    return [repeat(rounded[0], before, axis), repeat(rounded[1], after, axis)];
  });
}

const modes: readonly string[] = [
  "constant",
  "edge",
  "empty",
  "linear_ramp",
  "maximum",
  "mean",
  "median",
  "minimum",
  "reflect",
  "symmetric",
  "wrap",
];

/**
 * The array with new elements around it.
 *
 * @param padWidth how many: one number, `[before, after]`, or such a pair per axis
 * @param options.mode "constant" (default), "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean", "median" or "empty"
 * @throws ValueError for negative widths, widths of another shape, another mode, and padding of an empty axis from itself
 * @example
 * ```ts
 * String(jnp.pad(jnp.array([1, 2]), 1)); // => "[0. 1. 2. 0.]"
 * String(jnp.pad(jnp.array([1, 2, 3]), [2, 0], { mode: "reflect" })); // => "[3. 2. 1. 2. 3.]"
 * ```
 */
export function pad(
  array: ArrayLike,
  padWidth: PadValues,
  ...args: [(PadMode | PadOptions)?, PadOptions?]
): NDArray {
  const o = readOptions<PadOptions>("pad", ["mode"], args, [
    "constantValues",
    "statLength",
    "endValues",
    "reflectType",
  ]);
  const x = toArray(array, "pad");
  const mode = o.mode ?? "constant";
  if (!modes.includes(mode)) {
    throw new ValueError(
      `jnp.pad: mode must be one of ${modes.map((m) => `'${m}'`).join(", ")}, got '${String(mode)}'.`,
    );
  }
  const width = toPairs(padWidth, x.ndim, "pad_width");
  for (const n of width.flat()) {
    if (!Number.isInteger(n)) throw new TypeError("`pad_width` must be of integral type.");
    if (n < 0) throw new ValueError("index can't contain negative values");
  }
  if (x.ndim === 0) return x;
  const given = o.constantValues ?? 0;
  const perSide = Array.isArray(given);
  const s: PadStatic = {
    width,
    mode,
    constants: perSide ? toPairs(given, x.ndim, "constant_values") : null,
    statLength:
      o.statLength === undefined || o.statLength === null
        ? null
        : toPairs(o.statLength, x.ndim, "stat_length"),
    endValues: toPairs(o.endValues ?? 0, x.ndim, "end_values"),
    odd: o.reflectType === "odd",
  };
  const constant = toArray(perSide ? 0 : (given as ArrayLike), "pad");
  if (constant.ndim !== 0)
    throw new ValueError("jnp.pad: constantValues must be a scalar or (lists of) numbers.");
  return padJit(x, constant, s);
}
