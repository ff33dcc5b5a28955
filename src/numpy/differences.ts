import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { isComplex, isInteger } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxes, canonicalizeAxis, isOptions, readOptions } from "./arguments.ts";
import { add, divide, equal, floorDivide, less, multiply, remainder, subtract } from "./binary.ts";
import { cumsum } from "./cumulative.ts";
import { diff } from "./manipulationSelect.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { convert, promoteDTypes, promoteDTypesInexact, toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { absolute, negative } from "./unary.ts";
import { where } from "./where.ts";

const ediff1dJit = jit(
  (x: NDArray, begin: NDArray | null, end: NDArray | null): NDArray => {
    const flat = ravel(x);
    const steps =
      flat.size === 0 ? flat : lax.sub(lax.sliceInDim(flat, 1, null), lax.sliceInDim(flat, 0, -1));
    const around = (v: NDArray | null): NDArray[] => (v === null ? [] : [convert(ravel(v), x.dtype)]);
    const parts = [...around(begin), steps, ...around(end)];
    return parts.length === 1 ? steps : lax.concatenate(parts, 0);
  },
  { name: "ediff1d" },
);
/**
 * The differences of neighbours in the flattened array, with numbers before and behind them.
 *
 * @param options.toEnd what to put behind
 * @param options.toBegin what to put in front
 * @example
 * ```ts
 * String(jnp.ediff1d(jnp.array([1, 4, 9]), { toEnd: 0 })); // => "[3. 5. 0.]"
 * ```
 */
export function ediff1d(
  ary: ArrayLike,
  ...args: [(ArrayLike | { toEnd?: ArrayLike; toBegin?: ArrayLike })?, ...unknown[]]
): NDArray {
  const o = readOptions<{ toEnd: ArrayLike; toBegin: ArrayLike }>("ediff1d", ["toEnd", "toBegin"], args);
  const optional = (v: ArrayLike | undefined) =>
    v === undefined || v === null ? null : toArray(v, "ediff1d");
  return ediff1dJit(toArray(ary, "ediff1d"), optional(o.toBegin), optional(o.toEnd));
}

/** The derivative along one axis: central differences, one-sided at the ends. */
function derivative(x: NDArray, spacing: NDArray, axis: number): NDArray {
  const from = (v: NDArray, start: number, stop: number | null) => lax.sliceInDim(v, start, stop, 1, axis);
  const first = lax.sub(from(x, 1, 2), from(x, 0, 1));
  const last = lax.sub(from(x, -1, null), from(x, -2, -1));
  let parts: NDArray[];
  if (spacing.ndim === 0) {
    const inner = multiply(lax.sub(from(x, 2, null), from(x, 0, -2)), 0.5);
    parts = [first, inner, last].map((d) => divide(d, spacing));
  } else {
    const h = lax.reshape(
      spacing,
      x.shape.map((n, i) => (i === axis ? n : 1)),
    );
    const steps = lax.sub(from(h, 1, null), from(h, 0, -1));
    const [before, after] = [from(steps, 0, -1), from(steps, 1, null)];
    const both = lax.add(before, after);
    // The derivative of the parabola through three points.
    const weights = [
      divide(negative(after), multiply(before, both)),
      divide(subtract(after, before), multiply(before, after)),
      divide(before, multiply(after, both)),
    ];
    const [left, middle, right] = [from(x, 0, -2), from(x, 1, -1), from(x, 2, null)];
    const inner = add(
      add(multiply(weights[0], left), multiply(weights[1], middle)),
      multiply(weights[2], right),
    );
    parts = [divide(first, from(steps, 0, 1)), inner, divide(last, from(steps, -1, null))];
  }
  return lax.concatenate(parts, axis);
}

const gradientJit = jit(
  (f: NDArray, spacings: readonly NDArray[], axes: readonly number[]): NDArray[] => {
    const [x, ...steps] = promoteDTypesInexact([f, ...spacings]);
    return axes.map((axis, i) =>
      derivative(x, steps[steps.length === 1 ? 0 : i] ?? scalar(1, x.dtype), axis),
    );
  },
  { name: "gradient", staticArgnums: 2 },
);

