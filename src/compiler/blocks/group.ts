import { planBuffers } from "../bufferPlan.ts";
import type { Stage } from "../ir.ts";
import type { Draft } from "../lowering/draft.ts";
import { type Cuts, chooseCuts } from "./cuts.ts";
import { join, partsOf, type Sharing, shareAlone } from "./digits.ts";
import { isStage } from "./kernelSpace.ts";
import type { Order } from "./order.ts";
import { blocking } from "./tuning.ts";

/** Kernels that could run block by block. */
export interface BlockGroup {
  readonly sharing: Sharing;
  /** Intermediates that nothing outside of the group reads. */
  readonly locals: ReadonlySet<number>;
  readonly cuts: Cuts;
  /** Nanoseconds that are saved, by estimate. */
  readonly gain: number;
}

/** To pack an element of an operand. */
const PACK_NANOSECONDS = 0.35;
/** To begin a stage of a block. */
const STAGE_NANOSECONDS = 500;

/** The best group that begins with a kernel; null when nothing is gained. */
export function findGroup(draft: Draft, order: Order, first: Stage): BlockGroup | null {
  let best: BlockGroup | null = null;
  for (const buffer of order.writes(first)) {
    if (!isLarge(draft, buffer)) continue;
    for (const within of extents(first)) {
      const alone = shareAlone(first, buffer, within);
      const group = alone === null ? null : grow(draft, order, alone);
      if (group !== null && (best === null || group.gain > best.gain)) best = group;
    }
  }
  return best;
}

const bytesOf = (draft: Draft, buffer: number) =>
  draft.buffers[buffer].size * draft.buffers[buffer].dtype.itemsize;

function isLarge(draft: Draft, buffer: number): boolean {
  return draft.buffers[buffer].role === "temp" && bytesOf(draft, buffer) >= blocking.leastBytes;
}

/** How many dimensions of the first kernel may be shared: all, or those that count the matrices of a product. */
function extents(kernel: Stage): number[] {
  return kernel.kind === "dot" && kernel.batch.length > 0 ? [Infinity, kernel.batch.length] : [Infinity];
}

/** Takes in the readers of one intermediate after the other, as long as that gains something. */
function grow(draft: Draft, order: Order, alone: Sharing): BlockGroup | null {
  let sharing = alone;
  let group: BlockGroup | null = null;
  const locals = new Set<number>();
  const tried = new Set<number>();
  for (;;) {
    const open = [...sharing.steps.keys()].filter((buffer) => !tried.has(buffer));
    if (open.length === 0) return group;
    const buffer = open.reduce((a, b) => (bytesOf(draft, b) > bytesOf(draft, a) ? b : a));
    tried.add(buffer);
    const larger = withReaders(draft, order, sharing, buffer);
    if (larger === null) continue;
    const candidate = estimate(draft, order, larger, new Set([...locals, buffer]));
    if (candidate === null || candidate.gain <= (group?.gain ?? 0)) continue;
    sharing = larger;
    group = candidate;
    locals.add(buffer);
  }
}

/** The sharing with all readers of a buffer, so that nothing else needs it. */
function withReaders(draft: Draft, order: Order, sharing: Sharing, buffer: number): Sharing | null {
  if (draft.buffers[buffer].role !== "temp" || order.writers(buffer).length !== 1) return null;
  const members = new Set<Stage>(sharing.members.map((m) => m.kernel));
  const readers = order.sorted(order.readers(buffer));
  if (readers.length === 0) return null;
  let now = sharing;
  for (const reader of readers) {
    if (!isStage(reader) || (!members.has(reader) && !order.isFree(reader))) return null;
    if (members.has(reader)) continue;
    const next = join(now, reader, members.size === 1);
    if (next === null) return null;
    now = next;
    members.add(reader);
  }
  return order.canJoin(members) ? now : null;
}

function estimate(
  draft: Draft,
  order: Order,
  sharing: Sharing,
  locals: ReadonlySet<number>,
): BlockGroup | null {
  const { sizes, members } = sharing;
  if (!members.some((m) => m.kernel.kind === "dot")) return null;
  const bytes = [...locals].reduce((sum, buffer) => sum + bytesOf(draft, buffer), 0);
  if (bytes < blocking.leastBytes) return null;
  const points = sizes.reduce((n, size) => n * size, 1);
  const cuts = chooseCuts(sizes, localBytes(draft, order, sharing, locals) / points, rowsPerPoint(sharing));
  if (cuts === null) return null;
  const blocks = cuts.main.reduce((n, cut) => n * cut.blocks, 1);
  if (blocks < 2) return null;
  let cost = blocks * members.length * STAGE_NANOSECONDS;
  for (const { kernel, space, places } of members) {
    if (kernel.kind !== "dot") continue;
    for (const { strides } of space.reads) {
      // An operand that several blocks share is packed again for each.
      let elements = 1;
      let repeats = 1;
      space.sizes.forEach((size, dim) => {
        const own = (strides as readonly number[])[dim] !== 0;
        if (own) elements *= size;
        for (const part of partsOf(dim, size, sizes, places)) {
          if (part.digit >= 0 && !own) repeats *= cuts.main[part.digit].blocks;
        }
      });
      cost += elements * (repeats - 1) * PACK_NANOSECONDS;
    }
  }
  return { sharing, locals, cuts, gain: bytes * blocking.nanosecondsPerByte - cost };
}

/** The fewest rows, or columns where these are shared, that a product has at a shared index. */
function rowsPerPoint({ sizes, members }: Sharing): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { kernel, space, places } of members) {
    if (kernel.kind !== "dot") continue;
    for (const dim of [space.free - 2, space.free - 1]) {
      const own = places.flatMap((place, digit) => (place.dim === dim ? [sizes[digit]] : []));
      if (own.length > 0)
        least = Math.min(
          least,
          own.reduce((rest, size) => rest / size, space.sizes[dim]),
        );
    }
  }
  return least;
}

/** Bytes of the intermediates that are alive at one time. */
function localBytes(draft: Draft, order: Order, { members }: Sharing, locals: ReadonlySet<number>): number {
  const { arenaBytes } = planBuffers({
    kernels: order.sorted(members.map((m) => m.kernel)),
    byteLengths: draft.buffers.map(({ id }) => (locals.has(id) ? bytesOf(draft, id) : 0)),
    args: draft.buffers.filter(({ id }) => !locals.has(id)).map(({ id }) => id),
    consts: [],
    results: [],
    donated: [],
  });
  return arenaBytes;
}
