import { int32 } from "../../dtypes/index.ts";
import { affineOf } from "../affine.ts";
import { canonicalizeLoop, canonicalizeRow } from "../canonicalize.ts";
import type { LoadNode, Node, Store } from "../ir.ts";
import { innerAxesOf, type NestKernel } from "../nest.ts";
import { fromLinear, linearCombination, linearOf } from "../nodes/indexAlgebra.ts";
import { rewrite } from "../nodes/substitute.ts";
import { nodesOf } from "../nodes/walk.ts";
import { BLOCK_AXIS, type BlockBuilder, type SlicedDim } from "./blockBuilder.ts";
import type { Member } from "./digits.ts";
import type { LocalLayout } from "./localLayout.ts";

/** A loop or row kernel in the coordinates of a block. */
export function sliceNest(builder: BlockBuilder, member: Member): NestKernel {
  const kernel = member.kernel as NestKernel;
  const rewriting = new NestRewriting(builder, kernel, builder.dimsOf(member));
  const value = (node: Node) => rewriting.value(node);
  const store = (s: Store): Store => ({ ...rewriting.place(s.buffer, s.offset), value: value(s.value) });
  const { axes } = rewriting;
  if (kernel.kind === "loop") {
    const reductions = kernel.reductions.map((r) => ({ ...r, value: value(r.value) }));
    return canonicalizeLoop(builder.draft.b, {
      ...kernel,
      axes,
      reductions,
      stores: kernel.stores.map(store),
    });
  }
  const passes = kernel.passes.map((pass) => ({
    reductions: pass.reductions.map((r) => ({ ...r, value: value(r.value) })),
    stores: pass.stores.map(store),
  }));
  return canonicalizeRow(builder.draft.b, { ...kernel, axes, passes, stores: kernel.stores.map(store) });
}

/**
 * First every index is written in terms of the axes of the stage and of the blocks. Then a load whose offset has the index of the block as
 * so many steps becomes a load of a slice; where a value or an offset depends on it in another way, the index is loaded.
 */
class NestRewriting {
  /** The parallel axes of the stage. */
  readonly axes: readonly number[];
  private readonly builder: BlockBuilder;
  private readonly dims: readonly SlicedDim[];
  /** The indices of the parts of each dimension that stay in the stage. */
  private readonly inner: readonly (readonly Node[])[];
  private readonly indices: readonly Node[];
  private readonly rowLocals: readonly number[];
  private readonly substituted = new Map<Node, Node>();
  private readonly detached = new Map<Node, Node>();

  constructor(builder: BlockBuilder, kernel: NestKernel, dims: readonly SlicedDim[]) {
    const { b } = builder.draft;
    this.builder = builder;
    this.dims = dims;
    this.rowLocals = kernel.kind === "row" ? kernel.locals : [];
    const rank = kernel.axes.length;
    const kept = dims.map(({ parts }) => parts.filter((p) => p.axis < 0));
    this.axes = kept.slice(0, rank).flatMap((parts) => parts.map((p) => p.size));
    let next = 0;
    this.inner = kept.map((parts, dim) => {
      // The axes within a row keep their sizes, also of one point or none.
      if (dim >= rank) return [b.index(next++, innerAxesOf(kernel)[dim - rank])];
      return parts.map((p) => b.index(next++, p.size));
    });
    this.indices = dims.map(({ parts, base }, dim) => {
      if (dim >= rank) return this.inner[dim][0];
      let k = 0;
      const terms = parts.map(({ axis, size }) =>
        axis < 0 ? this.inner[dim][k++] : b.index(BLOCK_AXIS + axis, size),
      );
      return linearCombination(
        b,
        terms,
        parts.map((p) => p.weight),
        base,
      );
    });
  }

  value(node: Node): Node {
    return this.detach(this.substitute(node));
  }

  place(buffer: number, offset: Node): { buffer: number; offset: Node } {
    const local = this.builder.localOf(buffer);
    if (local !== undefined) return { buffer: local.id, offset: this.localOffset(local.layout, offset) };
    const whole = this.substitute(offset);
    if (this.rowLocals.includes(buffer)) return { buffer, offset: whole };
    const { steps, rest } = this.withoutBlock(whole);
    return { buffer: this.builder.slice(buffer, steps), offset: rest };
  }

  private substitute(node: Node): Node {
    const { b } = this.builder.draft;
    const replace = (x: Node): Node | null => {
      if (x.kind === "index") return this.indices[x.axis];
      const local = x.kind === "load" ? this.builder.localOf(x.buffer) : undefined;
      if (x.kind !== "load" || local === undefined) return null;
      return b.load(local.id, x.dtype, this.localOffset(local.layout, x.offset));
    };
    return rewrite(b, node, replace, this.substituted);
  }

  /** The offset in the memory of a block of the place `whole` of an intermediate. */
  private localOffset(layout: LocalLayout, whole: Node): Node {
    const affine = affineOf(whole);
    if (affine === null)
      throw new Error("an intermediate of blocks is accessed at a place that is not affine");
    const terms: Node[] = [];
    const strides: number[] = [];
    affine.coefficients.forEach((stride, dim) => {
      if (stride === 0) return;
      const kept = this.dims[dim].parts.filter((p) => p.axis < 0);
      this.inner[dim].forEach((index, k) => {
        terms.push(index);
        strides.push(layout.stride(stride * (kept[k]?.weight ?? 1)));
      });
    });
    return linearCombination(this.builder.draft.b, terms, strides, layout.offset(affine.constant));
  }

  /** How far an offset moves with the blocks, and what else there is to it. */
  private withoutBlock(offset: Node): { steps: number[]; rest: Node } {
    const { b } = this.builder.draft;
    const sum = linearOf(b, offset);
    const steps = this.builder.axes.map(() => 0);
    const stays = (atom: Node) => !(atom.kind === "index" && atom.axis >= BLOCK_AXIS);
    sum.atoms.forEach((atom, i) => {
      if (atom.kind === "index" && !stays(atom)) steps[atom.axis - BLOCK_AXIS] = sum.coefficients[i];
    });
    const rest = fromLinear(b, {
      atoms: sum.atoms.filter(stays),
      coefficients: sum.coefficients.filter((_, i) => stays(sum.atoms[i])),
      constant: sum.constant,
    });
    return { steps, rest };
  }

  private detach(node: Node): Node {
    const { b } = this.builder.draft;
    const replace = (x: Node, now: (x: Node) => Node): Node | null => {
      if (x.kind === "index" && x.axis >= BLOCK_AXIS) {
        return b.load(this.builder.origin, int32, b.const(x.axis - BLOCK_AXIS, int32));
      }
      if (x.kind !== "load" || this.isOwn(x)) return null;
      const { steps, rest } = this.withoutBlock(x.offset);
      const offset = this.detach(rest);
      if (steps.every((step) => step >= 0) && !this.readsOrigin(offset)) {
        return b.load(this.builder.slice(x.buffer, steps), x.dtype, offset);
      }
      const still = steps.map(() => 0);
      return b.load(this.builder.slice(x.buffer, still), x.dtype, now(x.offset));
    };
    return rewrite(b, node, replace, this.detached);
  }

  private isOwn({ buffer }: LoadNode): boolean {
    return this.builder.draft.buffers[buffer].role === "local";
  }

  private readsOrigin(node: Node): boolean {
    return nodesOf([node]).some((x) => x.kind === "load" && x.buffer === this.builder.origin);
  }
}
