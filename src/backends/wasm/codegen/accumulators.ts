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
  const arg = reduction.op === "argmax" || reduction.op === "argmin";
  if (values.nest.lanes === 1) {
    return arg
      ? new ScalarArg(values, index, reduction, reduceAxis)
      : new ScalarAccumulator(values, index, reduction);
  }
  if (arg) return new VectorArg(values, index, reduction, reduceAxis, copies);
  const extreme = reduction.op === "max" || reduction.op === "min";
  return extreme && (reduction.dtype === float32 || reduction.dtype === float64)
    ? new VectorExtreme(values, index, reduction, copies)
    : new VectorAccumulator(values, index, reduction, wide, copies);
}
