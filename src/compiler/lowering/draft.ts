import type { ShapedArray } from "../../core/aval.ts";
import type { DType } from "../../dtypes/index.ts";
import type { BufferInfo, LoadNode, Node, Store, View } from "../ir.ts";
import { NodeBuilder } from "../nodes/builder.ts";
import { partsOf } from "../nodes/complex/pairs.ts";
import { storageDType } from "../nodes/half.ts";
import { isContiguous, loopSizes } from "../shapes.ts";
import { elementOffset, Fusion } from "./fusion.ts";
import type { Group, LoopGroup, ReductionDraft, StoreDraft, TemplateGroup } from "./groups.ts";
import { measure } from "./measure.ts";
import { type Emit, identityIndex, Source, Tracker } from "./source.ts";

export type Role = BufferInfo["role"];

/** A buffer in the making: its role may still become "output". */
export interface BufferDraft {
  readonly id: number;
  readonly dtype: ShapedArray["dtype"];
  readonly size: number;
  role: Role;
}

/** One value, or one reduction, for every element of a buffer. */
interface StoredLoop {
  readonly space: readonly number[];
  readonly reduceAxes: readonly number[];
  readonly reduction: ReductionDraft | null;
  readonly value: Node;
  readonly buffer: number;
  readonly loads: readonly LoadNode[];
  readonly nodes: number;
}

/** Elements of a buffer for each element of a dtype: complex numbers have two parts. */
export function partsPerElement(dtype: DType): number {
  return dtype.kind === "complex" ? 2 : 1;
}

/** The program under construction: its nodes, buffers and groups. */
export class Draft {
  readonly b = new NodeBuilder();
  readonly tracker = new Tracker();
  readonly buffers: BufferDraft[] = [];
  readonly groups: Group[] = [];
  readonly producers = new Map<number, Group>();
  private readonly fusion = new Fusion(this.b, this.producers);
  private order = 0;
  private epoch = 0;

  /** Loops before and after it are not merged. */
  fence(): void {
    this.epoch++;
  }

  newBuffer(aval: ShapedArray, role: Role = "temp"): number {
    const id = this.buffers.length;
    this.buffers.push({
      id,
      dtype: storageDType(aval.dtype),
      size: aval.size * partsPerElement(aval.dtype),
      role,
    });
    return id;
  }

  /** A value that consumers write down again, at any index. */
  inlined(aval: ShapedArray, uses: number, emit: Emit): Source {
    return new Source(this.b, this.tracker, aval, uses, emit);
  }
  constant(aval: ShapedArray, node: Node): Source {
    const source = new Source(this.b, this.tracker, aval, 0, null);
    source.constant = node;
    return source;
  }
  /** A value that lies in a buffer, contiguous. */
  stored(aval: ShapedArray, buffer: number): Source {
    const source = new Source(this.b, this.tracker, aval, 0, null);
    if (!source.isEmpty) source.store(buffer);
    return source;
  }
  /** A value that lies in a buffer in some other order. */
  viewed(aval: ShapedArray, view: View): Source {
    const source = new Source(this.b, this.tracker, aval, 0, null);
    source.view = view;
    return source;
  }
  /** A value of an aval without elements or bytes. */
  empty(aval: ShapedArray): Source {
    return new Source(this.b, this.tracker, aval, 0, null);
  }

  /** Gives an inlined value a buffer and a kernel. */
  materialize(source: Source): number {
    const node = source.expression();
    const { nodes, loads } = source.measure();
    const buffer = this.newBuffer(source.aval);
    source.store(buffer);
    this.addPointwise(source.aval.shape, buffer, node, loads, nodes);
    return buffer;
  }

  /** A fresh buffer with the elements of any value, in row-major order. */
  copy(source: Source): number {
    const buffer = this.newBuffer(source.aval);
    if (source.isEmpty) return buffer;
    const node = source.expression();
    const { nodes, loads } = measure(this.b, node);
    this.addPointwise(source.aval.shape, buffer, node, loads, nodes);
    return buffer;
  }

  /** A buffer that holds exactly the elements of the value, in row-major order: its own where there is one. */
  contiguous(source: Source): number {
    if (source.isInlined) return this.materialize(source);
    return this.wholeBuffer(source) ?? this.copy(source);
  }

  /** The buffer that the value fills in row-major order, if there is one. */
  wholeBuffer(source: Source): number | null {
    const { view } = source;
    if (view === null || view.offset !== 0 || !isContiguous(view)) return null;
    const { size, dtype } = source.aval;
    return this.buffers[view.buffer].size === size * partsPerElement(dtype) ? view.buffer : null;
  }

  private addPointwise(
    shape: readonly number[],
    buffer: number,
    value: Node,
    loads: readonly LoadNode[],
    nodes: number,
  ): void {
    this.addLoop({ space: loopSizes(shape), reduceAxes: [], reduction: null, value, buffer, loads, nodes });
  }

  /** A kernel that stores one value, or one reduction, for every element of a buffer. */
  addLoop(loop: StoredLoop): void {
    const group: LoopGroup = {
      kind: "loop",
      order: this.order++,
      epoch: this.epoch,
      inputs: new Set(),
      consumers: new Set(),
      space: loop.space,
      reduceAxes: loop.reduceAxes,
      stores: this.stores(loop),
      loads: loop.loads,
      nodes: loop.nodes,
      gone: false,
    };
    this.register(
      group,
      loop.loads.map((l) => l.buffer),
      [loop.buffer],
    );
    this.fusion.add(group);
  }

  private stores({ buffer, space, value, reduction }: StoredLoop): StoreDraft[] {
    const offset = elementOffset(this.b, space);
    if (reduction !== null && value.dtype.kind !== "complex")
      return [{ buffer, offset, value: reduction, inner: false }];
    return this.storesOf(buffer, offset, value).map((store) => {
      const part = store.value;
      const stored = reduction === null ? part : { op: reduction.op, value: part, dtype: part.dtype };
      return { ...store, value: stored, inner: false };
    });
  }

  /** One store, or those of the two parts of a complex number, whose place is given in such numbers. */
  storesOf(buffer: number, offset: Node, value: Node): Store[] {
    if (value.dtype.kind !== "complex") return [{ buffer, offset, value: this.b.stored(value) }];
    const { re, im } = partsOf(this.b, value);
    const [first, second] = this.b.partOffsets(offset);
    return [
      { buffer, offset: first, value: re },
      { buffer, offset: second, value: im },
    ];
  }

  /** @param hasEffects it is run though nothing reads what it writes */
  addTemplate(
    reads: readonly number[],
    writes: readonly number[],
    build: TemplateGroup["build"],
    hasEffects = false,
  ): void {
    const group: Group = {
      kind: "template",
      order: this.order++,
      inputs: new Set(),
      consumers: new Set(),
      reads,
      writes,
      hasEffects,
      build,
    };
    this.register(group, reads, writes);
  }

  private register(group: Group, reads: readonly number[], writes: readonly number[]): void {
    this.groups.push(group);
    for (const buffer of reads) {
      const producer = this.producers.get(buffer);
      if (producer === undefined) continue;
      group.inputs.add(producer);
      producer.consumers.add(group);
    }
    for (const buffer of writes) this.producers.set(buffer, group);
  }

  /** The loop indices of a shape. */
  identity(shape: readonly number[]): Node[] {
    return identityIndex(this.b, shape);
  }
}
