import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { asDType, bool, type DType, type DTypeLike, isInexact } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { convert, toArray } from "./promote.ts";
import { widen } from "./reductionArguments.ts";
import { isnan, toBool } from "./unary.ts";
import { where } from "./where.ts";

/** How running sums and products are called: axis and dtype also by position. */
type Cumulative = {
  (a: ArrayLike, options?: { axis?: number | null; dtype?: DTypeLike }): NDArray;
  (a: ArrayLike, axis?: number | null, options?: { dtype?: DTypeLike }): NDArray;
  (a: ArrayLike, axis?: number | null, dtype?: DTypeLike): NDArray;
};
type Running = (x: NDArray, axis: number) => NDArray;

/** Accumulates in a dtype. Booleans are counted, so a boolean result says whether any (or all) so far were true. */
function accumulate(x: NDArray, axis: number, dtype: DType, op: Running): NDArray {
  const computed = dtype === bool ? convert(toBool(x), widen(bool)) : convert(x, dtype);
  return convert(op(computed, axis), dtype);
}

/** @param ignored what NaN counts as; null where it counts as itself */
/* @__NO_SIDE_EFFECTS__ */
function cumulative(name: string, op: Running, ignored: number | null): Cumulative {
  const compiled = jit(
    (x0: NDArray, axis: number | null, dtype: DType | null): NDArray => {
      let x = axis === null || x0.ndim === 0 ? lax.reshape(x0, [x0.size]) : x0;
      if (ignored !== null && isInexact(x.dtype)) x = where(isnan(x), scalar(ignored, x.dtype), x);
      return accumulate(x, axis ?? 0, dtype ?? (x.dtype === bool ? widen(bool) : x.dtype), op);
    },
    { name, staticArgnums: [1, 2] },
  );
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const o = readOptions<{ axis: number | null; dtype: DTypeLike }>(name, ["axis", "dtype"], args);
    const x = toArray(a, name);
    // A lone number counts as a vector.
    const ndim = x.ndim === 0 && x.weakType ? 1 : x.ndim;
    const axis = o.axis === undefined || o.axis === null ? null : canonicalizeAxis(o.axis, ndim);
    return compiled(x, axis, o.dtype === undefined ? null : asDType(o.dtype));
  };
}

/** Running sum along an axis; of the flattened array without one. Keeps the dtype (booleans become int32). @example `String(jnp.cumsum([1, 2, 3])); // => "[1. 3. 6.]"` */
export const cumsum = cumulative("cumsum", lax.cumsum, null);
/** Running product along an axis. @example `String(jnp.cumprod([1, 2, 3])); // => "[1. 2. 6.]"` */
export const cumprod = cumulative("cumprod", lax.cumprod, null);
/** {@link cumsum} in which NaN counts as 0. @example `String(jnp.nancumsum([1, NaN, 3])); // => "[1. 1. 4.]"` */
export const nancumsum = cumulative("nancumsum", lax.cumsum, 0);
/** {@link cumprod} in which NaN counts as 1. @example `String(jnp.nancumprod([2, NaN, 3])); // => "[2. 2. 6.]"` */
export const nancumprod = cumulative("nancumprod", lax.cumprod, 1);

/** Options of {@link cumulativeSum} and {@link cumulativeProd}. */
export interface CumulativeOptions {
  /** Required for more than one dimension. */
  axis?: number;
  dtype?: DTypeLike;
  /** Put the neutral value in front. */
  includeInitial?: boolean;
}

/** Running operations of the array API standard. `what` completes the messages. */
/* @__NO_SIDE_EFFECTS__ */
function standard(
  name: string,
  what: string,
  op: Running,
  initial: number,
  resultDType: (dtype: DType) => DType,
): (x: ArrayLike, options?: CumulativeOptions) => NDArray {
  const compiled = jit(
    (x: NDArray, axis: number, dtype: DType, includeInitial: boolean): NDArray => {
      const result = accumulate(x, axis, dtype, op);
      if (!includeInitial) return result;
      const first = x.shape.map((n, i) => (i === axis ? 1 : n));
      return lax.concatenate(
        [lax.full(first, dtype === bool ? initial !== 0 : initial, dtype), result],
        axis,
      );
    },
    { name, staticArgnums: [1, 2, 3] },
  );
  return (a: ArrayLike, options?: CumulativeOptions): NDArray => {
    const o = readOptions<CumulativeOptions>(name, [], [options], ["axis", "dtype", "includeInitial"]);
    const x = toArray(a, name);
    if (x.ndim === 0) {
      throw new ValueError(
        `The input must be non-scalar to take a cumulative ${what}, however a scalar value or scalar array was given.`,
      );
    }
    if ((o.axis === undefined || o.axis === null) && x.ndim > 1) {
      throw new ValueError(
        `The input array has rank ${x.ndim}, however axis was not set to an explicit value. The axis argument is only optional for ` +
          "one-dimensional arrays.",
      );
    }
    const dtype = o.dtype === undefined ? resultDType(x.dtype) : asDType(o.dtype);
    return compiled(x, canonicalizeAxis(o.axis ?? 0, x.ndim), dtype, o.includeInitial === true);
  };
}

/**
 * Running sum along an axis, which only vectors may leave out. Narrow integers are summed in 32 bits.
 *
 * @param options.includeInitial start with 0: the result is one longer
 * @throws ValueError for scalars, and for more dimensions without an axis
 * @example
 * ```ts
 * String(jnp.cumulativeSum(jnp.array([1, 2, 3]), { includeInitial: true })); // => "[0. 1. 3. 6.]"
 * ```
 */
export const cumulativeSum = standard("cumulative_sum", "sum", lax.cumsum, 0, widen);
/**
 * Running product along an axis, which only vectors may leave out.
 *
 * @param options.includeInitial start with 1: the result is one longer
 * @throws ValueError for scalars, and for more dimensions without an axis
 * @example
 * ```ts
 * String(jnp.cumulativeProd(jnp.array([1, 2, 3]), { includeInitial: true })); // => "[1. 1. 2. 6.]"
 * ```
 */
export const cumulativeProd = standard("cumulative_prod", "product", lax.cumprod, 1, (dtype) =>
  dtype === bool ? widen(bool) : dtype,
);
