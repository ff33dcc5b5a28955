import type { LoadNode, Node } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { rowMajorStrides } from "../shapes.ts";
import { type Alignment, align, isPointwise, renumber, renumberOffset } from "./alignment.ts";
import { type Group, isReduction, type LoopGroup } from "./groups.ts";
import { fusionCandidates, maxKernelBuffers, maxKernelNodes, maxKernelStores } from "./limits.ts";
import { worthRows } from "./rows.ts";

/**
 * Loop fusion. A new group is merged with earlier ones where that saves memory traffic: it reads what they write (at the same element, so
 * that the value itself takes the place of the load), or both read the same elements. Loops over one space become one loop; loops over
 * rows and loops over their elements become passes over each row while it is in the cache.
 *
 * Merging must not create a cycle. Two ways are free of search: the later group moves up when all else that it reads exists before
 * the earlier group runs; the earlier one moves down when nothing between the two reads it. Groups on different sides of a fence stay apart.
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
      const plan = this.canMerge(candidate, merged);
      if (plan !== null) merged = this.merge(candidate, merged, plan);
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

  private canMerge(early: LoopGroup, late: LoopGroup): MergePlan | null {
    if (early.order > late.order || early.epoch !== late.epoch) return null;
    if (early.nodes + late.nodes > maxKernelNodes) return null;
    if (countStores(early) + countStores(late) > maxKernelStores) return null;
    const read = late.loads.filter((load) => this.producers.get(load.buffer) === early);
    const alignment = align(early, late, read[0]);
    if (alignment === null || !this.readsInPlace(early, late, read, alignment)) return null;
    const related = read.length > 0;
    if (alignment.kind === "rows" && (!related || isPointwise(early))) return null;
    if (!related && !shareElements(early, late, alignment)) return null;
    const passes = alignment.kind === "elements" || (!isPointwise(early) && !isPointwise(late) && related);
    if (passes && !worthRows(early, late, alignment)) return null;
    if (countBuffers(early, late) > maxKernelBuffers) return null;
    if (every(late.inputs, (g) => g === early || g.order < early.order)) return { alignment, mode: "up" };
    const free = every(early.consumers, (g) => g === late || g.order > late.order);
    return free ? { alignment, mode: "down" } : null;
  }

  /** Whether `late` reads what `early` writes only at the element that is written. */
  private readsInPlace(
    early: LoopGroup,
    late: LoopGroup,
    read: readonly LoadNode[],
    { move, moved }: Alignment,
  ): boolean {
    return read.every((load) => {
      const places = early.stores.filter((s) => s.buffer === load.buffer).map((s) => s.offset);
      return moved === "late"
        ? places.includes(renumberOffset(this.b, late, move, load.offset))
        : places.some((place) => renumberOffset(this.b, early, move, place) === load.offset);
    });
  }

  private merge(early: LoopGroup, late: LoopGroup, { alignment, mode }: MergePlan): LoopGroup {
    const { move, moved, kind } = alignment;
    const [first, second] = [early, late].map((g) => {
      const isMoved = kind === "elements" && g === (moved === "early" ? early : late);
      return isMoved ? renumber(this.b, g, move) : g;
    });
    if (mode === "down") early.order = late.order;
    early.space = alignment.space;
    early.reduceAxes = alignment.reduceAxes;
    early.stores = first.stores.concat(second.stores);
    early.loads = unique(first.loads, second.loads);
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

function every<T>(items: Iterable<T>, test: (item: T) => boolean): boolean {
  for (const item of items) if (!test(item)) return false;
  return true;
}

interface MergePlan {
  readonly alignment: Alignment;
  /** Which of the groups changes its place in the order: the later moves up, or the earlier down. */
  readonly mode: "up" | "down";
}

/** Whether both groups load the same elements of some buffer: hash-consing makes equal loads one node. */
function shareElements(a: LoopGroup, b: LoopGroup, alignment: Alignment): boolean {
  if (alignment.move !== null) return false;
  const scalars = alignment.space.length === 0 && alignment.reduceAxes.length === 0;
  const loads = new Set(a.loads);
  return b.loads.some((load) => loads.has(load) && (scalars || load.offset.kind !== "const"));
}

/** The stores and reductions in the innermost loops: a value per row costs little. */
function countStores(group: LoopGroup): number {
  if (isPointwise(group)) return group.stores.length;
  return group.stores.reduce((n, s) => n + (s.inner || isReduction(s.value) ? 1 : 0), 0);
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
