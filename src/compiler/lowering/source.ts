import type { ShapedArray } from "../../core/aval.ts";
import type { Expr, Operand } from "../../core/lowering.ts";
import { checkPositions } from "../../core/positions.ts";
import { int32, keyFry, uint32 } from "../../dtypes/index.ts";
import { affineOf } from "../affine.ts";
import type { Node, View } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { isComplexNode, loadOfPair } from "../nodes/complex/pairs.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { isContiguous, rowMajorStrides } from "../shapes.ts";
import { type Measure, measure } from "./measure.ts";

/** The expression of an element at an index. */
export type Emit = (index: readonly Node[]) => Node;

/** How often each inlined value was read while one consumer was written down: by distinct index. */
export type Reads = Map<Source, Set<string>>;

/**
 * A value while it is lowered: what its consumers read. It is one of
 * - empty: no elements, or elements without bytes; never read;
 * - a constant, the same for all elements;
 * - a strided view of a buffer;
 * - inlined: an expression that every consumer writes down again at its own index.
 */
export class Source implements Operand {
  readonly aval: ShapedArray;
  /** Distinct places that use the value, views seen through. */
  readonly uses: number;
  /** How many inlined values are written into one another below this one. */
  depth = 0;
  view: View | null = null;
  constant: Node | null = null;
  private readonly b: NodeBuilder;
  private readonly emit: Emit | null;
  private memo: Map<string, Node> | null = null;
  private self: Node | null = null;
  private measured: Measure | null = null;
  /** Inlined values that are written in terms of this one. */
  private readonly users: Source[] = [];
  /** Where reads are counted at present, shared by all sources of a program. */
  private readonly tracker: Tracker;

  constructor(b: NodeBuilder, tracker: Tracker, aval: ShapedArray, uses: number, emit: Emit | null) {
    this.b = b;
    this.tracker = tracker;
    this.aval = aval;
    this.uses = uses;
    this.emit = emit;
  }

  get isEmpty(): boolean {
    return this.aval.size === 0 || this.aval.dtype.kind === "void";
  }
  get isInlined(): boolean {
    return this.view === null && this.constant === null && !this.isEmpty;
  }

  at(index: readonly Expr[]): Node {
    if (this.constant !== null) return this.constant;
    if (this.isEmpty) return this.nothing();
    const ix = this.indexOf(index as readonly Node[]);
    if (this.view !== null) return this.load(this.view, ix);
    const key = this.isIdentity(ix) ? "" : ix.map((e) => e.id).join();
    this.tracker.record(this, key);
    if (key === "") return this.expression();
    let node = this.memo?.get(key);
    if (node === undefined) {
      node = (this.emit as Emit)(ix);
      this.memo ??= new Map();
      this.memo.set(key, node);
    }
    return node;
  }

  atLinear(position: Expr): Node {
    const p = position as Node;
    if (this.constant !== null) return this.constant;
    if (this.view !== null && isContiguous(this.view)) {
      return this.b.load(
        this.view.buffer,
        this.aval.dtype,
        linearCombination(this.b, [p], [1], this.view.offset),
      );
    }
    return this.at(delinearize(this.b, p, this.aval.shape));
  }

  /** The expression at the value's own index: axis `d` of the result is loop axis `d`, axes of one element left out. */
  expression(): Node {
    if (this.constant !== null) return this.constant;
    if (this.view !== null) return this.load(this.view, identityIndex(this.b, this.aval.shape));
    this.self ??= (this.emit as Emit)(identityIndex(this.b, this.aval.shape));
    return this.self;
  }

  measure(): Measure {
    this.measured ??= measure(this.b, this.expression());
    return this.measured;
  }

