import type { NDArray } from "../core/array.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import type { ProgramLowering } from "../core/lowering.ts";
import type { Params } from "../core/primitive.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";

/** The lowering of an operation that is written with others: `write` computes its results from operands of any type. */
/* @__NO_SIDE_EFFECTS__ */
export function asProgram<P extends Params>(
  write: (operands: readonly NDArray[], params: P) => readonly NDArray[],
): ProgramLowering<P> {
  return {
    kind: "program",
    program: (params, avals) => {
      const { jaxpr, consts } = traceToJaxpr((xs) => write(xs, params), avals, "compiling an operation");
      return new ClosedJaxpr(jaxpr, consts);
    },
  };
}
