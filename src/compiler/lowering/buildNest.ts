import { shapedArray } from "../../core/aval.ts";
import type { DType } from "../../dtypes/index.ts";
import type { LoadNode, LoopKernel, Node, Pass, Reduction, RowKernel, Store } from "../ir.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { rewrite } from "../nodes/substitute.ts";
import { nodesOf } from "../nodes/walk.ts";
import { rowMajorStrides } from "../shapes.ts";
import type { Draft } from "./draft.ts";
import { isReduction, type LoopGroup, type ReductionDraft, type StoreDraft } from "./groups.ts";
import { cheapInNextPass } from "./limits.ts";
import { measure } from "./measure.ts";

/**
 * The kernel of a loop group, nameless: a plain loop where one pass does. Null when nobody needs what the group stores. Of its buffers
 * only those in `needed` are written.
 */
export function buildNest(
  draft: Draft,
  group: LoopGroup,
  needed: ReadonlySet<number>,
): LoopKernel | RowKernel | null {
  const stores = liveStores(group, needed);
  return stores.length === 0 ? null : new NestBuilder(draft, group, stores, needed).build();
}

/** The stores that something outside needs, or another of them reads. */
function liveStores(group: LoopGroup, needed: ReadonlySet<number>): StoreDraft[] {
  const own = new Set(group.stores.map((s) => s.buffer));
  const readsItself = group.loads.some((load) => own.has(load.buffer));
  if (!readsItself) return group.stores.filter((s) => needed.has(s.buffer));
  const read = new Set<number>();
  const live: StoreDraft[] = [];
  for (const store of group.stores.toReversed()) {
    if (!needed.has(store.buffer) && !read.has(store.buffer)) continue;
    live.push(store);
    for (const load of loadsOf(store)) if (own.has(load.buffer)) read.add(load.buffer);
  }
  return live.reverse();
}

function valueOf({ value }: StoreDraft): Node {
  return isReduction(value) ? value.value : value;
}
function loadsOf(store: StoreDraft): LoadNode[] {
  return nodesOf([valueOf(store)]).filter((node) => node.kind === "load");
}

/** A store with what is known of its place among the passes. */
interface Item {
  readonly store: StoreDraft;
  /** The pass that computes it; for a value per row, how many passes must have ended. */
  readonly pass: number;
  /** The number of a reduction; -1 for others. */
  reduction: number;
  /** The local buffer in which later passes find it. */
  local: LoadNode | null;
}

class NestBuilder {
  private readonly draft: Draft;
  private readonly group: LoopGroup;
  private readonly needed: ReadonlySet<number>;
  /** In an order in which each reads only earlier ones. */
  private readonly items: Item[] = [];
  /** By buffer: one, or one for each part of a complex number. */
  private readonly byBuffer = new Map<number, Item[]>();
  private readonly passes: { readonly reductions: Item[]; readonly stores: Item[] }[] = [];
  /** Nodes rewritten for each pass, and last for the stores per row. */
  private readonly done: readonly Map<Node, Node>[];
  private readonly locals: number[] = [];

  constructor(draft: Draft, group: LoopGroup, stores: readonly StoreDraft[], needed: ReadonlySet<number>) {
    this.draft = draft;
    this.group = group;
    this.needed = needed;
    for (const store of stores) this.place(store);
    let count = 0;
    for (const pass of this.passes) for (const item of pass.reductions) item.reduction = count++;
    this.done = Array.from({ length: this.passes.length + 1 }, () => new Map());
  }

  /** Puts a store into the first pass in which all that it reads is known. */
  private place(store: StoreDraft): void {
    let pass = 0;
    for (const load of this.items.length === 0 ? [] : loadsOf(store)) {
      const item = this.loaded(load);
      if (item !== undefined) pass = Math.max(pass, item.pass + (isReduction(item.store.value) ? 1 : 0));
    }
    const item: Item = { store, pass, reduction: -1, local: null };
    this.items.push(item);
    const siblings = this.byBuffer.get(store.buffer);
    if (siblings === undefined) this.byBuffer.set(store.buffer, [item]);
    else siblings.push(item);
    const reduces = isReduction(store.value);
    if (!reduces && !store.inner) return;
    this.passes[pass] ??= { reductions: [], stores: [] };
    this.passes[pass][reduces ? "reductions" : "stores"].push(item);
  }

