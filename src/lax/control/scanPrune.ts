import type { PrunedCall } from "../../core/primitive.ts";
import { count, fixedPoint, marked, parts } from "./lists.ts";
import { prunedOutputs, range, rearranged } from "./programs.ts";
import type { ScanParams } from "./scanParams.ts";

/** Drops results that nobody reads, and carries, constants and scanned arrays that only those need. */
export function pruneScan(params: ScanParams, usedOutputs: readonly boolean[]): PrunedCall {
  const { jaxpr, numConsts, numCarry } = params;
  const [wantedCarry, wantedYs] = parts(usedOutputs, numCarry);
  const usedBy = (carry: readonly boolean[]) => prunedOutputs(jaxpr, [...carry, ...wantedYs]).used;
  // A carry is needed where a needed result, or a needed carry of the next step, depends on it.
  const carry = fixedPoint(wantedCarry, (mask) => usedBy(mask).slice(numConsts, numConsts + numCarry));
  const keptOutputs = [...carry, ...wantedYs];
  const { closed, used } = prunedOutputs(jaxpr, keptOutputs);
  const [usedConsts, , usedXs] = parts(used, numConsts, numCarry);
  const usedInputs = [...usedConsts, ...carry, ...usedXs];
  if (closed === jaxpr && !usedInputs.includes(false)) return { params, usedInputs, keptOutputs };
  const pruned: ScanParams = {
    ...params,
    jaxpr: rearranged(closed, marked(range(0, usedInputs.length), usedInputs)),
    numConsts: count(usedConsts),
    numCarry: count(carry),
  };
  return { params: pruned, usedInputs, keptOutputs };
}
