import type { NDArray } from "../../core/array.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { Params } from "../../core/primitive.ts";

/**
 * A loop of known length. Operands: constants, initial carries, arrays to scan along their first axis. The body maps constants, carries and
 * one slice of each array to carries and one slice of each stacked result. Results: final carries, stacked results.
 */
export interface ScanParams extends Params {
  readonly jaxpr: ClosedJaxpr;
  readonly length: number;
  readonly reverse: boolean;
  readonly numConsts: number;
  readonly numCarry: number;
  /** A hint: how many steps the user wants written out. */
  readonly unroll: number;
  /** Steps that carry nothing are those of devices, which threads take one by one. */
  readonly parallel?: boolean;
}

/** Binds a scan: rules are given it, since the primitive is declared with them. */
export type BindScan = (operands: readonly NDArray[], params: ScanParams) => NDArray[];
