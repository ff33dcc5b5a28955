import type { FlatEqn, FlatProgram } from "../../flat.ts";
import { Rewriter } from "../internal.ts";
import { splitReduction } from "./folds.ts";
import { splitDot } from "./products.ts";
import { isComplexValue } from "./views.ts";

/**
 * Templates know real numbers only: those with complex operands are written in terms of the parts. Elementwise operations and views
 * stay as they are, since nodes of complex dtypes are pairs (nodes/complex), and so do sums, which are two sums side by side.
 */
export function complexTemplates(program: FlatProgram): FlatProgram {
  if (!program.eqns.some(needsParts)) return program;
  const w = new Rewriter(program);
  for (const eqn of program.eqns) {
    if (needsParts(eqn)) split(w, eqn);
    else w.eqns.push(eqn);
  }
  return w.finish(program);
}

function needsParts({ primitive, inputs, outputs }: FlatEqn): boolean {
  const { lowering } = primitive;
  switch (lowering.kind) {
    case "dot":
    case "conv":
    case "scan":
    case "sort":
      return [...inputs, ...outputs].some(isComplexValue) && outputs.some(({ aval }) => aval.size > 0);
    case "scatter":
      // Other combinations of complex numbers are written by the template itself.
      return (
        (lowering.combine === "set" || lowering.combine === "add") &&
        isComplexValue(outputs[0]) &&
        outputs[0].aval.size > 0
      );
    case "reduction":
      return (
        lowering.op !== "sum" && inputs.some(isComplexValue) && outputs.some(({ aval }) => aval.size > 0)
      );
    default:
      return false;
  }
}

function split(w: Rewriter, eqn: FlatEqn): void {
  const { lowering } = eqn.primitive;
  switch (lowering.kind) {
    case "dot":
      splitDot(w, eqn, lowering);
      break;
    case "conv":
    case "scan":
    case "sort":
    case "scatter":
      lowering.template.splitComplex?.(w, eqn, lowering as never);
      break;
    case "reduction":
      splitReduction(w, eqn, lowering);
      break;
  }
}
