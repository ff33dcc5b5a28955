import type { PrunedCall } from "../../core/primitive.ts";
import { either, fixedPoint, marked, parts } from "./lists.ts";
import { prunedOutputs, range, rearranged } from "./programs.ts";
import type { WhileParams } from "./whileParams.ts";

/** Drops carries that neither the condition nor a wanted result needs, and the constants of their steps. */
export function pruneWhile(params: WhileParams, usedOutputs: readonly boolean[]): PrunedCall {
  const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
  const cond = prunedOutputs(condJaxpr, [true]);
  const [usedCondConsts, usedByCond] = parts(cond.used, condNconsts);
  const keptOutputs = fixedPoint(either(usedOutputs, usedByCond), (carry) =>
    prunedOutputs(bodyJaxpr, carry).used.slice(bodyNconsts),
  );
  const body = prunedOutputs(bodyJaxpr, keptOutputs);
  const usedBodyConsts = body.used.slice(0, bodyNconsts);
  const usedInputs = [...usedCondConsts, ...usedBodyConsts, ...keptOutputs];
  if (cond.closed === condJaxpr && body.closed === bodyJaxpr && !usedInputs.includes(false))
    return { params, usedInputs, keptOutputs };
  const places = (mask: readonly boolean[]) => marked(range(0, mask.length), mask);
  const pruned: WhileParams = {
    condJaxpr: rearranged(cond.closed, places([...usedCondConsts, ...keptOutputs])),
    condNconsts: places(usedCondConsts).length,
    bodyJaxpr: rearranged(body.closed, places([...usedBodyConsts, ...keptOutputs])),
    bodyNconsts: places(usedBodyConsts).length,
  };
  return { params: pruned, usedInputs, keptOutputs };
}
