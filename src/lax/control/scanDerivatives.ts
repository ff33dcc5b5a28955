import type { NDArray } from "../../core/array.ts";
import { type JvpRule, type LinearizeRule, type PartialEvalRule, Zero } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { jvpJaxpr } from "../../transforms/jvpTrace.ts";
import { linearizeJaxpr, partialEvalJaxpr, type SplitProgram } from "../../transforms/partialEval.ts";
import { count, fixedPoint, marked, parts, unmarked } from "./lists.ts";
import { range, rearranged } from "./programs.ts";
import type { BindScan, ScanParams } from "./scanParams.ts";
import { type Portions, splitScan } from "./scanSplit.ts";

/** One loop for primals and tangents. A carry has a tangent if it starts with one, or if a step gives it one. */
export const scanJvp =
  /* @__NO_SIDE_EFFECTS__ */
    (bindScan: BindScan): JvpRule<ScanParams> =>
    (primals, tangents, params) => {
      const { jaxpr, numConsts, numCarry } = params;
      const [constNz, initNz, xsNz] = parts(tangents.map(isNonzero), numConsts, numCarry);
      const noYs = jaxpr.outAvals.slice(numCarry).map(() => false);
      const jvpBody = (carry: readonly boolean[]) =>
        jvpJaxpr(jaxpr, [...constNz, ...carry, ...xsNz], [...carry, ...noYs]);
      const carryNz = fixedPoint(initNz, (mask) => jvpBody(mask).nonzerosOut.slice(0, numCarry));
      const { closed, nonzerosOut } = jvpBody(carryNz);
      const nonzeros = [...constNz, ...carryNz, ...xsNz];
      const dots = marked(tangents, nonzeros).map(instantiate);

      // The body has all primals first; a loop wants constants, carries and slices each with their tangents.
      const counts = { consts: count(constNz), carry: count(carryNz) };
      const numIn = primals.length;
      const [constsIn, carryIn, xsIn] = parts(range(0, numIn), numConsts, numCarry);
      const [constDots, carryDots, xsDots] = parts(
        range(numIn, numIn + dots.length),
        counts.consts,
        counts.carry,
      );
      const inputs = [...constsIn, ...constDots, ...carryIn, ...carryDots, ...xsIn, ...xsDots];
      const numOut = jaxpr.outAvals.length;
      const numDotsOut = count(nonzerosOut);
      const outputs = [
        ...range(0, numCarry),
        ...range(numOut, numOut + counts.carry),
        ...range(numCarry, numOut),
        ...range(numOut + counts.carry, numOut + numDotsOut),
      ];
      const all = [...primals, ...dots];
      const outs = bindScan(
        inputs.map((i) => all[i]),
        {
          ...params,
          jaxpr: rearranged(closed, inputs, outputs),
          numConsts: numConsts + counts.consts,
          numCarry: numCarry + counts.carry,
        },
      );
      const [carryOut, carryDotOut, ys, ysDot] = parts(outs, numCarry, counts.carry, numOut - numCarry);
      const dotsOut = [...carryDotOut, ...ysDot];
      let next = 0;
      const primalsOut = [...carryOut, ...ys];
      return [primalsOut, primalsOut.map((p, i) => (nonzerosOut[i] ? dotsOut[next++] : zeroTangent(p)))];
    };

/** A loop for the primals, which stacks the residuals of each step, and a linear loop over them. */
export const scanLinearize =
  /* @__NO_SIDE_EFFECTS__ */
    (bindScan: BindScan): LinearizeRule<ScanParams> =>
    (primals, nonzeros, params) => {
      const { jaxpr, numConsts, numCarry } = params;
      const [constNz, initNz, xsNz] = parts(nonzeros, numConsts, numCarry);
      const noYs = jaxpr.outAvals.slice(numCarry).map(() => false);
      const splitBody = (carry: readonly boolean[]): SplitProgram =>
        linearizeJaxpr(jaxpr, [...constNz, ...carry, ...xsNz], [...carry, ...noYs]);
      const carryNz = fixedPoint(initNz, (mask) => splitBody(mask).unknownOut.slice(0, numCarry));
      const split = splitBody(carryNz);
      const all: Portions = { consts: numConsts, carry: numCarry };
      const dots: Portions = { consts: count(constNz), carry: count(carryNz) };
      const { known, rest } = splitScan(bindScan, params, split, primals, all, dots);
      return {
        primalsOut: known,
        linear: (tangents) => {
          const dotsIn = marked(tangents, [...constNz, ...carryNz, ...xsNz]).map(instantiate);
          const outs = bindScan(rest.operands(dotsIn), rest.params);
          let next = 0;
          return known.map((p, i) => (split.unknownOut[i] ? outs[next++] : zeroTangent(p)));
        },
      };
    };

/** A loop for what is known, and one for the rest. A carry is unknown if it starts so, or if a step makes it so. */
export const scanPartialEval =
  /* @__NO_SIDE_EFFECTS__ */
    (bindScan: BindScan): PartialEvalRule<ScanParams> =>
    (operands, unknown, params) => {
      const { jaxpr, numConsts, numCarry } = params;
      const [constUk, initUk, xsUk] = parts(unknown, numConsts, numCarry);
      const noYs = jaxpr.outAvals.slice(numCarry).map(() => false);
      const splitBody = (carry: readonly boolean[]): SplitProgram =>
        partialEvalJaxpr(jaxpr, [...constUk, ...carry, ...xsUk], [...carry, ...noYs]);
      const carryUk = fixedPoint(initUk, (mask) => splitBody(mask).unknownOut.slice(0, numCarry));
      const split = splitBody(carryUk);
      const allUk = [...constUk, ...carryUk, ...xsUk];
      const unknownPortions: Portions = { consts: count(constUk), carry: count(carryUk) };
      const knownPortions: Portions = {
        consts: numConsts - unknownPortions.consts,
        carry: numCarry - unknownPortions.carry,
      };
      const { known, rest } = splitScan(
        bindScan,
        params,
        split,
        unmarked(operands, allUk),
        knownPortions,
        unknownPortions,
      );
      let next = 0;
      return {
        known: split.unknownOut.map((uk) => (uk ? null : known[next++])),
        // Carries that become unknown start with values that are known.
        rest: (unknownOperands) => {
          let given = 0;
          const all = operands.map((x, i) => (unknown[i] ? unknownOperands[given++] : x));
          return bindScan(rest.operands(marked(all, allUk)), rest.params);
        },
      };
    };

const isNonzero = (t: NDArray | Zero): boolean => !(t instanceof Zero);
