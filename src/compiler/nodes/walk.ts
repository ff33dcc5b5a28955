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
  const stack = roots.slice();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    switch (node.kind) {
      case "op":
        for (let i = 0; i < node.args.length; i++) stack.push(node.args[i]);
        break;
      case "load":
        stack.push(node.offset);
        break;
      case "cast":
        stack.push(node.arg);
        break;
    }
  }
  return sortById(Array.from(seen));
}

/** Up to so many nodes are sorted by insertion, which takes no memory. */
const FEW = 40;

/** In the order in which they were made, so operands come first. */
export function sortById(nodes: Node[]): Node[] {
  if (nodes.length > FEW) return nodes.sort((a, b) => a.id - b.id);
  // They were found from the results on.
  nodes.reverse();
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i];
    let at = i;
    for (; at > 0 && nodes[at - 1].id > node.id; at--) nodes[at] = nodes[at - 1];
    nodes[at] = node;
  }
  return nodes;
}
