import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis, ReductionOptions } from "../core/arrayMethods.ts";
import { scalar } from "../core/values.ts";
import {
  asDType,
  bool,
  type DType,
  iinfo,
  int32,
  isComplex,
  isFloating,
  realDType,
  toInexactDType,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "./arguments.ts";
import { broadcastToShape, convert, toArray } from "./promote.ts";
import {
  type ArgReduce,
  broadcastable,
  checkWhere,
  type Reduce,
  readVar,
  single,
  type Variance,
  type VarStatic,
  widen,
} from "./reductionArguments.ts";
import { where as select } from "./where.ts";

export type { VarOptions } from "./reductionArguments.ts";

interface ReductionSpec {
  readonly name: string;
  /** Reduces the axes of an array. */
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  /** Combines the initial value with the result. */
  readonly combine: (x: NDArray, y: NDArray) => NDArray;
  /** The neutral value in a dtype: what masked elements count as. */
  readonly identity: (dtype: DType) => number | boolean;
  /** Whether an empty reduction has a value. */
  readonly hasIdentity: boolean;
  readonly prepare?: (x: NDArray) => NDArray;
  readonly promoteIntegers?: boolean;
}

/* @__NO_SIDE_EFFECTS__ */
function makeReduction(spec: ReductionSpec) {
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const { axis, dtype, keepdims, initial, where, promoteIntegers } = readOptions<ReductionOptions>(
      spec.name,
      ["axis", "dtype"],
      args,
      ["keepdims", "initial", "where", "promoteIntegers"],
    );
    const original = toArray(a, spec.name);
    const mask = checkWhere(spec.name, where);
    if (initial === undefined && !spec.hasIdentity && mask !== null) {
      throw new ValueError(
        `reduction operation ${spec.name} does not have an identity, so to use a where mask one has to specify 'initial'`,
      );
    }
    let x = spec.prepare === undefined ? original : spec.prepare(original);
    const axes = canonicalizeAxes(axis, x.ndim);
    if (initial === undefined && !spec.hasIdentity && axes.some((i) => x.shape[i] === 0)) {
      throw new ValueError(`zero-size array to reduction operation ${spec.name} which has no identity`);
    }
    const resultDType =
      dtype === undefined
        ? spec.promoteIntegers === true && promoteIntegers !== false
          ? widen(x.dtype)
          : x.dtype
        : asDType(dtype);
    x = convert(x, spec.promoteIntegers === true ? single(resultDType) : resultDType);
    if (mask !== null) x = select(mask, x, scalar(spec.identity(x.dtype), x.dtype));
    let result = spec.reduce(x, axes);
    if (initial !== undefined) {
      const start = toArray(initial, spec.name);
      if (start.ndim !== 0)
        throw new ValueError(
          `initial value must be a scalar. Got array of shape (${start.shape.join(", ")})`,
        );
      result = spec.combine(convert(start, x.dtype), result);
    }
    return convert(keepdims === true ? restoreAxes(result, axes) : result, resultDType);
  };
}

function restoreAxes(x: NDArray, axes: readonly number[]): NDArray {
  return axes.length === 0
    ? x
    : lax.expandDims(
        x,
        [...axes].sort((a, b) => a - b),
      );
}

const numericBool = (x: NDArray): NDArray => (x.dtype === bool ? convert(x, int32) : x);
const toBoolean = (x: NDArray): NDArray => convert(x, bool);
const lowest = (dtype: DType): number | boolean =>
  dtype === bool ? false : isFloating(dtype) ? Number.NEGATIVE_INFINITY : Number(iinfo(dtype).min);
const highest = (dtype: DType): number | boolean =>
  dtype === bool ? true : isFloating(dtype) ? Number.POSITIVE_INFINITY : Number(iinfo(dtype).max);

/**
 * Sum over all axes or those given. Narrow integers are summed in 32 bits.
 *
 * @param options.axis an axis, several, or null for all
 * @param options.keepdims keep reduced axes with size 1
 * @param options.where elements to include; `initial` is added to the result
 * @example
 * ```ts
 * String(jnp.sum(jnp.array([[1, 2], [3, 4]]), { axis: 0 })); // => "[4. 6.]"
 * ```
 */
