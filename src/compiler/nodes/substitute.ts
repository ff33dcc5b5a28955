import type { Node } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";

/**
 * Rewrites an expression: `replace` gives the node that takes the place of one, or null to rebuild it from its rewritten operands.
 * Rebuilding simplifies again. `done` remembers results, and may be shared by several expressions.
 */
export function rewrite(
  b: NodeBuilder,
  node: Node,
  replace: (node: Node, recur: (node: Node) => Node) => Node | null,
  done: Map<Node, Node>,
): Node {
  const recur = (x: Node): Node => {
    const known = done.get(x);
    if (known !== undefined) return known;
    const result = replace(x, recur) ?? rebuild(b, x, recur);
    done.set(x, result);
    return result;
  };
  return recur(node);
}

function rebuild(b: NodeBuilder, node: Node, recur: (node: Node) => Node): Node {
  switch (node.kind) {
    case "op": {
      const args = node.args.map(recur);
      return args.every((a, i) => a === node.args[i]) ? node : b.op(node.op, ...args);
    }
    case "load": {
      const offset = recur(node.offset);
      return offset === node.offset ? node : b.load(node.buffer, node.dtype, offset);
    }
    case "cast": {
      const arg = recur(node.arg);
      if (arg === node.arg) return node;
      return node.bits ? b.bitcast(arg, node.dtype) : b.cast(arg, node.dtype);
    }
    default:
      return node;
  }
}
