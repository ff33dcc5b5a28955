import type { NDArray } from "../../core/array.ts";
import { ClosedJaxpr } from "../../core/jaxpr.ts";
import { type Tangent, type TransposeRule, UndefinedPrimal, Zero } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import { maskKey, ProgramCache } from "../../transforms/programCache.ts";
import { traceToJaxpr } from "../../transforms/traceToJaxpr.ts";
import { backwardPass } from "../../transforms/transposeJaxpr.ts";
import { type BindCond, type CondParams, inAnyBranch } from "./condParams.ts";
import { marked, unmarked } from "./lists.ts";

/** Each branch transposed. An operand that has a cotangent in one branch gets zeros from the others. */
export const condTranspose =
  /* @__NO_SIDE_EFFECTS__ */
    (bindCond: BindCond): TransposeRule<CondParams> =>
    (cotangents, [index, ...operands], { branches }) => {
      if (index instanceof UndefinedPrimal) throw new Error("cond is not linear in its index");
      const linear = operands.map((x) => x instanceof UndefinedPrimal);
      const nonzeros = cotangents.map((ct) => !(ct instanceof Zero));
      const all = branches.map((branch) => transposed(branch, linear, nonzeros, null));
      const force = inAnyBranch(all.map((branch) => branch.nonzerosOut));
      if (!force.includes(true)) return [null, ...operands.map(() => null)];
      const known = unmarked(operands, linear) as NDArray[];
      const outs = bindCond([index, ...known, ...(marked(cotangents, nonzeros) as NDArray[])], {
        branches: branches.map((branch) => transposed(branch, linear, nonzeros, force).closed),
      });
      let next = 0;
      return [null, ...force.map((nz) => (nz ? outs[next++] : null))];
    };

const cache = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; nonzerosOut: readonly boolean[] }>();

/**
 * Inputs: the operands that are not linear, then the nonzero cotangents. Outputs: the cotangents of the operands marked in `nonzerosOut`,
 * which is `force` where that is given.
 */
function transposed(
  { jaxpr, consts, inAvals, outAvals }: ClosedJaxpr,
  linear: readonly boolean[],
  nonzeros: readonly boolean[],
  force: readonly boolean[] | null,
): { closed: ClosedJaxpr; nonzerosOut: readonly boolean[] } {
  const key = [linear, nonzeros, force ?? []].map(maskKey).join();
  return cache.get(jaxpr, key, () => {
    const ctAvals = outAvals.map((a) => a.toTangent());
    let nonzerosOut: readonly boolean[] = [];
    const back = traceToJaxpr(
      (args) => {
        let next = 0;
        const xs = inAvals.map((aval, i) => (linear[i] ? new UndefinedPrimal(aval) : args[next++]));
        const cts = ctAvals.map((aval, i): Tangent => (nonzeros[i] ? args[next++] : new Zero(aval)));
        const ctsIn = backwardPass(jaxpr, consts, xs, cts);
        nonzerosOut = force ?? ctsIn.map((ct, i) => linear[i] && !(ct instanceof Zero));
        return marked(ctsIn, nonzerosOut).map(instantiate);
      },
      [...unmarked(inAvals, linear), ...marked(ctAvals, nonzeros)],
      "transposing a program",
    );
    return { closed: new ClosedJaxpr(back.jaxpr, back.consts), nonzerosOut };
  });
}
