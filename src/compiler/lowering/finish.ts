import { canonicalizeLoop, canonicalizeRow } from "../canonicalize.ts";
import type { Kernel } from "../ir.ts";
import { type NestKernel, nestRoots } from "../nest.ts";
import { nodesOf } from "../nodes/walk.ts";
import { splitRegions } from "../splitRegions.ts";
import { buildNest } from "./buildNest.ts";
import type { Draft } from "./draft.ts";
import type { Group, LoopGroup } from "./groups.ts";
import { kernelName } from "./kernelName.ts";

/**
 * Groups become kernels, in order. Within a group, loads of what it computes itself become the values; buffers that nothing
 * outside reads are not written. Templates, which never change their places, are all there if they have effects.
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
  if (group.kind === "loop") return finishLoop(draft, group, needed);
  if (!group.hasEffects && !group.writes.some((buffer) => needed.has(buffer))) return [];
  for (const buffer of group.reads) needed.add(buffer);
  const built = group.build();
  return "kind" in built ? [built] : built;
}

function finishLoop(draft: Draft, group: LoopGroup, needed: Set<number>): readonly Kernel[] {
  const { b } = draft;
  const nest = buildNest(draft, group, needed);
  if (nest === null) return [];
  for (const load of nodesOf(nestRoots(nest))) if (load.kind === "load") needed.add(load.buffer);
  const named = <K extends NestKernel>(kernel: K): K => ({ ...kernel, name: kernelName(kernel) });
  if (nest.kind === "row") return [named(canonicalizeRow(b, nest))];
  return splitRegions(b, nest)
    .map((region) => canonicalizeLoop(b, named(region)))
    .reverse();
}
