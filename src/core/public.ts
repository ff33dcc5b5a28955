/** What programs that look at programs are written with: `core.evalJaxpr`, `core.ShapedArray`, ... */
import type { NDArray } from "./array.ts";
import { evalJaxpr as evaluate } from "./evalJaxpr.ts";
import { ClosedJaxpr, type Jaxpr } from "./jaxpr.ts";
import { leafToArray } from "./values.ts";

export { AbstractValue, ShapedArray, shapedArray } from "./aval.ts";
export { checkJaxpr } from "./checkJaxpr.ts";
export { type Atom, ClosedJaxpr, type Eqn, Jaxpr, Literal, Var } from "./jaxpr.ts";
export { ensureCompileTimeEval, Trace, Tracer } from "./trace.ts";

/**
 * Runs a program equation by equation, on arrays or, inside a transformation, on tracers.
 *
 * @param consts the values of the program's constants; those of a {@link ClosedJaxpr} are `closed.consts`
 * @throws TypeError for arguments that are not arrays or scalars, or as many as the program does not take
 * @example
 * ```ts
 * const { jaxpr, consts } = makeJaxpr((x: NDArray) => x.mul(2).add(1))(1.5);
 * String(core.evalJaxpr(jaxpr, consts, 5.5)); // => "12.0"
 * ```
 */
export function evalJaxpr(
  jaxpr: Jaxpr | ClosedJaxpr,
  consts: readonly unknown[],
  ...args: unknown[]
): NDArray[] {
  const program = jaxpr instanceof ClosedJaxpr ? jaxpr.jaxpr : jaxpr;
  return evaluate(
    program,
    arrays("constants", consts, program.constvars.length),
    arrays("arguments", args, program.invars.length),
  );
}

function arrays(what: string, values: readonly unknown[], count: number): NDArray[] {
  if (values.length !== count) {
    throw new TypeError(`evalJaxpr: the program takes ${count} ${what}, got ${values.length}.`);
  }
  return values.map((value, i) => {
    const array = leafToArray(value);
    if (array !== null) return array;
    throw new TypeError(`evalJaxpr: ${what} must be arrays or scalars, got a ${typeof value} at ${i}.`);
  });
}
