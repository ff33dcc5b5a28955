import type { NDArray } from "../core/array.ts";
import { deadCodeElimination } from "../core/dce.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { type Atom, ClosedJaxpr, type Eqn, effectsOf, Jaxpr, Literal, type Var } from "../core/jaxpr.ts";
import { evalWithoutCalls } from "../core/nesting.ts";
import { objectId } from "../core/paramsKey.ts";
import type { Primitive } from "../core/primitive.ts";
import { NotImplementedError } from "../errors.ts";
import { fullPrecisionEqn } from "../lax/reducePrecision.ts";
import type { CheckpointPolicy } from "./checkpointPolicies.ts";
import { jitP } from "./jitPrimitive.ts";
import { linearizeFlat } from "./linearizeTrace.ts";
import { maskKey, ProgramCache } from "./programCache.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";

/** A checkpointed program, linearized: what runs in the forward pass, and what runs in the backward pass. */
export interface SplitRemat {
  /** Computes the primal outputs, and then the values that the policy keeps. */
  readonly forward: ClosedJaxpr;
  readonly numPrimalsOut: number;
  /**
   * Inputs: the kept values, the inputs of the program marked in `usedInputs`, the nonzero tangents. Computes the other residuals again, and
   * then the tangents marked in `nonzerosOut`.
   */
  readonly again: ClosedJaxpr;
  readonly usedInputs: readonly boolean[];
  readonly nonzerosOut: readonly boolean[];
}

/** The two halves of a linearized program: `linear` takes the outputs of `primal` after the first `numPrimalsOut`, then tangents. */
interface Halves {
  readonly primal: ClosedJaxpr;
  readonly numPrimalsOut: number;
  readonly linear: ClosedJaxpr;
  readonly nonzerosOut: readonly boolean[];
}

const splits = /* @__PURE__ */ new ProgramCache<SplitRemat>();

/** Linearizes a checkpointed program in the inputs marked in `nonzeros`. */
export function splitRemat(
  program: ClosedJaxpr,
  nonzeros: readonly boolean[],
  policy: CheckpointPolicy | null,
): SplitRemat {
  const key = `${maskKey(nonzeros)},${policy === null ? "" : objectId(policy)}`;
  return splits.get(program.jaxpr, key, () =>
    assemble(linearizeProgram(program, nonzeros, policy !== null), policy),
  );
}

/** Linearizes. The policy is asked about operations: with one, jitted functions are written out. */
function linearizeProgram(program: ClosedJaxpr, nonzeros: readonly boolean[], writeOut: boolean): Halves {
  const run = (xs: readonly NDArray[]): NDArray[] =>
    writeOut
      ? evalWithoutCalls(program.jaxpr, program.consts, xs, jitP as unknown as Primitive)
      : evalJaxpr(program.jaxpr, program.consts, xs);
  let lin!: ReturnType<typeof linearizeFlat>;
  let linear!: ReturnType<typeof closeOverConcrete>;
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      lin = linearizeFlat(run, args, nonzeros, "differentiating a checkpointed function");
      linear = closeOverConcrete(lin.jaxpr, lin.residuals);
      return [...lin.primalsOut, ...linear.lifted];
    },
    program.inAvals,
    "differentiating a checkpointed function",
  );
  return {
    primal: new ClosedJaxpr(jaxpr, consts),
    numPrimalsOut: lin.primalsOut.length,
    linear: linear.closed,
    nonzerosOut: lin.nonzerosOut,
  };
}

function assemble(
  { primal, numPrimalsOut, linear, nonzerosOut }: Halves,
  policy: CheckpointPolicy | null,
): SplitRemat {
  const { jaxpr } = primal;
  const residuals = jaxpr.outvars.slice(numPrimalsOut);
  const { kept, recomputed } = choose(jaxpr, residuals, policy);

  // The linear program reads the residuals by the names that they have in the primal program.
  const named = new Map<Var, Atom>(residuals.map((a, i) => [linear.jaxpr.invars[i], a]));
  const rename = (a: Atom): Atom => (a instanceof Literal ? a : (named.get(a) ?? a));
  const linearEqns = linear.jaxpr.eqns.map((eqn) => ({ ...eqn, inputs: eqn.inputs.map(rename) }));
  const tangents = linear.jaxpr.invars.slice(residuals.length);
  const outvars = linear.jaxpr.outvars.map(rename);

  const isKnown = new Set<Atom>([
    ...kept,
    ...tangents,
    ...jaxpr.invars,
    ...jaxpr.constvars,
    ...linear.jaxpr.constvars,
  ]);
  const eqns = interleave(recomputed, linearEqns, isKnown);
  const whole = new Jaxpr(
    [...jaxpr.constvars, ...linear.jaxpr.constvars],
    [...inOrderOfUse(kept, eqns, outvars), ...jaxpr.invars, ...tangents],
    eqns,
    outvars,
  );
  const live = deadCodeElimination(whole);
  const consts = [...primal.consts, ...linear.consts].filter((_, i) => live.usedConsts[i]);
  // Tangents stay, for the caller counts on them.
  const numInputs = jaxpr.invars.length;
  const isPassed = live.usedInputs.map((used, i) => used || i >= kept.size + numInputs);
  const keptVars = whole.invars.slice(0, kept.size).filter((_, i) => isPassed[i]);
  const again = new Jaxpr(
    live.jaxpr.constvars,
    whole.invars.filter((_, i) => isPassed[i]),
    live.jaxpr.eqns,
    live.jaxpr.outvars,
  );
  return {
    forward: forwardProgram(primal, numPrimalsOut, keptVars),
    numPrimalsOut,
    again: new ClosedJaxpr(again, consts),
    usedInputs: isPassed.slice(kept.size, kept.size + numInputs),
    nonzerosOut,
  };
}

