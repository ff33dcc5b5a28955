import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis, ReductionOptions } from "../core/arrayMethods.ts";
import { scalar } from "../core/values.ts";
import {
  asDType,
  type DType,
  int32,
  isComplex,
  isInexact,
  realDType,
  toInexactDType,
} from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxes, readOptions } from "./arguments.ts";
import { subtract } from "./binary.ts";
import { convert, toArray } from "./promote.ts";
import {
  type ArgReduce,
  broadcastable,
  checkWhere,
  type Reduce,
  readVar,
  single,
  type Variance,
  type VarStatic,
} from "./reductionArguments.ts";
import { all, argmax, argmin, max, mean, min, prod, sum } from "./reductions.ts";
import { isnan } from "./unary.ts";
import { where as select } from "./where.ts";

/** What of a reduction is known while tracing. */
interface Static {
  readonly axis: Axis;
  readonly dtype: DType | undefined;
  readonly keepdims: boolean | undefined;
  readonly promoteIntegers: boolean | undefined;
}

/** `x` with other elements where it is NaN. */
const replaceNaN = (x: NDArray, value: number): NDArray => select(isnan(x), scalar(value, x.dtype), x);

/**
 * A reduction in which NaN counts as the neutral value.
 * @param hasIdentity whether nothing has a value; otherwise the result of NaNs alone is NaN
 */
/* @__NO_SIDE_EFFECTS__ */
function nanReduction(name: string, reduce: Reduce, neutral: number, hasIdentity: boolean): Reduce {
  const compiled = jit(
    (x: NDArray, where: NDArray | null, initial: NDArray | null, s: Static): NDArray => {
      const options = { ...s, where: where ?? undefined, initial: initial ?? undefined };
      if (!isInexact(x.dtype)) return reduce(x, options);
      const result = reduce(replaceNaN(x, neutral), options);
      if (hasIdentity || initial !== null) return result;
      const none = all(isnan(x), { axis: s.axis, keepdims: s.keepdims });
      return select(none, scalar(Number.NaN, result.dtype), result);
    },
    { name, staticArgnums: 3 },
  );
  const keywords = ["keepdims", "initial", "where"];
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const o = hasIdentity
      ? readOptions<ReductionOptions>(name, ["axis", "dtype"], args, [...keywords, "promoteIntegers"])
      : readOptions<ReductionOptions>(name, ["axis"], args, keywords);
    const x = toArray(a, name);
    const s = {
      axis: canonicalizeAxes(o.axis, x.ndim),
      dtype: o.dtype === undefined ? undefined : asDType(o.dtype),
      keepdims: o.keepdims,
      promoteIntegers: o.promoteIntegers,
    };
    return compiled(
      x,
      checkWhere(name, o.where),
      o.initial === undefined ? null : toArray(o.initial, name),
      s,
    );
  };
}

/**
 * Sum in which NaN counts as 0. The options are those of {@link sum}.
 *
 * @example
 * ```ts
 * String(jnp.nansum(jnp.array([[1, NaN], [3, 4]]), { axis: 0 })); // => "[4. 4.]"
 * ```
 */
export const nansum = nanReduction("nansum", sum, 0, true);
/** Product in which NaN counts as 1. @example `String(jnp.nanprod([2, NaN, 3])); // => "6.0"` */
export const nanprod = nanReduction("nanprod", prod, 1, true);
/**
 * Maximum of the elements that are not NaN; NaN where there is none, unless there is an `initial` value.
 *
 * @throws ValueError for empty axes without `initial`
 * @example
 * ```ts
 * String(jnp.nanmax(jnp.array([1, NaN, 3]))); // => "3.0"
 * ```
 */
export const nanmax = nanReduction("nanmax", max, Number.NEGATIVE_INFINITY, false);
/** Minimum of the elements that are not NaN; see {@link nanmax}. @example `String(jnp.nanmin([2, NaN, 3])); // => "2.0"` */
export const nanmin = nanReduction("nanmin", min, Number.POSITIVE_INFINITY, false);

/** How many elements are not NaN and not masked. */
function count(x: NDArray, where: NDArray | null, dtype: DType, axis: Axis, keepdims?: boolean): NDArray {
  return sum(lax.bitwiseNot(isnan(x)), { axis, dtype, keepdims, where: where ?? undefined });
}

const nanmeanJit = jit(
  (x: NDArray, where: NDArray | null, s: Static): NDArray => {
    const { axis, keepdims } = s;
    const mask = where ?? undefined;
    if (!isInexact(x.dtype)) return mean(x, { axis, dtype: s.dtype, keepdims, where: mask });
    const dtype = s.dtype ?? toInexactDType(x.dtype);
    return lax.div(nansum(x, { axis, dtype, keepdims, where: mask }), count(x, where, dtype, axis, keepdims));
  },
  { name: "nanmean", staticArgnums: 2 },
);
/**
 * Mean of the elements that are not NaN; NaN where there is none.
 *
 * @param options.where elements to include
 * @example
 * ```ts
 * String(jnp.nanmean(jnp.array([1, NaN, 3]))); // => "2.0"
 * ```
 */
