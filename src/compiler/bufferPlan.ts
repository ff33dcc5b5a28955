import { controlAccess } from "./control/access.ts";
import { hostBuffers } from "./hostCall.ts";
import type { BlockedKernel, Kernel, LoadNode, Node, Placement, Store } from "./ir.ts";
import { type NestKernel, passesOf, passRoots, storesOf } from "./nest.ts";
import { nodesOf } from "./nodes/walk.ts";
import { epilogueRoots, type Product } from "./products.ts";
import { scatterRoots } from "./scatterRoots.ts";

/**
 * Where buffers live. Every buffer belongs to a block of memory: an argument, a constant, a result, or a piece of the arena. Blocks are
 * shared by buffers of which one dies where the next is born, when the kernel in between reads and writes element by element (or is a
 * scatter that may update in place). Results take the memory of donated arguments that are not needed any more. What remains
 * is put into the arena by lifetime, best fit.
 */
export interface PlanInput {
  readonly kernels: readonly Kernel[];
  readonly byteLengths: readonly number[];
  /** Buffer of each argument, constant and result (-1 for results that pass something through). */
  readonly args: readonly number[];
  readonly consts: readonly number[];
  readonly results: readonly number[];
  /** Arguments whose memory may be reused, and whose value is no result itself. */
  readonly donated: readonly boolean[];
  /** Which donated argument's memory each result may take, -1 for none; any when absent. */
  readonly ties?: readonly number[];
}

export interface Plan {
  readonly placements: readonly Placement[];
  readonly arenaBytes: number;
  /** For each result the argument whose memory it takes, or -1. */
  readonly donatedArgs: readonly number[];
}

/** The buffers that a kernel reads and writes, and which written ones may take the memory of which read ones. */
export interface KernelAccess {
  readonly reads: ReadonlySet<number>;
  readonly writes: readonly number[];
  readonly reuse: readonly (readonly [read: number, written: number])[];
}

/** A contiguous stretch of memory through time. */
interface Block {
  /** The first and last kernels that use it; arguments and constants are there from -1, results stay to the end. */
  start: number;
  end: number;
  readonly bytes: number;
  kind: "argument" | "const" | "result" | "arena";
  index: number;
  offset: number;
  /** Merged into another block. */
  into: Block | null;
}

/** Whether a result may take the memory of an argument, by their positions. */
type MayTake = (result: number, arg: number) => boolean;

const align = (n: number) => Math.ceil(n / 64) * 64;

