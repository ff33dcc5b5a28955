import type { Node } from "../ir.ts";
import { type NestKernel, passesOf, storesOf } from "../nest.ts";
import { childrenOf } from "../nodes/walk.ts";

const longest = 4;

/** A name for people: the operations that a kernel does on data, in order. */
export function kernelName(kernel: NestKernel): string {
  const names: string[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node) || names.length > longest) return;
    seen.add(node);
    if (node.kind === "load") return;
    childrenOf(node).forEach(visit);
    if (node.kind === "op" && !names.includes(node.op)) names.push(node.op);
  };
  for (const pass of passesOf(kernel)) {
    for (const r of pass.reductions) {
      visit(r.value);
      const name = r.op.startsWith("arg") ? r.op : `reduce_${r.op}`;
      if (!names.includes(name)) names.push(name);
    }
    for (const s of pass.stores) visit(s.value);
  }
  for (const s of kernel.stores) visit(s.value);
  if (names.length === 0) return storesOf(kernel).every((s) => s.value.kind === "const") ? "fill" : "copy";
  if (names.length === 1) return names[0];
  return `${kernel.kind === "row" ? "rows" : "fused"}_${names.slice(0, longest).join("_")}${names.length > longest ? "_etc" : ""}`;
}
