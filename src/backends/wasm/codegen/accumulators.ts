import type { Reduction } from "../../../compiler/ir.ts";
import { float32, float64 } from "../../../dtypes/index.ts";
import type { Accumulator } from "./reductions.ts";
import { ScalarAccumulator, ScalarArg } from "./scalarAccumulators.ts";
import type { Values } from "./values.ts";
import { VectorAccumulator, VectorExtreme } from "./vectorAccumulators.ts";
import { VectorArg } from "./vectorArg.ts";

/**
 * The accumulator of a reduction. `wide`: more than {@link SUM_BLOCK} additions follow one another. `copies`: how many
 * vectors the loop body is unrolled to (the lanes of all hold parts of one result, or a result each).
 */
export function accumulator(
  values: Values,
  index: number,
  reduction: Reduction,
  reduceAxis: number,
  wide: boolean,
  copies: number,
): Accumulator {
  const arg = isPosition(reduction);
  if (values.nest.lanes === 1) {
    return arg
      ? new ScalarArg(values, index, reduction, reduceAxis)
      : new ScalarAccumulator(values, index, reduction);
  }
  if (arg) return new VectorArg(values, index, reduction, reduceAxis, copies);
  return isExtreme(reduction)
    ? new VectorExtreme(values, index, reduction, copies)
    : new VectorAccumulator(values, index, reduction, wide, copies);
}

/** How many vectors an accumulator holds for each vector of results of their own. */
export function stateVectors(reduction: Reduction, wide: boolean): { narrow: number; wide: number } {
  if (isPosition(reduction)) return { narrow: 2, wide: 0 };
  if (isExtreme(reduction)) return { narrow: 3, wide: 0 };
  return { narrow: 1, wide: wide && reduction.op === "sum" && reduction.dtype === float32 ? 2 : 0 };
}

function isPosition({ op }: Reduction): boolean {
  return op === "argmax" || op === "argmin";
}

/** Whether it is a maximum or minimum of floats. */
function isExtreme({ op, dtype }: Reduction): boolean {
  return (op === "max" || op === "min") && (dtype === float32 || dtype === float64);
}
