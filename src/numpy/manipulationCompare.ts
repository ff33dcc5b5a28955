import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray, shapesEqual } from "../core/aval.ts";
import { literal, scalar } from "../core/values.ts";
import { asDType, bool, type DTypeLike, float32, realDType } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { equal, logicalAnd, logicalOr } from "./binary.ts";
import { broadcastArrays } from "./manipulationBroadcast.ts";
import { convert, promoteArgsInexact, toArray } from "./promote.ts";
import { all } from "./reductions.ts";
import { isfinite, isnan } from "./unary.ts";

interface CloseOptions {
  /** Tolerance relative to `b`; default 1e-5. */
  rtol?: ArrayLike;
  /** Absolute tolerance; default 1e-8. */
  atol?: ArrayLike;
  /** Whether NaN is close to NaN; default false. */
  equalNan?: boolean;
}

/** The relative and the absolute tolerance, where they are given. */
type Tolerances = [rtol: NDArray | null, atol: NDArray | null];
function tolerances(name: string, o: CloseOptions): Tolerances {
  const read = (v: ArrayLike | undefined, at: number): NDArray | null =>
    v === undefined ? null : toArray(v, name, at);
  return [read(o.rtol, 2), read(o.atol, 3)];
}

const iscloseJit = jit(
  (x: NDArray, y: NDArray, given: Tolerances, equalNan: boolean): NDArray => {
    const [a, b] = promoteArgsInexact("isclose", x, y);
    const tolerance = (v: NDArray | null, value: number): NDArray =>
      v === null ? scalar(value, realDType(a.dtype)) : convert(v, realDType(a.dtype));
    const rtol = tolerance(given[0], 1e-5);
    const atol = tolerance(given[1], 1e-8);
    const bothNan = logicalAnd(isnan(a), isnan(b));
    const finite = isfinite(b);
    const inRange = lax.le(lax.abs(lax.sub(a, b)), lax.add(atol, lax.mul(rtol, lax.abs(b))));
    const close = logicalOr(lax.eq(a, b), logicalAnd(finite, inRange));
    return equalNan ? logicalOr(close, bothNan) : close;
  },
  { name: "isclose", staticArgnums: 3 },
);
function readClose(name: string, args: readonly unknown[]): CloseOptions {
  return readOptions<CloseOptions>(name, ["rtol", "atol", "equalNan"], args);
}
/**
 * Whether elements are equal up to `atol + rtol * |b|`. Infinities are close to themselves.
 *
 * @example
 * ```ts
 * String(jnp.isclose(jnp.array([1, 2]), jnp.array([1.000001, 2.1]))); // => "[ True False]"
 * ```
 */
export function isclose(
  a: ArrayLike,
  b: ArrayLike,
  ...args: [(ArrayLike | CloseOptions)?, ...unknown[]]
): NDArray {
  const o = readClose("isclose", args);
  const [x, y] = [toArray(a, "isclose", 0), toArray(b, "isclose", 1)];
  return iscloseJit(x, y, tolerances("isclose", o), o.equalNan === true);
}

const allcloseJit = jit(
  (x: NDArray, y: NDArray, given: Tolerances, equalNan: boolean): NDArray => {
    const weak = (value: number): NDArray => literal(value, shapedArray([], float32, true));
    const [rtol, atol] = given;
    return all(isclose(x, y, { rtol: rtol ?? weak(1e-5), atol: atol ?? weak(1e-8), equalNan }));
  },
  { name: "allclose", staticArgnums: 3 },
);
/**
 * Whether all elements are close; see {@link isclose}.
 *
 * @example
 * ```ts
 * String(jnp.allclose(jnp.array([1, 2]), jnp.array([1, 2.0000001]))); // => "True"
 * ```
 */
export function allclose(
  a: ArrayLike,
  b: ArrayLike,
  ...args: [(ArrayLike | CloseOptions)?, ...unknown[]]
): NDArray {
  const o = readClose("allclose", args);
  const [x, y] = [toArray(a, "allclose", 0), toArray(b, "allclose", 1)];
  return allcloseJit(x, y, tolerances("allclose", o), o.equalNan === true);
}

/**
 * Whether two arrays have the same shape and elements.
 *
 * @param options.equalNan whether NaN equals NaN; default false
 * @example
 * ```ts
 * String(jnp.arrayEqual(jnp.array([1, 2]), jnp.array([1, 2]))); // => "True"
 * ```
 */
export function arrayEqual(
  a1: ArrayLike,
  a2: ArrayLike,
  options?: boolean | { equalNan?: boolean },
): NDArray {
  const o = readOptions<{ equalNan: boolean }>("arrayEqual", ["equalNan"], [options]);
  const [x, y] = [toArray(a1, "array_equal", 0), toArray(a2, "array_equal", 1)];
  if (!shapesEqual(x.shape, y.shape)) return scalar(false, bool);
  const same = equal(x, y);
  return all(o.equalNan === true ? logicalOr(same, logicalAnd(isnan(x), isnan(y))) : same);
}

/** Whether two arrays are equal after broadcasting; false when they do not broadcast. @example `String(jnp.arrayEquiv(1, jnp.ones(3))); // => "True"` */
export function arrayEquiv(a1: ArrayLike, a2: ArrayLike): NDArray {
  const [x, y] = [toArray(a1, "array_equiv", 0), toArray(a2, "array_equiv", 1)];
  try {
    lax.broadcastShapes(x.shape, y.shape);
  } catch (error) {
    if (error instanceof ValueError) return scalar(false, bool);
    throw error;
  }
  const [p, q] = broadcastArrays(x, y);
  return all(equal(p, q));
}

/**
 * The array converted to another dtype. Floats are cut off towards zero and saturate as integers, NaN becomes 0.
 *
 * @example
 * ```ts
 * String(jnp.astype(jnp.array([1.7, -1.7]), "int32")); // => "[ 1 -1]"
 * ```
 */
export function astype(x: ArrayLike, dtype: DTypeLike | null, options?: { copy?: boolean }): NDArray {
  const o = readOptions<{ copy: boolean }>("astype", [], [options], ["copy"]);
  const result = convert(toArray(x, "astype"), dtype === null ? float32 : asDType(dtype));
  return o.copy === true ? lax.copy(result) : result;
}

/** A copy, in memory of its own. @example `String(jnp.copy(jnp.array([1, 2]))); // => "[1. 2.]"` */
export function copy(a: ArrayLike): NDArray {
  return lax.copy(toArray(a, "copy"));
}
