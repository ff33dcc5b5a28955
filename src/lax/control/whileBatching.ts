import { hasIo, orderedIoEffect } from "../../core/effects.ts";
import type { BatchDim, BatchingRule } from "../../core/primitive.ts";
import { NotImplementedError } from "../../errors.ts";
import { batchToDims, batchToFront, placed } from "./batchPrograms.ts";
import { fixedPoint, parts } from "./lists.ts";
import { type BindWhile, conditionRank, type WhileParams } from "./whileParams.ts";

/** One loop over batches. Where the condition is batched it becomes an array, and all carries are batched. */
export const whileBatching =
  /* @__NO_SIDE_EFFECTS__ */
    (bindWhile: BindWhile): BatchingRule<WhileParams> =>
    (operands, dims, params, size) => {
      const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
      const effects = new Set([...condJaxpr.effects, ...bodyJaxpr.effects]);
      if (effects.has(orderedIoEffect))
        throw new NotImplementedError("Ordered IO effects not supported in vmap.");
      const [condDims, bodyDims, initDims] = parts(dims, condNconsts, bodyNconsts);
      const front = (mask: readonly boolean[]) => mask.map((b): BatchDim => (b ? 0 : null));
      const step = (mask: readonly boolean[]) =>
        batchToFront(bodyJaxpr, [...bodyDims, ...front(mask)], size, mask).batchedOut;
      const start = initDims.map((d) => d !== null);
      const carry = fixedPoint(start, step);
      const [isBatched] = batchToFront(condJaxpr, [...condDims, ...front(carry)], size, [false]).batchedOut;
      // The loop goes on for all examples until the last is done.
      if (isBatched && hasIo(effects)) {
        throw new NotImplementedError(
          "Unordered IO effects not supported in while_loop with batched predicate",
        );
      }

      // The axes of the condition come first in every carry: a new one goes before them, other mapped axes behind.
      const rank = conditionRank(params);
      const carryDims = carry.map((batched): BatchDim => (isBatched ? 0 : batched ? rank : null));
      const body = batchToDims(bodyJaxpr, [...bodyDims, ...carryDims], size, carryDims);
      const cond = batchToDims(condJaxpr, [...condDims, ...carryDims], size, [isBatched ? 0 : null]);
      const [condConsts, bodyConsts, init] = parts(operands, condNconsts, bodyNconsts);
      const outs = bindWhile(
        [...condConsts, ...bodyConsts, ...init.map((x, i) => placed(x, initDims[i], carryDims[i], size))],
        { ...params, condJaxpr: cond, bodyJaxpr: body },
      );
      return [outs, carryDims];
    };
