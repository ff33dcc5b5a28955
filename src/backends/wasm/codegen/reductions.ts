import { bool, type DType, float32, float64, int32, uint8, uint32 } from "../../../dtypes/index.ts";
import type { Copy } from "./scopes.ts";

/** Additions of float32 after which a partial sum goes to a float64 accumulator: keeps the error independent of the length. */
export const SUM_BLOCK = 64;

/** Running results of one reduction while its loops run. */
export interface Accumulator {
  init(): void;
  /** Takes in the value of a point (scalar code) or of the lanes of a copy. */
  step(copy: Copy | null): void;
  /** Moves partial sums to their wide accumulators. */
  flush(): void;
  /** Leaves the result in `values.accs`: one scalar, or one vector per copy. */
  finish(): void;
}

/** The scalar operation that combines two partial results. */
export const combineOps: Readonly<Record<string, string>> = {
  sum: "add",
  prod: "mul",
  max: "max",
  min: "min",
  and: "and",
  or: "or",
  xor: "xor",
};

/** What a reduction of nothing gives. */
export function identity(op: string, dtype: DType): number {
  const float = dtype === float32 || dtype === float64;
  switch (op) {
    case "sum":
    case "or":
    case "xor":
      return 0;
    case "prod":
      return 1;
    case "and":
      return dtype === bool ? 1 : dtype === uint8 ? 255 : -1;
    case "max":
    case "argmax":
      return float ? Number.NEGATIVE_INFINITY : dtype === int32 ? -0x80000000 : 0;
    default:
      if (float) return Number.POSITIVE_INFINITY;
      if (dtype === int32) return 0x7fffffff;
      return dtype === bool ? 1 : dtype === uint8 ? 255 : dtype === uint32 ? -1 : 0;
  }
}
