import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { get, at as update } from "../numpy/access.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { arange, zeros } from "../numpy/creation.ts";
import { where } from "../numpy/where.ts";
import { map } from "../tree/map.ts";
import { chain } from "./chain.ts";
import { globalNorm } from "./clipping.ts";
import { mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { identity, scale, scaleByLearningRate } from "./scaling.ts";
import {
  addScaled,
  castLike,
  realDot,
  requireParams,
  scaleTree,
  squaredNorm,
  subtractTrees,
} from "./treeMath.ts";
import type { GradientTransformation, OptState, ScalarOrSchedule } from "./types.ts";
import { scaleByZoomLinesearch } from "./zoomLinesearch.ts";

export interface ScaleByLbfgsOptions {
  /** How many past steps are remembered; default 10. */
  memorySize?: number;
  /** Scale the first guess of the inverse Hessian by the last step; default true. */
  scaleInitPrecond?: boolean;
}

/** The state of {@link scaleByLbfgs}. */
export interface ScaleByLbfgsState {
  count: NDArray;
  params: OptState;
  updates: OptState;
  diffParamsMemory: OptState;
  diffUpdatesMemory: OptState;
  weightsMemory: NDArray;
}

/** Any tree of arrays; a list is as good as any to the type checker. */
type Tree = NDArray[];

/** Multiplies by the inverse Hessian that the remembered steps suggest (the two-loop recursion), oldest step at `oldest`. */
function precondition(
  updates: Tree,
  state: Pick<ScaleByLbfgsState, "diffParamsMemory" | "diffUpdatesMemory" | "weightsMemory">,
  identityScale: NDArray | number,
  oldest: NDArray,
): Tree {
  const size = state.weightsMemory.shape[0];
  const indices = bi.remainder(bi.add(oldest, arange(size)), size);
  const at = (i: NDArray): { dw: unknown; du: unknown; rho: NDArray } => ({
    dw: mapArrays((x) => get(x, i), state.diffParamsMemory),
    du: mapArrays((x) => get(x, i), state.diffUpdatesMemory),
    rho: get(state.weightsMemory, i),
  });
  const backwards = (vector: Tree, i: NDArray): [Tree, NDArray] => {
    const { dw, du, rho } = at(i);
    const alpha = rho.mul(realDot(dw, vector));
    return [castLike(addScaled(vector, alpha.neg(), du), vector), alpha];
  };
  const [inner, alphas] = lax.scan(backwards, updates, indices, { reverse: true });
  const forwards = (vector: Tree, [i, alpha]: [NDArray, NDArray]): [Tree, null] => {
    const { dw, du, rho } = at(i);
    const beta = rho.mul(realDot(du, vector));
    return [castLike(addScaled(vector, alpha.sub(beta), dw), vector), null];
  };
  const scaled = castLike(scaleTree(identityScale, inner), updates);
  return lax.scan(forwards, scaled, [indices, alphas] as [NDArray, NDArray])[0];
}

/**
 * Multiplies gradients by the inverse Hessian estimated from the last steps: L-BFGS without the line search. See {@link lbfgs}; `update` needs the
 * parameters.
 *
 * @throws ValueError for a memory below 1
 */
export function scaleByLbfgs(
  ...options: [(number | ScaleByLbfgsOptions)?, ...unknown[]]
): GradientTransformation<ScaleByLbfgsState> {
  const names = ["memorySize", "scaleInitPrecond"];
  const o = readOptions<ScaleByLbfgsOptions>("scaleByLbfgs", names, options);
  const { memorySize = 10, scaleInitPrecond = true } = o;
  if (!(memorySize >= 1)) throw new ValueError("memorySize must be >= 1");
  const remember = (params: unknown): unknown =>
    mapArrays((x) => zeros([memorySize, ...x.shape], x.dtype), params);
  return {
    init: (params) => ({
      count: zeroCount(),
      params: zerosLike(params),
      updates: zerosLike(params),
      diffParamsMemory: remember(params),
      diffUpdatesMemory: remember(params),
      weightsMemory: zeros(memorySize),
    }),
    update(updates, state, params) {
      const present = requireParams(params);
      const begun = state.count.gt(0);
      const oldest = bi.remainder(state.count, memorySize);
      const last = bi.remainder(state.count.sub(1), memorySize);
      const diffParams = subtractTrees(present, state.params);
      const diffUpdates = subtractTrees(updates, state.updates);
      const curvature = realDot(diffUpdates, diffParams);
      const weight = where(curvature.eq(0), 0, bi.divide(1, curvature));
      const store = <T>(memory: T, difference: unknown): T =>
        mapArrays((m, x) => update(m, last).set(where(begun, x, 0)), memory, difference);
      const memory = {
        diffParamsMemory: store(state.diffParamsMemory, diffParams),
        diffUpdatesMemory: store(state.diffUpdatesMemory, diffUpdates),
        weightsMemory: store(state.weightsMemory, weight),
      };
      let identityScale: NDArray | number = 1;
      if (scaleInitPrecond) {
        const size = squaredNorm(diffUpdates);
        const capped = bi.minimum(1, bi.divide(1, globalNorm(map(lax.stopGradient, updates))));
        identityScale = where(begun, where(size.gt(0), curvature.div(size), 1), capped);
      }
      return [
        precondition(updates as Tree, memory, identityScale, oldest) as typeof updates,
        { count: safeIncrement(state.count), params: present, updates, ...memory },
      ];
    },
  };
}

export interface LbfgsOptions extends ScaleByLbfgsOptions {
  /** Finds how far to go; default {@link scaleByZoomLinesearch} with at most 20 steps from 1. `null`: none. */
  linesearch?: GradientTransformation | null;
}

/**
 * L-BFGS: steps along the gradient times an estimate of the inverse Hessian, with a line search. `update` needs the parameters, and for the line
 * search `{ value, grad, valueFn }` in its fourth argument.
 *
 * Source: Liu and Nocedal, [On the limited memory BFGS method for large scale optimization](https://doi.org/10.1007/BF01589116), 1989.
 *
 * @param learningRate a factor of the steps; default 1
 * @example
 * ```ts
 * const valueFn = (x) => jnp.sum(x.sub(2).pow(2));
 * const optimizer = optim.lbfgs();
 * const valueAndGrad = optim.valueAndGradFromState(valueFn);
 * let params = jnp.zeros(2);
 * let state = optimizer.init(params);
 * for (let i = 0; i < 12; i++) {
 *   const [value, gradient] = valueAndGrad(params, { state });
 *   const extra = { value, grad: gradient, valueFn };
 *   const [updates, next] = optimizer.update(gradient, state, params, extra);
 *   [params, state] = [optim.applyUpdates(params, updates), next];
 * }
 * String(jnp.round(params, 1)); // => "[2. 2.]"
 * ```
 */
export function lbfgs(
  learningRate?: ScalarOrSchedule | null,
  ...options: [(number | LbfgsOptions)?, ...unknown[]]
): GradientTransformation {
  const names = ["memorySize", "scaleInitPrecond", "linesearch"];
  const { linesearch, ...rest } = readOptions<LbfgsOptions>("lbfgs", names, options);
  const search =
    linesearch === undefined
      ? scaleByZoomLinesearch(20, { initialGuessStrategy: "one" })
      : (linesearch ?? identity());
  return chain(
    scaleByLbfgs(rest),
    learningRate === undefined || learningRate === null ? scale(-1) : scaleByLearningRate(learningRate),
    search,
  );
}