export function planBuffers(input: PlanInput): Plan {
  const { kernels, byteLengths, args, consts, results, donated, ties } = input;
  const mayTake = (result: number, arg: number) => ties === undefined || ties[result] === arg;
  const never = kernels.length;
  const blocks: (Block | undefined)[] = byteLengths.map(() => undefined);
  const newBlock = (buffer: number, kind: Block["kind"], index: number, start: number): Block => {
    const block: Block = {
      start,
      end: start,
      bytes: byteLengths[buffer],
      kind,
      index,
      offset: 0,
      into: null,
    };
    blocks[buffer] = block;
    return block;
  };
  args.forEach((buffer, i) => {
    newBlock(buffer, "argument", i, -1).end = donated[i] ? -1 : never;
  });
  consts.forEach((buffer, i) => {
    newBlock(buffer, "const", i, -1).end = never;
  });
  const resultOf = new Map<number, number>();
  results.forEach((buffer, i) => {
    if (buffer >= 0) resultOf.set(buffer, i);
  });

  const accesses = kernels.map(accessOf);
  const lastRead = new Map<number, number>();
  accesses.forEach((access, k) => {
    for (const buffer of access.reads) lastRead.set(buffer, k);
  });

  const find = (block: Block): Block => {
    let b = block;
    while (b.into !== null) b = b.into;
    return b;
  };
  const blockOf = (buffer: number) => find(blocks[buffer] as Block);

  accesses.forEach((access, k) => {
    for (const buffer of access.writes) {
      const known = blocks[buffer];
      if (known !== undefined) {
        // Another region of the same buffer.
        const block = find(known);
        block.end = Math.max(block.end, k);
        continue;
      }
      const result = resultOf.get(buffer);
      const block = newBlock(buffer, result === undefined ? "arena" : "result", result ?? -1, k);
      block.end = result === undefined ? (lastRead.get(buffer) ?? k) : never;
    }
    for (const buffer of access.reads) {
      const block = blockOf(buffer);
      if (block.end < k) block.end = k;
    }
    for (const [from, to] of inOrder(access.reuse, blockOf)) {
      tryReuse(blockOf(from), blockOf(to), k, lastRead.get(from) as number, mayTake);
    }
  });
  results.forEach((buffer, i) => {
    // Results that no kernel writes have no elements.
    if (buffer >= 0 && blocks[buffer] === undefined) newBlock(buffer, "result", i, never).end = never;
  });

  donateTheRest(args, donated, lastRead, results, blockOf, mayTake);
  const distinct = new Set<Block>();
  for (const block of blocks) if (block !== undefined) distinct.add(find(block));
  const arenaBytes = placeInArena([...distinct].filter((b) => b.kind === "arena"));
  const placements = blocks.map((block): Placement => {
    if (block === undefined) return { kind: "arena", offset: 0 }; // never used
    const { kind, index, offset } = find(block);
    return kind === "arena" ? { kind, offset } : { kind, index };
  });
  const donatedArgs = results.map((buffer) => {
    if (buffer < 0) return -1;
    const block = blockOf(buffer);
    return block.kind === "argument" ? block.index : -1;
  });
  return { placements, arenaBytes, donatedArgs };
}

/** Results take the memory of donated arguments before anything else, the first result that of the first argument. */
function inOrder(reuse: KernelAccess["reuse"], blockOf: (buffer: number) => Block): KernelAccess["reuse"] {
  if (reuse.length < 2) return reuse;
  const rank = ([from, to]: readonly [number, number]): number => {
    const [a, r] = [blockOf(from), blockOf(to)];
    return a.kind === "argument" && r.kind === "result"
      ? r.index * 0x100000 + a.index
      : Number.MAX_SAFE_INTEGER;
  };
  const ranks = new Map(reuse.map((pair) => [pair, rank(pair)]));
  return reuse.slice().sort((p, q) => (ranks.get(p) as number) - (ranks.get(q) as number));
}

/** Puts the block `to`, born at kernel `k`, into the memory of `from`, if that is free from there on. */
function tryReuse(from: Block, to: Block, k: number, lastRead: number, mayTake: MayTake): void {
  if (from === to || from.bytes !== to.bytes || to.start !== k) return;
  // Nothing else that shares the memory may be needed later; constants and arguments that were not donated end never.
  if (from.end !== k || lastRead !== k) return;
  if (to.kind === "result" && from.kind === "result") return;
  if (to.kind === "result" && from.kind === "argument" && !mayTake(to.index, from.index)) return;
  // The memory of a result must be that of the result.
  if (to.kind === "result" && from.kind === "arena") {
    from.kind = "result";
    from.index = to.index;
  }
  if (to.kind === "argument" || to.kind === "const") return;
  from.end = to.end;
  to.into = from;
}

/** Results that found no memory yet take that of a donated argument that is read for the last time before they are written. */
function donateTheRest(
  args: readonly number[],
  donated: readonly boolean[],
  lastRead: ReadonlyMap<number, number>,
  results: readonly number[],
  blockOf: (buffer: number) => Block,
  mayTake: MayTake,
): void {
  args.forEach((arg, i) => {
    if (!donated[i]) return;
    const from = blockOf(arg);
    if (from.end > (lastRead.get(arg) ?? -1) || from.bytes === 0) return; // taken already
    for (const result of results) {
      if (result < 0) continue;
      const to = blockOf(result);
      if (to.kind !== "result" || to.bytes !== from.bytes || to.start <= from.end) continue;
      if (!mayTake(to.index, i)) continue;
      to.into = from;
      from.end = to.end;
      return;
    }
  });
}

