import type { NDArray } from "../../core/array.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { Params } from "../../core/primitive.ts";

/** One of several programs. Operand 0, an int32 scalar within range, says which is run on the other operands. */
export interface CondParams extends Params {
  readonly branches: readonly ClosedJaxpr[];
}

/** Binds a conditional: rules are given it, since the primitive is declared with them. */
export type BindCond = (operands: readonly NDArray[], params: CondParams) => NDArray[];

/** What holds for any branch: an output that has a tangent in one has one in all. */
export function inAnyBranch(masks: readonly (readonly boolean[])[]): boolean[] {
  return masks[0].map((_, i) => masks.some((mask) => mask[i]));
}
