import { paramsKey } from "../../core/paramsKey.ts";
import type { FlatEqn, FlatProgram, Value } from "../flat.ts";

/** Equations with the same primitive, parameters and operands are computed once. Primitives are pure, so this changes nothing else. */
export function commonSubexpressions(program: FlatProgram): FlatProgram {
  const replaced = new Map<Value, Value>();
  const seen = new Map<string, FlatEqn>();
  const eqns: FlatEqn[] = [];
  const now = (v: Value): Value => replaced.get(v) ?? v;
  for (const eqn of program.eqns) {
    const inputs = replaced.size === 0 ? eqn.inputs : eqn.inputs.map(now);
    let key = `${eqn.primitive.name}(`;
    for (const v of inputs) key += `${v.id},`;
    key += paramsKey(eqn.params);
    const same = seen.get(key);
    // Weak types are part of an aval, but not of what is computed.
    if (same !== undefined) {
      for (let i = 0; i < eqn.outputs.length; i++) replaced.set(eqn.outputs[i], same.outputs[i]);
      continue;
    }
    const kept = inputs === eqn.inputs ? eqn : { ...eqn, inputs };
    seen.set(key, kept);
    eqns.push(kept);
  }
  if (replaced.size === 0) return program;
  return { ...program, eqns, results: program.results.map(now) };
}
