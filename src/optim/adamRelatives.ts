import type { NDArray } from "../core/array.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { castTree, fullLike, mapArrays, safeIncrement, weakFloat, zeroCount, zerosLike } from "./leaves.ts";
import {
  type AdamOptions,
  adamNames,
  adamStep,
  biasCorrection,
  complement,
  nesterovMoment,
  type ScaleByAdamState,
  updateInfinityMoment,
  updateMoment,
  updateMomentPerElemNorm,
} from "./moments.ts";
import { absSq, subtractTrees } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

// Rescalings by moving averages of the gradient and of its size.

const adamState = (params: unknown): ScaleByAdamState => ({
  count: zeroCount(),
  mu: zerosLike(params),
  nu: zerosLike(params),
});

export interface AmsgradOptions extends Omit<AdamOptions, "nesterov"> {
  /** Divide the average of gradients by the sum of its weights; default true. */
  biasCorrectionMu?: boolean;
  /** The same for the average of squares; default true. */
  biasCorrectionNu?: boolean;
}
export const amsgradNames = [...adamNames, "biasCorrectionMu", "biasCorrectionNu"];

/** The state of {@link scaleByAmsgrad}. */
export interface ScaleByAmsgradState extends ScaleByAdamState {
  nuMax: OptState;
}

