import type { Node } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";
import { childrenOf } from "./walk.ts";

/**
 * Rewrites an expression: `replace` gives the node that takes the place of one (reading the new forms of the nodes below through
 * its second argument), or null to rebuild it from its rewritten operands. Rebuilding simplifies again. `done` remembers
 * results, and may be shared by several expressions. Without recursion: chains may be long.
 */
export function rewrite(
  b: NodeBuilder,
  root: Node,
  replace: (node: Node, now: (node: Node) => Node) => Node | null,
  done: Map<Node, Node>,
): Node {
  const now = (x: Node): Node => done.get(x) as Node;
  const stack = [root];
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    if (done.has(node)) {
      stack.pop();
      continue;
    }
    const before = stack.length;
    for (const child of childrenOf(node)) if (!done.has(child)) stack.push(child);
    if (stack.length > before) continue;
    stack.pop();
    done.set(node, replace(node, now) ?? rebuild(b, node, now));
  }
  return now(root);
}

function rebuild(b: NodeBuilder, node: Node, now: (node: Node) => Node): Node {
  switch (node.kind) {
    case "op": {
      const args = node.args.map(now);
      return args.every((a, i) => a === node.args[i]) ? node : b.op(node.op, ...args);
    }
    case "load": {
      const offset = now(node.offset);
      return offset === node.offset ? node : b.load(node.buffer, node.dtype, offset);
    }
    case "cast": {
      const arg = now(node.arg);
      if (arg === node.arg) return node;
      return node.bits ? b.bitcast(arg, node.dtype) : b.cast(arg, node.dtype);
    }
    default:
      return node;
  }
}
