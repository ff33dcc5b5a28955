import type { NDArray } from "./array.ts";
import { type Atom, type Eqn, type Jaxpr, Literal, type Var } from "./jaxpr.ts";
import { paramsKey } from "./paramsKey.ts";
import { bind } from "./trace.ts";

/** Runs a program equation by equation under the current trace. */
export function evalJaxpr(jaxpr: Jaxpr, consts: readonly NDArray[], args: readonly NDArray[]): NDArray[] {
  const env = new Map<Var, NDArray>();
  jaxpr.constvars.forEach((v, i) => env.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => env.set(v, args[i]));
  const read = (atom: Atom): NDArray => (atom instanceof Literal ? atom.array : (env.get(atom) as NDArray));
  const calls = new Calls();
  for (const eqn of jaxpr.eqns) {
    const results = calls.once(eqn, () => bind(eqn.primitive, eqn.inputs.map(read), eqn.params));
    for (let i = 0; i < results.length; i++) env.set(eqn.outputs[i], results[i]);
  }
  return jaxpr.outvars.map(read);
}

interface Call {
  readonly inputs: readonly Atom[];
  readonly key: string;
  readonly results: readonly NDArray[];
}

/**
 * Calls of a program that are made so far. One that is made again with the same operands is not: where functions call each other several
 * times over, on many levels, the work would double with each of them, and so would the residuals of a derivative.
 */
class Calls {
  /** By the first operand. */
  private readonly known = new Map<Atom, Call[]>();

  once(eqn: Eqn, make: () => readonly NDArray[]): readonly NDArray[] {
    const { primitive, inputs, params } = eqn;
    if (primitive.inlineAs === undefined || inputs.length === 0) return make();
    const key = primitive.name + paramsKey(params);
    let list = this.known.get(inputs[0]);
    if (list === undefined) {
      list = [];
      this.known.set(inputs[0], list);
    }
    const same = list.find((call) => call.key === key && call.inputs.every((a, i) => a === inputs[i]));
    if (same !== undefined) return same.results;
    const results = make();
    list.push({ inputs, key, results });
    return results;
  }
}