export const sum: Reduce = makeReduction({
  name: "sum",
  reduce: lax.reduceSum,
  combine: lax.add,
  identity: () => 0,
  hasIdentity: true,
  prepare: numericBool,
  promoteIntegers: true,
});
/** Product; see {@link sum} for the options. @example `String(jnp.prod([2, 3])); // => "6.0"` */
export const prod: Reduce = makeReduction({
  name: "prod",
  reduce: lax.reduceProd,
  combine: lax.mul,
  identity: () => 1,
  hasIdentity: true,
  prepare: numericBool,
  promoteIntegers: true,
});
/** Maximum; NaN if any element is. @throws ValueError for empty axes without `initial`. @example `String(jnp.max([2, 3])); // => "3.0"` */
export const max: Reduce = makeReduction({
  name: "max",
  reduce: lax.reduceMax,
  combine: lax.max,
  identity: lowest,
  hasIdentity: false,
});
/** Minimum; NaN if any element is. @throws ValueError for empty axes without `initial`. @example `String(jnp.min([2, 3])); // => "2.0"` */
export const min: Reduce = makeReduction({
  name: "min",
  reduce: lax.reduceMin,
  combine: lax.min,
  identity: highest,
  hasIdentity: false,
});
export { max as amax, min as amin };
/** Whether all elements are nonzero. @example `String(jnp.all([1, 0])); // => "False"` */
export const all: Reduce = makeReduction({
  name: "all",
  reduce: lax.reduceAnd,
  combine: lax.bitwiseAnd,
  identity: () => true,
  hasIdentity: true,
  prepare: toBoolean,
});
/** Whether any element is nonzero. @example `String(jnp.any([1, 0])); // => "True"` */
export const any: Reduce = makeReduction({
  name: "any",
  reduce: lax.reduceOr,
  combine: lax.bitwiseOr,
  identity: () => false,
  hasIdentity: true,
  prepare: toBoolean,
});

/** The number of elements that are averaged: a literal, or counted where there is a mask. */
function countOf(
  x: NDArray,
  axis: Axis | undefined,
  keepdims: boolean,
  mask: NDArray | null,
  dtype: DType,
): NDArray {
  if (mask !== null) return sum(broadcastToShape(mask, x.shape), { axis: axis ?? null, dtype, keepdims });
  const n = canonicalizeAxes(axis, x.ndim).reduce((p, i) => p * x.shape[i], 1);
  return scalar(n, dtype);
}

/**
 * Arithmetic mean over all axes or those given; integers give float32, an empty mean NaN.
 *
 * @example
 * ```ts
 * String(jnp.mean(jnp.arange(4))); // => "1.5"
 * ```
 */
export const mean: Reduce = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const {
    axis,
    dtype,
    keepdims = false,
    where,
  } = readOptions<ReductionOptions>("mean", ["axis", "dtype"], args, ["keepdims", "where"]);
  const x = toArray(a, "mean");
  const mask = checkWhere("mean", where);
  const result = dtype === undefined ? toInexactDType(x.dtype) : asDType(dtype);
  const computed = single(result);
  const count = countOf(x, axis, keepdims, mask, computed);
  const total = sum(x, { axis: axis ?? null, dtype: computed, keepdims, where: mask ?? undefined });
  return convert(lax.div(total, count), result);
};