/** Adam's rescaling by the largest average of squares so far. See {@link amsgrad}. */
export function scaleByAmsgrad(
  ...options: [(Scalar | AmsgradOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAmsgradState> {
  const o = readOptions<AmsgradOptions>("scaleByAmsgrad", amsgradNames, options);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, muDtype } = o;
  return {
    init: (params) => ({ ...adamState(params), mu: zerosLike(params, muDtype), nuMax: zerosLike(params) }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2);
      const count = safeIncrement(state.count);
      const muHat = o.biasCorrectionMu === false ? mu : biasCorrection(mu, b1, count);
      const nuHat = o.biasCorrectionNu === false ? nu : biasCorrection(nu, b2, count);
      const nuMax = mapArrays((a, b) => bi.maximum(a, b), state.nuMax, nuHat);
      const scaled = adamStep(muHat, nuMax, eps, epsRoot);
      return [scaled as typeof updates, { count, mu: castTree(mu, muDtype), nu, nuMax }];
    },
  };
}

/** The options of Adamax. */
export type AdamaxOptions = Pick<AdamOptions, "b1" | "b2" | "eps">;
export const adamaxNames = ["b1", "b2", "eps"];

/** Adam's rescaling with an infinity norm in place of the root mean square. See {@link adamax}. */
export function scaleByAdamax(
  ...options: [(Scalar | AdamaxOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const o = readOptions<AdamaxOptions>("scaleByAdamax", adamaxNames, options);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8 } = o;
  return {
    init: adamState,
    update(updates, state) {
      const count = safeIncrement(state.count);
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = updateInfinityMoment(updates, state.nu, b2, eps);
      const scaled = mapArrays((m, v) => m.div(v), biasCorrection(mu, b1, count), nu);
      return [scaled as typeof updates, { count, mu, nu }];
    },
  };
}

/** The options of AdaBelief: those of {@link adam}, with 1e-16 for `eps` and `epsRoot`. */
export type BeliefOptions = Omit<AdamOptions, "muDtype">;
export const beliefNames = ["b1", "b2", "eps", "epsRoot"];

/** Adam's rescaling by how far gradients are from their average. See {@link adabelief}. */
export function scaleByBelief(
  ...options: [(Scalar | BeliefOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const o = readOptions<BeliefOptions>("scaleByBelief", beliefNames, options, ["nesterov"]);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16, nesterov = false } = o;
  return {
    init: adamState,
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const surprise = updateMomentPerElemNorm(subtractTrees(updates, mu), state.nu, b2, 2);
      const nu = mapArrays((v) => v.add(epsRoot), surprise);
      const count = safeIncrement(state.count);
      const muHat = nesterov ? nesterovMoment(updates, mu, b1, count) : biasCorrection(mu, b1, count);
      const scaled = adamStep(muHat, biasCorrection(nu, b2, count), eps, 0);
      return [scaled as typeof updates, { count, mu, nu }];
    },
  };
}

export interface ScaleByYogiOptions extends Omit<BeliefOptions, "nesterov"> {
  /** What both averages start at; default 1e-6. */
  initialAccumulatorValue?: Scalar;
}

/** Adam's rescaling with a second moment that moves by at most the squared gradient. See {@link yogi}. */
export function scaleByYogi(
  ...options: [(Scalar | ScaleByYogiOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const names = [...beliefNames, "initialAccumulatorValue"];
  const o = readOptions<ScaleByYogiOptions>("scaleByYogi", names, options);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-3, epsRoot = 0, initialAccumulatorValue = 1e-6 } = o;
  return {
    init: (params) => ({
      count: zeroCount(),
      mu: fullLike(params, initialAccumulatorValue),
      nu: fullLike(params, initialAccumulatorValue),
    }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = mapArrays(
        (v, g) =>
          v.sub(
            complement(b2)
              .mul(un.sign(v.sub(absSq(g))))
              .mul(absSq(g)),
          ),
        state.nu,
        updates,
      );
      const count = safeIncrement(state.count);
      const scaled = adamStep(biasCorrection(mu, b1, count), biasCorrection(nu, b2, count), eps, epsRoot);
      return [scaled as typeof updates, { count, mu, nu }];
    },
  };
}

export interface RadamOptions extends BeliefOptions {
  /** Below this many degrees of freedom the step is not divided by the second moment; default 5. */
  threshold?: Scalar;
}
export const radamNames = [...beliefNames, "threshold"];

/** Adam's rescaling, rectified for the variance of its denominator in the first steps. See {@link radam}. */
export function scaleByRadam(
  ...options: [(Scalar | RadamOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdamState> {
  const o = readOptions<RadamOptions>("scaleByRadam", radamNames, options, ["nesterov"]);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, threshold = 5, nesterov = false } = o;
  const roInf = typeof b2 === "number" ? 2 / (1 - b2) - 1 : bi.subtract(bi.divide(2, bi.subtract(1, b2)), 1);
  return {
    init: adamState,
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, b1, 1);
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2);
      const count = safeIncrement(state.count);
      const b2t = bi.power(typeof b2 === "number" ? weakFloat(b2) : b2, count);
      const ro = bi.subtract(roInf, bi.divide(bi.multiply(bi.multiply(2, count), b2t), bi.subtract(1, b2t)));
      const inf = typeof roInf === "number" ? weakFloat(roInf) : roInf;
      const rectification = un.sqrt(
        ro
          .sub(4)
          .mul(ro.sub(2))
          .mul(inf)
          .div(inf.sub(4).mul(inf.sub(2)).mul(ro)),
      );
      const muHat = nesterov ? nesterovMoment(updates, mu, b1, count) : biasCorrection(mu, b1, count);
      const adam = adamStep(muHat, biasCorrection(nu, b2, count), eps, epsRoot);
      const scaled = mapArrays(
        (a, m) => where(ro.ge(threshold), convert(rectification, m.dtype).mul(a), m),
        adam,
        muHat,
      );
      return [scaled as typeof updates, { count, mu, nu }];
    },
  };
}

export interface AdanOptions {
  /** Decay of the average of gradients; default 0.98. */
  b1?: Scalar;
  /** Decay of the average of differences of gradients; default 0.92. */
  b2?: Scalar;
  /** Decay of the average of squares; default 0.99. */
  b3?: Scalar;
  /** Added to the denominator; default 1e-8. */
  eps?: Scalar;
  /** Added inside the root; default 0 here and 1e-8 in {@link adan}. */
  epsRoot?: Scalar;
}
export const adanNames = ["b1", "b2", "b3", "eps", "epsRoot"];

/** The state of {@link scaleByAdan}: averages, the gradient of the last step, and how many there were. */
export interface ScaleByAdanState {
  m: OptState;
  v: OptState;
  n: OptState;
  g: OptState;
  t: NDArray;
}

/** Adam's rescaling with an estimate of Nesterov's look-ahead from differences of gradients. See {@link adan}. */
export function scaleByAdan(
  ...options: [(Scalar | AdanOptions)?, ...unknown[]]
): GradientTransformation<ScaleByAdanState> {
  const o = readOptions<AdanOptions>("scaleByAdan", adanNames, options);
  const { b1 = 0.98, b2 = 0.92, b3 = 0.99, eps = 1e-8, epsRoot = 0 } = o;
  return {
    init: (params) => ({
      m: zerosLike(params),
      v: zerosLike(params),
      n: zerosLike(params),
      g: zerosLike(params),
      t: zeroCount(),
    }),
    update(updates, state) {
      const first = state.t.eq(0);
      const diff = mapArrays((g, last) => where(first, 0, g.sub(last)), updates, state.g);
      const ahead = mapArrays((g, d) => g.add(complement(b2).mul(d)), updates, diff);
      const m = updateMoment(updates, state.m, b1, 1);
      const v = updateMoment(diff, state.v, b2, 1);
      const n = updateMomentPerElemNorm(ahead, state.n, b3, 2);
      const t = safeIncrement(state.t);
      const step = mapArrays(
        (mHat, vHat) => mHat.add(complement(b2).mul(vHat)),
        biasCorrection(m, b1, t),
        biasCorrection(v, b2, t),
      );
      const scaled = adamStep(step, biasCorrection(n, b3, t), eps, epsRoot);
      return [scaled as typeof updates, { m, v, n, g: updates, t }];
    },
  };
}

export interface ScaleByLionOptions {
  /** Weight of the average in the step; default 0.9. */
  b1?: Scalar;
  /** Decay of the average; default 0.99. */
  b2?: Scalar;
  /** The dtype of the average; default that of the parameters. */
  muDtype?: DTypeLike;
  /** The sign ("hard", the default), a tanh ("smooth"), or the identity up to 1 and the sign beyond ("refined"). */
  mode?: "hard" | "smooth" | "refined";
  /** The slope of the tanh; default 1. */
  smoothBeta?: Scalar;
}
export const lionNames = ["b1", "b2", "muDtype"];

/** The state of {@link scaleByLion}. */
export interface ScaleByLionState {
  count: NDArray;
  mu: OptState;
}

/** The sign of a mixture of the gradient and its average. See {@link lion}. */
export function scaleByLion(
  ...options: [(Scalar | ScaleByLionOptions)?, ...unknown[]]
): GradientTransformation<ScaleByLionState> {
  const o = readOptions<ScaleByLionOptions>("scaleByLion", lionNames, options, ["mode", "smoothBeta"]);
  const { b1 = 0.9, b2 = 0.99, muDtype, mode = "hard", smoothBeta = 1 } = o;
  const squash = {
    hard: (x: NDArray) => un.sign(x),
    smooth: (x: NDArray) => un.tanh(x.mul(smoothBeta)),
    refined: (x: NDArray) => where(un.absolute(x).lt(1), x, un.sign(x)),
  }[mode];
  if (squash === undefined) {
    throw new TypeError(`Unknown lion mode: ${String(mode)}. It must be "hard", "smooth" or "refined".`);
  }
  return {
    init: (params) => ({ count: zeroCount(), mu: zerosLike(params, muDtype) }),
    update(updates, state) {
      const mixed = updateMoment(updates, state.mu, b1, 1);
      const mu = castTree(updateMoment(updates, state.mu, b2, 1), muDtype);
      return [mapArrays(squash, mixed), { count: safeIncrement(state.count), mu }];
    },
  };
}
