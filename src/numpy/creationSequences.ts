import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { asDType, type DType, type DTypeLike, int32, isInexact, toInexactDType } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { divide, power } from "./binary.ts";
import { logspace } from "./creation.ts";
import { moveaxis } from "./manipulationShape.ts";
import { convert, promoteShapes, toArray } from "./promote.ts";
import { resultType } from "./types.ts";
import { log10, sign } from "./unary.ts";

const geomspaceJit = jit(
  (
    start0: NDArray,
    stop0: NDArray,
    num: number,
    endpoint: boolean,
    dtype0: DType | null,
    axis: number,
  ): NDArray => {
    const dtype = dtype0 ?? toInexactDType(resultType(start0, stop0));
    const computed = toInexactDType(dtype);
    const [start, stop] = promoteShapes([convert(start0, computed), convert(stop0, computed)], "geomspace");
    const direction = sign(start);
    const exponents = [start, stop].map((x) => log10(divide(x, direction)));
    const sizes = logspace(exponents[0], exponents[1], { num, endpoint, dtype: computed });
    const result = lax.mul(
      sizes,
      lax.broadcastInDim(direction, sizes.shape, directionAxes(direction, sizes)),
    );
    return convert(moveaxis(result, 0, canonicalizeAxis(axis, result.ndim)), dtype);
  },
  { name: "_geomspace", staticArgnums: [2, 3, 4, 5] },
);
const directionAxes = (x: NDArray, of: NDArray): number[] => x.shape.map((_, i) => of.ndim - x.ndim + i);

/** Options of {@link geomspace}. */
export interface GeomspaceOptions {
  /** How many; default 50. */
  num?: number;
  /** Whether `stop` is the last; default true. */
  endpoint?: boolean;
  dtype?: DTypeLike;
  /** Where the new axis goes; default the first. */
  axis?: number;
}
/**
 * `num` numbers from `start` to `stop`, each the same multiple of the one before it.
 *
 * @throws ValueError for a negative number or an axis out of range, TypeError for a number that is no integer
 * @example
 * ```ts
 * jnp.geomspace(1, 1000, 4).round().tolist(); // => [1, 10, 100, 1000]
 * ```
 */
export function geomspace(start: ArrayLike, stop: ArrayLike, options?: GeomspaceOptions): NDArray;
export function geomspace(
  start: ArrayLike,
  stop: ArrayLike,
  num?: number,
  endpoint?: boolean | GeomspaceOptions,
  dtype?: DTypeLike | GeomspaceOptions,
  axis?: number | GeomspaceOptions,
): NDArray;
export function geomspace(start: ArrayLike, stop: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<GeomspaceOptions>("geomspace", ["num", "endpoint", "dtype", "axis"], args);
  const { num = 50 } = o;
  if (!Number.isInteger(num)) throw new TypeError(`jnp.geomspace: num must be an integer, got ${num}.`);
  if (num < 0) throw new ValueError(`Number of samples, ${num}, must be non-negative.`);
  return geomspaceJit(
    toArray(start, "geomspace", 0),
    toArray(stop, "geomspace", 1),
    num,
    o.endpoint !== false,
    o.dtype === undefined || o.dtype === null ? null : asDType(o.dtype),
    o.axis ?? 0,
  );
}

const vanderJit = jit(
  (x: NDArray, n: number, increasing: boolean): NDArray => {
    // Whole exponents, so that derivatives at 0 are right.
    const dtype = isInexact(x.dtype) ? int32 : x.dtype;
    const up = lax.iota(dtype, n);
    const exponents = increasing || n === 0 ? up : lax.sub(scalar(n - 1, dtype), up);
    return power(lax.expandDims(x, [1]), lax.expandDims(exponents, [0]));
  },
  { name: "vander", staticArgnums: [1, 2] },
);
/**
 * Vandermonde's matrix: the powers of the elements of a vector as columns, the highest first.
 *
 * @param options.N the number of columns; default that of elements
 * @param options.increasing the lowest power first
 * @throws ValueError for other ranks and a negative number
 * @example
 * ```ts
 * String(jnp.vander(jnp.array([1, 2]), 3)); // => "[[1. 1. 1.]\n [4. 2. 1.]]"
 * ```
 */
export function vander(
  x: ArrayLike,
  N?: number | null | { N?: number | null; increasing?: boolean },
  increasing?: boolean | { increasing?: boolean },
): NDArray {
  const o = readOptions<{ N: number | null; increasing: boolean }>(
    "vander",
    ["N", "increasing"],
    [N, increasing],
  );
  const v = toArray(x, "vander");
  if (v.ndim !== 1) {
    throw new ValueError(`x must be a one-dimensional array, got shape ${shapeStr(v.shape)}`);
  }
  const n = o.N ?? v.size;
  if (!Number.isInteger(n)) throw new TypeError(`jnp.vander: N must be an integer, got ${n}.`);
  if (n < 0) throw new ValueError(`N must be nonnegative, got ${n}`);
  return vanderJit(v, n, o.increasing === true);
}
