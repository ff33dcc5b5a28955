import type { NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool, int32 } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { where } from "../numpy/where.ts";
import { mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { allFinite } from "./treeMath.ts";
import type { GradientTransformation, OptState } from "./types.ts";

/** The state of {@link applyIfFinite}. */
export interface ApplyIfFiniteState {
  /** How many updates in a row were not finite. */
  notfiniteCount: NDArray;
  lastFinite: NDArray;
  totalNotfinite: NDArray;
  innerState: OptState;
}

/**
 * Leaves out updates that hold an infinity or a NaN: the parameters and the inner state stay as they are. After more than
 * `maxConsecutiveErrors` in a row it gives up and applies them.
 */
export function applyIfFinite(
  inner: GradientTransformation,
  maxConsecutiveErrors: number,
): GradientTransformation<ApplyIfFiniteState> {
  return {
    init: (params) => ({
      notfiniteCount: zeroCount(),
      lastFinite: lax.full([], true, bool),
      totalNotfinite: zeroCount(),
      innerState: inner.init(params),
    }),
    update(updates, state, params, extra) {
      const finite = allFinite(updates);
      const count = where(finite, scalar(0, int32), safeIncrement(state.notfiniteCount));
      const apply = bi.logicalOr(finite, bi.greater(count, maxConsecutiveErrors));
      const [next, innerState] = inner.update(updates, state.innerState, params, extra);
      const choose = (a: NDArray, b: NDArray): NDArray => where(apply, a, b);
      return [
        mapArrays(choose, next, zerosLike(updates)),
        {
          notfiniteCount: count,
          lastFinite: finite,
          totalNotfinite: where(finite, state.totalNotfinite, safeIncrement(state.totalNotfinite)),
          innerState: mapArrays(choose, innerState, state.innerState),
        },
      ];
    },
  };
}
