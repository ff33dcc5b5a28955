import { shapedArray } from "../../core/aval.ts";
import { int32 } from "../../dtypes/index.ts";
import { accessOf, planBuffers } from "../bufferPlan.ts";
import type { BlockedKernel, Slice, Stage } from "../ir.ts";
import type { Draft } from "../lowering/draft.ts";
import type { DigitCut } from "./cuts.ts";
import { type Member, partsOf, type Sharing } from "./digits.ts";
import { LocalLayout } from "./localLayout.ts";

/** Axes from this one on stand for the index of a block while expressions are rewritten. */
export const BLOCK_AXIS = 1 << 20;

/** A dimension of a stage: what it is made of, outermost first, the indices of blocks included. */
export interface SlicedDim {
  readonly parts: readonly SlicedPart[];
  /** The first value of the index in the first block. */
  readonly base: number;
}
export interface SlicedPart {
  /** The axis of the blocks, or -1 for a part that stays in the stage. */
  readonly axis: number;
  readonly size: number;
  readonly weight: number;
}

/** The slices, locals and stages of a blocked kernel in the making. */
export class BlockBuilder {
  readonly draft: Draft;
  readonly axes: readonly number[];
  readonly origin: number;
  private readonly sharing: Sharing;
  private readonly cuts: readonly DigitCut[];
  /** The axis of the blocks that counts each digit, or -1. */
  private readonly axisOf: readonly number[];
  private readonly slices = new Map<string, Slice>();
  private readonly layouts = new Map<number, { readonly id: number; readonly layout: LocalLayout }>();
  private readonly stages: Stage[] = [];

  /** @param locals The buffers that only the members use. */
  constructor(draft: Draft, sharing: Sharing, cuts: readonly DigitCut[], locals: ReadonlySet<number>) {
    this.draft = draft;
    this.sharing = sharing;
    this.cuts = cuts;
    const axes: number[] = [];
    this.axisOf = cuts.map(({ blocks }) => (blocks > 1 ? axes.push(blocks) - 1 : -1));
    this.axes = axes;
    for (const buffer of locals) {
      const layout = new LocalLayout(sharing.steps.get(buffer) as readonly number[], sharing.sizes, cuts);
      const { dtype, size } = draft.buffers[buffer];
      const id = draft.newBuffer(shapedArray([layout.size(size)], dtype), "local");
      this.layouts.set(buffer, { id, layout });
    }
    this.origin = draft.newBuffer(shapedArray([Math.max(1, axes.length)], int32), "local");
  }

  /** What becomes of each dimension of a member. */
  dimsOf({ space, places }: Member): SlicedDim[] {
    return space.sizes.map((size, dim) => {
      let base = 0;
      const parts = partsOf(dim, size, this.sharing.sizes, places).flatMap((part): SlicedPart[] => {
        if (part.digit < 0) return [{ ...part, axis: -1 }];
        const { blocks, kept, base: first } = this.cuts[part.digit];
        base += first * part.weight;
        const block = { axis: this.axisOf[part.digit], size: blocks, weight: part.weight * kept };
        const inner = { axis: -1, size: kept, weight: part.weight };
        return [block, inner].filter((p) => p.size > 1);
      });
      return { parts, base };
    });
  }

  /** The layout of an intermediate that stays in the memory of a block, and the number of that memory; undefined for other buffers. */
  localOf(buffer: number): { readonly id: number; readonly layout: LocalLayout } | undefined {
    return this.layouts.get(buffer);
  }

  /** The number under which stages know a buffer that begins at `offset` for the first block and moves so with the blocks. */
  slice(buffer: number, steps: readonly number[], offset = 0): number {
    const key = `${buffer}+${offset}:${steps.join()}`;
    let known = this.slices.get(key);
    if (known === undefined) {
      const { dtype, size } = this.draft.buffers[buffer];
      // What all blocks can reach, counted from where the block begins.
      const reach = steps.reduce((sum, step, axis) => sum + step * (this.axes[axis] - 1), offset);
      const id = this.draft.newBuffer(shapedArray([size - reach], dtype), "slice");
      known = { id, buffer, offset, steps };
      this.slices.set(key, known);
    }
    return known.id;
  }

  add(stage: Stage): void {
    this.stages.push(stage);
  }

  finish(name: string): BlockedKernel {
    const { draft, stages, origin, axes } = this;
    const slices = [...this.slices.values()];
    const readsOrigin = stages.some((stage) => accessOf(stage).reads.has(origin));
    const ids = [...this.layouts.values()].map(({ id }) => id);
    // Locals share memory like temporaries of a program.
    const plan = planBuffers({
      kernels: stages,
      byteLengths: draft.buffers.map(({ size, dtype }) => size * dtype.itemsize),
      args: [...slices.map((s) => s.id), origin],
      consts: [],
      results: [],
      donated: slices.map(() => false),
    });
    const locals = ids.map((buffer) => {
      const at = plan.placements[buffer];
      if (at.kind !== "arena") throw new Error("an intermediate of a block has no place");
      return { buffer, offset: at.offset };
    });
    if (readsOrigin) locals.push({ buffer: origin, offset: plan.arenaBytes });
    return {
      kind: "blocked",
      name,
      axes,
      stages,
      slices,
      locals,
      origin: readsOrigin ? origin : null,
      localBytes: plan.arenaBytes + (readsOrigin ? 64 * Math.ceil((4 * axes.length) / 64) : 0),
    };
  }
}
