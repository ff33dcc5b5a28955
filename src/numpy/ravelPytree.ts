import { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { float32, promoteEntries } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { flattenInto } from "../tree/flatten.ts";
import { convert, toArray } from "./promote.ts";

/**
 * All numbers of a pytree in one vector, and the way back.
 *
 * @returns `[flat, unravel]`: `flat` holds the leaves in order, row-major, in the dtype to which theirs promote; `unravel(flat)` gives a tree of the
 * same structure, shapes and dtypes
 * @throws ValueError (from unravel) for a vector of another length
 * @example
 * ```ts
 * const [flat, unravel] = ravelPytree({ b: jnp.array([3, 4]), a: jnp.array(1) });
 * flat; // => Array([1., 3., 4.], dtype=float32)
 * unravel(flat).b; // => Array([3., 4.], dtype=float32)
 * ```
 */
export function ravelPytree<T>(tree: T): [flat: NDArray, unravel: (flat: NDArray) => T] {
  const raw: unknown[] = [];
  const treedef = flattenInto(tree, raw);
  const leaves = raw.map((x) => toArray(x, "ravelPytree"));
  const dtype = leaves.length === 0 ? float32 : promoteEntries(leaves.map((x) => x.aval)).dtype;
  const parts = leaves.map((x) => lax.reshape(convert(x, dtype), [x.size]));
  const flat = parts.length === 0 ? lax.full([0], 0, dtype) : lax.concatenate(parts, 0);
  const unravel = (vector: NDArray): T => {
    if (!(vector instanceof NDArray) || vector.ndim !== 1 || vector.size !== flat.size) {
      const got = vector instanceof NDArray ? shapeStr(vector.shape) : typeof vector;
      throw new ValueError(
        `unravel function expected an array of shape ${shapeStr(flat.shape)}, got ${got}.`,
      );
    }
    let start = 0;
    const restored = leaves.map((x) => {
      const part = lax.slice(vector, [start], [start + x.size]);
      start += x.size;
      return convert(lax.reshape(part, x.shape), x.dtype);
    });
    return treedef.unflatten(restored) as T;
  };
  return [flat, unravel];
}
