import type { ArrayLike, NDArray } from "../core/array.ts";
import { int32, isComplex } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { ravel } from "./manipulationShape.ts";
import { toArray } from "./promote.ts";

/** Options of {@link topK}. */
export interface TopKOptions {
  /** Default the last; null for the flattened array. */
  axis?: number | null;
  /** The largest elements (the default) or the smallest. */
  mode?: "largest" | "smallest";
  /** Results are sorted in any case. */
  sorted?: boolean;
}

const topKJit = jit(
  (x: NDArray, k: number, axis: number, smallest: boolean): [NDArray, NDArray] => {
    if (!smallest) return lax.topK(x, k, { axis });
    const positions = lax.broadcastedIota(int32, x.shape, axis);
    const [values, indices] = lax.sortKeyVal(x, positions, { dimension: axis });
    return [lax.sliceInDim(values, 0, k, 1, axis), lax.sliceInDim(indices, 0, k, 1, axis)];
  },
  { name: "top_k", staticArgnums: [1, 2, 3] },
);
/**
 * The `k` largest (or smallest) elements along an axis, the most extreme first, and their positions (int32). Equal elements keep their
 * order; NaN counts as largest.
 *
 * @throws ValueError for `k` or an axis out of range, or another mode; TypeError for a `k` that is no integer
 * @example
 * ```ts
 * jnp.topK(jnp.array([3, 9, 4, 7]), 2).map(String); // => ["[9. 7.]", "[1 3]"]
 * jnp.topK(jnp.array([3, 9, 4, 7]), 2, { mode: "smallest" }).map(String); // => ["[3. 4.]", "[0 2]"]
 * ```
 */
export function topK(a: ArrayLike, k: number, options?: TopKOptions): [NDArray, NDArray] {
  const o = readOptions<TopKOptions>("topK", [], [options], ["axis", "mode", "sorted"]);
  const given = toArray(a, "topK");
  if (isComplex(given.dtype)) throw new ValueError("topK: complex numbers have no order.");
  const { mode = "largest" } = o;
  if (mode !== "largest" && mode !== "smallest") {
    throw new ValueError(`topK: mode must be "largest" or "smallest", got ${JSON.stringify(mode)}.`);
  }
  const x = o.axis === null ? ravel(given) : given;
  const axis = canonicalizeAxis(o.axis ?? -1, x.ndim);
  if (!Number.isInteger(k)) throw new TypeError(`topK: k must be an integer, got ${String(k)}.`);
  if (k < 0 || k > x.shape[axis]) {
    throw new ValueError(`topK: k must be between 0 and the size of the axis, ${x.shape[axis]}; got ${k}.`);
  }
  return topKJit(x, k, axis, mode === "smallest");
}
