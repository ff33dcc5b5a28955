import { readOptions } from "../numpy/arguments.ts";
import {
  type CosineDecayOptions,
  cosineDecaySchedule,
  type ExponentialDecayOptions,
  exponentialDecay,
  joinSchedules,
  linearSchedule,
} from "./schedules.ts";
import type { Schedule } from "./types.ts";

/** A linear warm-up from `initValue` to `peakValue` in `warmupSteps` steps, and then no decay. */
export function warmupConstantSchedule(initValue: number, peakValue: number, warmupSteps: number): Schedule {
  return linearSchedule(initValue, peakValue, warmupSteps);
}

export interface WarmupCosineOptions extends Pick<CosineDecayOptions, "exponent"> {
  /** The value at the end; default 0. */
  endValue?: number;
}

/**
 * A linear warm-up from `initValue` to `peakValue`, then half a cosine wave down to `endValue`.
 *
 * @param decaySteps the length of the whole schedule, the warm-up included
 * @throws ValueError unless `decaySteps` is greater than `warmupSteps`
 * @example
 * ```ts
 * String(optim.warmupCosineDecaySchedule(0, 1, 10, 100)(5)); // => "0.5"
 * ```
 */
export function warmupCosineDecaySchedule(
  initValue: number,
  peakValue: number,
  warmupSteps: number,
  decaySteps: number,
  ...options: [(number | WarmupCosineOptions)?, ...unknown[]]
): Schedule {
  const o = readOptions<WarmupCosineOptions>("warmupCosineDecaySchedule", ["endValue", "exponent"], options);
  const { endValue = 0, exponent = 1 } = o;
  const alpha = peakValue === 0 ? 0 : endValue / peakValue;
  return joinSchedules(
    [
      linearSchedule(initValue, peakValue, warmupSteps),
      cosineDecaySchedule(peakValue, decaySteps - warmupSteps, { alpha, exponent }),
    ],
    [warmupSteps],
  );
}

/** A linear warm-up from `initValue` to `peakValue`, then {@link exponentialDecay} with the remaining arguments. */
export function warmupExponentialDecaySchedule(
  initValue: number,
  peakValue: number,
  warmupSteps: number,
  transitionSteps: number,
  decayRate: number,
  ...options: [(number | ExponentialDecayOptions)?, ...unknown[]]
): Schedule {
  return joinSchedules(
    [
      linearSchedule(initValue, peakValue, warmupSteps),
      exponentialDecay(peakValue, transitionSteps, decayRate, ...options),
    ],
    [warmupSteps],
  );
}

/** The arguments of one cycle of {@link sgdrSchedule}. */
export interface SgdrCycle extends WarmupCosineOptions {
  initValue: number;
  peakValue: number;
  warmupSteps: number;
  decaySteps: number;
}

/**
 * Cosine cycles with warm restarts, one {@link warmupCosineDecaySchedule} after the other.
 *
 * Source: Loshchilov and Hutter, [SGDR: Stochastic Gradient Descent with Warm Restarts](https://arxiv.org/abs/1608.03983), 2017.
 */
export function sgdrSchedule(cycles: readonly SgdrCycle[]): Schedule {
  let end = 0;
  const ends = cycles.map(({ decaySteps }) => (end += decaySteps));
  const schedules = cycles.map((c) =>
    warmupCosineDecaySchedule(c.initValue, c.peakValue, c.warmupSteps, c.decaySteps, {
      endValue: c.endValue,
      exponent: c.exponent,
    }),
  );
  return joinSchedules(schedules, ends.slice(0, -1));
}
