import type { FlatEqn, FlatProgram } from "../flat.ts";

/** Drops the equations that no result depends on, save those with effects. */
export function deadCode(program: FlatProgram): FlatProgram {
  const live = new Uint8Array(program.valueCount);
  for (const v of program.results) live[v.id] = 1;
  const kept: FlatEqn[] = [];
  for (let i = program.eqns.length - 1; i >= 0; i--) {
    const eqn = program.eqns[i];
    if (eqn.hasEffects !== true && !eqn.outputs.some((v) => live[v.id] === 1)) continue;
    for (const v of eqn.inputs) live[v.id] = 1;
    kept.push(eqn);
  }
  return kept.length === program.eqns.length ? program : { ...program, eqns: kept.reverse() };
}
