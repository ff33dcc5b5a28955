import type { NDArray } from "../core/array.ts";
import { pruneClosed } from "../core/dce.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { type Atom, ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { type Placement, placementsOf } from "../core/placement.ts";
import {
  definePrimitive,
  type LinearOperand,
  type Params,
  type Primitive,
  type Tangent,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { batchJaxpr } from "./batchTrace.ts";
import { jvpJaxpr } from "./jvpTrace.ts";
import { linearizeFlat } from "./linearizeTrace.ts";
import { maskKey, ProgramCache } from "./programCache.ts";
import { closeOverConcrete, liftTracers, traceToJaxpr } from "./traceToJaxpr.ts";
import { backwardPass } from "./transposeJaxpr.ts";

export interface JitParams extends Params {
  readonly name: string;
  readonly jaxpr: ClosedJaxpr;
  readonly donatedInvars: readonly boolean[];
  readonly keepUnused: boolean;
  /** Where operands and results are to be, if the function was jitted with shardings. */
  readonly inShardings?: readonly (Placement | null)[] | undefined;
  readonly outShardings?: readonly (Placement | null)[] | undefined;
}

const orUnspecified = (sharding: Placement | null): unknown =>
  sharding ?? { toString: () => "UnspecifiedValue" };

/** A call of a compiled program: `jit[name=f jaxpr={...}]`. */
export const jitP: Primitive<JitParams> = definePrimitive<JitParams>({
  name: "jit",
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  reference: () => {
    throw new Error("jit is evaluated through its program");
  },
  inlineAs: ({ jaxpr }) => ({ jaxpr: jaxpr.jaxpr, consts: jaxpr.consts }),
  keyUse: ({ jaxpr }, _avals, ofProgram) => ofProgram(jaxpr.jaxpr),
  lowering: { kind: "inline" },
  placement: ({ jaxpr, outShardings }, i) => outShardings?.[i] ?? placementsOf(jaxpr.jaxpr)[i],
  printsWithOuterNames: true,
  printParams: ({ name, jaxpr, donatedInvars, keepUnused, inShardings, outShardings }) => {
    const params: Params = { name, jaxpr };
    if (inShardings !== undefined) params.in_shardings = inShardings.map(orUnspecified);
    if (outShardings !== undefined) params.out_shardings = outShardings.map(orUnspecified);
    if (donatedInvars.some((d) => d)) params.donated_invars = donatedInvars;
    if (keepUnused) params.keep_unused = true;
    return params;
  },

  jvp: (primals, tangents, params) => {
    const nonzeros = tangents.map((t) => !(t instanceof Zero));
    const { closed, nonzerosOut } = jvpJaxpr(params.jaxpr, nonzeros);
    const args = [...primals, ...tangents.filter((_, i) => nonzeros[i]).map(instantiate)];
    const outs = call(params, closed, args);
    const primalsOut = outs.slice(0, nonzerosOut.length);
    let next = nonzerosOut.length;
    return [
      primalsOut,
      nonzerosOut.map((nz, i) => (nz ? outs[next++] : new Zero(primalsOut[i].aval.toTangent()))),
    ];
  },

  linearize: (primals, nonzeros, params) => {
    const lin = linearizeProgram(params.jaxpr, nonzeros);
    const outs = call(params, lin.primal, primals);
    const fetch = (s: Source): NDArray => (s.kind === "input" ? primals[s.index] : outs[s.index]);
    const primalsOut = lin.primalSources.map(fetch);
    const residuals = lin.residualSources.map(fetch);
    return {
      primalsOut,
      linear: (tangents) => {
        const args = [...residuals, ...tangents.filter((_, i) => nonzeros[i]).map(instantiate)];
        const tangentsOut = call(params, lin.linear, args);
        let next = 0;
        return lin.nonzerosOut.map((nz, i) =>
          nz ? tangentsOut[next++] : new Zero(primalsOut[i].aval.toTangent()),
        );
      },
    };
  },

  transpose: (cotangents, operands, params) => {
    const linear = operands.map((x) => x instanceof UndefinedPrimal);
    const nonzeros = cotangents.map((ct) => !(ct instanceof Zero));
    const { closed, nonzerosOut } = transposeProgram(params.jaxpr, linear, nonzeros, operands);
    const args = [
      ...operands.filter((x): x is NDArray => !(x instanceof UndefinedPrimal)),
      ...cotangents.filter((ct): ct is NDArray => !(ct instanceof Zero)),
    ];
    const outs = call(params, closed, args);
    let next = 0;
    return nonzerosOut.map((nz) => (nz ? outs[next++] : null));
  },

  batching: (operands, dims, params, axisSize) => {
    const { closed, dimsOut } = batchJaxpr(params.jaxpr, dims, axisSize);
    return [call(params, closed, operands), dimsOut];
  },

  prune: (params, usedOutputs) => {
    const { closed, usedInputs } = pruneProgram(params.jaxpr, usedOutputs);
    if (closed === params.jaxpr) return { params, usedInputs };
    const donatedInvars = params.donatedInvars.filter((_, i) => usedInputs[i]);
    const inShardings = params.inShardings?.filter((_, i) => usedInputs[i]);
    const outShardings = params.outShardings?.filter((_, i) => usedOutputs[i]);
    const shardings =
      params.inShardings === undefined && params.outShardings === undefined
        ? {}
        : { inShardings, outShardings };
    return { params: { ...params, jaxpr: closed, donatedInvars, ...shardings }, usedInputs };
  },
});

/** Calls a program that a transformation made of that of another call. */
function call(params: JitParams, program: ClosedJaxpr, args: readonly NDArray[]): NDArray[] {
  const { closed, lifted } = liftTracers(program);
  return bind(jitP, [...lifted, ...args], {
    name: params.name,
    jaxpr: closed,
    donatedInvars: closed.jaxpr.invars.map(() => false),
    keepUnused: params.keepUnused,
  });
}

/** Where a value of a linearized program comes from: an input passed on, or an output of the primal program. */
type Source = { readonly kind: "input" | "output"; readonly index: number };

interface LinearizedProgram {
  /** Computes the primal outputs and the residuals, each once, and none that is an input. */
  readonly primal: ClosedJaxpr;
  readonly primalSources: readonly Source[];
  readonly residualSources: readonly Source[];
  /** Inputs: the residuals, then the nonzero tangents. Outputs: the tangents marked in `nonzerosOut`. */
  readonly linear: ClosedJaxpr;
  readonly nonzerosOut: readonly boolean[];
}

const linearized = /* @__PURE__ */ new ProgramCache<LinearizedProgram>();

function linearizeProgram(program: ClosedJaxpr, nonzeros: readonly boolean[]): LinearizedProgram {
  return linearized.get(program.jaxpr, maskKey(nonzeros), () => {
    let lin!: ReturnType<typeof linearizeFlat>;
    let linear!: ReturnType<typeof closeOverConcrete>;
    const { jaxpr, consts } = traceToJaxpr(
      (args) => {
        lin = linearizeFlat(
          (xs) => evalJaxpr(program.jaxpr, program.consts, xs),
          args,
          nonzeros,
          "differentiating a program",
        );
        linear = closeOverConcrete(lin.jaxpr, lin.residuals);
        return [...lin.primalsOut, ...linear.lifted];
      },
      program.inAvals,
      "differentiating a program",
    );
    const { closed, sources } = forwardOutputs(new ClosedJaxpr(jaxpr, consts), lin.primalsOut.length);
    return {
      primal: closed,
      primalSources: sources.slice(0, lin.primalsOut.length),
      residualSources: sources.slice(lin.primalsOut.length),
      linear: linear.closed,
      nonzerosOut: lin.nonzerosOut,
    };
  });
}

/**
 * Removes dead code, outputs that are inputs, and residuals (the outputs after the first `numPrimals`) that are primal outputs too;
 * `sources` says where each of them is found.
 */
function forwardOutputs(
  program: ClosedJaxpr,
  numPrimals: number,
): { closed: ClosedJaxpr; sources: Source[] } {
  const { invars, outvars } = program.jaxpr;
  const inputs = new Map<Atom, number>(invars.map((v, i) => [v, i]));
  const seen = new Map<Atom, number>();
  let count = 0;
  const wanted: boolean[] = [];
  const sources = outvars.map((atom, i): Source => {
    const input = inputs.get(atom);
    const known = i < numPrimals ? undefined : seen.get(atom);
    wanted.push(input === undefined && known === undefined);
    if (input !== undefined) return { kind: "input", index: input };
    if (known !== undefined) return { kind: "output", index: known };
    seen.set(atom, count);
    return { kind: "output", index: count++ };
  });
  return { closed: pruneClosed(program, wanted).closed, sources };
}

const pruned = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; usedInputs: readonly boolean[] }>();

