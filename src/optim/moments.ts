import type { NDArray } from "../core/array.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { castTree, mapArrays, safeIncrement, weakFloat, zeroCount, zerosLike } from "./leaves.ts";
import type { GradientTransformation, OptState } from "./types.ts";

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
  decay: NDArray | number,
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

/** `(1 - decay) * g ** order + decay * moment`: an exponential moving average of powers of the gradients. */
function updateMoment<P>(updates: P, moment: P, decay: number, order: 1 | 2): P {
  return mapArrays(
    (g, m) =>
      bi.add(bi.multiply(weakFloat(1 - decay), order === 1 ? g : un.square(g)), bi.multiply(decay, m)),
    updates,
    moment,
  );
}

/** Divides a moving average that started at zero by the sum of its weights, `1 - decay ** count`. */
function biasCorrection<P>(moment: P, decay: number, count: NDArray): P {
  const weights = bi.subtract(1, bi.power(weakFloat(decay), count));
  return mapArrays((m) => bi.divide(m, convert(weights, m.dtype)), moment);
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
  decay: number,
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
  b1?: number;
  /** Decay of the average of squared gradients; default 0.999. */
  b2?: number;
  /** Added to the denominator; default 1e-8. */
  eps?: number;
  /** Added inside the square root, needed to differentiate through the update; default 0. */
  epsRoot?: number;
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
  ...options: [(number | AdamOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const o = readOptions<AdamOptions>("scaleByAdam", adamNames, options, ["nesterov"]);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, muDtype, nesterov = false } = o;
  return {
    init: (params) => ({ count: zeroCount(), mu: zerosLike(params, muDtype), nu: zerosLike(params) }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = updateMoment(updates, state.nu, b2, 2);
      const count = safeIncrement(state.count);
      const muHat = nesterov
        ? // The average as it will be after the next update, should the gradient stay the same.
          updateMoment(
            biasCorrection(updates, b1, count),
            biasCorrection(mu, b1, safeIncrement(count)),
            b1,
            1,
          )
        : biasCorrection(mu, b1, count);
      const nuHat = biasCorrection(nu, b2, count);
      const scaled = mapArrays(
        (m, v) => bi.divide(m, bi.add(un.sqrt(epsRoot === 0 ? v : bi.add(v, epsRoot)), eps)),
        muHat,
        nuHat,
      );
      return [scaled, { count, mu: castTree(mu, muDtype), nu }];
    },
  };
}