export const nanmean: Reduce = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const o = readOptions<ReductionOptions>("nanmean", ["axis", "dtype"], args, ["keepdims", "where"]);
  const x = toArray(a, "nanmean");
  return nanmeanJit(x, checkWhere("nanmean", o.where), {
    axis: canonicalizeAxes(o.axis, x.ndim),
    dtype: o.dtype === undefined ? undefined : asDType(o.dtype),
    keepdims: o.keepdims,
    promoteIntegers: undefined,
  });
};

/** The variance of what is not NaN. */
function variance(
  x0: NDArray,
  correction: NDArray,
  where: NDArray | null,
  givenMean: NDArray | null,
  s: VarStatic,
): NDArray {
  const { keepdims } = s;
  const axis = s.axis ?? null;
  const dtype = single(s.dtype);
  const x = convert(x0, dtype);
  const mask = where ?? undefined;
  const center =
    givenMean === null ? nanmean(x, { axis, dtype, keepdims: true, where: mask }) : convert(givenMean, dtype);
  const distance = replaceNaN(x, 0);
  // Selected before the square as well as after it, so that derivatives at NaN are 0.
  const centered = select(isnan(x), scalar(0, dtype), lax.sub(distance, broadcastable(center, x)));
  const squared = isComplex(dtype) ? lax.real(lax.mul(centered, lax.conj(centered))) : lax.square(centered);
  const real = realDType(dtype);
  const normalizer = subtract(count(x, where, int32, axis, keepdims), correction);
  const tooFew = lax.le(normalizer, scalar(0, normalizer.dtype));
  const total = sum(squared, { axis, dtype: real, keepdims, where: mask });
  const divisor = convert(select(tooFew, scalar(1, normalizer.dtype), normalizer), real);
  const result = lax.div(select(tooFew, scalar(Number.NaN, real), total), divisor);
  return convert(result, realDType(s.dtype));
}

const nanvarJit = jit(variance, { name: "nanvar", staticArgnums: 4 });
/** Variance of the elements that are not NaN; NaN where too few are left. The options are those of {@link var}. @example `String(jnp.nanvar([1, NaN, 3])); // => "1.0"` */
export const nanvar: Variance = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { x, correction, mask, given, s } = readVar(a, args, "nanvar");
  return nanvarJit(x, correction as never, mask, given, s);
};

const nanstdJit = jit((...args: Parameters<typeof variance>): NDArray => lax.sqrt(nanvarJit(...args)), {
  name: "nanstd",
  staticArgnums: 4,
});
/** Standard deviation of the elements that are not NaN: the square root of {@link nanvar}. @example `String(jnp.nanstd([1, NaN, 3])); // => "1.0"` */
export const nanstd: Variance = (a: ArrayLike, ...args: unknown[]): NDArray => {
  const { x, correction, mask, given, s } = readVar(a, args, "nanstd");
  return nanstdJit(x, correction as never, mask, given, s);
};

/* @__NO_SIDE_EFFECTS__ */
function nanArgReduction(name: string, reduce: ArgReduce, neutral: number): ArgReduce {
  const compiled = jit(
    (x: NDArray, axis: number | null, keepdims: boolean): NDArray => {
      if (!isInexact(x.dtype)) return reduce(x, { axis, keepdims });
      const found = reduce(replaceNaN(x, neutral), { axis, keepdims });
      return select(all(isnan(x), { axis, keepdims }), scalar(-1, found.dtype), found);
    },
    { name: `_${name}`, staticArgnums: [1, 2] },
  );
  return (a: ArrayLike, ...args: unknown[]): NDArray => {
    const o = readOptions<{ axis: number | null; keepdims: boolean }>(name, ["axis"], args, ["keepdims"]);
    return compiled(toArray(a, name), o.axis ?? null, o.keepdims === true);
  };
}
/** Index of the first maximum that is not NaN, int32; -1 where all are NaN. @example `String(jnp.nanargmax([1, NaN, 2])); // => "2"` */
export const nanargmax = nanArgReduction("nanargmax", argmax, Number.NEGATIVE_INFINITY);
/** Index of the first minimum that is not NaN, int32; -1 where all are NaN. @example `String(jnp.nanargmin([NaN, 3, 2])); // => "2"` */
export const nanargmin = nanArgReduction("nanargmin", argmin, Number.POSITIVE_INFINITY);
