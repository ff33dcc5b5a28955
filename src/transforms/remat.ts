import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import type { ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { keysUnused } from "../core/keyUse.ts";
import { definePrimitive, type Params, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { behindBarrier } from "../lax/identity.ts";
import { batchJaxpr } from "./batchTrace.ts";
import { type CheckpointPolicy, policyText } from "./checkpointPolicies.ts";
import { pruneProgram, transposeProgram } from "./jitPrimitive.ts";
import { jvpJaxpr } from "./jvpTrace.ts";
import { splitRemat } from "./rematSplit.ts";

export interface RematParams extends Params {
  readonly jaxpr: ClosedJaxpr;
  /** Keep the compiler from replacing what is computed again by what was computed before. */
  readonly preventCse: boolean;
  /** The program is what runs in the backward pass. */
  readonly differentiated: boolean;
  readonly policy: CheckpointPolicy | null;
}

/** A call of a function whose intermediate results are computed again in the backward pass, save those that a policy keeps. */
export const rematP: Primitive<RematParams> = definePrimitive<RematParams>({
  name: "remat2",
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  reference: () => {
    throw new Error("remat2 is evaluated through its program");
  },
  inlineAs: ({ jaxpr, differentiated, preventCse }) => ({
    jaxpr: differentiated && preventCse ? apart(jaxpr.jaxpr) : jaxpr.jaxpr,
    consts: jaxpr.consts,
  }),
  // The program that is differentiated uses keys again that its first run has used.
  keyUse: ({ jaxpr, differentiated }, _avals, ofProgram) =>
    differentiated ? keysUnused() : ofProgram(jaxpr.jaxpr),
  lowering: { kind: "inline" },
  printParams: ({ jaxpr, preventCse, differentiated, policy }) => ({
    differentiated,
    jaxpr,
    policy: { toString: () => policyText(policy) },
    prevent_cse: preventCse,
  }),

  jvp: (primals, tangents, params) => {
    const nonzeros = tangents.map((t) => !(t instanceof Zero));
    const { closed, nonzerosOut } = jvpJaxpr(params.jaxpr, nonzeros);
    const args = [...primals, ...tangents.filter((_, i) => nonzeros[i]).map(instantiate)];
    const outs = bind(rematP, args, { ...params, jaxpr: closed });
    const primalsOut = outs.slice(0, nonzerosOut.length);
    let next = nonzerosOut.length;
    return [primalsOut, nonzerosOut.map((nz, i) => (nz ? outs[next++] : zeroTangent(primalsOut[i])))];
  },

  linearize: (primals, nonzeros, params) => {
    const split = splitRemat(params.jaxpr, nonzeros, params.policy);
    const outs = evalJaxpr(split.forward.jaxpr, split.forward.consts, primals);
    const primalsOut = outs.slice(0, split.numPrimalsOut);
    const known = [...outs.slice(split.numPrimalsOut), ...primals.filter((_, i) => split.usedInputs[i])];
    return {
      primalsOut,
      linear: (tangents) => {
        const args = [...known, ...tangents.filter((_, i) => nonzeros[i]).map(instantiate)];
        const tangentsOut = bind(rematP, args, { ...params, jaxpr: split.again, differentiated: true });
        let next = 0;
        return split.nonzerosOut.map((nz, i) => (nz ? tangentsOut[next++] : zeroTangent(primalsOut[i])));
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
    const outs = bind(rematP, args, { ...params, jaxpr: closed });
    let next = 0;
    return nonzerosOut.map((nz) => (nz ? outs[next++] : null));
  },

  batching: (operands, dims, params, axisSize) => {
    const { closed, dimsOut } = batchJaxpr(params.jaxpr, dims, axisSize);
    return [bind(rematP, operands, { ...params, jaxpr: closed }), dimsOut];
  },

  prune: (params, usedOutputs) => {
    const { closed, usedInputs } = pruneProgram(params.jaxpr, usedOutputs);
    return { params: closed === params.jaxpr ? params : { ...params, jaxpr: closed }, usedInputs };
  },
});

const programsApart = new WeakMap<Jaxpr, Jaxpr>();

/** The program behind a barrier; the same one each time. */
function apart(jaxpr: Jaxpr): Jaxpr {
  let program = programsApart.get(jaxpr);
  if (program === undefined) {
    program = behindBarrier(jaxpr);
    programsApart.set(jaxpr, program);
  }
  return program;
}
