import type { Eqn } from "../core/jaxpr.ts";

/** Whether an operation only looks at its operand in another way, spreads it over more elements, or has none. */
export function isView({ primitive: { lowering }, inputs, outputs }: Eqn): boolean {
  return (
    lowering.kind === "pointwise" && lowering.cost === "view" && inputs.length <= 1 && outputs.length === 1
  );
}
