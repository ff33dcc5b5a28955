import type { NDArray } from "../../core/array.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import { ClosedJaxpr } from "../../core/jaxpr.ts";
import { ProgramCache } from "../../transforms/programCache.ts";
import { traceToJaxpr } from "../../transforms/traceToJaxpr.ts";
import { axesWithout } from "../batching.ts";
import { ops } from "../ops.ts";
import { reduceOr } from "../reductions.ts";
import { parts } from "./lists.ts";
import { type BindWhile, conditionRank, type WhileParams } from "./whileParams.ts";

const description = "masking a batched loop";
const masked = /* @__PURE__ */ new ProgramCache<ClosedJaxpr>();

/** A loop whose condition is an array, written as one whose condition is a scalar: any of the elements, and carries changed where they are true. */
export function maskedLoop(bindWhile: BindWhile, params: WhileParams): ClosedJaxpr {
  const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
  // Body and condition belong together in one loop only, but either may be in several.
  return masked.get(bodyJaxpr.jaxpr, `${condJaxpr.jaxpr.id}`, () => {
    const condAvals = condJaxpr.inAvals.slice(0, condNconsts);
    const bodyAvals = bodyJaxpr.inAvals;
    const rank = conditionRank(params);
    const condition = (args: readonly NDArray[]) => evalJaxpr(condJaxpr.jaxpr, condJaxpr.consts, args)[0];
    const trace = (f: (args: NDArray[]) => readonly NDArray[], avals: typeof condAvals) => {
      const { jaxpr, consts } = traceToJaxpr(f, avals, description);
      return new ClosedJaxpr(jaxpr, consts);
    };
    const anyTrue = trace((args) => [reduceOr(condition(args), axesWithout(rank))], condJaxpr.inAvals);
    const changed = trace(
      (args) => {
        const [condConsts, bodyConsts, carry] = parts(args, condNconsts, bodyNconsts);
        const mask = condition([...condConsts, ...carry]);
        const next = evalJaxpr(bodyJaxpr.jaxpr, bodyJaxpr.consts, [...bodyConsts, ...carry]);
        return next.map((x, i) => ops.select(spread(mask, x), x, carry[i]));
      },
      [...condAvals, ...bodyAvals],
    );
    return trace(
      (args) => {
        const [condConsts, bodyConsts, init] = parts(args, condNconsts, bodyNconsts);
        return bindWhile([...condConsts, ...condConsts, ...bodyConsts, ...init], {
          condJaxpr: anyTrue,
          condNconsts,
          bodyJaxpr: changed,
          bodyNconsts: condNconsts + bodyNconsts,
        });
      },
      [...condAvals, ...bodyAvals],
    );
  });
}

/** The mask for all elements of `x`, whose first axes are those of the mask. */
function spread(mask: NDArray, x: NDArray): NDArray {
  return mask.ndim === x.ndim ? mask : ops.broadcastInDim(mask, x.shape, axesWithout(mask.ndim));
}
