import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis, ReductionOptions } from "../core/arrayMethods.ts";
import {
  asDType,
  bool,
  type DType,
  type DTypeLike,
  float32,
  int32,
  isComplex,
  isFloating,
  isInexact,
  isInteger,
  toInexactDType,
  uint32,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "./arguments.ts";
import { broadcastToShape, toArray } from "./promote.ts";

/** How reductions are called: axis and dtype also by position. */
export type Reduce = {
  (a: ArrayLike, options?: ReductionOptions): NDArray;
  (a: ArrayLike, axis?: Axis, options?: ReductionOptions): NDArray;
  (a: ArrayLike, axis?: Axis, dtype?: DTypeLike, options?: ReductionOptions): NDArray;
};

export interface VarOptions extends ReductionOptions {
  /** Divide by n - ddof. */
  ddof?: number;
  correction?: number;
  mean?: ArrayLike;
}
export type Variance = {
  (a: ArrayLike, options?: VarOptions): NDArray;
  (a: ArrayLike, axis?: Axis, options?: VarOptions): NDArray;
};

/** What of a variance is known while tracing. */
export interface VarStatic {
  readonly axis: Axis | undefined;
  readonly dtype: DType;
  readonly keepdims: boolean;
}

/** How argmax and argmin are called. */
export type ArgReduce = {
  (a: ArrayLike, options?: { axis?: number | null; keepdims?: boolean }): NDArray;
  (a: ArrayLike, axis?: number | null, options?: { keepdims?: boolean }): NDArray;
};

/** Sums and products of narrow integers and booleans are computed in int32 or uint32. */
export function widen(dtype: DType): DType {
  if (dtype === bool) return int32;
  if (!isInteger(dtype) || dtype.bits >= 32) return dtype;
  return dtype.kind === "uint" ? uint32 : int32;
}

/** Sums, products, means and variances of floats of 16 bits are computed in float32. */
export function single(dtype: DType): DType {
  return isFloating(dtype) && dtype.bits < 32 ? float32 : dtype;
}

/** The mask of a reduction, or null. @throws ValueError for other dtypes than bool */
export function checkWhere(name: string, where: ArrayLike | undefined): NDArray | null {
  if (where === undefined || where === null) return null;
  const mask = toArray(where, name);
  if (mask.dtype !== bool)
    throw new ValueError(
      `jnp.${name}: where must be None or a boolean array; got where.dtype=dtype('${mask.dtype}').`,
    );
  return mask;
}

/** A mean as an operand beside what it is the mean of. */
export function broadcastable(center: NDArray, x: NDArray): NDArray {
  return center.ndim === x.ndim ? center : broadcastToShape(center, x.shape);
}

const varNames: readonly string[] = ["axis", "dtype"];
const varKeywords: readonly string[] = ["ddof", "keepdims", "where", "mean", "correction"];

/** The arguments of var and std, checked. */
export function readVar(
  a: ArrayLike,
  args: readonly unknown[],
  name: string,
): { x: NDArray; correction: number; mask: NDArray | null; given: NDArray | null; s: VarStatic } {
  const o = readOptions<VarOptions>(name, varNames, args, varKeywords);
  if (o.correction !== undefined && o.ddof !== undefined && o.ddof !== 0)
    throw new ValueError("ddof and correction can't be provided simultaneously.");
  const x = toArray(a, name);
  const dtype = o.dtype === undefined ? toInexactDType(x.dtype) : asDType(o.dtype);
  if (!isInexact(dtype)) {
    throw new ValueError(`dtype argument to ${name} must be inexact; got ${dtype}`);
  }
  if (isComplex(x.dtype) && !isComplex(dtype)) {
    throw new ValueError(
      `jax.numpy.${name} does not support the real dtype ${dtype} for an array of complex values: take the real part of the array first.`,
    );
  }
  const axis =
    o.axis === undefined || o.axis === null
      ? undefined
      : typeof o.axis === "number"
        ? canonicalizeAxis(o.axis, x.ndim)
        : canonicalizeAxes(o.axis, x.ndim);
  return {
    x,
    correction: o.correction ?? o.ddof ?? 0,
    mask: checkWhere(name, o.where),
    given: o.mean === undefined ? null : toArray(o.mean, name),
    s: { axis, dtype, keepdims: o.keepdims === true },
  };
}