  /** The item that a load reads, if the group itself stores it. */
  private loaded(load: LoadNode): Item | undefined {
    const items = this.byBuffer.get(load.buffer);
    if (items === undefined || items.length === 1) return items?.[0];
    return items.find(({ store }) => store.offset === load.offset);
  }

  build(): LoopKernel | RowKernel {
    const { space, reduceAxes } = this.group;
    const last: Store[] = [];
    for (const item of this.items) {
      const { store } = item;
      const { buffer, offset } = store;
      if (store.inner || !this.needed.has(buffer)) continue;
      last.push({ buffer, offset, value: this.perRow(item) });
    }
    // From the last pass to the first, which then knows what later ones want to find.
    const passes: Pass[] = [];
    for (let p = this.passes.length - 1; p >= 0; p--) passes.unshift(this.pass(p));
    const inner = passes.flatMap((p) => p.stores);
    const reductions = passes.flatMap((p) => p.reductions);
    if (inner.length === 0 && passes.length < 2) {
      return { kind: "loop", name: "", axes: space, reduceAxes, reductions, stores: last };
    }
    if (reductions.length === 0 && last.length === 0) {
      const axes = [...space, ...reduceAxes];
      return { kind: "loop", name: "", axes, reduceAxes: [], reductions, stores: inner };
    }
    const { locals } = this;
    return { kind: "row", name: "", axes: space, inner: reduceAxes, passes, stores: last, locals };
  }

  private pass(p: number): Pass {
    const { reductions, stores } = this.passes[p];
    const reduced = reductions.map(({ store }): Reduction => {
      const { op, value, dtype } = store.value as ReductionDraft;
      return { op, value: this.inPass(value, p), dtype };
    });
    const stored: Store[] = [];
    for (const { store, local } of stores) {
      const value = () => this.inPass(valueOf(store), p);
      const { buffer, offset } = store;
      if (this.needed.has(buffer)) stored.push({ buffer, offset, value: value() });
      if (local !== null) stored.push({ buffer: local.buffer, offset: local.offset, value: value() });
    }
    return { reductions: reduced, stores: stored };
  }

  /** An expression in terms of what is outside and what earlier passes left. */
  private inPass(root: Node, p: number): Node {
    const replace = (node: Node): Node | null => {
      const item = node.kind === "load" ? this.loaded(node) : undefined;
      return item === undefined ? null : this.read(item, p);
    };
    return rewrite(this.draft.b, root, replace, this.done[p]);
  }

  /** What stands for a load of an item in a pass; null for the load itself. */
  private read(item: Item, p: number): Node | null {
    if (!item.store.inner) return this.perRow(item);
    const value = valueOf(item.store);
    if (item.pass === p || this.isCheap(value)) return this.inPass(value, p);
    if (this.needed.has(item.store.buffer)) return null;
    item.local ??= this.newLocal(value.dtype);
    return item.local;
  }

  private perRow({ store, reduction }: Item): Node {
    if (isReduction(store.value)) return this.draft.b.acc(reduction, store.value.dtype);
    return this.inPass(store.value, this.passes.length);
  }

  private isCheap(value: Node): boolean {
    const { cost, loads } = measure(this.draft.b, value);
    return cost - loads.length <= cheapInNextPass;
  }

  /** A buffer for one row, read at the present inner point. */
  private newLocal(dtype: DType): LoadNode {
    const { b } = this.draft;
    const { space, reduceAxes } = this.group;
    const size = reduceAxes.reduce((n, x) => n * x, 1);
    const buffer = this.draft.newBuffer(shapedArray([size], dtype), "local");
    this.locals.push(buffer);
    const index = reduceAxes.map((n, axis) => b.index(space.length + axis, n));
    return b.load(buffer, dtype, linearCombination(b, index, rowMajorStrides(reduceAxes), 0)) as LoadNode;
  }
}
