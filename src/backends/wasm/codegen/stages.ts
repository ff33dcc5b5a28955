import type { Node } from "../../../compiler/ir.ts";
import { argsOf } from "./analysis.ts";
import type { Space } from "./space.ts";

/** After how many passes of a kernel each node can be computed. */
export class Stages {
  private readonly known = new Map<Node, number>();
  /** By reduction, and by buffer that a pass stores. */
  private readonly reductions: number[] = [];
  private readonly stored = new Map<number, number>();

  constructor(space: Space) {
    space.passes.forEach(({ reductions, stores }, p) => {
      for (const _ of reductions) this.reductions.push(p + 1);
      for (const { buffer } of stores) this.stored.set(buffer, p + 1);
    });
  }

  of(root: Node): number {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const open = argsOf(node).filter((arg) => !this.known.has(arg));
      if (open.length > 0 && !this.known.has(node)) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      if (!this.known.has(node)) this.known.set(node, this.own(node));
    }
    return this.known.get(root) as number;
  }

  private own(node: Node): number {
    if (node.kind === "acc") return this.reductions[node.reduction];
    const stored = node.kind === "load" ? (this.stored.get(node.buffer) ?? 0) : 0;
    return argsOf(node).reduce((stage, arg) => Math.max(stage, this.known.get(arg) as number), stored);
  }
}
