import type { PrunedCall } from "../../core/primitive.ts";
import { type CondParams, inAnyBranch } from "./condParams.ts";
import { marked } from "./lists.ts";
import { prunedOutputs, range, rearranged } from "./programs.ts";

/** Drops results that nobody reads, and operands that no branch then needs. */
export function pruneCond(params: CondParams, usedOutputs: readonly boolean[]): PrunedCall {
  const { branches } = params;
  const pruned = branches.map((branch) => prunedOutputs(branch, usedOutputs));
  const used = inAnyBranch(pruned.map((branch) => branch.used));
  const usedInputs = [true, ...used];
  if (!used.includes(false) && pruned.every(({ closed }, i) => closed === branches[i]))
    return { params, usedInputs };
  const places = marked(range(0, used.length), used);
  const smaller: CondParams = { branches: pruned.map(({ closed }) => rearranged(closed, places)) };
  return { params: smaller, usedInputs };
}
