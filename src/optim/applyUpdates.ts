import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import { mapArrays } from "./leaves.ts";

/**
 * The parameters plus the updates, in the dtypes of the parameters.
 *
 * @throws ValueError when the trees differ
 * @example
 * ```ts
 * const [updates, nextState] = optimizer.update(gradients, state, params);
 * const nextParams = optim.applyUpdates(params, updates);
 * ```
 */
export function applyUpdates<P>(params: P, updates: P): P {
  return mapArrays((p, u) => convert(bi.add(p, u), p.dtype, p.weakType), params, updates);
}
