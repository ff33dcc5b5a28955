import type { NDArray } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { functionName } from "../../transforms/functionName.ts";
import { traceToJaxpr } from "../../transforms/traceToJaxpr.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import { constsAsInputs } from "./programs.ts";

/** A user's function as a program. */
export interface TracedFunction {
  /** Inputs: what the function closes over, then the leaves of its arguments. It has no constants. */
  readonly program: ClosedJaxpr;
  readonly consts: readonly NDArray[];
  readonly outTree: PyTreeDef;
}

/** A tree of abstract values. */
export interface AvalTree {
  readonly tree: PyTreeDef;
  readonly avals: readonly ShapedArray[];
}

/** Traces a function of trees, one for each argument. `role` says what the function is, such as "scan body". */
export function traceFunction(f: AnyFunction, args: readonly AvalTree[], role: string): TracedFunction {
  let outTree!: PyTreeDef;
  const name = functionName(f);
  const { jaxpr, consts } = traceToJaxpr(
    (leaves) => {
      let next = 0;
      const trees = args.map(({ tree }) => tree.unflatten(leaves.slice(next, (next += tree.numLeaves))));
      const flat = flattenArrays(f(...trees), `${role} ${name} returned`);
      outTree = flat.treedef;
      return flat.leaves;
    },
    args.flatMap(({ avals }) => avals),
    `tracing the ${role} ${name}`,
  );
  return { program: constsAsInputs(jaxpr), consts, outTree };
}

/** The types of the function's results. */
export function resultsOf({ program, outTree }: TracedFunction): AvalTree {
  return { tree: outTree, avals: program.outAvals };
}

/** A tree of arrays as a tree of abstract values. */
export function avalTree(leaves: readonly NDArray[], tree: PyTreeDef): AvalTree {
  return { tree, avals: leaves.map((x) => x.aval) };
}
