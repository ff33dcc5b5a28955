import type { Routine } from "../../../core/routine/ir.ts";
import { type DType, float64, realDType } from "../../../dtypes/index.ts";

/** The numbers that a routine computes with. */
export interface RoutineField {
  readonly real: Routine["real"];
  readonly isComplex: boolean;
}

/** Narrow floats are computed in float32. */
export function fieldOf(dtype: DType): RoutineField {
  const isComplex = dtype.kind === "complex";
  return { real: realDType(dtype) === float64 ? "float64" : "float32", isComplex };
}
