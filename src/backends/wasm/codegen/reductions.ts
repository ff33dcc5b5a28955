import { reductionIdentity } from "../../../compiler/reductionIdentity.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import type { Copy } from "./scopes.ts";

/** Additions of float32 after which a partial sum goes to a float64 accumulator: keeps the error independent of the length. */
export const SUM_BLOCK = 64;

/** Running results of one reduction while its loops run. */
export interface Accumulator {
  /** The vectors that hold the running results: those that steps change, and those that only flushes change. None in scalar code. */
  readonly narrow: readonly Local[];
  readonly wide: readonly Local[];
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

/** What a reduction of nothing gives, as the constant of an instruction: unsigned values by their bits. */
export function identity(op: string, dtype: DType): number | bigint {
  const value = reductionIdentity(op === "argmax" ? "max" : op === "argmin" ? "min" : op, dtype);
  return dtype.kind === "float" || typeof value === "bigint" ? value : value | 0;
}
