import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeShape } from "./arguments.ts";
import { toArray } from "./promote.ts";

/**
 * Repeats an array along new leading axes and axes of size 1.
 *
 * @throws ValueError when a size is neither 1 nor that of `shape`, or the array has more axes
 * @example
 * ```ts
 * String(jnp.broadcastTo(jnp.array([1, 2]), [2, 2])); // => "[[1. 2.]\n [1. 2.]]"
 * ```
 */
export function broadcastTo(array: ArrayLike, shape: number | readonly number[]): NDArray {
  return broadcastArray(toArray(array, "broadcast_to"), canonicalizeShape(shape, "jnp.broadcastTo"));
}

function broadcastArray(x: NDArray, shape: readonly number[]): NDArray {
  if (x.ndim > shape.length) {
    throw new ValueError(
      `Cannot broadcast to shape with fewer dimensions: arr_shape=${shapeStr(x.shape)} shape=${shapeStr(shape)}`,
    );
  }
  if (shapesEqual(x.shape, shape)) return x;
  const lead = shape.length - x.ndim;
  if (!x.shape.every((n, i) => n === 1 || n === shape[lead + i])) {
    throw new ValueError(
      `Incompatible types for broadcasting: input type=${x.aval} and requested type=${shapedArray(shape, x.dtype)}`,
    );
  }
  return lax.broadcastInDim(
    x,
    shape,
    x.shape.map((_, i) => lead + i),
  );
}

/**
 * The arrays, repeated to their common shape.
 *
 * @throws ValueError when the shapes do not broadcast together
 * @example
 * ```ts
 * const [a, b] = jnp.broadcastArrays(jnp.zeros([2, 1]), jnp.ones(3));
 * [a.shape, b.shape]; // => [[2, 3], [2, 3]]
 * ```
 */
export function broadcastArrays(...args: ArrayLike[]): NDArray[] {
  const arrays = args.map((x, i) => toArray(x, "broadcast_arrays", i));
  const [first] = arrays;
  if (first === undefined || arrays.every((x) => shapesEqual(x.shape, first.shape))) return arrays;
  const shape = lax.broadcastShapes(...arrays.map((x) => x.shape));
  return arrays.map((x) => broadcastArray(x, shape));
}

/**
 * The shape to which shapes broadcast together, without arrays.
 *
 * @throws ValueError when they do not fit
 * @example
 * ```ts
 * jnp.broadcastShapes([2, 1], [3]); // => [2, 3]
 * ```
 */
export function broadcastShapes(...shapes: (number | readonly number[])[]): number[] {
  if (shapes.length === 0) return [];
  return lax.broadcastShapes(...shapes.map((s) => canonicalizeShape(s, "jnp.broadcastShapes")));
}