/** Assigns offsets: blocks in order of birth, each into the smallest gap that fits. */
function placeInArena(blocks: readonly Block[]): number {
  const byStart = [...blocks].sort((a, b) => a.start - b.start || b.bytes - a.bytes);
  const byEnd = [...blocks].sort((a, b) => a.end - b.end);
  const gaps = new Gaps();
  let released = 0;
  for (const block of byStart) {
    while (byEnd[released].end < block.start) gaps.release(byEnd[released], released++);
    block.offset = gaps.take(align(block.bytes));
  }
  return gaps.top;
}

/** The free stretches of the arena below its top, in order of offset. */
class Gaps {
  top = 0;
  private readonly gaps: { offset: number; bytes: number }[] = [];

  take(bytes: number): number {
    if (bytes === 0) return 0;
    let best = -1;
    for (let i = 0; i < this.gaps.length; i++) {
      const fits = this.gaps[i].bytes >= bytes;
      if (fits && (best < 0 || this.gaps[i].bytes < this.gaps[best].bytes)) best = i;
    }
    if (best >= 0) {
      const gap = this.gaps[best];
      const { offset } = gap;
      gap.offset += bytes;
      gap.bytes -= bytes;
      if (gap.bytes === 0) this.gaps.splice(best, 1);
      return offset;
    }
    // A gap that touches the top grows.
    const last = this.gaps[this.gaps.length - 1];
    if (last !== undefined && last.offset + last.bytes === this.top) {
      this.gaps.pop();
      this.top = last.offset + bytes;
      return last.offset;
    }
    const offset = this.top;
    this.top += bytes;
    return offset;
  }

  release(block: { offset: number; bytes: number }, _order: number): void {
    const bytes = align(block.bytes);
    if (bytes === 0) return;
    let i = this.gaps.length;
    while (i > 0 && this.gaps[i - 1].offset > block.offset) i--;
    this.gaps.splice(i, 0, { offset: block.offset, bytes });
    this.join(i);
    if (i > 0) this.join(i - 1);
  }
  private join(i: number): void {
    const [a, b] = [this.gaps[i], this.gaps[i + 1]];
    if (b === undefined || a.offset + a.bytes !== b.offset) return;
    a.bytes += b.bytes;
    this.gaps.splice(i + 1, 1);
  }
}

const accesses = new WeakMap<Kernel, KernelAccess>();

/** Which buffers a kernel touches. */
export function accessOf(kernel: Kernel): KernelAccess {
  let access = accesses.get(kernel);
  if (access === undefined) {
    access = findAccess(kernel);
    accesses.set(kernel, access);
  }
  return access;
}

function findAccess(kernel: Kernel): KernelAccess {
  switch (kernel.kind) {
    case "loop":
    case "row":
      return nestAccess(kernel);
    case "scan": {
      const loads = sharedLoads([kernel.value, kernel.store.offset]);
      return { reads: new Set(loads.keys()), writes: [kernel.store.buffer], reuse: [] };
    }
    case "contract":
      return productAccess(kernel, [kernel.lhs.buffer, kernel.rhs.buffer]);
    case "dot":
      return productAccess(kernel, [kernel.lhs.view.buffer, kernel.rhs.view.buffer]);
    case "blocked":
      return blockedAccess(kernel);
    case "forLoop":
    case "whileLoop":
    case "branch":
      return controlAccess(kernel);
    case "hostCall":
      return { reads: new Set(hostBuffers(kernel.inputs)), writes: hostBuffers(kernel.outputs), reuse: [] };
    case "sort":
    case "routine":
      return { reads: new Set(kernel.inputs), writes: kernel.outputs, reuse: [] };
    case "fourier": {
      const { input, output, twiddles, turns } = kernel;
      const reads = [input, twiddles, turns].filter((b) => b !== null);
      return { reads: new Set(reads), writes: [output], reuse: [] };
    }
    case "scatter": {
      const loads = sharedLoads(scatterRoots(kernel));
      loads.delete(kernel.out);
      // In place only when the updates do not read what they overwrite.
      const reuse: [number, number][] = loads.has(kernel.base) ? [] : [[kernel.base, kernel.out]];
      return { reads: new Set([kernel.base, ...loads.keys()]), writes: [kernel.out], reuse };
    }
  }
}

