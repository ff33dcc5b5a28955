import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { where } from "../numpy/where.ts";
import { mapArrays, zeroCount } from "./leaves.ts";
import { complement } from "./moments.ts";
import { requireParams } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

/** The parameters of {@link lookahead}. Gradients are taken at `fast`, evaluation is done at `slow`. */
export interface LookaheadParams<P = unknown> {
  fast: P;
  slow: P;
}

/** The state of {@link lookahead}. */
export interface LookaheadState {
  fastState: OptState;
  stepsSinceSync: NDArray;
}

export interface LookaheadOptions {
  /** Start the fast optimizer anew at each meeting; default false. */
  resetState?: boolean;
}

/**
 * Every `syncPeriod` steps of a fast optimizer slow parameters move a part of the way towards the fast ones, which then go on from there.
 * Parameters are pairs `{ fast, slow }`, both the same at first; gradients have the structure of one.
 *
 * Source: Zhang et al., [Lookahead Optimizer: k steps forward, 1 step back](https://arxiv.org/abs/1907.08610), 2019.
 *
 * @throws ValueError for a period below 1
 * @example
 * ```ts
 * const optimizer = optim.lookahead(optim.sgd(1), 1, 0.5);
 * let params = { fast: jnp.array([4]), slow: jnp.array([4]) };
 * const [updates] = optimizer.update(jnp.array([2]), optimizer.init(params), params);
 * params = optim.applyUpdates(params, updates);
 * String(params.slow); // => "[3.]"
 * ```
 */
export function lookahead(
  fastOptimizer: GradientTransformation,
  syncPeriod: number,
  slowStepSize: Scalar,
  ...options: [(boolean | LookaheadOptions)?]
): {
  init(params: unknown): LookaheadState;
  update<P>(
    updates: P,
    state: LookaheadState,
    params: LookaheadParams<P>,
  ): [updates: LookaheadParams<P>, state: LookaheadState];
} {
  const { resetState = false } = readOptions<LookaheadOptions>("lookahead", ["resetState"], options);
  if (!(syncPeriod >= 1)) throw new ValueError("Synchronization period must be >= 1.");
  return {
    init(params) {
      const pair = params as Partial<LookaheadParams> | null;
      return { fastState: fastOptimizer.init(pair?.fast ?? params), stepsSinceSync: zeroCount() };
    },
    update(updates, state, params) {
      const { fast, slow } = requireParams(params);
      const [steps, moved] = fastOptimizer.update(updates, state.fastState, fast);
      const sync = state.stepsSinceSync.eq(syncPeriod - 1);
      const distance = mapArrays((f, u, s) => f.add(u).sub(s), fast, steps, slow);
      const fastState = resetState
        ? mapArrays((now, first) => where(sync, first, now), moved, fastOptimizer.init(fast))
        : moved;
      return [
        {
          fast: mapArrays((u, d) => where(sync, u.sub(complement(slowStepSize).mul(d)), u), steps, distance),
          slow: mapArrays((d) => where(sync, bi.multiply(slowStepSize, d), 0), distance),
        },
        { fastState, stepsSinceSync: bi.remainder(state.stepsSinceSync.add(1), syncPeriod) },
      ];
    },
  };
}