/** Options of {@link gradient}. */
export interface GradientOptions {
  /** The axes along which to differentiate; default all. */
  axis?: Axis;
  edgeOrder?: undefined;
}
/**
 * Derivatives of sampled values by central differences (one-sided at the ends): an array for one axis, a list for several.
 *
 * @param spacing the distance of neighbours or the coordinates along the axis; for several axes one for all, or one for each
 * @throws ValueError for fewer than two samples and coordinates of another length, TypeError for another number of spacings
 * @example
 * ```ts
 * String(jnp.gradient(jnp.array([1, 4, 9, 16]))); // => "[3. 4. 6. 7.]"
 * const [rows, columns] = jnp.gradient(jnp.array([[1, 2], [3, 6]]));
 * String(columns); // => "[[1. 1.]\n [3. 3.]]"
 * ```
 */
export function gradient(f: ArrayLike, options: GradientOptions & { axis: number }): NDArray;
export function gradient(
  f: ArrayLike,
  spacing: ArrayLike,
  options: GradientOptions & { axis: number },
): NDArray;
export function gradient(f: ArrayLike, ...spacing: (ArrayLike | GradientOptions)[]): NDArray | NDArray[];
export function gradient(f: ArrayLike, ...spacing: (ArrayLike | GradientOptions)[]): NDArray | NDArray[] {
  const last = spacing[spacing.length - 1];
  const hasOptions = isOptions(last);
  const o = readOptions<GradientOptions>("gradient", [], hasOptions ? [last] : [], ["axis", "edgeOrder"]);
  if (o.edgeOrder !== undefined && o.edgeOrder !== null) {
    throw new NotImplementedError("The 'edgeOrder' argument to jnp.gradient is not supported.");
  }
  const x = toArray(f, "gradient");
  const axes = canonicalizeAxes(o.axis, x.ndim);
  if (axes.length === 0) return [];
  if (axes.some((i) => x.shape[i] < 2)) {
    throw new ValueError(
      `Shape of array too small to calculate a numerical gradient, at least 2 elements are required: ${shapeStr(x.shape)}.`,
    );
  }
  const given = (hasOptions ? spacing.slice(0, -1) : spacing) as ArrayLike[];
  const steps = given.map((h, i) => toArray(h, "gradient", i + 1));
  if (steps.length > 1 && steps.length !== axes.length) {
    throw new TypeError(`Invalid number of spacing arguments ${steps.length} for axis=(${axes.join(", ")})`);
  }
  for (const [i, axis] of axes.entries()) {
    const h = steps[steps.length === 1 ? 0 : i];
    if (h === undefined || h.ndim === 0) continue;
    if (h.ndim > 1) throw new ValueError("Spacing arrays must be 1D arrays or scalars.");
    if (h.shape[0] !== x.shape[axis]) {
      throw new ValueError(
        "Spacing arrays must have the same length as the dimension along which the gradient is calculated: " +
          `${x.shape[axis]}, got ${h.shape[0]}.`,
      );
    }
  }
  const result = gradientJit(x, steps, axes);
  return axes.length === 1 ? result[0] : result;
}

const trapezoidJit = jit(
  (y0: NDArray, x0: NDArray | null, dx: NDArray, axis: number): NDArray => {
    const [y1, x] = promoteDTypesInexact(x0 === null ? [y0] : [y0, x0]);
    const along = (v: NDArray) => moveaxis(v, axis, -1);
    const y = along(y1);
    const end = y.ndim - 1;
    const from = (v: NDArray, start: number, stop: number | null) =>
      lax.sliceInDim(v, start, stop, 1, v.ndim - 1);
    let steps: NDArray;
    if (x === undefined) {
      const padded = dx.ndim === 0 || dx.ndim >= y.ndim ? dx : lax.expandDims(dx, range(y.ndim - dx.ndim));
      steps = padded.ndim === 0 ? padded : along(padded);
    } else steps = x.ndim === 1 ? diff(x) : along(diff(x, { axis }));
    if (steps.ndim === 0 || steps.shape[steps.ndim - 1] === 1) {
      // All steps are alike: the ends count by half.
      const ends = add(lax.indexInDim(y, 0, end, false), lax.indexInDim(y, -1, end, false));
      const total = subtract(sum(y, { axis: -1 }), multiply(0.5, ends));
      return multiply(steps.ndim === 0 ? steps : lax.squeeze(steps, [steps.ndim - 1]), total);
    }
    return multiply(0.5, sum(multiply(steps, add(from(y, 1, null), from(y, 0, -1))), { axis: -1 }));
  },
  { name: "trapezoid", staticArgnums: 3 },
);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Options of {@link trapezoid}. */
export interface TrapezoidOptions {
  /** The coordinates of the samples: a vector, or an array of the shape of `y`. */
  x?: ArrayLike | null;
  /** The distance of neighbours, where there are no coordinates; default 1. */
  dx?: ArrayLike;
  /** Default the last. */
  axis?: number;
}
/**
 * The integral of sampled values along an axis by the trapezoidal rule.
 *
 * @throws ValueError for an axis out of range, TypeError for coordinates that do not fit
 * @example
 * ```ts
 * String(jnp.trapezoid(jnp.array([1, 2, 3]))); // => "4.0"
 * String(jnp.trapezoid(jnp.array([1, 2, 3]), { dx: 0.5 })); // => "2.0"
 * ```
 */
