import type { ArrayLike, NDArray } from "../core/array.ts";
import type { IndexingOptions } from "../core/arrayMethods.ts";
import { shapeStr } from "../core/aval.ts";
import { int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { ravel } from "./manipulationShape.ts";
import { broadcastToShape, toArray } from "./promote.ts";

/** Options of {@link putAlongAxis}. */
export interface PutAlongAxisOptions {
  axis?: number | null;
  /** Arrays are immutable: a new one is returned in any case. */
  inplace?: false;
  /** Out of bounds: "drop" (default), "clip" or "promise_in_bounds". */
  mode?: IndexingOptions["mode"];
}

/**
 * The array with elements at positions along one axis replaced, the other axes matched one to one: what `takeAlongAxis` would read. A
 * new array.
 *
 * @param indices integers; as many axes as `arr`
 * @param values what to put there; broadcasts to the shape of `indices`
 * @param axis null flattens `arr` and takes one-dimensional indices
 * @throws ValueError for other ranks and `inplace: true`, TypeError for indices that are no integers
 * @example
 * ```ts
 * const x = jnp.array([[10, 20], [30, 40]]);
 * String(jnp.putAlongAxis(x, jnp.argmax(x, 1, { keepdims: true }), 0, 1)); // => "[[10.  0.]\n [30.  0.]]"
 * ```
 */
export function putAlongAxis(
  arr: ArrayLike,
  indices: ArrayLike,
  values: ArrayLike,
  axis: number | null | PutAlongAxisOptions,
  options?: PutAlongAxisOptions,
): NDArray {
  const o = readOptions<PutAlongAxisOptions>("putAlongAxis", ["axis"], [axis, options], ["inplace", "mode"]);
  if ((o.inplace as unknown) === true) {
    throw new ValueError("Arrays are immutable: jnp.putAlongAxis returns a new array, pass inplace: false.");
  }
  if (o.axis === undefined) throw new TypeError("putAlongAxis() misses the argument axis.");
  const [given, at, v] = [arr, indices, values].map((x, i) => toArray(x, "put_along_axis", i));
  if (!isInteger(at.dtype)) throw new TypeError(`putAlongAxis: indices must be integers, got ${at.dtype}`);
  const x = o.axis === null ? ravel(given) : given;
  const k = canonicalizeAxis(o.axis ?? 0, x.ndim);
  if (x.ndim !== at.ndim) {
    throw new ValueError(
      `put_along_axis arguments 'arr' and 'indices' must have same ndim. Got ${x.ndim} and ${at.ndim}.`,
    );
  }
  let spread: NDArray;
  try {
    spread = broadcastToShape(v, at.shape);
  } catch {
    throw new ValueError(
      `put_along_axis argument 'values' must be broadcastable to 'indices'. Got shapes ${shapeStr(v.shape)} and ${shapeStr(at.shape)}.`,
    );
  }
  const index = x.shape.map((n, i) =>
    i === k
      ? at
      : lax.reshape(
          lax.iota(int32, n),
          x.shape.map((_, j) => (j === i ? n : 1)),
        ),
  );
  const updated = indexUpdate(x, index).set(spread, { mode: o.mode });
  return o.axis === null ? lax.reshape(updated, given.shape) : updated;
}