/**
 * Which values are kept, and which equations run again, in order, so that the residuals are known in the backward pass. Debug effects happen
 * again, as what is computed again shows, unless the policy keeps them.
 */
function choose(
  jaxpr: Jaxpr,
  residuals: readonly Atom[],
  policy: CheckpointPolicy | null,
): { kept: Set<Var>; recomputed: Eqn[] } {
  const needed = new Set<Atom>(residuals);
  const kept = new Set<Var>();
  const recomputed: Eqn[] = [];
  for (const eqn of jaxpr.eqns.toReversed()) {
    const outputs = eqn.outputs.filter((v) => needed.has(v));
    if (outputs.length === 0 && effectsOf(eqn).size === 0) continue;
    checkEffects(eqn);
    const avals = eqn.inputs.map((a) => a.aval);
    if (policy !== null && policy(eqn.primitive, avals, eqn.params) === true) {
      for (const v of outputs) kept.add(v);
    } else {
      recomputed.push(eqn);
      for (const a of eqn.inputs) needed.add(a);
    }
  }
  return { kept, recomputed: recomputed.reverse() };
}

/** @throws NotImplementedError for effects that must not happen twice */
function checkEffects(eqn: Eqn): void {
  const rejected = [...effectsOf(eqn)].filter(({ isDebug }) => !isDebug);
  if (rejected.length === 0) return;
  throw new NotImplementedError(
    `Effects not supported in partial-eval of \`checkpoint\`/\`remat\`: [${rejected.join(", ")}]. A checkpointed function runs again in the ` +
      "backward pass; move the ioCallback out of it.",
  );
}

/** Each equation of the second list as soon as all that it reads is known, in its order; the order in which a derivative rule made both. */
function interleave(first: readonly Eqn[], second: readonly Eqn[], isKnown: Set<Atom>): Eqn[] {
  const eqns: Eqn[] = [];
  let next = 0;
  const take = (eqn: Eqn): void => {
    eqns.push(eqn);
    for (const v of eqn.outputs) isKnown.add(v);
  };
  const advance = (): void => {
    while (next < second.length && second[next].inputs.every((a) => a instanceof Literal || isKnown.has(a)))
      take(second[next++]);
  };
  advance();
  for (const eqn of first) {
    take(eqn);
    advance();
  }
  if (next < second.length) throw new Error("a linear program reads what its primal program does not give");
  return eqns;
}

/** Variables in the order in which a program reads them first. */
function inOrderOfUse(vars: ReadonlySet<Var>, eqns: readonly Eqn[], outvars: readonly Atom[]): Var[] {
  const ordered = new Set<Var>();
  for (const a of [...eqns.flatMap((eqn) => eqn.inputs), ...outvars]) {
    if (!(a instanceof Literal) && vars.has(a)) ordered.add(a);
  }
  for (const v of vars) ordered.add(v);
  return [...ordered];
}

/**
 * The forward pass: primal outputs and kept values. What else reads a kept float reads it as it is kept (`reduce_precision` to its own
 * precision), so that both passes compute with the same number, whatever a compiler does to intermediate results.
 */
function forwardProgram(primal: ClosedJaxpr, numPrimalsOut: number, kept: readonly Var[]): ClosedJaxpr {
  const { constvars, invars, eqns, outvars } = primal.jaxpr;
  const program = deadCodeElimination(
    new Jaxpr(constvars, invars, eqns, [...outvars.slice(0, numPrimalsOut), ...kept]),
  );
  const consts = primal.consts.filter((_, i) => program.usedConsts[i]);
  const isRead = new Set<Atom>(program.jaxpr.eqns.flatMap((eqn) => eqn.inputs));
  const rounded = new Map<Atom, Var>();
  const rename = (a: Atom): Atom => rounded.get(a) ?? a;
  const all: Eqn[] = [];
  for (const eqn of program.jaxpr.eqns) {
    all.push({ ...eqn, inputs: eqn.inputs.map(rename) });
    for (const v of eqn.outputs) {
      if (!kept.includes(v) || !isRead.has(v) || v.aval.dtype.kind !== "float") continue;
      const rounding = fullPrecisionEqn(v);
      rounded.set(v, rounding.outputs[0]);
      all.push(rounding);
    }
  }
  const { jaxpr } = program;
  return new ClosedJaxpr(new Jaxpr(jaxpr.constvars, jaxpr.invars, all, jaxpr.outvars.map(rename)), consts);
}
