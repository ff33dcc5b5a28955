import type { Node } from "../ir.ts";

/** The nodes that a node reads, the offset of a load included. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "op":
      return node.args;
    case "load":
      return [node.offset];
    case "cast":
      return [node.arg];
    default:
      return none;
  }
}
const none: readonly Node[] = [];

/** All nodes reachable from the roots, each once, in topological order. Without recursion: chains may be long. */
export function nodesOf(roots: readonly Node[]): Node[] {
  const seen = new Set<Node>();
  const found: Node[] = [];
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    found.push(node);
    for (const child of childrenOf(node)) if (!seen.has(child)) stack.push(child);
  }
  return found.sort((a, b) => a.id - b.id);
}
