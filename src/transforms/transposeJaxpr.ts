import type { NDArray } from "../core/array.ts";
import { type Atom, type Eqn, type Jaxpr, Literal, type Var } from "../core/jaxpr.ts";
import { NoRule, type Tangent, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { addTangents } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";

/**
 * Transposes a linear program: pulls the cotangents of its results back to the operands that are {@link UndefinedPrimal}.
 * Equations that do not depend on those are evaluated first; the rest run backwards through their transpose rules.
 */
export function backwardPass(
  jaxpr: Jaxpr,
  consts: readonly NDArray[],
  operands: readonly (NDArray | UndefinedPrimal)[],
  cotangents: readonly Tangent[],
): Tangent[] {
  const known = new Map<Var, NDArray>();
  const cts = new Map<Var, Tangent>();
  const linear = new Set<Var>();
  jaxpr.constvars.forEach((v, i) => known.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => {
    const x = operands[i];
    if (x instanceof UndefinedPrimal) linear.add(v);
    else known.set(v, x);
  });
  const isLinear = (a: Atom): a is Var => !(a instanceof Literal) && linear.has(a);
  const read = (a: Atom): NDArray => (a instanceof Literal ? a.array : (known.get(a) as NDArray));
  const accumulate = (v: Var, ct: Tangent): void => {
    const old = cts.get(v);
    cts.set(v, old === undefined ? ct : addTangents(old, ct));
  };

  const linearEqns: Eqn[] = [];
  for (const eqn of jaxpr.eqns) {
    if (eqn.inputs.some(isLinear)) {
      for (const v of eqn.outputs) linear.add(v);
      linearEqns.push(eqn);
    } else {
      const results = bind(eqn.primitive, eqn.inputs.map(read), eqn.params);
      eqn.outputs.forEach((v, i) => known.set(v, results[i]));
    }
  }

  jaxpr.outvars.forEach((a, i) => {
    if (isLinear(a)) accumulate(a, cotangents[i]);
  });
  for (let k = linearEqns.length - 1; k >= 0; k--) {
    const eqn = linearEqns[k];
    const ctsOut = eqn.outputs.map((v) => cts.get(v) ?? new Zero(v.aval.toTangent()));
    for (const v of eqn.outputs) cts.delete(v);
    if (ctsOut.every((ct) => ct instanceof Zero)) continue;
    const rule = eqn.primitive.transpose;
    if (rule instanceof NoRule) {
      throw new TypeError(
        `Transpose rule (for reverse-mode differentiation) for '${eqn.primitive.name}' not implemented: ${rule.reason}`,
      );
    }
    const args = eqn.inputs.map((a) => (isLinear(a) ? new UndefinedPrimal(a.aval) : read(a)));
    const ctsIn = rule(ctsOut, args, eqn.params);
    eqn.inputs.forEach((a, i) => {
      const ct = ctsIn[i];
      if (isLinear(a) && ct !== null && ct !== undefined && !(ct instanceof Zero)) accumulate(a, ct);
    });
  }
  return jaxpr.invars.map((v) => cts.get(v) ?? new Zero(v.aval.toTangent()));
}
