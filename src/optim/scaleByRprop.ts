import { readOptions } from "../numpy/arguments.ts";
import { clip } from "../numpy/manipulation.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { fullLike, mapArrays, zerosLike } from "./leaves.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface RpropOptions {
  /** The factor of a step whose gradient changed its sign; default 0.5. */
  etaMinus?: Scalar;
  /** The factor of a step whose gradient kept its sign; default 1.2. */
  etaPlus?: Scalar;
  /** Bounds of the steps; default 1e-6 and 50. */
  minStepSize?: Scalar;
  maxStepSize?: Scalar;
}
export const rpropNames = ["etaMinus", "etaPlus", "minStepSize", "maxStepSize"];

/** The state of {@link scaleByRprop}. */
export interface ScaleByRpropState {
  stepSizes: OptState;
  prevUpdates: OptState;
}

/** Steps of a size of its own for each coordinate, in the direction of the sign of the gradient. See {@link rprop}. */
export function scaleByRprop(
  learningRate: Scalar,
  ...options: [(Scalar | RpropOptions)?, ...unknown[]]
): GradientTransformation<ScaleByRpropState> {
  const o = readOptions<RpropOptions>("scaleByRprop", rpropNames, options);
  const { etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50 } = o;
  return {
    init: (params) => ({ stepSizes: fullLike(params, learningRate), prevUpdates: zerosLike(params) }),
    update(updates, state) {
      const agreement = mapArrays((g, last) => g.mul(last), updates, state.prevUpdates);
      const stepSizes = mapArrays(
        (sign, size) => {
          const next = size.mul(where(sign.gt(0), etaPlus, etaMinus));
          return where(sign.eq(0), size, clip(next, { min: minStepSize, max: maxStepSize }));
        },
        agreement,
        state.stepSizes,
      );
      const steps = mapArrays(
        (sign, g, size) => where(sign.lt(0), 0, size.mul(un.sign(g))),
        agreement,
        updates,
        stepSizes,
      );
      // As in optax, what is applied is the step of the call before, unless the sign has changed since.
      const moved = mapArrays((sign, last) => where(sign.lt(0), 0, last), agreement, state.prevUpdates);
      return [moved as typeof updates, { stepSizes, prevUpdates: steps }];
    },
  };
}