export function trapezoid(y: ArrayLike, options?: TrapezoidOptions): NDArray;
export function trapezoid(
  y: ArrayLike,
  x?: ArrayLike | null,
  dx?: ArrayLike | TrapezoidOptions,
  axis?: number | TrapezoidOptions,
): NDArray;
export function trapezoid(y: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<TrapezoidOptions>("trapezoid", ["x", "dx", "axis"], args);
  const values = toArray(y, "trapezoid", 0);
  const x = o.x === undefined || o.x === null ? null : toArray(o.x, "trapezoid", 1);
  return trapezoidJit(
    values,
    x,
    toArray(o.dx ?? 1, "trapezoid", 2),
    canonicalizeAxis(o.axis ?? -1, values.ndim),
  );
}

const unwrapJit = jit(
  (p0: NDArray, discontinuity: NDArray | null, period0: NDArray, axis: number): NDArray => {
    const [p, period] = promoteDTypes([p0, period0]);
    const half = isInteger(p.dtype) ? floorDivide(period, 2) : divide(period, 2);
    const steps = diff(p, { axis });
    const wrapped = subtract(remainder(add(steps, half), period), half);
    // A step by half a period keeps its direction.
    const atEdge = lax.bitwiseAnd(equal(wrapped, negative(half)), lax.gt(steps, scalar(0, steps.dtype)));
    const small = less(absolute(steps), discontinuity ?? divide(period, 2));
    const correction = where(small, 0, subtract(where(atEdge, half, wrapped), steps));
    const first = lax.sliceInDim(p, 0, 1, 1, axis);
    const rest = add(lax.sliceInDim(p, 1, null, 1, axis), cumsum(correction, axis));
    return lax.concatenate([first, convert(rest, p.dtype)], axis);
  },
  { name: "unwrap", staticArgnums: 3 },
);

/** Options of {@link unwrap}. */
export interface UnwrapOptions {
  /** The least step that is a jump; default half a period. */
  discont?: ArrayLike | null;
  /** Default the last. */
  axis?: number;
  /** Default 2 pi. */
  period?: ArrayLike;
}
/**
 * Angles made continuous along an axis: where neighbours differ by more than half a period, multiples of the period are added.
 *
 * @throws ValueError for complex numbers and an axis out of range
 * @example
 * ```ts
 * String(jnp.unwrap(jnp.array([0, 90, 200, 10]), { period: 360 })); // => "[  0.  90. 200. 370.]"
 * ```
 */
export function unwrap(p: ArrayLike, options?: UnwrapOptions): NDArray;
export function unwrap(
  p: ArrayLike,
  discont?: ArrayLike | null,
  axis?: number | UnwrapOptions,
  period?: ArrayLike | UnwrapOptions,
): NDArray;
export function unwrap(p: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<UnwrapOptions>("unwrap", ["discont", "axis", "period"], args);
  const x = toArray(p, "unwrap");
  if (isComplex(x.dtype)) throw new ValueError("jnp.unwrap does not support complex inputs.");
  const axis = canonicalizeAxis(o.axis ?? -1, x.ndim);
  if (x.shape[axis] === 0) return x;
  const discont = o.discont === undefined || o.discont === null ? null : toArray(o.discont, "unwrap");
  return unwrapJit(x, discont, toArray(o.period ?? 2 * Math.PI, "unwrap"), axis);
}
