import type { ArrayLike, NDArray } from "../core/array.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { grad } from "../transforms/grad.ts";
import { extraArgument } from "./extraArgument.ts";
import { leafArray, zeroCount, zerosLike } from "./leaves.ts";
import { addScaled, castLike, realDot, requireParams, scaleTree } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";
import { valueDType } from "./zoomLinesearch.ts";

export interface BacktrackingLinesearchOptions {
  /** The decrease that is asked for, relative to the slope (Armijo); default 1e-4. */
  slopeRtol?: Scalar;
  /** The factor of a step that is too long; default 0.8. */
  decreaseFactor?: Scalar;
  /** The first step, relative to the last; default 1.5. */
  increaseFactor?: Scalar;
  /** The largest step; default 1. */
  maxLearningRate?: Scalar;
  /** How far the condition may be violated, absolutely and relative to the loss; default 0. */
  atol?: Scalar;
  rtol?: Scalar;
  /** Keep the gradient at the end of the step in the state, for {@link valueAndGradFromState}; default false. */
  storeGrad?: boolean;
}

/** The state of {@link scaleByBacktrackingLinesearch}: the step taken, and the loss there. */
export interface ScaleByBacktrackingLinesearchState {
  learningRate: NDArray;
  value: NDArray;
  /** The gradient there, with `storeGrad`. */
  grad: OptState | null;
  info: { numLinesearchSteps: NDArray; decreaseError: NDArray };
}

interface Search {
  learningRate: NDArray;
  value: NDArray;
  decreaseError: NDArray;
  count: NDArray;
}

/**
 * Scales updates by the first step along their direction, from long to short, that decreases the loss enough. `update` needs the parameters, and
 * `{ value, grad, valueFn }` in its fourth argument: the loss, its gradient, and the function of the parameters.
 *
 * Source: Armijo, [Minimization of functions having Lipschitz continuous first partial
 * derivatives](https://doi.org/10.2140/pjm.1966.16.1), 1966.
 *
 * @param maxBacktrackingSteps how often the step is made shorter, at most
 * @throws TypeError from `update` without `value`, `grad` or `valueFn`
 * @example
 * ```ts
 * const valueFn = (x) => jnp.sum(x.mul(x));
 * const optimizer = optim.chain(optim.sgd(1), optim.scaleByBacktrackingLinesearch(15));
 * const params = jnp.array([3, 4]);
 * const [value, gradient] = valueAndGrad(valueFn)(params);
 * const extra = { value, grad: gradient, valueFn };
 * const [, [, state]] = optimizer.update(gradient, optimizer.init(params), params, extra);
 * String(jnp.round(state.learningRate, 2)); // => "0.8"
 * ```
 */
export function scaleByBacktrackingLinesearch(
  maxBacktrackingSteps: number,
  ...options: [(Scalar | BacktrackingLinesearchOptions)?, ...unknown[]]
): GradientTransformation<ScaleByBacktrackingLinesearchState> {
  const o = readOptions<BacktrackingLinesearchOptions>(
    "scaleByBacktrackingLinesearch",
    ["slopeRtol", "decreaseFactor", "increaseFactor", "maxLearningRate", "atol", "rtol", "storeGrad"],
    options,
  );
  const { slopeRtol = 1e-4, decreaseFactor = 0.8, increaseFactor = 1.5, maxLearningRate = 1 } = o;
  const { atol = 0, rtol = 0, storeGrad = false } = o;
  return {
    init(params) {
      const dtype = valueDType(params);
      const number = (x: number): NDArray => lax.full([], x, dtype);
      return {
        learningRate: number(1),
        value: number(Number.POSITIVE_INFINITY),
        grad: storeGrad ? zerosLike(params) : null,
        info: { numLinesearchSteps: zeroCount(), decreaseError: number(Number.POSITIVE_INFINITY) },
      };
    },
    update(updates, state, params, extra) {
      const present = requireParams(params);
      const { dtype } = state.learningRate;
      const cast = (x: ArrayLike): NDArray => convert(leafArray(x), dtype);
      const name = "scaleByBacktrackingLinesearch";
      const value = cast(extraArgument(name, extra, "value") as ArrayLike);
      const valueFn = extraArgument(name, extra, "valueFn") as (params: unknown) => NDArray;
      const slope = cast(realDot(extraArgument(name, extra, "grad"), updates));
      const gradient = grad(valueFn as never) as unknown as (params: unknown) => unknown;
      const moved = (step: NDArray): unknown => castLike(addScaled(present, step, updates), present);

      const tooLong = (s: Search): NDArray =>
        bi.logicalAnd(un.logicalNot(s.decreaseError.le(atol)), s.count.le(maxBacktrackingSteps));
      const shorten = (s: Search): Search => {
        const step = cast(where(s.count.gt(0), bi.multiply(decreaseFactor, s.learningRate), s.learningRate));
        const next = cast(valueFn(moved(step)));
        const asked = bi.multiply(bi.add(1, rtol), value).add(bi.multiply(slopeRtol, step).mul(slope));
        const error = next.sub(asked);
        return {
          learningRate: step,
          value: next,
          decreaseError: cast(bi.maximum(where(un.isnan(error), Number.POSITIVE_INFINITY, error), 0)),
          count: s.count.add(1),
        };
      };
      const end = lax.whileLoop(tooLong, shorten, {
        learningRate: cast(bi.minimum(bi.multiply(increaseFactor, state.learningRate), maxLearningRate)),
        value,
        decreaseError: lax.full([], Number.POSITIVE_INFINITY, dtype),
        count: zeroCount(),
      });
      const learningRate = where(un.isinf(end.decreaseError), 0, end.learningRate);
      return [
        castLike(scaleTree(learningRate, updates), updates),
        {
          learningRate,
          value: end.value,
          grad: storeGrad ? gradient(moved(end.learningRate)) : null,
          info: { numLinesearchSteps: end.count, decreaseError: end.decreaseError },
        },
      ];
    },
  };
}
