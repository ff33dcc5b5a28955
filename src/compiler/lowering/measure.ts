import type { LoadNode, Node } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { childrenOf } from "../nodes/walk.ts";
import { scalarOps } from "../scalarOps.ts";

export interface Measure {
  /** Distinct nodes. */
  readonly nodes: number;
  /** Instructions per element, roughly; sums of loop indices are free. */
  readonly cost: number;
  readonly loads: readonly LoadNode[];
}

/** Generation numbers by node id, so that a walk needs no set. */
const marks: number[] = [];
let generation = 0;

/** Size and cost of an expression, in time proportional to its size. */
export function measure(b: NodeBuilder, root: Node): Measure {
  generation++;
  const loads: LoadNode[] = [];
  const stack = [root];
  marks[root.id] = generation;
  let nodes = 0;
  let cost = 0;
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    nodes++;
    if (node.kind === "load") {
      loads.push(node);
      cost++;
    } else if (node.kind === "cast") {
      cost++;
    } else if (node.kind === "op") {
      const free = b.isIndexLike(node) && node.op !== "div" && node.op !== "rem";
      if (!free) cost += scalarOps[node.op].cost;
    }
    for (const child of childrenOf(node)) {
      if (marks[child.id] === generation) continue;
      marks[child.id] = generation;
      stack.push(child);
    }
  }
  return { nodes, cost, loads };
}
