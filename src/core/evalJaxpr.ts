import type { NDArray } from "./array.ts";
import { type Atom, type Jaxpr, Literal, type Var } from "./jaxpr.ts";
import { bind } from "./trace.ts";

/** Runs a program equation by equation under the current trace. */
export function evalJaxpr(jaxpr: Jaxpr, consts: readonly NDArray[], args: readonly NDArray[]): NDArray[] {
  const env = new Map<Var, NDArray>();
  jaxpr.constvars.forEach((v, i) => env.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => env.set(v, args[i]));
  const read = (atom: Atom): NDArray => (atom instanceof Literal ? atom.array : (env.get(atom) as NDArray));
  for (const eqn of jaxpr.eqns) {
    const results = bind(eqn.primitive, eqn.inputs.map(read), eqn.params);
    for (let i = 0; i < results.length; i++) env.set(eqn.outputs[i], results[i]);
  }
  return jaxpr.outvars.map(read);
}
