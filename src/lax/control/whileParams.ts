import type { NDArray } from "../../core/array.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { Params } from "../../core/primitive.ts";

/**
 * A loop of unknown length. Operands: constants of the condition, constants of the body, initial carries; each program takes its own
 * constants, then carries. Results: final carries.
 *
 * The condition of a loop that was batched may be an array, whose axes are the first of all carries: the loop runs while any element
 * is true, and changes only those.
 */
export interface WhileParams extends Params {
  readonly condJaxpr: ClosedJaxpr;
  readonly condNconsts: number;
  readonly bodyJaxpr: ClosedJaxpr;
  readonly bodyNconsts: number;
}

/** Binds a while loop: rules are given it, since the primitive is declared with them. */
export type BindWhile = (operands: readonly NDArray[], params: WhileParams) => NDArray[];

/** The rank of the condition. */
export const conditionRank = ({ condJaxpr }: WhileParams): number => condJaxpr.jaxpr.outvars[0].aval.ndim;
