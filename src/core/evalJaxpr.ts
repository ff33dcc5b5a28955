import type { NDArray } from "./array.ts";
import { type Atom, type Eqn, effectsOf, type Jaxpr, Literal, type Var } from "./jaxpr.ts";
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

/**
 * Calls of a program that are made so far. One that is made again with the same operands is not: where functions call each other several
 * times over, on many levels, the work would double with each of them, and so would the residuals of a derivative. Calls with effects are all
 * made.
 */
class Calls {
  private readonly numbers = new Map<Atom, number>();
  private readonly known = new Map<string, readonly NDArray[]>();

  once(eqn: Eqn, make: () => readonly NDArray[]): readonly NDArray[] {
    if (eqn.primitive.inlineAs === undefined || effectsOf(eqn).size > 0) return make();
    const key = this.keyOf(eqn);
    let results = this.known.get(key);
    if (results === undefined) {
      results = make();
      this.known.set(key, results);
    }
    return results;
  }

  private keyOf({ primitive, inputs, params }: Eqn): string {
    let key = `${primitive.name}(`;
    for (const atom of inputs) {
      let number = this.numbers.get(atom);
      if (number === undefined) {
        number = this.numbers.size;
        this.numbers.set(atom, number);
      }
      key += `${number},`;
    }
    return key + paramsKey(params);
  }
}
