import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import type * as lax from "../../lax/index.ts";
import { canonicalizeAxis, readOptions } from "../arguments.ts";
import { einsum } from "../einsum.ts";
import { cross as crossProduct } from "../products.ts";
import { toArray } from "../promote.ts";

/**
 * The cross products of vectors of three components.
 *
 * @param options.axis the axis of the components, default the last
 * @throws ValueError for vectors of other sizes
 * @example
 * ```ts
 * String(jnp.linalg.cross(jnp.array([1, 0, 0]), jnp.array([0, 1, 0]))); // => "[0. 0. 1.]"
 * ```
 */
export function cross(x1: ArrayLike, x2: ArrayLike, options: { axis?: number } = {}): NDArray {
  const { axis = -1 } = readOptions<{ axis: number }>("jnp.linalg.cross", [], [options], ["axis"]);
  const [a, b] = [toArray(x1, "jnp.linalg.cross", 0), toArray(x2, "jnp.linalg.cross", 1)];
  const sizes = [a, b].map((x) => x.shape[canonicalizeAxis(axis, x.ndim)]);
  if (sizes.some((n) => n !== 3)) {
    throw new ValueError(
      "Both input arrays must be (arrays of) 3-dimensional vectors, " +
        `but they have x1.shape[axis]=${sizes[0]} and x2.shape[axis]=${sizes[1]}`,
    );
  }
  return crossProduct(a, b, { axis });
}

/**
 * The product of two or more matrices, in the order that needs the fewest operations. The first may be a vector, which counts as a row, and the last
 * one, which counts as a column.
 *
 * @throws ValueError for fewer than two arrays, other dimensions, and sizes that do not fit
 * @example
 * ```ts
 * jnp.linalg.multiDot([jnp.ones([2, 3]), jnp.ones([3, 4]), jnp.ones([4])]).shape; // => [2]
 * ```
 */
export function multiDot(
  arrays: readonly ArrayLike[],
  options: { precision?: lax.PrecisionLike } = {},
): NDArray {
  const { precision } = readOptions<{ precision: lax.PrecisionLike }>(
    "jnp.linalg.multiDot",
    [],
    [options],
    ["precision"],
  );
  if (!Array.isArray(arrays)) throw new TypeError("jnp.linalg.multiDot takes a list of arrays.");
  const xs = arrays.map((x, i) => toArray(x as ArrayLike, "jnp.linalg.multiDot", i));
  const count = xs.length;
  if (count < 2) throw new ValueError(`multi_dot requires at least two arrays; got len(arrays)=${count}`);
  const shapes = `[${xs.map((x) => shapeStr(x.shape)).join(", ")}]`;
  if (!xs.every((x, i) => x.ndim === 2 || (x.ndim === 1 && (i === 0 || i === count - 1)))) {
    throw new ValueError(
      "multi_dot: input arrays must all be two-dimensional, except for the first and last array which may be 1 or 2 dimensional. " +
        `Got array shapes ${shapes}`,
    );
  }
  if (xs.some((x, i) => i > 0 && xs[i - 1].shape[xs[i - 1].ndim - 1] !== x.shape[0])) {
    throw new ValueError(
      `multi_dot: last dimension of each array must match first dimension of following array. Got array shapes ${shapes}`,
    );
  }
  const axes = xs.map((x, i) => (x.ndim === 2 ? [i, i + 1] : i === 0 ? [1] : [i]));
  const [first, ...rest] = xs.flatMap((x, i): (NDArray | number[])[] => [x, axes[i]]);
  return einsum(first as NDArray, rest[0] as number[], ...rest.slice(1), { precision });
}
