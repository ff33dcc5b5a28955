import { type ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { array } from "../../numpy/creation.ts";
import { take } from "../../numpy/indexingTake.ts";
import { sum } from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";

type Value = NDArray | number;

/** A step size for each step. */
export type Schedule = (step: ArrayLike) => Value;

/** A step size that is the same for all steps, or a schedule. */
export type StepSize = Value | Schedule;

/** The same step size at every step. @example `exampleLibraries.optimizers.constant(0.1)(7); // => 0.1` */
export function constant(stepSize: Value): Schedule {
  return () => stepSize;
}

/**
 * `stepSize * decayRate ** (step / decaySteps)`.
 *
 * @example
 * ```ts
 * exampleLibraries.optimizers.exponentialDecay(1, 10, 0.25)(5); // => Array(0.5, dtype=float32, weak_type=True)
 * ```
 */
export function exponentialDecay(stepSize: Value, decaySteps: Value, decayRate: Value): Schedule {
  return (step) => bi.multiply(stepSize, bi.power(decayRate, bi.divide(step, decaySteps)));
}

/**
 * `stepSize / (1 + decayRate * step / decaySteps)`; with `staircase` the quotient of steps is rounded down.
 *
 * @example
 * ```ts
 * exampleLibraries.optimizers.inverseTimeDecay(1, 10, 1, { staircase: true })(15); // => Array(0.5, dtype=float32, weak_type=True)
 * ```
 */
export function inverseTimeDecay(
  stepSize: Value,
  decaySteps: Value,
  decayRate: Value,
  ...options: [(boolean | { staircase?: boolean })?]
): Schedule {
  const { staircase } = readOptions<{ staircase: boolean }>("inverseTimeDecay", ["staircase"], options);
  return (step) => {
    const decay =
      staircase === true
        ? bi.multiply(decayRate, un.floor(bi.divide(step, decaySteps)))
        : bi.divide(bi.multiply(decayRate, step), decaySteps);
    return bi.divide(stepSize, bi.add(1, decay));
  };
}

/**
 * From `stepSize` to `finalStepSize` in `decaySteps` steps: `(1 - step / decaySteps) ** power` of their difference are left.
 *
 * @example
 * ```ts
 * exampleLibraries.optimizers.polynomialDecay(1, 10, 0)(5); // => Array(0.5, dtype=float32, weak_type=True)
 * ```
 */
export function polynomialDecay(
  stepSize: Value,
  decaySteps: Value,
  finalStepSize: Value,
  ...options: [(Value | { power?: Value })?]
): Schedule {
  const { power = 1 } = readOptions<{ power: Value }>("polynomialDecay", ["power"], options);
  return (step) => {
    const left = bi.power(bi.subtract(1, bi.divide(bi.minimum(step, decaySteps), decaySteps)), power);
    return bi.add(bi.multiply(left, bi.subtract(stepSize, finalStepSize)), finalStepSize);
  };
}

/**
 * `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to the next boundary, and so on.
 *
 * @throws ValueError unless both are lists and `values` is longer by one
 * @example
 * ```ts
 * const schedule = exampleLibraries.optimizers.piecewiseConstant([10, 20], [1, 0.5, 0.25]);
 * schedule(10); // => Array(1., dtype=float32)
 * schedule(11); // => Array(0.5, dtype=float32)
 * ```
 */
export function piecewiseConstant(
  boundaries: NDArray | readonly number[],
  values: NDArray | readonly number[],
): Schedule {
  const [ends, sizes] = [array(boundaries), array(values)];
  if (ends.ndim !== 1 || sizes.ndim !== 1) {
    throw new ValueError("piecewiseConstant: boundaries and values must be sequences.");
  }
  if (ends.shape[0] !== sizes.shape[0] - 1) {
    throw new ValueError(
      "piecewiseConstant: boundaries must be one shorter than values, " +
        `got ${ends.shape[0]} boundaries and ${sizes.shape[0]} values.`,
    );
  }
  return (step) => take(sizes, sum(bi.greater(step, ends)));
}

/**
 * The schedule itself, or a constant one of a scalar.
 *
 * @throws TypeError for anything else
 * @example
 * ```ts
 * exampleLibraries.optimizers.makeSchedule(0.5)(3); // => 0.5
 * ```
 */
export function makeSchedule(scalarOrSchedule: StepSize): Schedule {
  if (typeof scalarOrSchedule === "function") return scalarOrSchedule;
  const x: unknown = scalarOrSchedule;
  if (typeof x === "number" || (x instanceof NDArray && x.ndim === 0)) return constant(scalarOrSchedule);
  const got = x instanceof NDArray ? `an array of shape [${x.shape}]` : typeof x;
  throw new TypeError(`A step size is a number, a scalar array or a schedule, got ${got}.`);
}
