import type { ArrayLike, NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { toArray } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { weakFloat } from "./leaves.ts";
import type { Schedule } from "./types.ts";

type Value = NDArray | number;

/** `x` as it takes part in float arithmetic: a number is a weak float32. */
const float = (x: Value): NDArray => (typeof x === "number" ? weakFloat(x) : x);
const counter = (count: ArrayLike): NDArray => toArray(count, "schedule");
const begin = (steps: number | undefined): number => Math.max(0, steps ?? 0);

/**
 * The same value at every step.
 *
 * @example
 * ```ts
 * optim.constantSchedule(0.3)(100); // => 0.3
 * ```
 */
export function constantSchedule(value: Value): Schedule {
  return () => value;
}

export interface TransitionOptions {
  /** How many steps the initial value is held before the transition starts; default 0. */
  transitionBegin?: number;
}

/**
 * From `initValue` to `endValue` in `transitionSteps` steps: `(initValue - endValue) * (1 - t / transitionSteps) ** power + endValue`. With no
 * steps it stays at `initValue`.
 *
 * @example
 * ```ts
 * String(optim.polynomialSchedule(1, 0, 2, 10)(5)); // => "0.25"
 * ```
 */
export function polynomialSchedule(
  initValue: Value,
  endValue: Value,
  power: Value,
  transitionSteps: number,
  ...options: [(number | TransitionOptions)?]
): Schedule {
  const o = readOptions<TransitionOptions>("polynomialSchedule", ["transitionBegin"], options);
  if (transitionSteps <= 0) return constantSchedule(initValue);
  const span = typeof initValue === "number" && typeof endValue === "number" ? initValue - endValue : null;
  return (count) => {
    const steps = bi.subtract(counter(count), begin(o.transitionBegin));
    const clipped = bi.minimum(bi.maximum(steps, 0), transitionSteps);
    const left = bi.subtract(1, bi.divide(clipped, transitionSteps));
    const range = span === null ? bi.subtract(initValue, endValue) : float(span);
    return bi.add(bi.multiply(range, power === 1 ? left : bi.power(left, power)), float(endValue));
  };
}

/**
 * A straight line from `initValue` to `endValue` in `transitionSteps` steps: {@link polynomialSchedule} of power 1.
 *
 * @example
 * ```ts
 * String(optim.linearSchedule(1, 0, 4)(1)); // => "0.75"
 * ```
 */
export function linearSchedule(
  initValue: Value,
  endValue: Value,
  transitionSteps: number,
  ...options: [(number | TransitionOptions)?]
): Schedule {
  return polynomialSchedule(initValue, endValue, 1, transitionSteps, ...options);
}

export interface ExponentialDecayOptions extends TransitionOptions {
  /** Decay in jumps, every `transitionSteps` steps. */
  staircase?: boolean;
  /** The value at which the decay stops. */
  endValue?: Value;
}

/**
 * `initValue * decayRate ** (t / transitionSteps)`; constant when `transitionSteps` or `decayRate` is 0.
 *
 * @example
 * ```ts
 * String(optim.exponentialDecay(1, 10, 0.5)(20)); // => "0.25"
 * ```
 */
export function exponentialDecay(
  initValue: Value,
  transitionSteps: number,
  decayRate: number,
  ...options: [(number | ExponentialDecayOptions)?, ...unknown[]]
): Schedule {
  const names = ["transitionBegin", "staircase", "endValue"];
  const o = readOptions<ExponentialDecayOptions>("exponentialDecay", names, options);
  if (transitionSteps <= 0 || decayRate === 0) return constantSchedule(initValue);
  const bound = decayRate < 1 ? bi.maximum : bi.minimum;
  return (count) => {
    const steps = bi.subtract(counter(count), begin(o.transitionBegin));
    const exact = bi.divide(steps, transitionSteps);
    const exponent = o.staircase === true ? un.floor(exact) : exact;
    const decayed = bi.multiply(float(initValue), bi.power(float(decayRate), exponent));
    const value = where(bi.lessEqual(steps, 0), float(initValue), decayed);
    return o.endValue === undefined ? value : bound(value, float(o.endValue));
  };
}

export interface CosineDecayOptions {
  /** The fraction of `initValue` at which it ends; default 0. */
  alpha?: Value;
  /** Bends the curve: `(0.5 * (1 + cos(pi * t / decaySteps))) ** exponent`; default 1. */
  exponent?: number;
}

/**
 * Half a cosine wave from `initValue` to `alpha * initValue` in `decaySteps` steps.
 *
 * Source: Loshchilov and Hutter, [SGDR: Stochastic Gradient Descent with Warm Restarts](https://arxiv.org/abs/1608.03983), 2017.
 *
 * @throws ValueError unless `decaySteps` is positive
 * @example
 * ```ts
 * String(optim.cosineDecaySchedule(1, 100)(50)); // => "0.49999997"
 * ```
 */
export function cosineDecaySchedule(
  initValue: Value,
  decaySteps: number,
  ...options: [(Value | CosineDecayOptions)?, ...unknown[]]
): Schedule {
  const o = readOptions<CosineDecayOptions>("cosineDecaySchedule", ["alpha", "exponent"], options);
  const { alpha = 0, exponent = 1 } = o;
  if (!(decaySteps > 0)) {
    throw new ValueError(
      `The cosineDecaySchedule requires positive decaySteps, got decaySteps=${decaySteps}.`,
    );
  }
  return (count) => {
    const steps = bi.minimum(counter(count), float(decaySteps));
    const angle = bi.divide(bi.multiply(Math.PI, steps), decaySteps);
    const cosine = bi.multiply(0.5, bi.add(1, un.cos(angle)));
    const bent = exponent === 1 ? cosine : bi.power(cosine, exponent);
    const rest = typeof alpha === "number" ? float(1 - alpha) : bi.subtract(1, alpha);
    return bi.multiply(float(initValue), bi.add(bi.multiply(rest, bent), float(alpha)));
  };
}

/**
 * Schedules one after the other: the next starts, at its own step 0, where `boundaries` says.
 *
 * @param boundaries increasing steps, one fewer than there are schedules
 * @throws ValueError when the numbers do not fit
 */
export function joinSchedules(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1) {
    throw new ValueError(
      `joinSchedules needs one boundary fewer than schedules, got ${schedules.length} schedules and ${boundaries.length} boundaries.`,
    );
  }
  return (count) => {
    const step = counter(count);
    return boundaries.reduce<Value>((value, boundary, i) => {
      const next = schedules[i + 1](bi.subtract(step, boundary));
      return where(bi.less(step, boundary), float(value), float(next));
    }, schedules[0](step));
  };
}

/**
 * Multiplied by a factor at each of some steps.
 *
 * @param boundariesAndScales the factors by step, as an object or a Map
 * @throws ValueError for a negative factor
 * @example
 * ```ts
 * String(optim.piecewiseConstantSchedule(1, { 100: 0.5 })(150)); // => "0.5"
 * ```
 */
export function piecewiseConstantSchedule(
  initValue: Value,
  boundariesAndScales: Readonly<Record<number, number>> | ReadonlyMap<number, number> = {},
): Schedule {
  const entries =
    boundariesAndScales instanceof Map ? boundariesAndScales : Object.entries(boundariesAndScales);
  const scales = [...entries]
    .map(([step, scale]) => [Number(step), Number(scale)] as const)
    .sort((a, b) => a[0] - b[0]);
  if (scales.some(([, scale]) => !(scale >= 0))) {
    throw new ValueError("`piecewiseConstantSchedule` expects non-negative scale factors");
  }
  if (scales.length === 0) return constantSchedule(initValue);
  return (count) => {
    const step = counter(count);
    return scales.reduce(
      (value, [boundary, scale]) => where(bi.less(step, boundary), value, bi.multiply(float(scale), value)),
      float(initValue),
    );
  };
}
