import { JaxprTypeError } from "../errors.ts";
import { type ShapedArray, typeMatch } from "./aval.ts";
import { type Atom, type Eqn, type Jaxpr, jaxprsInParams, Literal, type Var } from "./jaxpr.ts";
import { noAxes, withAxes } from "./trace.ts";

/**
 * Checks that a program is well formed: variables are defined once and before they are used, and every equation has the results
 * that its operation gives for its operands; so are the programs that its equations hold. `config.update("enableChecks", true)` does it
 * with everything that is traced.
 *
 * @throws JaxprTypeError that shows the equation at fault
 * @example
 * ```ts
 * core.checkJaxpr(makeJaxpr((x: NDArray) => x.mul(2))(1).jaxpr); // => undefined
 * ```
 */
export function checkJaxpr(jaxpr: Jaxpr): void {
  const defined = new Set<Var>();
  const define = (v: Var, what: string): void => {
    if (defined.has(v)) throw fault(`${what} is bound to a variable that is bound already`, jaxpr);
    defined.add(v);
  };
  const read = (atom: Atom, what: string): void => {
    if (!(atom instanceof Literal || defined.has(atom))) {
      throw fault(`${what} is a variable that is not defined`, jaxpr);
    }
  };
  for (const v of [...jaxpr.constvars, ...jaxpr.invars]) define(v, "a parameter");
  jaxpr.eqns.forEach((eqn, position) => {
    const where = `equation ${position} (${eqn.primitive.name})`;
    eqn.inputs.forEach((atom, i) => {
      read(atom, `operand ${i} of ${where}`);
    });
    checkTypes(eqn, where, jaxpr);
    eqn.outputs.forEach((v, i) => {
      define(v, `result ${i} of ${where}`);
    });
    withAxes(eqn.primitive.bindsAxes?.(eqn.params) ?? noAxes, () => {
      for (const inner of jaxprsInParams(eqn.params)) checkJaxpr(inner);
    });
  });
  jaxpr.outvars.forEach((atom, i) => {
    read(atom, `output ${i}`);
  });
}

function checkTypes({ primitive, inputs, outputs, params }: Eqn, where: string, jaxpr: Jaxpr): void {
  let inferred: readonly ShapedArray[];
  try {
    inferred = primitive.abstractEval(
      inputs.map((atom) => atom.aval),
      params,
    );
  } catch (error) {
    throw fault(`${where} does not accept its operands: ${(error as Error).message}`, jaxpr, error);
  }
  const declared = outputs.map((v) => v.aval);
  if (inferred.length !== declared.length || !declared.every((aval, i) => typeMatch(aval, inferred[i]))) {
    const show = (avals: readonly ShapedArray[]): string => `(${avals.map((a) => a.strShort()).join(", ")})`;
    throw fault(`${where} has results ${show(declared)}, but its operation gives ${show(inferred)}`, jaxpr);
  }
}

function fault(what: string, jaxpr: Jaxpr, cause?: unknown): JaxprTypeError {
  return new JaxprTypeError(`${what}\n\nin the program:\n${jaxpr}`, { cause });
}
