import type { LoadNode, Node } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { rowMajorStrides } from "../shapes.ts";
import type { Group, LoopGroup } from "./groups.ts";
import { fusionCandidates, maxKernelBuffers, maxKernelNodes, maxKernelStores } from "./limits.ts";

/**
 * Loop fusion. A new group is merged with earlier ones over the same space where that saves memory traffic: it reads what they write (at
 * the same element, so that the value itself takes the place of the load), or both read the same elements.
 *
 * Merging must not create a cycle. Two ways are free of search: the later group moves up when all else that it reads exists before
 * the earlier group runs; the earlier one moves down when nothing between the two reads it.
 */
export class Fusion {
  private readonly b: NodeBuilder;
  /** Who writes each buffer. */
  private readonly producers: Map<number, Group>;
  /** The latest loop groups that load each buffer. */
  private readonly readers = new Map<number, LoopGroup[]>();

  constructor(b: NodeBuilder, producers: Map<number, Group>) {
    this.b = b;
    this.producers = producers;
  }

  /** Merges a new group with what it can, and remembers it. */
  add(group: LoopGroup): void {
    let merged = group;
    for (const candidate of this.candidates(group)) {
      if (candidate.gone || candidate === merged) continue;
      const mode = this.canMerge(candidate, merged);
      if (mode !== null) merged = this.merge(candidate, merged, mode);
    }
    for (const load of merged.loads) this.remember(load.buffer, merged);
  }

  private remember(buffer: number, group: LoopGroup): void {
    let list = this.readers.get(buffer);
    if (list === undefined) {
      list = [];
      this.readers.set(buffer, list);
    }
    if (list[list.length - 1] === group || list.includes(group)) return;
    list.push(group);
    if (list.length > fusionCandidates) list.shift();
  }

  /** Producers of what the group loads, then other readers of the same buffers, latest first. */
  private candidates(group: LoopGroup): Set<LoopGroup> {
    const found = new Set<LoopGroup>();
    for (const load of group.loads) {
      const producer = this.producers.get(load.buffer);
      if (producer?.kind === "loop") found.add(producer);
    }
    for (const load of group.loads) {
      const list = this.readers.get(load.buffer);
      if (list !== undefined) for (let i = list.length - 1; i >= 0; i--) found.add(list[i]);
    }
    found.delete(group);
    return found;
  }

  private canMerge(early: LoopGroup, late: LoopGroup): "up" | "down" | null {
    if (early.order > late.order || !sameSizes(early.space, late.space)) return null;
    if (early.nodes + late.nodes > maxKernelNodes) return null;
    if (early.stores.length + late.stores.length > maxKernelStores) return null;
    const reads = this.readsOf(early, late);
    if (reads === "elsewhere") return null;
    if (late.reductions.length > 0) {
      // Reductions side by side; one cannot use another's result within a kernel.
      if (reads === "same" || early.reductions.length === 0 || !sameSizes(early.reduceAxes, late.reduceAxes))
        return null;
    } else if (early.reductions.length > 0 && reads !== "same") {
      return null;
    }
    if (reads === "none" && !shareElements(early, late)) return null;
    if (countBuffers(early, late) > maxKernelBuffers) return null;
    if (every(late.inputs, (g) => g === early || g.order < early.order)) return "up";
    return every(early.consumers, (g) => g === late || g.order > late.order) ? "down" : null;
  }

  /** Whether `late` reads what `early` writes, and only at the element that is written. */
  private readsOf(early: LoopGroup, late: LoopGroup): "none" | "same" | "elsewhere" {
    const here = elementOffset(this.b, early.space);
    let found: "none" | "same" = "none";
    for (const load of late.loads) {
      if (this.producers.get(load.buffer) !== early) continue;
      if (load.offset !== here) return "elsewhere";
      found = "same";
    }
    return found;
  }

  private merge(early: LoopGroup, late: LoopGroup, mode: "up" | "down"): LoopGroup {
    if (mode === "down") early.order = late.order;
    early.reductions = early.reductions.concat(late.reductions);
    early.stores = early.stores.concat(late.stores);
    early.loads = unique(early.loads, late.loads);
    early.nodes += late.nodes;
    for (const s of late.stores) this.producers.set(s.buffer, early);
    for (const input of late.inputs) {
      input.consumers.delete(late);
      if (input === early) continue;
      input.consumers.add(early);
      early.inputs.add(input);
    }
    for (const consumer of late.consumers) {
      consumer.inputs.delete(late);
      if (consumer === early) continue;
      consumer.inputs.add(early);
      early.consumers.add(consumer);
    }
    late.gone = true;
    return early;
  }
}

/** The row-major position of the element at the loop indices. */
export function elementOffset(b: NodeBuilder, space: readonly number[]): Node {
  const index = space.map((n, axis) => b.index(axis, n));
  return linearCombination(b, index, rowMajorStrides(space), 0);
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

function every<T>(items: Iterable<T>, test: (item: T) => boolean): boolean {
  for (const item of items) if (!test(item)) return false;
  return true;
}

/** Whether both groups load the same elements of some buffer: hash-consing makes equal loads one node. */
function shareElements(a: LoopGroup, b: LoopGroup): boolean {
  const scalars = a.space.length === 0 && a.reduceAxes.length === 0;
  const loads = new Set(a.loads);
  return b.loads.some((load) => loads.has(load) && (scalars || load.offset.kind !== "const"));
}

function countBuffers(a: LoopGroup, b: LoopGroup): number {
  const buffers = new Set<number>();
  for (const g of [a, b]) {
    for (const load of g.loads) buffers.add(load.buffer);
    for (const s of g.stores) buffers.add(s.buffer);
  }
  return buffers.size;
}

function unique(a: readonly LoadNode[], b: readonly LoadNode[]): LoadNode[] {
  return [...new Set([...a, ...b])];
}
