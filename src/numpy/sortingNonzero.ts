import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import type { Tracer } from "../core/trace.ts";
import { arrayFromHost, scalar } from "../core/values.ts";
import { bool, int32, isComplex, isInteger } from "../dtypes/index.ts";
import { ConcretizationTypeError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { canonicalizeShape, readOptions } from "./arguments.ts";
import { floorDivide, remainder } from "./binary.ts";
import { cumsum } from "./cumulative.ts";
import { getItem } from "./indexingGet.ts";
import { truePositions } from "./indexingParse.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { clip } from "./manipulationClip.ts";
import { vstack } from "./manipulationJoin.ts";
import { atleast1d, ravel, transpose } from "./manipulationShape.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { convert, toArray } from "./promote.ts";
import { toBool } from "./unary.ts";
import { where } from "./where.ts";

/** Options of {@link nonzero} and its kin. */
export interface NonzeroOptions {
  /** The number of positions in the result: surplus ones are cut, missing ones filled. Required for traced arrays. */
  size?: number;
  /** What fills missing positions, one value or one per axis; default 0. */
  fillValue?: ArrayLike | readonly ArrayLike[];
}

/**
 * The positions (int32) of the nonzero elements in row-major order: one vector per axis.
 *
 * @throws ConcretizationTypeError for a traced array without `size`, ValueError for scalars
 * @example
 * ```ts
 * jnp.nonzero(jnp.array([0, 5, 0, 7])).map(String); // => ["[1 3]"]
 * jnp.nonzero(jnp.array([0, 5, 0, 7]), { size: 3, fillValue: -1 }).map(String); // => ["[ 1  3 -1]"]
 * ```
 */
export function nonzero(a: ArrayLike, options?: NonzeroOptions): NDArray[] {
  const o = readOptions<NonzeroOptions>("nonzero", [], [options], ["size", "fillValue"]);
  const given = toArray(a, "nonzero");
  const x = isComplex(given.dtype) ? toBool(given) : given;
  if (x.ndim === 0) {
    throw new ValueError("Calling nonzero on 0d arrays is not allowed. Use jnp.atleast1d(scalar) first.");
  }
  if (o.size === undefined || o.size === null) return concretePositions(x);
  const [size] = canonicalizeShape(o.size, "jnp.nonzero");
  if (x.size === 0 || size === 0) return x.shape.map(() => lax.full([size], 0, int32));
  const mask = x.dtype === bool ? x : lax.ne(x, scalar(0, x.dtype));
  // The k-th position is the number of elements before which at most k nonzero ones stand.
  const positions = cumsum(bincount(cumsum(mask), { length: size }));
  let stride = x.size;
  const result = x.shape.map((n) => {
    stride /= n;
    return remainder(floorDivide(positions, scalar(stride, int32)), scalar(n, int32, true));
  });
  if (o.fillValue === undefined || o.fillValue === null) return result;
  const fills = Array.isArray(o.fillValue) ? o.fillValue : x.shape.map(() => o.fillValue as ArrayLike);
  const values = fills.map((v) => toArray(v, "nonzero"));
  if (values.length !== x.ndim || values.some((v) => v.ndim !== 0)) {
    throw new ValueError(`fill_value must be a scalar or a tuple of length ${x.ndim}`);
  }
  const missing = lax.ge(
    lax.iota(int32, size),
    lax.reduceSum(
      convert(mask, int32),
      mask.shape.map((_, i) => i),
    ),
  );
  return result.map((r, i) => convert(where(missing, values[i], r), int32));
}

function concretePositions(x: NDArray): NDArray[] {
  const value = concreteValue(x);
  if (value === null) {
    throw new ConcretizationTypeError(
      `Abstract tracer value encountered where concrete value is expected: traced array with shape ${x.aval}\n` +
        "The size argument of jnp.nonzero must be statically specified to use jnp.nonzero within JAX transformations: " +
        "jnp.nonzero(x, { size: n }).\n" +
        `The error occurred while ${(x as Tracer).tracedBy.description}.`,
    );
  }
  return truePositions(value).map((p) => arrayFromHost(p, shapedArray([p.length], int32)));
}

/** {@link nonzero} of the flattened array, as one vector. @example `String(jnp.flatnonzero(jnp.array([[0, 1], [1, 0]]))); // => "[1 2]"` */
export function flatnonzero(a: ArrayLike, options?: NonzeroOptions): NDArray {
  return nonzero(ravel(a), options)[0];
}

/**
 * The positions of the nonzero elements as rows: an array `[count, ndim]`.
 *
 * @throws ConcretizationTypeError for a traced array without `size`
 * @example
 * ```ts
 * String(jnp.argwhere(jnp.array([[0, 1], [1, 0]]))); // => "[[0 1]\n [1 0]]"
 * ```
 */
export function argwhere(a: ArrayLike, options?: NonzeroOptions): NDArray {
  const x = toArray(a, "argwhere");
  const rows = transpose(vstack(nonzero(atleast1d(x), options)));
  return x.ndim === 0 ? lax.reshape(lax.slice(rows, [0, 0], [rows.shape[0], 0]), [rows.shape[0], 0]) : rows;
}

/**
 * The elements of `arr` where `condition` holds, both flattened.
 *
 * @param options.size the length of the result, required for traced conditions; missing elements are `fillValue` (default 0)
 * @throws ConcretizationTypeError for a traced condition without `size`
 * @example
 * ```ts
 * String(jnp.extract(jnp.array([true, false, true]), jnp.array([1, 2, 3]))); // => "[1. 3.]"
 * ```
 */
export function extract(
  condition: ArrayLike,
  arr: ArrayLike,
  options?: { size?: number; fillValue?: number | boolean },
): NDArray {
  const o = readOptions<{ size: number; fillValue: number | boolean }>(
    "extract",
    [],
    [options],
    ["size", "fillValue"],
  );
  const x = ravel(toArray(arr, "extract", 1));
  const all = ravel(toArray(condition, "extract", 0));
  const mask = all.size > x.size ? lax.slice(all, [0], [x.size]) : all;
  if (o.size === undefined || o.size === null) return getItem(x, concretePositions(mask));
  if (x.size === 0) return lax.full([o.size], o.fillValue ?? 0, x.dtype);
  const positions = flatnonzero(mask, { size: o.size, fillValue: x.size });
  return getItem(x, [positions], { mode: "fill", fillValue: o.fillValue ?? 0, wrapNegativeIndices: false });
}

interface BincountOptions {
  /** Values to add up instead of ones. */
  weights?: ArrayLike | null;
  /** The least length of the result. */
  minlength?: number;
  /** The length of the result: required for traced arrays; larger values are not counted. */
  length?: number;
}
/**
 * How often each of 0, 1, 2, ... occurs in a vector of integers (negative ones count as 0); with `weights`, the sum of their weights.
 *
 * @throws ConcretizationTypeError for a traced array without `length`, TypeError for other dtypes, ValueError for other ranks
 * @example
 * ```ts
 * String(jnp.bincount(jnp.int32([0, 1, 1, 3]))); // => "[1 2 0 1]"
 * ```
 */
export function bincount(
  x: ArrayLike,
  ...args: [(ArrayLike | null | BincountOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<BincountOptions>("bincount", ["weights", "minlength"], args, ["length"]);
  const given = toArray(x, "bincount");
  const a = given.dtype === bool ? convert(given, int32) : given;
  if (!isInteger(a.dtype))
    throw new TypeError(`x argument to bincount must have an integer type; got ${a.dtype}`);
  if (a.ndim !== 1) throw new ValueError("only 1-dimensional input supported.");
  const weights =
    o.weights === undefined || o.weights === null ? scalar(1, int32) : toArray(o.weights, "bincount", 1);
  if (weights.ndim > 0 && weights.shape[0] !== a.shape[0]) {
    throw new ValueError(`shape of weights must match shape of x. Got ${weights.aval} and ${a.aval}`);
  }
  const length = o.length ?? Math.max(o.minlength ?? 0, largest(a) + 1);
  return indexUpdate(lax.full([length], 0, weights.dtype), [clip(a, 0)]).add(weights, { mode: "drop" });
}
function largest(x: NDArray): number {
  const why =
    "The error occurred because of argument 'x' of jnp.bincount. To avoid this error, pass a static `length` argument.";
  let result = -1;
  for (const v of requireConcrete(x, why).toHost()) result = Math.max(result, Number(v), 0);
  return result;
}
