import type { ArrayLike, NDArray } from "../core/array.ts";
import { float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert, toArray } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { weakFloat } from "./leaves.ts";
import type { Schedule } from "./types.ts";

/**
 * Interpolates between values at given steps, each a multiple of the one before; constant after the last.
 *
 * @param interpolateType "linear" or "cosine"
 * @param boundariesAndScales the factors by step, as an object or a Map
 * @throws ValueError for another type or a negative factor
 * @example
 * ```ts
 * const schedule = optim.piecewiseInterpolateSchedule("linear", 1, { 10: 3 });
 * String(schedule(5)); // => "2.0"
 * ```
 */
export function piecewiseInterpolateSchedule(
  interpolateType: "linear" | "cosine",
  initValue: number,
  boundariesAndScales: Readonly<Record<number, number>> | ReadonlyMap<number, number> = {},
): Schedule {
  if (interpolateType !== "linear" && interpolateType !== "cosine") {
    throw new ValueError("`interpolateType` must be either 'cosine' or 'linear'");
  }
  const entries =
    boundariesAndScales instanceof Map ? boundariesAndScales : Object.entries(boundariesAndScales);
  const knots = [...entries].map(([b, s]) => [Number(b), Number(s)] as const).sort((a, b) => a[0] - b[0]);
  if (knots.some(([, s]) => !(s >= 0))) {
    throw new ValueError("`piecewiseInterpolateSchedule` expects non-negative scale factors");
  }
  const bounds = [0, ...knots.map(([b]) => b)];
  let value = initValue;
  const values = [initValue, ...knots.map(([, s]) => (value *= s))];
  return (count) => {
    const step = convert(toArray(count as ArrayLike, "schedule"), float32);
    const last = values.length - 1;
    let result: NDArray = where(step.ge(bounds[last]), weakFloat(values[last]), weakFloat(0));
    for (let i = 0; i < last; i++) {
      const part = step.sub(bounds[i]).div(Math.max(bounds[i + 1] - bounds[i], 1));
      const [from, to] = [values[i], values[i + 1]];
      const between =
        interpolateType === "linear"
          ? part.mul(to - from).add(from)
          : un
              .cos(part.mul(Math.PI))
              .add(1)
              .mul((from - to) / 2)
              .add(to);
      const inside = bi.logicalAnd(step.ge(bounds[i]), step.lt(bounds[i + 1]));
      result = where(inside, between, result);
    }
    return result;
  };
}

export interface OnecycleOptions {
  /** The part of the steps that the rise takes; default 0.3. */
  pctStart?: number;
  /** The peak over the first value; default 25. */
  divFactor?: number;
  /** The value at the end is smaller by this; default 1e4. */
  finalDivFactor?: number;
}

function checkSteps(name: string, steps: number): void {
  if (!(steps > 0))
    throw new ValueError(`A ${name} schedule was set with a non-positive \`transitionSteps\``);
}

/**
 * From `peakValue / divFactor` up to the peak, down again until `pctFinal` of the steps, and on to almost nothing, along straight lines.
 *
 * Source: Smith and Topin, [Super-Convergence](https://arxiv.org/abs/1708.07120), 2018.
 *
 * @throws ValueError unless there are steps
 * @example `String(optim.linearOnecycleSchedule(100, 1)(30)); // => "1.0"`
 */
export function linearOnecycleSchedule(
  transitionSteps: number,
  peakValue: number,
  ...options: [(number | (OnecycleOptions & { pctFinal?: number }))?, ...unknown[]]
): Schedule {
  const names = ["pctStart", "pctFinal", "divFactor", "finalDivFactor"];
  const o = readOptions<OnecycleOptions & { pctFinal: number }>("linearOnecycleSchedule", names, options);
  const { pctStart = 0.3, pctFinal = 0.85, divFactor = 25, finalDivFactor = 1e4 } = o;
  checkSteps("linear onecycle", transitionSteps);
  return piecewiseInterpolateSchedule("linear", peakValue / divFactor, {
    [Math.trunc(pctStart * transitionSteps)]: divFactor,
    [Math.trunc(pctFinal * transitionSteps)]: 1 / divFactor,
    [transitionSteps]: 1 / finalDivFactor,
  });
}

/**
 * From `peakValue / divFactor` up to the peak and down to almost nothing, along half cosine waves.
 *
 * Source: Smith and Topin, [Super-Convergence](https://arxiv.org/abs/1708.07120), 2018.
 *
 * @throws ValueError unless there are steps
 * @example `String(optim.cosineOnecycleSchedule(100, 1)(30)); // => "1.0"`
 */
export function cosineOnecycleSchedule(
  transitionSteps: number,
  peakValue: number,
  ...options: [(number | OnecycleOptions)?, ...unknown[]]
): Schedule {
  const names = ["pctStart", "divFactor", "finalDivFactor"];
  const o = readOptions<OnecycleOptions>("cosineOnecycleSchedule", names, options);
  const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = o;
  checkSteps("cosine onecycle", transitionSteps);
  return piecewiseInterpolateSchedule("cosine", peakValue / divFactor, {
    [Math.trunc(pctStart * transitionSteps)]: divFactor,
    [Math.trunc(transitionSteps)]: 1 / (divFactor * finalDivFactor),
  });
}
