import { type Atom, ClosedJaxpr, type Eqn, effectsOf, Jaxpr, Literal, type Var } from "./jaxpr.ts";

/** A program without the equations and constants that no wanted output needs. Its inputs stay. */
export interface PrunedJaxpr {
  readonly jaxpr: Jaxpr;
  readonly usedConsts: readonly boolean[];
  readonly usedInputs: readonly boolean[];
}

/** Whether equations with effects are kept although no output depends on them. "drop" is for parts of a program that also run elsewhere. */
export type UnreadEffects = "keep" | "drop";

/**
 * Drops the equations that no output marked in `wanted` (default: all) depends on, and the other outputs. Equations with effects stay. A call
 * equation whose results are wanted in part gets a smaller program, by its primitive's `prune` rule.
 */
export function deadCodeElimination(
  jaxpr: Jaxpr,
  wanted?: readonly boolean[],
  unread: UnreadEffects = "keep",
): PrunedJaxpr {
  const outvars = wanted === undefined ? jaxpr.outvars : jaxpr.outvars.filter((_, i) => wanted[i]);
  const live = new Set<Atom>(outvars);
  const kept: Eqn[] = [];
  for (let k = jaxpr.eqns.length - 1; k >= 0; k--) {
    const eqn = pruneEqn(jaxpr.eqns[k], live, unread);
    if (eqn === null) continue;
    for (const a of eqn.inputs) if (!(a instanceof Literal)) live.add(a);
    kept.push(eqn);
  }
  const isLive = (v: Var): boolean => live.has(v);
  const usedConsts = jaxpr.constvars.map(isLive);
  const usedInputs = jaxpr.invars.map(isLive);
  const unchanged =
    outvars.length === jaxpr.outvars.length &&
    kept.length === jaxpr.eqns.length &&
    kept.every((eqn, i) => eqn === jaxpr.eqns[jaxpr.eqns.length - 1 - i]) &&
    usedConsts.every((used) => used);
  if (unchanged) return { jaxpr, usedConsts, usedInputs };
  const constvars = jaxpr.constvars.filter((_, i) => usedConsts[i]);
  return { jaxpr: new Jaxpr(constvars, jaxpr.invars, kept.reverse(), outvars), usedConsts, usedInputs };
}

/** {@link deadCodeElimination} of a program with its constants. */
export function pruneClosed(
  closed: ClosedJaxpr,
  wanted?: readonly boolean[],
  unread?: UnreadEffects,
): { closed: ClosedJaxpr; usedInputs: readonly boolean[] } {
  const { jaxpr, usedConsts, usedInputs } = deadCodeElimination(closed.jaxpr, wanted, unread);
  if (jaxpr === closed.jaxpr) return { closed, usedInputs };
  return {
    closed: new ClosedJaxpr(
      jaxpr,
      closed.consts.filter((_, i) => usedConsts[i]),
    ),
    usedInputs,
  };
}

function pruneEqn(eqn: Eqn, live: ReadonlySet<Atom>, unread: UnreadEffects): Eqn | null {
  const used = eqn.outputs.map((v) => live.has(v));
  if (!used.includes(true) && (unread === "drop" || effectsOf(eqn).size === 0)) return null;
  const rule = eqn.primitive.prune;
  if (rule === undefined) return eqn;
  const { params, usedInputs, keptOutputs = used } = rule(eqn.params, used);
  if (params === eqn.params) return eqn;
  return {
    primitive: eqn.primitive,
    inputs: eqn.inputs.filter((_, i) => usedInputs[i]),
    outputs: eqn.outputs.filter((_, i) => keptOutputs[i]),
    params,
  };
}

/** Which outputs depend on the inputs marked in `inputs`, or, where `onConsts`, on constants. A result depends on all operands. */
export function dependence(jaxpr: Jaxpr, inputs: readonly boolean[], onConsts = false): boolean[] {
  const dependent = new Set<Atom>(jaxpr.invars.filter((_, i) => inputs[i]));
  if (onConsts) for (const v of jaxpr.constvars) dependent.add(v);
  for (const eqn of jaxpr.eqns) {
    if (eqn.inputs.some((a) => dependent.has(a))) for (const v of eqn.outputs) dependent.add(v);
  }
  return jaxpr.outvars.map((a) => dependent.has(a));
}
