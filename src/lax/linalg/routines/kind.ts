import type { Routine } from "../../../core/routine/ir.ts";
import { type DType, float64 } from "../../../dtypes/index.ts";
import { NotImplementedError } from "../../../errors.ts";

/** The numbers that a routine computes with. */
export interface RoutineField {
  readonly real: Routine["real"];
  readonly isComplex: boolean;
}

/** Narrow floats are computed in float32. */
export function fieldOf(dtype: DType): RoutineField {
  if (dtype.kind === "complex")
    throw new NotImplementedError(`Linear algebra of ${dtype.name} is not supported yet.`);
  return { real: dtype === float64 ? "float64" : "float32", isComplex: false };
}
