import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import { mapArrays } from "./leaves.ts";

/**
 * The parameters plus the updates, in the dtypes of the parameters.
 *
 * @throws ValueError when the trees differ
 * @example
 * ```ts
 * const params = { w: jnp.ones(2) };
 * const optimizer = optim.sgd(0.5);
 * const [updates, state] = optimizer.update({ w: jnp.array([1, 2]) }, optimizer.init(params), params);
 * String(optim.applyUpdates(params, updates).w); // => "[0.5 0. ]"
 * ```
 */
export function applyUpdates<P>(params: P, updates: P): P {
  return mapArrays((p, u) => convert(bi.add(p, u), p.dtype, p.weakType), params, updates);
}
