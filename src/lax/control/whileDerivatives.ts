import type { NDArray } from "../../core/array.ts";
import { dependence } from "../../core/dce.ts";
import { ClosedJaxpr, Jaxpr, Var } from "../../core/jaxpr.ts";
import {
  type JvpRule,
  type LinearizeRule,
  type PartialEvalRule,
  type Tangent,
  Zero,
} from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { jvpJaxpr } from "../../transforms/jvpTrace.ts";
import { count, fixedPoint, marked, parts } from "./lists.ts";
import { range, rearranged } from "./programs.ts";
import type { BindWhile, WhileParams } from "./whileParams.ts";
import { pruneWhile } from "./whilePrune.ts";

/** The loop for primals and tangents: its parameters, which operands' tangents it takes, and how these go with the primals. */
function jvpLoop(params: WhileParams, nonzeros: readonly boolean[]) {
  const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
  const [condNz, constNz, initNz] = parts(nonzeros, condNconsts, bodyNconsts);
  const jvpBody = (carry: readonly boolean[]) => jvpJaxpr(bodyJaxpr, [...constNz, ...carry], carry);
  const carryNz = fixedPoint(initNz, (mask) => jvpBody(mask).nonzerosOut);
  const { closed } = jvpBody(carryNz);
  const numIn = bodyJaxpr.jaxpr.invars.length;
  const numDots = { consts: count(constNz), carry: count(carryNz) };
  const [constsIn, carryIn] = parts(range(0, numIn), bodyNconsts);
  const [constDots, carryDots] = parts(range(numIn, numIn + numDots.consts + numDots.carry), numDots.consts);
  const dotAvals = marked(bodyJaxpr.outAvals, carryNz).map((a) => a.toTangent());
  const loop: WhileParams = {
    condJaxpr: withMoreInputs(condJaxpr, dotAvals.length === 0 ? [] : dotAvals.map((a) => new Var(a))),
    condNconsts,
    bodyJaxpr: rearranged(closed, [...constsIn, ...constDots, ...carryIn, ...carryDots]),
    bodyNconsts: bodyNconsts + numDots.consts,
  };
  // The condition's constants have no part in the tangents.
  const used = [...condNz.map(() => false), ...constNz, ...carryNz];
  const operands = (primals: readonly NDArray[], dots: readonly NDArray[]): NDArray[] => {
    const [condConsts, bodyConsts, init] = parts(primals, condNconsts, bodyNconsts);
    const [dotConsts, dotInit] = parts(dots, numDots.consts);
    return [...condConsts, ...bodyConsts, ...dotConsts, ...init, ...dotInit];
  };
  return { loop, used, operands, carryNz };
}

function withMoreInputs({ jaxpr, consts }: ClosedJaxpr, more: readonly Var[]): ClosedJaxpr {
  const { constvars, invars, eqns, outvars } = jaxpr;
  return new ClosedJaxpr(new Jaxpr(constvars, [...invars, ...more], eqns, outvars), consts);
}

const isNonzero = (t: Tangent): boolean => !(t instanceof Zero);

export const whileJvp =
  /* @__NO_SIDE_EFFECTS__ */
    (bindWhile: BindWhile): JvpRule<WhileParams> =>
    (primals, tangents, params) => {
      const { loop, used, operands, carryNz } = jvpLoop(params, tangents.map(isNonzero));
      const outs = bindWhile(operands(primals, marked(tangents, used).map(instantiate)), loop);
      const [primalsOut, dots] = parts(outs, carryNz.length);
      let next = 0;
      return [primalsOut, primalsOut.map((p, i) => (carryNz[i] ? dots[next++] : zeroTangent(p)))];
    };

/** The number of steps is known when the loop has run, not before, so no residuals are kept: the linear half runs the loop again. */
export const whileLinearize =
  /* @__NO_SIDE_EFFECTS__ */
    (bindWhile: BindWhile): LinearizeRule<WhileParams> =>
    (primals, nonzeros, params) => {
      const primalsOut = bindWhile(primals, params);
      const { loop, used, operands, carryNz } = jvpLoop(params, nonzeros);
      return {
        primalsOut,
        linear: (tangents) => {
          if (!carryNz.includes(true)) return primalsOut.map(zeroTangent);
          const outs = bindWhile(operands(primals, marked(tangents, used).map(instantiate)), loop);
          const dots = outs.slice(carryNz.length);
          let next = 0;
          return primalsOut.map((p, i) => (carryNz[i] ? dots[next++] : zeroTangent(p)));
        },
      };
    };

/** What is known is computed by a loop of its own, if its length is known; the rest is the whole loop. */
export const whilePartialEval =
  /* @__NO_SIDE_EFFECTS__ */
    (bindWhile: BindWhile): PartialEvalRule<WhileParams> =>
    (operands, unknown, params) => {
      const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
      const [condUk, constUk, initUk] = parts(unknown, condNconsts, bodyNconsts);
      let carryUk = fixedPoint(initUk, (mask) => dependence(bodyJaxpr.jaxpr, [...constUk, ...mask]));
      const [lengthUk] = dependence(condJaxpr.jaxpr, [...condUk, ...carryUk]);
      if (lengthUk) carryUk = carryUk.map(() => true);
      const all = (unknownOperands: readonly NDArray[]): NDArray[] => {
        let next = 0;
        return operands.map((x, i) => (unknown[i] ? unknownOperands[next++] : x));
      };
      const rest = (unknownOperands: readonly NDArray[]) =>
        marked(bindWhile(all(unknownOperands), params), carryUk);
      if (!carryUk.includes(false)) return { known: carryUk.map(() => null), rest };
      const wanted = carryUk.map((uk) => !uk);
      const loop = pruneWhile(params, wanted);
      const outs = bindWhile(marked(operands, loop.usedInputs), loop.params as WhileParams);
      const kept = loop.keptOutputs ?? wanted;
      let next = 0;
      const known = kept.map((isKept) => (isKept ? outs[next++] : null));
      return { known, rest };
    };
