import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { ControlLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";

/** The programs that an equation of control flow runs. */
export function programsOf(lowering: ControlLowering<Params>, params: Params): readonly ClosedJaxpr[] {
  switch (lowering.kind) {
    case "forLoop":
      return [lowering.loop(params).body];
    case "whileLoop": {
      const { cond, body } = lowering.loop(params);
      return [cond, body];
    }
    case "branch":
      return lowering.branches(params);
  }
}
