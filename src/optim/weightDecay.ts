import type { NDArray } from "../core/array.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { mapArrays, safeIncrement, zeroCount } from "./leaves.ts";
import { type Mask, masked } from "./masked.ts";
import { requireParams } from "./treeMath.ts";
import type { GradientTransformation, OptState, ScalarOrSchedule } from "./types.ts";

/** The state of {@link addDecayedWeights} when the decay is a schedule. */
export interface WeightDecaySchedule {
  count: NDArray;
}

/**
 * Adds `weightDecay` times the parameters to the updates; `update` needs the parameters as its third argument.
 *
 * @param mask which parameters decay: see {@link masked}; default all
 * @throws ValueError from `update` when it is called without parameters
 */
export function addDecayedWeights(
  weightDecay: ScalarOrSchedule = 0,
  ...options: [({ mask?: Mask } | ((params: OptState) => unknown))?]
): GradientTransformation {
  // A mask given by position may itself be a plain object: only one with the sole key `mask` is read as options.
  const [first] = options;
  const named = typeof first === "object" && first !== null && Object.keys(first).join() === "mask";
  const { mask } = named
    ? readOptions<{ mask: Mask }>("addDecayedWeights", ["mask"], [first])
    : { mask: first };
  const scheduled = typeof weightDecay === "function";
  const decay: GradientTransformation = {
    init: () => (scheduled ? { count: zeroCount() } : {}),
    update(updates, state, params) {
      const present = requireParams(params);
      if (weightDecay === 0) return [updates, state];
      const rate = scheduled ? weightDecay(state.count) : weightDecay;
      return [
        mapArrays((g, p) => bi.add(g, bi.multiply(rate, p)), updates, present),
        scheduled ? { count: safeIncrement(state.count) } : state,
      ];
    },
  };
  return mask === undefined || mask === null ? decay : masked(decay, mask);
}
