import { readOptions } from "../numpy/arguments.ts";
import * as un from "../numpy/unary.ts";
import { mapArrays, zerosLike } from "./leaves.ts";
import { updateMoment } from "./moments.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface ScaleByAdadeltaOptions {
  /** Decay of both averages; default 0.9. */
  rho?: Scalar;
  /** Added inside both roots; default 1e-6. */
  eps?: Scalar;
}

/** The state of {@link scaleByAdadelta}: averages of squared gradients and of squared updates. */
export interface ScaleByAdadeltaState {
  eG: OptState;
  eX: OptState;
}

/** Multiplies gradients by the ratio of the sizes of past updates and past gradients. See {@link adadelta}. */
export function scaleByAdadelta(
  ...options: [(Scalar | ScaleByAdadeltaOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdadeltaState> {
  const o = readOptions<ScaleByAdadeltaOptions>("scaleByAdadelta", ["rho", "eps"], options);
  const { rho = 0.9, eps = 1e-6 } = o;
  return {
    init: (params) => ({ eG: zerosLike(params), eX: zerosLike(params) }),
    update(updates, state) {
      const eG = updateMoment(updates, state.eG, rho, 2);
      const scaled = mapArrays(
        (g, eg, ex) =>
          un
            .sqrt(ex.add(eps))
            .div(un.sqrt(eg.add(eps)))
            .mul(g),
        updates,
        eG,
        state.eX,
      );
      return [scaled, { eG, eX: updateMoment(scaled, state.eX, rho, 2) }];
    },
  };
}
