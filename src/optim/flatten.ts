import type { NDArray } from "../core/array.ts";
import { concatenate, split } from "../numpy/manipulation.ts";
import { leaves, structure, unflatten } from "../tree/flatten.ts";
import { leafArray } from "./leaves.ts";
import type { GradientTransformation } from "./types.ts";

const flat = (tree: unknown): NDArray => concatenate(leaves(tree).map((x) => leafArray(x).ravel()));

/**
 * Lets a transformation see all parameters as one vector, which saves small operations when there are many small parameters.
 *
 * @example
 * ```ts
 * const optimizer = optim.flatten(optim.adam(0.1));
 * const params = { w: jnp.ones([2, 2]), b: jnp.ones(2) };
 * optimizer.init(params)[0].mu.shape; // => [6]
 * ```
 */
export function flatten(inner: GradientTransformation): GradientTransformation {
  return {
    init: (params) => inner.init(flat(params)),
    update(updates, state, params, extra) {
      const vector = params === null || params === undefined ? null : flat(params);
      const [next, inside] = inner.update(flat(updates), state, vector, extra);
      const arrays = leaves(updates).map(leafArray);
      let end = 0;
      const ends = arrays.map(({ size }) => (end += size));
      const parts = split(next, ends.slice(0, -1)).map((part, i) => part.reshape(arrays[i].shape));
      return [unflatten(structure(updates), parts) as typeof updates, inside];
    },
  };
}
