import type { NDArray } from "../core/array.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { leafArray, mapArrays } from "./leaves.ts";
import { complement } from "./moments.ts";
import type { Scalar } from "./types.ts";

/**
 * A step from old towards new tensors: `stepSize * new + (1 - stepSize) * old` (Polyak averaging).
 *
 * @example `String(optim.incrementalUpdate(jnp.array([4]), jnp.array([0]), 0.25)); // => "[1.]"`
 */
export function incrementalUpdate<P>(newTensors: P, oldTensors: P, stepSize: Scalar): P {
  return mapArrays(
    (now, old) => bi.add(bi.multiply(stepSize, now), bi.multiply(complement(stepSize), old)),
    newTensors,
    oldTensors,
  );
}

/**
 * The new tensors when `steps` is a multiple of the period, else the old ones.
 *
 * @example `String(optim.periodicUpdate(jnp.array([4]), jnp.array([0]), 3, 2)); // => "[0.]"`
 */
export function periodicUpdate<P>(
  newTensors: P,
  oldTensors: P,
  steps: NDArray | number,
  updatePeriod: NDArray | number,
): P {
  const due = bi.equal(
    bi.remainder(typeof steps === "number" ? lax.full([], steps, "int32") : steps, updatePeriod),
    0,
  );
  const arrays = (tree: P): P => mapArrays((x) => leafArray(x), tree);
  return lax.cond(
    due,
    () => arrays(newTensors),
    () => arrays(oldTensors),
  );
}