  /** Turns an inlined value whose expression is a constant or a strided read into just that. */
  settle(): void {
    if (!this.isInlined) return;
    const node = this.expression();
    if (node.kind === "const" || (isComplexNode(node) && node.args.every((x) => x.kind === "const"))) {
      this.constant = node;
      return;
    }
    const place = node.kind === "load" ? node : isComplexNode(node) ? loadOfPair(this.b, node) : null;
    if (place !== null) {
      const affine = affineOf(place.offset);
      if (affine === null) return;
      let axis = 0;
      const strides = this.aval.shape.map((n) => (n === 1 ? 0 : (affine.coefficients[axis++] ?? 0)));
      this.view = { buffer: place.buffer, offset: affine.constant, shape: this.aval.shape, strides };
    }
  }

  /** From now on the value is read from a buffer of its own. */
  store(buffer: number): void {
    this.view = { buffer, offset: 0, shape: this.aval.shape, strides: rowMajorStrides(this.aval.shape) };
    this.forgetUsers();
  }

  addUser(user: Source): void {
    this.users.push(user);
  }

  /** Expressions that contain this value are out of date. */
  private forgetUsers(): void {
    const stack = this.users.slice();
    while (stack.length > 0) {
      const user = stack.pop() as Source;
      if (!user.isInlined || (user.self === null && user.memo === null)) continue;
      user.self = null;
      user.measured = null;
      user.memo = null;
      stack.push(...user.users);
    }
  }

  private load(view: View, index: readonly Node[]): Node {
    return this.b.load(
      view.buffer,
      this.aval.dtype,
      linearCombination(this.b, index, view.strides, view.offset),
    );
  }

  /** What stands for an element where there is none: a guard that never holds protects it. */
  private nothing(): Node {
    const { dtype } = this.aval;
    const zero = this.b.const(0, dtype === keyFry ? uint32 : dtype);
    return dtype === keyFry ? this.b.op("key_pack", zero, zero) : zero;
  }

  /** The index with 0 for axes of one element: the only index there is, whatever the consumer computed. */
  private indexOf(index: readonly Node[]): readonly Node[] {
    const { shape } = this.aval;
    if (shape.length === 0) return none;
    if (index.length !== shape.length) {
      throw new Error(`an operand of shape [${shape}] was read with ${index.length} indices`);
    }
    return shape.includes(1) ? index.map((e, d) => (shape[d] === 1 ? this.b.const(0, int32) : e)) : index;
  }

  private isIdentity(index: readonly Node[]): boolean {
    const identity = identityIndex(this.b, this.aval.shape);
    for (let d = 0; d < index.length; d++) if (index[d] !== identity[d]) return false;
    return true;
  }
}
const none: readonly Node[] = [];

/** Counts reads of inlined values while one consumer is written down. */
export class Tracker {
  private reads: Reads | null = null;
  record(source: Source, key: string): void {
    if (this.reads === null) return;
    const keys = this.reads.get(source);
    if (keys === undefined) this.reads.set(source, new Set([key]));
    else keys.add(key);
  }
  /** Runs `f` and gives the reads that it made. */
  during<T>(f: () => T): { result: T; reads: Reads } {
    const saved = this.reads;
    const reads: Reads = new Map();
    this.reads = reads;
    try {
      return { result: f(), reads };
    } finally {
      this.reads = saved;
    }
  }
}

/** The loop indices of a shape: axes of one element have no loop. */
export function identityIndex(b: NodeBuilder, shape: readonly number[]): Node[] {
  let axis = 0;
  return shape.map((n) => (n === 1 ? b.const(0, int32) : b.index(axis++, n)));
}

/** The index of the element at a row-major position. */
export function delinearize(b: NodeBuilder, position: Node, shape: readonly number[]): Node[] {
  checkPositions(shape, true);
  let step = 1;
  const index = new Array<Node>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    const quotient = step === 1 ? position : b.op("div", position, b.const(step, int32));
    const leading = shape.slice(0, d).every((n) => n === 1);
    index[d] =
      shape[d] === 1
        ? b.const(0, int32)
        : leading
          ? quotient
          : b.op("rem", quotient, b.const(shape[d], int32));
    step *= shape[d];
  }
  return index;
}
