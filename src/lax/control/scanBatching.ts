import type { BatchDim, BatchingRule } from "../../core/primitive.ts";
import { batchToFront, placed } from "./batchPrograms.ts";
import { fixedPoint, parts } from "./lists.ts";
import type { BindScan, ScanParams } from "./scanParams.ts";

/** One loop over batches: the mapped axis is first in carries and slices, hence second in what is scanned and stacked. */
export const scanBatching =
  /* @__NO_SIDE_EFFECTS__ */
    (bindScan: BindScan): BatchingRule<ScanParams> =>
    (operands, dims, params, size) => {
      const { jaxpr, numConsts, numCarry } = params;
      const [constDims, initDims, xsDims] = parts(dims, numConsts, numCarry);
      const batchedBody = (carry: readonly boolean[]) => {
        const dimsIn = [...constDims.map(isMapped), ...carry, ...xsDims.map(isMapped)].map(
          (b): BatchDim => (b ? 0 : null),
        );
        const force = jaxpr.outAvals.map((_, i) => i < numCarry && carry[i]);
        return batchToFront(jaxpr, dimsIn, size, force);
      };
      // A carry is batched if it starts so, or if a step makes it so.
      const start = initDims.map(isMapped);
      const carry = fixedPoint(start, (mask) => batchedBody(mask).batchedOut.slice(0, numCarry));
      const { closed, batchedOut } = batchedBody(carry);
      const [consts, init, xs] = parts(operands, numConsts, numCarry);
      const args = [
        ...consts.map((x, i) => (constDims[i] === null ? x : placed(x, constDims[i], 0, size))),
        ...init.map((x, i) => (carry[i] ? placed(x, initDims[i], 0, size) : x)),
        ...xs.map((x, i) => (xsDims[i] === null ? x : placed(x, xsDims[i], 1, size))),
      ];
      const outs = bindScan(args, { ...params, jaxpr: closed });
      return [outs, batchedOut.map((batched, i) => (batched ? (i < numCarry ? 0 : 1) : null))];
    };

const isMapped = (dim: BatchDim): boolean => dim !== null;
