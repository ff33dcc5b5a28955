import { type JvpRule, type LinearizeRule, type PartialEvalRule, Zero } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { jvpJaxpr } from "../../transforms/jvpTrace.ts";
import { linearizeJaxpr, partialEvalJaxpr } from "../../transforms/partialEval.ts";
import { type BindCond, type CondParams, inAnyBranch } from "./condParams.ts";
import { splitCond } from "./condSplit.ts";
import { marked, parts, unmarked } from "./lists.ts";

export const condJvp =
  /* @__NO_SIDE_EFFECTS__ */
    (bindCond: BindCond): JvpRule<CondParams> =>
    (primals, tangents, { branches }) => {
      const [, ...dots] = tangents;
      const nonzeros = dots.map((t) => !(t instanceof Zero));
      const force = inAnyBranch(branches.map((branch) => jvpJaxpr(branch, nonzeros).nonzerosOut));
      const outs = bindCond([...primals, ...marked(dots, nonzeros).map(instantiate)], {
        branches: branches.map((branch) => jvpJaxpr(branch, nonzeros, force).closed),
      });
      const [primalsOut, dotsOut] = parts(outs, force.length);
      let next = 0;
      return [primalsOut, primalsOut.map((p, i) => (force[i] ? dotsOut[next++] : zeroTangent(p)))];
    };

/** A conditional for the primals, which gives the residuals of the branch that was taken, and a linear one on them. */
export const condLinearize =
  /* @__NO_SIDE_EFFECTS__ */
    (bindCond: BindCond): LinearizeRule<CondParams> =>
    (primals, [, ...nonzeros], { branches }) => {
      const no = branches[0].outAvals.map(() => false);
      const force = inAnyBranch(branches.map((branch) => linearizeJaxpr(branch, nonzeros, no).unknownOut));
      const split = branches.map((branch) => linearizeJaxpr(branch, nonzeros, force));
      const { known, rest } = splitCond(bindCond, split, primals);
      return {
        primalsOut: known,
        linear: ([, ...tangents]) => {
          const outs = force.includes(true) ? rest(marked(tangents, nonzeros).map(instantiate)) : [];
          let next = 0;
          return known.map((p, i) => (force[i] ? outs[next++] : zeroTangent(p)));
        },
      };
    };

export const condPartialEval =
  /* @__NO_SIDE_EFFECTS__ */
    (bindCond: BindCond): PartialEvalRule<CondParams> =>
    (operands, [indexUk, ...unknown], { branches }) => {
      if (indexUk) {
        let next = 0;
        const rest: ReturnType<PartialEvalRule>["rest"] = (unknownOperands) =>
          bindCond(
            operands.map((x, i) => (i === 0 || unknown[i - 1] ? unknownOperands[next++] : x)),
            { branches },
          );
        return { known: branches[0].outAvals.map(() => null), rest };
      }
      const no = branches[0].outAvals.map(() => false);
      const force = inAnyBranch(branches.map((branch) => partialEvalJaxpr(branch, unknown, no).unknownOut));
      const split = branches.map((branch) => partialEvalJaxpr(branch, unknown, force));
      const { known, rest } = splitCond(bindCond, split, unmarked(operands, [false, ...unknown]));
      let next = 0;
      return { known: force.map((uk) => (uk ? null : known[next++])), rest };
    };
