import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { finfo, isComplex, isInexact, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { joinParts } from "../lax/complex.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { maximum, minimum } from "./binary.ts";
import { convert, toArray } from "./promote.ts";
import { isnan } from "./unary.ts";
import { where } from "./where.ts";

interface ClipOptions {
  min?: ArrayLike | null;
  max?: ArrayLike | null;
}
const clipBoth = jit((x: NDArray, low: NDArray, high: NDArray): NDArray => minimum(high, maximum(low, x)), {
  name: "clip",
});
const clipLow = jit((x: NDArray, low: NDArray): NDArray => maximum(low, x), { name: "clip" });
const clipHigh = jit((x: NDArray, high: NDArray): NDArray => minimum(high, x), { name: "clip" });
const clipNone = jit((x: NDArray): NDArray => x, { name: "clip" });
/**
 * The elements limited to an interval; bounds broadcast and may be missing. Where `min` exceeds `max` the result is `max`.
 *
 * @example
 * ```ts
 * String(jnp.clip(jnp.array([-1, 0.5, 2]), 0, 1)); // => "[0.  0.5 1. ]"
 * ```
 */
export function clip(
  arr: ArrayLike,
  min?: ArrayLike | null | ClipOptions,
  max?: ArrayLike | null | ClipOptions,
): NDArray {
  const o = readOptions<ClipOptions>("clip", ["min", "max"], [min, max]);
  const x = toArray(arr, "clip", 0);
  const low = o.min === undefined || o.min === null ? null : toArray(o.min, "clip", 1);
  const high = o.max === undefined || o.max === null ? null : toArray(o.max, "clip", 2);
  if ([x, low, high].some((v) => v !== null && isComplex(v.dtype))) {
    throw new ValueError(
      "Clip received a complex value either through the input or the min/max keywords. Complex values have no ordering and cannot " +
        "be clipped. Please convert to a real value or array by taking the real or imaginary components via jnp.real/imag respectively.",
    );
  }
  if (low !== null && high !== null) return clipBoth(x, low, high);
  if (low !== null) return clipLow(x, low);
  return high !== null ? clipHigh(x, high) : clipNone(x);
}

/* @__NO_SIDE_EFFECTS__ */
function rounding(name: string): (a: ArrayLike, decimals?: number | { decimals?: number }) => NDArray {
  const rounded = (x: NDArray, decimals: number): NDArray => {
    if (isInteger(x.dtype)) return x;
    if (isComplex(x.dtype)) return joinParts(rounded(lax.real(x), decimals), rounded(lax.imag(x), decimals));
    const even = lax.RoundingMethod.TO_NEAREST_EVEN;
    if (decimals === 0) return lax.round(x, even);
    // More decimals than the dtype holds change nothing.
    if (decimals > Math.log10(Number(finfo(x.dtype).max))) return x;
    const factor = scalar(10 ** decimals, x.dtype);
    return lax.div(lax.round(lax.mul(x, factor), even), factor);
  };
  const compiled = jit(rounded, { name, staticArgnums: 1 });
  return (a, decimals) => {
    const o = readOptions<{ decimals: number }>(name, ["decimals"], [decimals]);
    const x = toArray(a, name);
    const places = o.decimals ?? 0;
    if (!Number.isInteger(places))
      throw new TypeError(`jnp.${name}: decimals must be an integer, got ${String(places)}.`);
    if (isInteger(x.dtype) && places < 0) {
      throw new ValueError("integer np.round not implemented for decimals < 0");
    }
    return compiled(x, places);
  };
}
/**
 * Rounds to a number of decimals (default 0), halves to even. Integers are returned as they are.
 *
 * @example
 * ```ts
 * String(jnp.round(jnp.array([0.5, 1.5, 1.27]), 1)); // => "[0.5 1.5 1.3]"
 * ```
 */
export const round = rounding("round");
/** The other name of {@link round}. */
export const around = rounding("around");

interface NanToNumOptions {
  copy?: boolean;
  nan?: ArrayLike;
  posinf?: ArrayLike | null;
  neginf?: ArrayLike | null;
}
interface Replacements {
  nan?: NDArray;
  posinf?: NDArray;
  neginf?: NDArray;
}
const nanToNumJit: (x: NDArray, given: Replacements) => NDArray = jit(
  (x: NDArray, given: Replacements): NDArray => {
    if (isComplex(x.dtype))
      return joinParts(nanToNumJit(lax.real(x), given), nanToNumJit(lax.imag(x), given));
    const { max, min } = finfo(x.dtype);
    const or = (v: NDArray | undefined, value: number): NDArray =>
      v === undefined ? scalar(value, x.dtype) : convert(v, x.dtype);
    const finite = where(isnan(x), or(given.nan, 0), x);
    const isInfinite = (y: NDArray, sign: number): NDArray =>
      lax.eq(y, scalar(sign * Number.POSITIVE_INFINITY, x.dtype));
    const below = where(isInfinite(finite, 1), or(given.posinf, Number(max)), finite);
    return where(isInfinite(below, -1), or(given.neginf, Number(min)), below);
  },
  { name: "nan_to_num" },
);
/**
 * The array with NaN replaced by 0 and infinities by the largest finite numbers, or by the values given. Other dtypes are returned as they
 * are.
 *
 * @example
 * ```ts
 * String(jnp.nanToNum(jnp.array([1, NaN, Infinity]), { posinf: 9 })); // => "[1. 0. 9.]"
 * ```
 */
export function nanToNum(x: ArrayLike, ...args: [(boolean | NanToNumOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<NanToNumOptions>("nanToNum", ["copy", "nan", "posinf", "neginf"], args);
  const a = toArray(x, "nan_to_num");
  if (!isInexact(a.dtype)) return a;
  const given: Replacements = {};
  for (const key of ["nan", "posinf", "neginf"] as const) {
    const value = o[key];
    if (value !== undefined && value !== null) given[key] = toArray(value, "nan_to_num");
  }
  return nanToNumJit(a, given);
}