/** Variance with the correction as a traced scalar, under the name that JAX prints. */
const varJit = jit(
  (
    x0: NDArray,
    correction: NDArray,
    where: NDArray | null,
    givenMean: NDArray | null,
    s: VarStatic,
  ): NDArray => {
    const { axis, keepdims } = s;
    const dtype = single(s.dtype);
    const x = convert(x0, dtype);
    const mask = where ?? undefined;
    const center =
      givenMean === null
        ? mean(x, { axis: axis ?? null, dtype, keepdims: true, where: mask })
        : convert(givenMean, dtype);
    const distance = lax.sub(x, broadcastable(center, x));
    // Of complex numbers the squared length.
    const centered = isComplex(dtype)
      ? lax.real(lax.mul(distance, lax.conj(distance)))
      : lax.square(distance);
    const real = realDType(dtype);
    const normalizer = lax.sub(countOf(x, axis, keepdims, where, real), convert(correction, real));
    const total = sum(centered, { axis: axis ?? null, dtype: real, keepdims, where: mask });
    const result = convert(lax.div(total, normalizer), realDType(s.dtype));
    return select(lax.gt(normalizer, scalar(0, real)), result, Number.NaN);
  },
  { name: "_var", staticArgnums: 4 },
);
/** Variance: mean squared distance from the mean. @example `String(jnp.var([1, 3])); // => "1.0"` */
const variance: Variance = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { x, correction, mask, given, s } = readVar(a, args, "var");
  return varJit(x, correction as never, mask, given, s);
};

export { variance as var };

const stdJit = jit(
  (
    x: NDArray,
    correction: NDArray,
    where: NDArray | null,
    givenMean: NDArray | null,
    s: VarStatic,
  ): NDArray => lax.sqrt(varJit(x, correction, where, givenMean, s)),
  { name: "_std", staticArgnums: 4 },
);
/** Standard deviation: the square root of the variance. @example `String(jnp.std([1, 3])); // => "1.0"` */
export const std: Variance = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { x, correction, mask, given, s } = readVar(a, args, "std");
  return stdJit(x, correction as never, mask, given, s);
};

/** Maximum minus minimum. */
export const ptp: Reduce = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { axis, keepdims } = readOptions<ReductionOptions>("ptp", ["axis"], args, ["keepdims"]);
  const x = toArray(a, "ptp");
  return lax.sub(max(x, { axis: axis ?? null, keepdims }), min(x, { axis: axis ?? null, keepdims }));
};
/** The number of nonzero elements, int32. @example `String(jnp.countNonzero([1, 0, 2])); // => "2"` */
export const countNonzero: Reduce = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { axis, keepdims } = readOptions<ReductionOptions>("countNonzero", ["axis"], args, ["keepdims"]);
  return sum(toBoolean(toArray(a, "countNonzero")), { axis: axis ?? null, keepdims, dtype: int32 });
};

/* @__NO_SIDE_EFFECTS__ */
function argReduction(name: string, op: (x: NDArray, axis: number, dtype: DType) => NDArray): ArgReduce {
  const compiled = jit(
    (x: NDArray, axis: number | null, keepdims: boolean): NDArray => {
      if (x.size === 0 && (axis === null || x.shape[canonicalizeAxis(axis, x.ndim)] === 0)) {
        throw new ValueError(`attempt to get ${name} of an empty sequence`);
      }
      const flat = axis === null ? lax.reshape(x, [x.size]) : x;
      const k = axis === null ? 0 : canonicalizeAxis(axis, x.ndim);
      const result = op(flat, k, int32);
      if (!keepdims) return result;
      return axis === null
        ? lax.reshape(
            result,
            x.shape.map(() => 1),
          )
        : lax.expandDims(result, [k]);
    },
    { name, staticArgnums: [1, 2], inline: true },
  );
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const { axis = null, keepdims = false } = readOptions<{ axis: number | null; keepdims: boolean }>(
      name,
      ["axis"],
      args,
      ["keepdims"],
    );
    const x = toArray(a, name);
    return compiled(x, axis === null ? null : canonicalizeAxis(axis, x.ndim), keepdims);
  };
}
/** Index of the first maximum (of the first NaN, if any), int32. Without an axis: of the flattened array. @example `String(jnp.argmax([1, 3, 2])); // => "1"` */
export const argmax = argReduction("argmax", lax.argmax);
/** Index of the first minimum (of the first NaN, if any), int32. @example `String(jnp.argmin([1, 3, 0])); // => "2"` */
export const argmin = argReduction("argmin", lax.argmin);
