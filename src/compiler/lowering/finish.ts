import { canonicalizeLoop } from "../canonicalize.ts";
import type { Kernel, LoopKernel, Node, Reduction, Store } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { rewrite } from "../nodes/substitute.ts";
import { nodesOf } from "../nodes/walk.ts";
import { splitRegions } from "../splitRegions.ts";
import type { Draft } from "./draft.ts";
import { elementOffset } from "./fusion.ts";
import { type Group, isReduction, type LoopGroup } from "./groups.ts";
import { kernelName } from "./kernelName.ts";
import { measure } from "./measure.ts";

/**
 * Groups become kernels, in order. Within a group, loads of what it computes itself become the values; buffers that nothing
 * outside reads are not written.
 */
export function finishKernels(draft: Draft): Kernel[] {
  const live = draft.groups.filter((g) => g.kind === "template" || !g.gone).sort((a, b) => a.order - b.order);
  const needed = new Set<number>();
  for (const buffer of draft.buffers) if (buffer.role === "output") needed.add(buffer.id);
  const kernels: Kernel[] = [];
  for (let i = live.length - 1; i >= 0; i--) kernels.push(...finishGroup(draft, live[i], needed));
  return kernels.reverse();
}

function finishGroup(draft: Draft, group: Group, needed: Set<number>): readonly Kernel[] {
  if (group.kind === "loop") return finishLoop(draft.b, draft, group, needed);
  if (!group.writes.some((buffer) => needed.has(buffer))) return [];
  for (const buffer of group.reads) needed.add(buffer);
  const built = group.build();
  return "kind" in built ? [built] : built;
}

function finishLoop(b: NodeBuilder, draft: Draft, group: LoopGroup, needed: Set<number>): readonly Kernel[] {
  if (!group.stores.some((s) => needed.has(s.buffer))) return [];
  const here = elementOffset(b, group.space);
  const inside = new Map<Node, Node>();
  const readsItself = group.loads.some((load) => draft.producers.get(load.buffer) === group);
  const reductions: Reduction[] = group.reductions.map((r) => ({ op: r.op, value: r.value, dtype: r.dtype }));
  const stores: Store[] = [];
  for (const store of group.stores) {
    const { value, buffer } = store;
    let node: Node;
    if (isReduction(value)) node = b.acc(group.reductions.indexOf(value), value.dtype);
    else node = readsItself ? rewrite(b, value, () => null, inside) : value;
    inside.set(b.load(buffer, draft.buffers[buffer].dtype, here), node);
    if (needed.has(buffer)) stores.push({ buffer, offset: here, value: node });
  }
  const kernel = dropUnusedReductions(b, {
    kind: "loop",
    name: "",
    axes: group.space,
    reduceAxes: group.reduceAxes,
    reductions,
    stores,
  });
  for (const node of [...kernel.reductions.map((r) => r.value), ...stores.map((s) => s.value)]) {
    for (const load of measure(b, node).loads) needed.add(load.buffer);
  }
  const regions = splitRegions(b, kernel);
  return regions.map((region) => canonicalizeLoop(b, { ...region, name: kernelName(region) })).reverse();
}

/** Reductions whose results no store uses any more. */
function dropUnusedReductions(b: NodeBuilder, kernel: LoopKernel): LoopKernel {
  if (kernel.reductions.length < 2) return kernel;
  const used = new Set<number>();
  // Offsets of loads count: a gather may be at a place that a reduction found.
  for (const node of nodesOf(kernel.stores.map((s) => s.value))) {
    if (node.kind === "acc") used.add(node.reduction);
  }
  if (used.size === kernel.reductions.length) return kernel;
  const kept = kernel.reductions.filter((_, k) => used.has(k));
  const done = new Map<Node, Node>();
  const renumber = (node: Node): Node | null =>
    node.kind === "acc" ? b.acc(kept.indexOf(kernel.reductions[node.reduction]), node.dtype) : null;
  return {
    ...kernel,
    reductions: kept,
    stores: kernel.stores.map((s) => ({ ...s, value: rewrite(b, s.value, renumber, done) })),
  };
}
