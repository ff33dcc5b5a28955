import type { NDArray } from "../../core/array.ts";
import { hasIo } from "../../core/effects.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import type { BatchDim, BatchingRule } from "../../core/primitive.ts";
import { NotImplementedError } from "../../errors.ts";
import { axesWithout, batchDimAtFront } from "../batching.ts";
import { stopGradient } from "../identity.ts";
import { constLike } from "../operands.ts";
import { ops } from "../ops.ts";
import { selectN } from "../select.ts";
import { batchToFront, placed } from "./batchPrograms.ts";
import { type BindCond, type CondParams, inAnyBranch } from "./condParams.ts";

/** A batched index becomes a selection among the results of all branches; otherwise the branches are batched. */
export const condBatching =
  /* @__NO_SIDE_EFFECTS__ */
    (bindCond: BindCond): BatchingRule<CondParams> =>
    (operands, dims, { branches }, size) => {
      if (branches.some(({ effects }) => hasIo(effects)))
        throw new NotImplementedError("IO effect not supported in vmap-of-cond.");
      if (dims[0] !== null) {
        const outs = selectBranches(operands, dims, branches, size);
        return [outs, outs.map(() => 0)];
      }
      const [index, ...others] = operands;
      const otherDims = dims.slice(1);
      const front = otherDims.map((d): BatchDim => (d === null ? null : 0));
      const args = others.map((x, i) => placed(x, otherDims[i], front[i], size));
      const batched = (force: readonly boolean[]) =>
        branches.map((branch) => batchToFront(branch, front, size, force));
      const natural = batched(branches[0].outAvals.map(() => false));
      const force = inAnyBranch(natural.map((branch) => branch.batchedOut));
      const outs = bindCond([index, ...args], { branches: batched(force).map(({ closed }) => closed) });
      return [outs, force.map((b) => (b ? 0 : null))];
    };

function selectBranches(
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  branches: CondParams["branches"],
  size: number,
): NDArray[] {
  const [index, ...args] = operands.map((x, i) => batchDimAtFront(x, dims[i], size));
  const results = branches.map((branch, k) => {
    const front = args.map(() => 0);
    const force = branch.outAvals.map(() => true);
    const { closed } = batchToFront(branch, front, size, force);
    // Examples that take another branch must not spoil the gradient of this one with a NaN.
    const taken = ops.eq(index, constLike(index, k));
    const safe = args.map((x) => selectAll(taken, [stopGradient(x), x]));
    return evalJaxpr(closed.jaxpr, closed.consts, safe);
  });
  return results[0].map((_, i) =>
    selectAll(
      index,
      results.map((outs) => outs[i]),
    ),
  );
}

/** `selectN` with one choice for each example. */
function selectAll(which: NDArray, cases: readonly NDArray[]): NDArray {
  const [{ ndim, shape }] = cases;
  const choice = which.ndim === ndim ? which : ops.broadcastInDim(which, shape, axesWithout(which.ndim));
  return selectN(choice, ...cases);
}
