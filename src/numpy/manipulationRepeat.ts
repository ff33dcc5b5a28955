import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { cumsum } from "./cumulative.ts";
import { take } from "./indexingTake.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { broadcastTo } from "./manipulationBroadcast.ts";
import { roll } from "./manipulationFlip.ts";
import { ravel, reshape } from "./manipulationShape.ts";
import { concreteVector } from "./manipulationStatic.ts";
import { raiseRank, toArray } from "./promote.ts";

/**
 * The array repeated like tiles: `reps[i]` times along axis `i`. Missing axes are added in front.
 *
 * @throws TypeError for counts that are not known integers
 * @example
 * ```ts
 * String(jnp.tile(jnp.array([1, 2]), 2)); // => "[1. 2. 1. 2.]"
 * jnp.tile(jnp.zeros([2, 3]), [2, 1, 2]).shape; // => [2, 2, 6]
 * ```
 */
export function tile(A: ArrayLike, reps: number | readonly number[]): NDArray {
  const x = toArray(A, "tile");
  const given = canonicalizeShape(reps, "jnp.tile");
  const counts = [...new Array<number>(Math.max(0, x.ndim - given.length)).fill(1), ...given];
  return lax.tile(raiseRank(x, counts.length), counts);
}

interface RepeatOptions {
  /** Default null: of the flattened array. */
  axis?: number | null;
  /** The length of the result: required for traced repeats; a longer or shorter total is padded with the last element or cut. */
  totalRepeatLength?: number;
}

/**
 * Repeats each element (or slice along `axis`) a number of times: one number for all, or one per element.
 *
 * @throws ConcretizationTypeError for traced repeats without `totalRepeatLength`
 * @throws ValueError when the repeats do not match the axis
 * @example
 * ```ts
 * String(jnp.repeat(jnp.array([1, 2]), 2)); // => "[1. 1. 2. 2.]"
 * String(jnp.repeat(jnp.array([1, 2]), jnp.int32([2, 1]))); // => "[1. 1. 2.]"
 * ```
 */
export function repeat(
  a: ArrayLike,
  repeats: ArrayLike,
  axis?: number | null | RepeatOptions,
  options?: RepeatOptions,
): NDArray {
  const o = readOptions<RepeatOptions>("repeat", ["axis"], [axis, options], ["totalRepeatLength"]);
  const given = toArray(a, "repeat", 0);
  const x = o.axis === undefined || o.axis === null ? (given.ndim === 0 ? given : ravel(given)) : given;
  const k = canonicalizeAxis(o.axis ?? 0, Math.max(1, x.ndim));
  let total = o.totalRepeatLength;
  let counts: NDArray;
  if (total === undefined) {
    const why =
      "repeats of jnp.repeat. The total number of repeats must be static: give a static value for `repeats`, or pass totalRepeatLength";
    const known = concreteVector(repeats, why);
    if (known.values.some((n) => !Number.isInteger(n)))
      throw new TypeError("jnp.repeat: repeats must be integers.");
    if (known.values.some((n) => n < 0))
      throw new ValueError("jnp.repeat: repeats may not contain negative values.");
    if (known.scalar) return repeatEach(x, known.values[0], k);
    const length = x.ndim === 0 ? 1 : x.shape[k];
    if (known.values.length !== 1 && known.values.length !== length) {
      throw new ValueError(`jnp.repeat: got ${known.values.length} repeats for an axis of size ${length}.`);
    }
    if (known.values.length === 1) return repeatEach(x, known.values[0], k);
    total = known.values.reduce((s, n) => s + n, 0);
    counts = toArray(Int32Array.from(known.values), "repeat");
  } else {
    counts = ravel(toArray(repeats, "repeat", 1));
    if (!isInteger(counts.dtype))
      throw new TypeError(`jnp.repeat: repeats must be integers, got ${counts.dtype}.`);
    if (x.ndim > 0) counts = broadcastTo(counts, [x.shape[k]]);
  }
  if (x.ndim === 0) {
    if (counts.size !== 1) {
      throw new ValueError(
        "`repeat` with a scalar parameter `a` is only implemented for scalar values of the parameter `repeats`.",
      );
    }
    return lax.broadcastInDim(x, [total], []);
  }
  if (total === 0)
    return lax.full(
      x.shape.map((n, i) => (i === k ? 0 : n)),
      0,
      x.dtype,
    );
  if (x.shape[k] === 0) return x;
  return take(x, repeatPositions(counts, total), k);
}

function repeatEach(x: NDArray, n: number, axis: number): NDArray {
  if (x.ndim === 0) return lax.broadcastInDim(x, [n], []);
  const shape = [...x.shape.slice(0, axis + 1), n, ...x.shape.slice(axis + 1)];
  const spread = lax.broadcastInDim(
    x,
    shape,
    x.shape.map((_, i) => (i <= axis ? i : i + 1)),
  );
  return reshape(
    spread,
    x.shape.map((d, i) => (i === axis ? d * n : d)),
  );
}

/** Which element stands at each place of the result: a count of the starts of runs at or before it. */
function repeatPositions(counts: NDArray, total: number): NDArray {
  const starts = cumsum(indexUpdate(roll(counts, 1), [0]).set(0));
  const marks = indexUpdate(lax.full([total], 0, int32), [starts]).add(1);
  return lax.sub(cumsum(marks), scalar(1, int32));
}

const resizeJit = jit(
  (x: NDArray, shape: readonly number[]): NDArray => {
    const size = shape.reduce((n, d) => n * d, 1);
    const flat = ravel(x);
    if (flat.size === 0 || size === 0) return lax.full(shape, 0, x.dtype);
    const copies = tile(flat, Math.ceil(size / flat.size));
    return reshape(copies.size === size ? copies : lax.slice(copies, [0], [size]), shape);
  },
  { name: "resize", staticArgnums: 1 },
);
/**
 * An array of another shape, filled with the elements of `a` over and over.
 *
 * @example
 * ```ts
 * String(jnp.resize(jnp.array([1, 2, 3]), [2, 2])); // => "[[1. 2.]\n [3. 1.]]"
 * ```
 */
export function resize(a: ArrayLike, newShape: number | readonly number[]): NDArray {
  return resizeJit(toArray(a, "resize"), canonicalizeShape(newShape, "jnp.resize"));
}