/**
 * The epilogue of a product of matrices may store where it reads, at the same element. Contractions keep unfinished sums in their result,
 * which must not take the place of anything that is still read.
 */
function productAccess(kernel: Product, operands: readonly number[]): KernelAccess {
  const { epilogue = [] } = kernel;
  const loads = sharedLoads(epilogueRoots(kernel));
  const reuse: [number, number][] = [];
  for (const store of kernel.kind === "dot" ? epilogue : []) {
    for (const [buffer, load] of loads)
      if (load?.offset === store.offset && !operands.includes(buffer)) reuse.push([buffer, store.buffer]);
  }
  const writes = epilogue.length === 0 ? [kernel.out] : epilogue.map((s) => s.buffer);
  return { reads: new Set([...operands, ...loads.keys()]), writes, reuse };
}

/** What the stages read that no earlier one wrote, and what they write, locals aside. */
function blockedAccess({ stages, slices }: BlockedKernel): KernelAccess {
  const bufferOf = new Map(slices.map((s) => [s.id, s.buffer]));
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const stage of stages) {
    const access = accessOf(stage);
    for (const id of access.reads) {
      const buffer = bufferOf.get(id);
      if (buffer !== undefined && !writes.has(buffer)) reads.add(buffer);
    }
    for (const id of access.writes) {
      const buffer = bufferOf.get(id);
      if (buffer !== undefined) writes.add(buffer);
    }
  }
  return { reads, writes: [...writes], reuse: [] };
}

/** A store may take the memory of a buffer that is read at the same place, and in no later pass: other elements stay as they were. */
function nestAccess(kernel: NestKernel): KernelAccess {
  const stages = [...passesOf(kernel).map(passRoots), kernel.stores.flatMap((s) => [s.offset, s.value])];
  const loads = sharedLoads(stages.flat());
  const own = new Set(storesOf(kernel).map((s) => s.buffer));
  for (const buffer of own) loads.delete(buffer);
  if (kernel.kind === "row") for (const buffer of kernel.locals) loads.delete(buffer);
  const lastStage = new Map<Node, number>();
  if (stages.length > 1) {
    stages.forEach((roots, stage) => {
      for (const node of nodesOf(roots)) if (node.kind === "load") lastStage.set(node, stage);
    });
  }
  const reuse: [number, number][] = [];
  const reusable = (store: Store, stage: number) => {
    for (const [buffer, load] of loads) {
      if (load === null || load.offset !== store.offset || (lastStage.get(load) ?? 0) > stage) continue;
      // Offsets count elements: the same offset is the same place only when the elements are as wide.
      if (load.dtype.itemsize === store.value.dtype.itemsize) reuse.push([buffer, store.buffer]);
    }
  };
  const isLocal = (buffer: number) => kernel.kind === "row" && kernel.locals.includes(buffer);
  passesOf(kernel).forEach((pass, stage) => {
    for (const s of pass.stores) if (!isLocal(s.buffer)) reusable(s, stage);
  });
  for (const s of kernel.stores) reusable(s, stages.length - 1);
  return { reads: new Set(loads.keys()), writes: [...own].filter((id) => !isLocal(id)), reuse };
}

/** For every buffer that is read, the load of it if there is only one, else null. */
function sharedLoads(roots: readonly Node[]): Map<number, LoadNode | null> {
  const loads = new Map<number, LoadNode | null>();
  for (const node of nodesOf(roots)) {
    if (node.kind !== "load") continue;
    const known = loads.get(node.buffer);
    loads.set(node.buffer, known === undefined || known === node ? node : null);
  }
  return loads;
}
