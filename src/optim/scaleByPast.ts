import type { NDArray } from "../core/array.ts";
import { bool, type DTypeLike, float32 } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { zeros } from "../numpy/creation.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { castTree, mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { requireParams } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

/** The state of {@link applyEvery}. */
export interface ApplyEveryState {
  count: NDArray;
  gradAcc: OptState;
}

/** Adds up updates and gives them out at every `k`th call, zeros at the others. See also {@link MultiSteps}. */
export function applyEvery(k: Scalar = 1): GradientTransformation<ApplyEveryState> {
  return {
    init: (params) => ({ count: zeroCount(), gradAcc: zerosLike(params) }),
    update(updates, state) {
      const c = bi.remainder(state.count, k);
      const gradAcc = mapArrays((g, acc) => where(c.eq(0), g, acc.add(g)), updates, state.gradAcc);
      const emit = c.eq(bi.subtract(k, 1));
      const count = bi.remainder(safeIncrement(state.count), k);
      return [mapArrays((acc) => where(emit, acc, 0), gradAcc), { count, gradAcc }];
    },
  };
}

export interface OptimisticGradientOptions {
  /** The weight of the gradient; default 1. */
  alpha?: Scalar;
  /** The weight of its change since the last step; default 1. */
  beta?: Scalar;
}

/** The state of {@link scaleByOptimisticGradient}. */
export interface ScaleByOptimisticGradientState {
  isInitialStep: NDArray;
  previousGradient: OptState;
}

/** `(alpha + beta) * gradient - beta * previous`: see {@link optimisticGradientDescent}. */
export function scaleByOptimisticGradient(
  ...options: [(Scalar | OptimisticGradientOptions)?, ...unknown[]]
): GradientTransformation<ScaleByOptimisticGradientState> {
  const o = readOptions<OptimisticGradientOptions>("scaleByOptimisticGradient", ["alpha", "beta"], options);
  const { alpha = 1, beta = 1 } = o;
  return {
    init: (params) => ({ isInitialStep: lax.full([], true, bool), previousGradient: zerosLike(params) }),
    update(updates, state) {
      const ahead = mapArrays(
        (g, last) => {
          const previous = where(state.isInitialStep, g, last);
          return bi.subtract(bi.multiply(bi.add(alpha, beta), g), bi.multiply(beta, previous));
        },
        updates,
        state.previousGradient,
      );
      return [
        ahead as typeof updates,
        { isInitialStep: lax.full([], false, bool), previousGradient: updates },
      ];
    },
  };
}

export interface DistanceOverGradientsOptions {
  /** The first distance, relative to the size of the parameter; default 1e-6. */
  repsRel?: Scalar;
  /** Added inside the root; default 1e-8. */
  eps?: Scalar;
  /** The dtype in which the first parameters are kept; default float32. */
  paramDtype?: DTypeLike;
  /** A factor; default 1. */
  globalScale?: Scalar;
}

/** The state of {@link scaleByDistanceOverGradients}. */
export interface ScaleByDistanceOverGradientsState {
  maxDist: OptState;
  gradSumOfSquares: OptState;
  initParams: OptState;
}

/**
 * A learning rate without tuning: the distance from the first parameters over the root of the sum of squared gradients, for each
 * parameter. `update` needs the parameters.
 *
 * Source: Ivgi et al., [DoG is SGD's Best Friend](https://arxiv.org/abs/2302.12022), 2023.
 */
export function scaleByDistanceOverGradients(
  ...options: [(Scalar | DistanceOverGradientsOptions)?, ...unknown[]]
): GradientTransformation<ScaleByDistanceOverGradientsState> {
  const o = readOptions<DistanceOverGradientsOptions>(
    "scaleByDistanceOverGradients",
    ["repsRel", "eps", "paramDtype", "globalScale"],
    options,
  );
  const { repsRel = 1e-6, eps = 1e-8, paramDtype = float32, globalScale = 1 } = o;
  const length = (x: NDArray): NDArray => un.sqrt(reductions.sum(un.square(x)));
  return {
    init: (params) => ({
      maxDist: mapArrays((p) => length(p).add(1).mul(repsRel), params),
      gradSumOfSquares: mapArrays(() => zeros([1]), params),
      initParams: castTree(params, paramDtype),
    }),
    update(updates, state, params) {
      const maxDist = mapArrays(
        (d, p, start) => bi.maximum(d, length(p.sub(start))),
        state.maxDist,
        requireParams(params),
        state.initParams,
      );
      const gradSumOfSquares = mapArrays(
        (s, g) => s.add(reductions.sum(un.square(g))),
        state.gradSumOfSquares,
        updates,
      );
      const scaled = mapArrays(
        (g, d, s) =>
          d
            .div(un.sqrt(s.add(eps)))
            .mul(globalScale)
            .mul(g),
        updates,
        maxDist,
        gradSumOfSquares,
      );
      return [scaled, { maxDist, gradSumOfSquares, initParams: state.initParams }];
    },
  };
}
