import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { deadCodeElimination, dependence, pruneClosed } from "../core/dce.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { ClosedJaxpr, type Jaxpr } from "../core/jaxpr.ts";
import { StagingTrace } from "../core/staging.ts";
import { currentTrace, Tracer, withTrace } from "../core/trace.ts";
import { linearizeFlat, PartialTrace } from "./linearizeTrace.ts";
import { maskKey, ProgramCache } from "./programCache.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";

/** A program taken apart: what is known, and the rest, which reads residuals of what is known. */
export interface SplitProgram {
  /** Inputs: the known ones of the whole. Outputs: the known ones of the whole, then the residuals; some of these may be inputs. */
  readonly known: ClosedJaxpr;
  readonly numKnownOut: number;
  /** Inputs: the residuals, then the unknown ones of the whole. Outputs: those of the whole marked in `unknownOut`. */
  readonly unknown: ClosedJaxpr;
  readonly unknownOut: readonly boolean[];
}

/** The two halves of a program while they are traced: values of the known half, and the other as a program with constants. */
interface Halves {
  readonly knownOut: readonly NDArray[];
  readonly jaxpr: Jaxpr;
  readonly residuals: readonly NDArray[];
  readonly unknownOut: readonly boolean[];
}

const linearized = /* @__PURE__ */ new ProgramCache<SplitProgram>();

/**
 * Linearizes a program: all its inputs and outputs are known, the unknown half is the linear program of tangents. `nonzeros` says which inputs
 * have one; outputs marked in `force` have one always.
 */
export function linearizeJaxpr(
  program: ClosedJaxpr,
  nonzeros: readonly boolean[],
  force: readonly boolean[],
): SplitProgram {
  return linearized.get(program.jaxpr, `${maskKey(nonzeros)},${maskKey(force)}`, () =>
    split(program.inAvals, (args) => {
      const run = (xs: NDArray[]) => evalJaxpr(program.jaxpr, program.consts, xs);
      const lin = linearizeFlat(run, args, nonzeros, "differentiating a program", force);
      const { primalsOut, jaxpr, residuals, nonzerosOut } = lin;
      return { knownOut: primalsOut, jaxpr, residuals, unknownOut: nonzerosOut };
    }),
  );
}

const evaluated = /* @__PURE__ */ new ProgramCache<SplitProgram>();

/** Separates what depends on the inputs marked in `unknown` from the rest. Outputs marked in `force` are unknown always. */
export function partialEvalJaxpr(
  program: ClosedJaxpr,
  unknown: readonly boolean[],
  force: readonly boolean[],
): SplitProgram {
  return evaluated.get(program.jaxpr, `${maskKey(unknown)},${maskKey(force)}`, () => {
    const knownAvals = program.inAvals.filter((_, i) => !unknown[i]);
    return split(knownAvals, (args) => partialEval(program, unknown, force, args));
  });
}

function partialEval(
  program: ClosedJaxpr,
  unknown: readonly boolean[],
  force: readonly boolean[],
  known: readonly NDArray[],
): Halves {
  const parent = currentTrace();
  const staging = new StagingTrace(parent, "evaluating a program in part");
  const partial = new PartialTrace(parent, staging);
  try {
    let next = 0;
    const args = program.inAvals.map((aval, i) => (unknown[i] ? staging.newArg(aval) : known[next++]));
    const outs = withTrace(partial, () => evalJaxpr(program.jaxpr, program.consts, args));
    const unknownOut = outs.map((x, i) => force[i] || (x instanceof Tracer && x.tracedBy === staging));
    const { jaxpr, consts } = staging.finish(outs.filter((_, i) => unknownOut[i]));
    const live = deadCodeElimination(jaxpr);
    return {
      knownOut: outs.filter((_, i) => !unknownOut[i]),
      jaxpr: live.jaxpr,
      residuals: consts.filter((_, i) => live.usedConsts[i]),
      unknownOut,
    };
  } finally {
    staging.alive = false;
    partial.alive = false;
  }
}

function split(knownAvals: readonly ShapedArray[], run: (args: NDArray[]) => Halves): SplitProgram {
  let halves!: Halves;
  let rest!: ReturnType<typeof closeOverConcrete>;
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      halves = run(args);
      rest = closeOverConcrete(halves.jaxpr, halves.residuals);
      return [...halves.knownOut, ...rest.lifted];
    },
    knownAvals,
    "evaluating a program in part",
  );
  const numKnownOut = halves.knownOut.length;
  const known = new ClosedJaxpr(jaxpr, consts);
  const { unknownOut } = halves;
  // Residuals made of nothing that varies (zeros, iotas) are made again where they are used: that is cheaper than passing them on.
  const inputs = jaxpr.invars.map(() => true);
  const varies = dependence(jaxpr, inputs, true).map((depends, i) => depends || i < numKnownOut);
  if (!varies.includes(false)) {
    return { known: pruneClosed(known).closed, numKnownOut, unknown: rest.closed, unknownOut };
  }
  const unknown = remake(known, varies, numKnownOut, rest.closed);
  return { known: pruneClosed(known, varies).closed, numKnownOut, unknown, unknownOut };
}

/** The unknown half with the residuals that do not vary computed in it. */
function remake(
  known: ClosedJaxpr,
  varies: readonly boolean[],
  numKnownOut: number,
  unknown: ClosedJaxpr,
): ClosedJaxpr {
  const isPassed = varies.slice(numKnownOut);
  const { closed: made } = pruneClosed(
    known,
    varies.map((v) => !v),
    "drop",
  );
  const { invars } = unknown.jaxpr;
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      // What is made reads no input.
      const remade = evalJaxpr(made.jaxpr, made.consts, []);
      let nextArg = 0;
      let nextMade = 0;
      const all = invars.map((_, i) => (isPassed[i] === false ? remade[nextMade++] : args[nextArg++]));
      return evalJaxpr(unknown.jaxpr, unknown.consts, all);
    },
    invars.filter((_, i) => isPassed[i] !== false).map((v) => v.aval),
    "evaluating a program in part",
  );
  return new ClosedJaxpr(jaxpr, consts);
}
