import { type Atom, type Eqn, Jaxpr, Literal, Var } from "../core/jaxpr.ts";
import { freshLiteral } from "../core/values.ts";
import type { FlatProgram, Value } from "./flat.ts";

/** A flat program as the jaxpr that it is. */
export function printFlat(program: FlatProgram): string {
  const vars = new Map<Value, Var>();
  const variable = (value: Value): Var => {
    let found = vars.get(value);
    if (found === undefined) {
      found = new Var(value.aval);
      vars.set(value, found);
    }
    return found;
  };
  const atom = (value: Value): Atom =>
    value.source.kind === "literal"
      ? new Literal(value.source.value, freshLiteral(value.source.value, value.aval))
      : variable(value);
  const eqns = program.eqns.map(
    ({ primitive, params, inputs, outputs }): Eqn => ({
      primitive,
      params,
      inputs: inputs.map(atom),
      outputs: outputs.map(variable),
    }),
  );
  return String(
    new Jaxpr(program.consts.map(variable), program.args.map(variable), eqns, program.results.map(atom)),
  );
}
