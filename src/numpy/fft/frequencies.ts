import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  realDType,
  toInexactDType,
} from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { constLike } from "../../lax/operands.ts";
import { canonicalizeAxis, readOptions } from "../arguments.ts";
import { roll } from "../manipulationFlip.ts";
import { convert, toArray } from "../promote.ts";

/** The frequencies that elements of a transform stand for, and their order. */

/** Options of {@link fftfreq} and {@link rfftfreq}. */
export interface FrequencyOptions {
  /** The time between two samples; default 1. */
  d?: ArrayLike;
  /** Default float32. */
  dtype?: DTypeLike;
}

/** Frequencies of `size` elements, those from `negativeFrom` on being negative, over the time that `n` samples take. */
function frequencies(
  name: string,
  n: number,
  args: readonly unknown[],
  size: number,
  negativeFrom: number,
): [frequencies: NDArray, dtype: DType] {
  const o = readOptions<FrequencyOptions>(`jnp.fft.${name}`, ["d"], args, ["dtype"]);
  const one = (argument: string, what: string, given: unknown) => {
    if (!Array.isArray(given)) return;
    throw new ValueError(
      `The ${argument} argument of jnp.fft.${name} only takes ${what}. Got ${argument} = [${given}].`,
    );
  };
  one("n", "an int", n);
  one("d", "a single value", o.d);
  if (!Number.isInteger(n)) throw new TypeError(`jnp.fft.${name}: n must be an integer, got ${String(n)}.`);
  const asked = o.dtype === undefined ? float32 : asDType(o.dtype);
  const dtype = realDType(toInexactDType(asked));
  const k = lax.iota(dtype, size);
  const wrapped = lax.select(lax.lt(k, constLike(k, negativeFrom)), k, lax.sub(k, constLike(k, n)));
  const d = o.d ?? 1;
  const duration = typeof d === "number" ? d * n : toArray(d, `jnp.fft.${name}`).mul(n);
  return [wrapped.div(convert(toArray(duration, name), dtype)), asked];
}

/**
 * The frequencies of the elements of a transform of `n` samples that are `d` apart: `[0, 1, ..., -2, -1] / (n d)`.
 *
 * @throws ValueError or TypeError unless `n` is one integer and `d` one number
 * @example
 * ```ts
 * String(jnp.fft.fftfreq(4)); // => "[ 0.    0.25 -0.5  -0.25]"
 * ```
 */
export function fftfreq(n: number, d?: ArrayLike | FrequencyOptions, options?: FrequencyOptions): NDArray {
  const [result, dtype] = frequencies("fftfreq", n, [d, options], Math.max(0, n), Math.ceil(n / 2));
  return convert(result, dtype);
}

/**
 * The frequencies of the elements of a transform of `n` real samples that are `d` apart: `[0, 1, ..., n / 2] / (n d)`.
 *
 * @throws ValueError or TypeError unless `n` is one integer and `d` one number
 * @example
 * ```ts
 * String(jnp.fft.rfftfreq(4, { d: 0.5 })); // => "[0.  0.5 1. ]"
 * ```
 */
export function rfftfreq(n: number, d?: ArrayLike | FrequencyOptions, options?: FrequencyOptions): NDArray {
  const size = Math.max(0, Math.floor(n / 2) + 1);
  return frequencies("rfftfreq", n, [d, options], size, size)[0];
}

/** Rolls axes by half their size, forwards or backwards. */
function shiftHalf(name: string, x: ArrayLike, given: unknown, sign: 1 | -1): NDArray {
  const o = readOptions<{ axes: Axis }>(`jnp.fft.${name}`, ["axes"], [given]);
  const a = toArray(x, `jnp.fft.${name}`);
  const list = o.axes ?? null;
  const axes = (list === null ? a.shape.map((_, i) => i) : Array.isArray(list) ? list : [list as number]).map(
    (k) => canonicalizeAxis(k, a.ndim),
  );
  const shifts = axes.map((axis) => sign * Math.floor(a.shape[axis] / 2));
  return axes.length === 0 ? a : roll(a, shifts, axes);
}

/**
 * Moves the element of frequency 0 to the middle, along all axes or those given.
 *
 * @throws ValueError for axes out of range
 * @example
 * ```ts
 * String(jnp.fft.fftshift(jnp.fft.fftfreq(4))); // => "[-0.5  -0.25  0.    0.25]"
 * ```
 */
export function fftshift(x: ArrayLike, axes?: Axis | { axes?: Axis }): NDArray {
  return shiftHalf("fftshift", x, axes, 1);
}

/**
 * The inverse of {@link fftshift}.
 *
 * @throws ValueError for axes out of range
 * @example
 * ```ts
 * String(jnp.fft.ifftshift(jnp.arange(5))); // => "[2 3 4 0 1]"
 * ```
 */
export function ifftshift(x: ArrayLike, axes?: Axis | { axes?: Axis }): NDArray {
  return shiftHalf("ifftshift", x, axes, -1);
}