/** The program for some of its outputs, taking only the inputs that they need. */
export function pruneProgram(
  program: ClosedJaxpr,
  usedOutputs: readonly boolean[],
): { closed: ClosedJaxpr; usedInputs: readonly boolean[] } {
  return pruned.get(program.jaxpr, maskKey(usedOutputs), () => {
    const { closed, usedInputs } = pruneClosed(program, usedOutputs);
    const { constvars, invars, eqns, outvars } = closed.jaxpr;
    const jaxpr = usedInputs.includes(false)
      ? new Jaxpr(
          constvars,
          invars.filter((_, i) => usedInputs[i]),
          eqns,
          outvars,
        )
      : closed.jaxpr;
    return {
      closed: jaxpr === closed.jaxpr ? closed : new ClosedJaxpr(jaxpr, closed.consts),
      usedInputs,
    };
  });
}

interface TransposedProgram {
  /** Inputs: the operands that are not linear, then the nonzero cotangents. Outputs: the cotangents marked in `nonzerosOut`. */
  readonly closed: ClosedJaxpr;
  readonly nonzerosOut: readonly boolean[];
}

const transposed = /* @__PURE__ */ new ProgramCache<TransposedProgram>();

/** The program that pulls cotangents of the outputs back to the inputs marked in `linear`. */
export function transposeProgram(
  program: ClosedJaxpr,
  linear: readonly boolean[],
  nonzeros: readonly boolean[],
  operands: readonly LinearOperand[],
): TransposedProgram {
  return transposed.get(program.jaxpr, `${maskKey(linear)},${maskKey(nonzeros)}`, () => {
    const inAvals = program.inAvals;
    const known = inAvals.filter((_, i) => !linear[i]);
    const ctAvals = program.outAvals.filter((_, i) => nonzeros[i]).map((a) => a.toTangent());
    let nonzerosOut: boolean[] = [];
    const { jaxpr, consts } = traceToJaxpr(
      (args) => {
        let next = 0;
        const xs = operands.map((x, i) => (linear[i] ? new UndefinedPrimal(x.aval) : args[next++]));
        const cts: Tangent[] = program.outAvals.map((a, i) =>
          nonzeros[i] ? args[next++] : new Zero(a.toTangent()),
        );
        const ctsIn = backwardPass(program.jaxpr, program.consts, xs, cts);
        nonzerosOut = ctsIn.map((ct, i) => linear[i] && !(ct instanceof Zero));
        return ctsIn.filter((_, i) => nonzerosOut[i]) as NDArray[];
      },
      [...known, ...ctAvals],
      "transposing a program",
    );
    return { closed: new ClosedJaxpr(jaxpr, consts), nonzerosOut };
  });
}
