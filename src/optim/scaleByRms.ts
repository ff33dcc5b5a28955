import type { NDArray } from "../core/array.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { fullLike, mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { biasCorrection, updateMoment, updateMomentPerElemNorm } from "./moments.ts";
import { absSq } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface ScaleByRssOptions {
  /** What the sums of squares start at; default 0.1. */
  initialAccumulatorValue?: Scalar;
  /** Added inside the root; default 1e-7. */
  eps?: Scalar;
}

/** The state of {@link scaleByRss}. */
export interface ScaleByRssState {
  sumOfSquares: OptState;
}

/** `1 / sqrt(x + eps)`, and 0 where nothing has been summed yet. */
export function inverseRoot(x: NDArray, eps: Scalar): NDArray {
  return where(x.gt(0), lax.rsqrt(x.add(eps)), 0);
}

/** Divides each gradient by the root of the sum of the squares of all of its past: AdaGrad without the rate. See {@link adagrad}. */
export function scaleByRss(
  ...options: [(Scalar | ScaleByRssOptions)?, ...unknown[]]
): GradientTransformation<ScaleByRssState> {
  const o = readOptions<ScaleByRssOptions>("scaleByRss", ["initialAccumulatorValue", "eps"], options);
  const { initialAccumulatorValue = 0.1, eps = 1e-7 } = o;
  return {
    init: (params) => ({ sumOfSquares: fullLike(params, initialAccumulatorValue) }),
    update(updates, state) {
      const sumOfSquares = mapArrays((g, s) => absSq(g).add(s), updates, state.sumOfSquares);
      return [mapArrays((g, s) => inverseRoot(s, eps).mul(g), updates, sumOfSquares), { sumOfSquares }];
    },
  };
}

export interface ScaleByRmsOptions {
  /** Decay of the average of squares; default 0.9. */
  decay?: Scalar;
  /** Avoids division by zero; default 1e-8. */
  eps?: Scalar;
  /** What the averages start at; default 0. */
  initialScale?: Scalar;
  /** Whether `eps` is added inside the root; default true. */
  epsInSqrt?: boolean;
  /** Divide the averages by the sum of their weights; default false. */
  biasCorrection?: boolean;
}
const rmsNames = ["decay", "eps", "initialScale", "epsInSqrt", "biasCorrection"];

/** The state of {@link scaleByRms}; the counter is there with bias correction only. */
export interface ScaleByRmsState {
  count?: NDArray;
  nu: OptState;
}

const inverse = (nu: NDArray, eps: Scalar, epsInSqrt: boolean): NDArray =>
  epsInSqrt ? lax.rsqrt(nu.add(eps)) : un.reciprocal(un.sqrt(nu).add(eps));

/** Divides by a moving root mean square of the gradient: RMSProp without the rate. See {@link rmsprop}. */
export function scaleByRms(
  ...options: [(Scalar | ScaleByRmsOptions)?, ...unknown[]]
): GradientTransformation<ScaleByRmsState> {
  const o = readOptions<ScaleByRmsOptions>("scaleByRms", rmsNames, options);
  const { decay = 0.9, eps = 1e-8, initialScale = 0, epsInSqrt = true } = o;
  const counts = o.biasCorrection === true;
  return {
    init: (params) => ({ ...(counts && { count: zeroCount() }), nu: fullLike(params, initialScale) }),
    update(updates, state) {
      const nu = updateMomentPerElemNorm(updates, state.nu, decay, 2);
      const count = state.count && safeIncrement(state.count);
      const nuHat = count === undefined ? nu : biasCorrection(nu, decay, count);
      const scaled = mapArrays((g, n) => inverse(n, eps, epsInSqrt).mul(g), updates, nuHat);
      return [scaled, { ...(count && { count }), nu }];
    },
  };
}

/** The state of {@link scaleByStddev}; the counter is there with bias correction only. */
export interface ScaleByStddevState extends ScaleByRmsState {
  mu: OptState;
}

/** Divides by a moving standard deviation of the gradient: centred RMSProp without the rate. */
export function scaleByStddev(
  ...options: [(Scalar | ScaleByRmsOptions)?, ...unknown[]]
): GradientTransformation<ScaleByStddevState> {
  const o = readOptions<ScaleByRmsOptions>("scaleByStddev", rmsNames, options);
  const { decay = 0.9, eps = 1e-8, initialScale = 0, epsInSqrt = true } = o;
  const counts = o.biasCorrection === true;
  return {
    init: (params) => ({
      ...(counts && { count: zeroCount() }),
      mu: zerosLike(params),
      nu: fullLike(params, initialScale),
    }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, decay, 1);
      const nu = updateMomentPerElemNorm(updates, state.nu, decay, 2);
      const count = state.count && safeIncrement(state.count);
      const hat = <T>(moment: T): T => (count === undefined ? moment : biasCorrection(moment, decay, count));
      const scaled = mapArrays(
        (g, m, n) => inverse(n.sub(absSq(m)), eps, epsInSqrt).mul(g),
        updates,
        hat(mu),
        hat(nu),
      );
      return [scaled, { ...(count && { count }), mu, nu }];
    },
  };
}
