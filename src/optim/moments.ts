import type { ArrayLike, NDArray } from "../core/array.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { castTree, isComplex, mapArrays, safeIncrement, weakFloat, zeroCount, zerosLike } from "./leaves.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface TraceOptions {
  /** Look ahead: use the gradient once more after the momentum. */
  nesterov?: boolean;
  /** The dtype in which the trace is kept; default that of the parameters. */
  accumulatorDtype?: DTypeLike;
}

/** The state of {@link trace}. */
export interface TraceState {
  trace: OptState;
}

/**
 * Accumulates updates: `trace = decay * trace + update` (momentum). Compare {@link ema}, whose weights sum to 1.
 */
export function trace(
  decay: Scalar,
  ...options: [(boolean | TraceOptions)?, ...unknown[]]
): GradientTransformation<TraceState> {
  const o = readOptions<TraceOptions>("trace", ["nesterov", "accumulatorDtype"], options);
  const step = (g: NDArray, t: NDArray): NDArray => bi.add(g, bi.multiply(decay, t));
  return {
    init: (params) => ({ trace: zerosLike(params, o.accumulatorDtype) }),
    update(updates, state) {
      const next = mapArrays(step, updates, state.trace);
      return [
        o.nesterov === true ? mapArrays(step, updates, next) : next,
        { trace: castTree(next, o.accumulatorDtype) },
      ];
    },
  };
}

/** `1 - x`, computed in float64 for a number. */
export function complement(x: Scalar): NDArray {
  return typeof x === "number" ? weakFloat(1 - x) : bi.subtract(1, x);
}

/**
 * An exponential moving average of powers of the gradients: `(1 - decay) * g ** order + decay * moment`, leaf by leaf.
 *
 * @param order a positive integer: 1 for the mean, 2 for the uncentred variance
 * @example
 * ```ts
 * String(optim.updateMoment(jnp.array([4]), jnp.array([8]), 0.5, 2)); // => "[12.]"
 * ```
 */
export function updateMoment<P>(updates: P, moments: P, decay: Scalar, order: number): P {
  const power = (g: NDArray): NDArray => (order === 1 ? g : order === 2 ? un.square(g) : bi.power(g, order));
  return mapArrays(
    (g, m) => bi.add(bi.multiply(complement(decay), power(g)), bi.multiply(decay, m)),
    updates,
    moments,
  );
}

/** {@link updateMoment} of absolute values, which for complex gradients gives real moments. */
export function updateMomentPerElemNorm<P>(updates: P, moments: P, decay: Scalar, order: number): P {
  const sizes = mapArrays((g) => (isComplex(g) ? un.abs(g) : g), updates);
  return updateMoment(sizes, moments, decay, order);
}

/** The exponentially weighted infinity norm: `max(|g| + eps, decay * moment)`. */
export function updateInfinityMoment<P>(updates: P, moments: P, decay: Scalar, eps: Scalar): P {
  return mapArrays((g, m) => bi.maximum(bi.add(un.abs(g), eps), bi.multiply(decay, m)), updates, moments);
}

/**
 * Divides a moving average that started at zero by the sum of its weights, `1 - decay ** count`.
 *
 * @param count how many values went into the average, at least 1
 * @example
 * ```ts
 * String(optim.biasCorrection(jnp.array([0.75]), 0.5, 2)); // => "[1.]"
 * ```
 */
export function biasCorrection<P>(moment: P, decay: Scalar, count: ArrayLike): P {
  const weights = bi.subtract(1, bi.power(typeof decay === "number" ? weakFloat(decay) : decay, count));
  return mapArrays((m) => bi.divide(m, convert(weights, m.dtype)), moment);
}

/** The bias-corrected average as it will be after the next update, should the gradient stay the same (Nesterov's look-ahead). */
export function nesterovMoment<P>(updates: P, mu: P, decay: Scalar, count: NDArray): P {
  return updateMoment(
    biasCorrection(updates, decay, count),
    biasCorrection(mu, decay, safeIncrement(count)),
    decay,
    1,
  );
}

/** `mu / (sqrt(nu + epsRoot) + eps)`, the step of Adam and its relatives. */
export function adamStep<P>(mu: P, nu: P, eps: Scalar, epsRoot: Scalar): P {
  return mapArrays(
    (m, v) => bi.divide(m, bi.add(un.sqrt(epsRoot === 0 ? v : bi.add(v, epsRoot)), eps)),
    mu,
    nu,
  );
}

export interface EmaOptions {
  /** Divide by the sum of the weights, so that early averages are not too small; default true. */
  debias?: boolean;
  accumulatorDtype?: DTypeLike;
}

/** The state of {@link ema}. */
export interface EmaState {
  count: NDArray;
  ema: OptState;
}

/** An exponential moving average of the updates: `ema = decay * ema + (1 - decay) * update`. */
export function ema(
  decay: Scalar,
  ...options: [(boolean | EmaOptions)?, ...unknown[]]
): GradientTransformation<EmaState> {
  const o = readOptions<EmaOptions>("ema", ["debias", "accumulatorDtype"], options);
  return {
    init: (params) => ({ count: zeroCount(), ema: zerosLike(params, o.accumulatorDtype) }),
    update(updates, state) {
      const average = updateMoment(updates, state.ema, decay, 1);
      const count = safeIncrement(state.count);
      return [
        o.debias === false ? average : biasCorrection(average, decay, count),
        { count, ema: castTree(average, o.accumulatorDtype) },
      ];
    },
  };
}

export interface AdamOptions {
  /** Decay of the average of gradients; default 0.9. */
  b1?: Scalar;
  /** Decay of the average of squared gradients; default 0.999. */
  b2?: Scalar;
  /** Added to the denominator; default 1e-8. */
  eps?: Scalar;
  /** Added inside the square root, needed to differentiate through the update; default 0. */
  epsRoot?: Scalar;
  /** The dtype of the average of gradients; default that of the parameters. */
  muDtype?: DTypeLike;
  /** Use Nesterov momentum. */
  nesterov?: boolean;
}
/** The options of Adam that may be positional, in optax's order. */
export const adamNames = ["b1", "b2", "eps", "epsRoot", "muDtype"];

/** The state of {@link scaleByAdam}: how many updates, and the moving averages of gradients and of their squares. */
export interface ScaleByAdamState {
  count: NDArray;
  mu: OptState;
  nu: OptState;
}

/** Adam's rescaling without the learning rate: see {@link adam}. */
export function scaleByAdam(
  ...options: [(Scalar | AdamOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const o = readOptions<AdamOptions>("scaleByAdam", adamNames, options, ["nesterov"]);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, muDtype, nesterov = false } = o;
  return {
    init: (params) => ({ count: zeroCount(), mu: zerosLike(params, muDtype), nu: zerosLike(params) }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2);
      const count = safeIncrement(state.count);
      const muHat = nesterov ? nesterovMoment(updates, mu, b1, count) : biasCorrection(mu, b1, count);
      const scaled = adamStep(muHat, biasCorrection(nu, b2, count), eps, epsRoot);
      return [scaled, { count, mu: castTree(mu, muDtype), nu }];
    },
  };
}
