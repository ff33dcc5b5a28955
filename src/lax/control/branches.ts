import type { NDArray } from "../../core/array.ts";
import { bind, Tracer } from "../../core/trace.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { type Branch, checkBranches } from "./branchTypes.ts";
import { condP } from "./condPrimitive.ts";
import { parts } from "./lists.ts";
import { forwarding, range, rearranged, withLeadingInputs } from "./programs.ts";
import { type AvalTree, avalTree, resultsOf, type TracedFunction, traceFunction } from "./traceFunction.ts";

/**
 * Calls one of several functions: traces all, checks that they return the same types, and binds the primitive.
 * @param order which function each value of the index stands for
 * @param roles what the functions are in messages
 */
export function chooseBranch(
  where: string,
  index: NDArray,
  functions: readonly AnyFunction[],
  order: readonly number[],
  roles: readonly string[],
  operands: readonly unknown[],
): unknown {
  const { leaves, treedef } = flattenArrays(operands, `An operand of lax.${where} is`);
  const trees = treedef.children();
  const leavesOf = parts(leaves, ...trees.map((tree) => tree.numLeaves));
  const args = trees.map((tree, i): AvalTree => avalTree(leavesOf[i], tree));
  const traced = functions.map((f) => traceFunction(f, args, `${where} branch`));
  const branches = traced.map((t, i): Branch => ({ role: roles[i], f: functions[i], results: resultsOf(t) }));
  for (const branch of branches.slice(1)) checkBranches(where, branches[0], branch);
  const outs = bindCond(index, traced, order, leaves);
  return traced[0].outTree.unflatten(outs);
}

/** Binds the primitive. What all branches pass on from the same operand is not computed. */
function bindCond(
  index: NDArray,
  traced: readonly TracedFunction[],
  order: readonly number[],
  leaves: readonly NDArray[],
): NDArray[] {
  const consts = [...new Set(traced.flatMap((t) => t.consts))];
  const programs = traced.map((t) => withLeadingInputs(t.program, t.consts, consts));
  const inputs = [...consts, ...leaves];
  const forwarded = programs.map(({ jaxpr }) => forwarding(jaxpr));
  const passedOn = forwarded[0].map((from, i) => (forwarded.every((f) => f[i] === from) ? from : null));
  const kept = range(0, passedOn.length).filter((i) => passedOn[i] === null);
  const branches = order.map((k) => rearranged(programs[k], null, kept));
  const outs = bind(condP, [index, ...inputs], { branches });
  let next = 0;
  return passedOn.map((from) => (from === null ? outs[next++] : inputs[from]));
}

/** A value in a message. */
export const valueText = (x: unknown): string => (x instanceof Tracer ? x.describe() : String(x));
