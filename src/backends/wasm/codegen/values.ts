import type { LoadNode, Node, OpNode } from "../../../compiler/ir.ts";
import { type DType, float32, keyFry } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import { emitTogether, goTogether, selectLanes } from "../math/index.ts";
import { Addresses } from "./addresses.ts";
import { ACC_BIT, type Analysis } from "./analysis.ts";
import type { Library } from "./library.ts";
import {
  emitScalarCast,
  emitScalarConst,
  emitScalarLoad,
  emitScalarOp,
  emitScalarStore,
} from "./scalarEmit.ts";
import { type Copy, Scopes } from "./scopes.ts";
import { splat, splatConst } from "./splat.ts";
import { scalarType, sizeLog2 } from "./types.ts";
import type { Access, Nest, Uses } from "./uses.ts";
import { isBlock, loadTransposed } from "./vectorBlock.ts";
import { emitVectorCast, emitVectorOp } from "./vectorEmit.ts";
import { loadLanes, storeAlternate, storeLanes } from "./vectorMemory.ts";

/**
 * Writes the code of scalar expressions inside a loop nest. Each node is computed once per level of the nest, where its
 * level begins if inner loops need it, otherwise where it is first needed.
 */
export class Values {
  readonly f: FunctionBuilder;
  readonly lib: Library;
  /** What the code of the present pass needs. */
  private uses: Uses;
  /** The same for every pass, in order. */
  private readonly passes: readonly Uses[];
  readonly nest: Nest;
  private readonly analysis: Analysis;
  private readonly pointers: ReadonlyMap<number, Local>;
  private readonly dtypeOf: (buffer: number) => DType;
  /** The loop counter of each axis that has a loop. */
  readonly counters = new Map<number, Local>();
  /** Results of reductions: one local, or one per copy. */
  readonly accs: Local[][] = [];
  private readonly scopes: Scopes;
  private readonly addresses: Addresses;

  constructor(
    f: FunctionBuilder,
    lib: Library,
    passes: readonly [Uses, ...Uses[]],
    pointers: ReadonlyMap<number, Local>,
    dtypeOf: (buffer: number) => DType,
  ) {
    const [uses] = passes;
    this.f = f;
    this.lib = lib;
    this.uses = uses;
    this.passes = passes;
    this.nest = uses.nest;
    this.analysis = uses.analysis;
    this.pointers = pointers;
    this.dtypeOf = dtypeOf;
    this.scopes = new Scopes(f);
    this.addresses = new Addresses(f, uses, this.scopes, this);
  }

  /** Values of earlier loops over a strip, by their offset from the address of the present elements; null outside strips. */
  private kept: { readonly address: Local; readonly offsets: ReadonlyMap<Node, number> } | null = null;

  /** In what follows, takes some values from memory, one vector after the other; null: none. */
  takeKept(kept: { readonly address: Local; readonly offsets: ReadonlyMap<Node, number> } | null): void {
    this.kept = kept;
  }

  /** Keeps some values of the copies in memory, for {@link takeKept}. All values first, then the stores, so that chains can overlap. */
  keep(nodes: readonly Node[], address: Local, offsets: ReadonlyMap<Node, number>): void {
    const { f } = this;
    const computed = this.copies.flatMap((copy) =>
      nodes.map((node) => {
        const value = f.temp("v128");
        this.vector(node, copy);
        f.set(value);
        return { value, offset: (offsets.get(node) as number) + 16 * copy.index };
      }),
    );
    for (const { value, offset } of computed) f.get(address).get(value).v128.store(offset).release(value);
  }

  // ---- scopes

  /** Begins the code of a level: computes what inner levels need. */
  enter(level: number, copies: readonly Copy[] = []): void {
    this.scopes.push(copies);
    const present = this.uses;
    const needed = level > this.nest.accLevel ? [present] : this.passes;
    for (const uses of needed) {
      this.uses = uses;
      this.addresses.enter(level, uses.groups);
    }
    for (const uses of needed) {
      this.uses = uses;
      this.hoist(level, (node) => !(this.analysis.mask(node) & ACC_BIT));
    }
    this.uses = present;
  }

  /** Begins a pass: computes what its loops need of what earlier passes left. `isLeft`: whether they left what a node is. */
  enterPass(pass: number, isLeft: (node: Node) => boolean): void {
    this.uses = this.passes[pass];
    if (pass > 0) this.hoist(this.nest.accLevel, isLeft);
  }

  /** Begins code that does not always run: what it computes is not known after it. */
  enterBranch(): void {
    this.scopes.push(this.copies);
  }

  leave(): void {
    this.scopes.leave();
  }

  /** The vectors of the present loop body; none in scalar code. */
  get copies(): readonly Copy[] {
    return this.scopes.copies;
  }

  /** A scratch local that lives as long as the present scope. */
  temp(type: ValType): Local {
    return this.scopes.temp(type);
  }

  /** Pushes the address of an access, `elements` further on; returns the immediate offset that completes it. */
  pushAddress(access: Access, elements: number): number {
    return this.addresses.pushAddress(access, elements);
  }

  /** Computes what loops inside a level need of the level's nodes. */
  private hoist(level: number, isKnown: (node: Node) => boolean): void {
    const nodes: Node[] = [];
    for (const [node, use] of this.uses.uses) {
      if (use.level === level && (use.hoist || use.hoistSplat) && isKnown(node)) nodes.push(node);
    }
    nodes.sort((a, b) => a.id - b.id);
    for (const node of nodes) {
      const use = this.uses.uses.get(node);
      if (use?.hoist && node.kind !== "acc") {
        if (this.uses.isVector(node)) for (const copy of this.copies) this.define(node, copy);
        else this.defineScalar(node);
      }
      if (use?.hoistSplat) this.defineSplat(node);
    }
  }

  private define(node: Node, copy: Copy): void {
    if (node.dtype === keyFry) this.keyWords(node, copy);
    else if (this.scopes.find("vectors", node, copy) === undefined) {
      this.computeVector(node, copy);
      this.f.set(this.scopes.remember("vectors", node, this.temp("v128"), copy));
    }
  }

  private defineScalar(node: Node): void {
    if (this.scopes.find("scalars", node) !== undefined) return;
    this.computeScalar(node);
    this.f.set(this.scopes.remember("scalars", node, this.temp(scalarType(node.dtype))));
  }

  private defineSplat(node: Node): void {
    if (node.dtype === keyFry) {
      this.splatKey(node);
    } else if (this.scopes.find("splats", node) === undefined) {
      this.computeSplat(node);
      this.f.set(this.scopes.remember("splats", node, this.temp("v128")));
    }
  }

  // ---- scalars

  /** Pushes the value of a node that does not depend on the lane. */
  scalar(unresolved: Node): void {
    const node = this.analysis.resolve(unresolved);
    if (node.kind === "const") {
      emitScalarConst(this.f, node.value, node.dtype);
      return;
    }
    if (node.kind === "index") {
      this.addresses.index(node);
      return;
    }
    if (node.kind === "acc") {
      this.f.get(this.accs[node.reduction][0]);
      return;
    }
    const known = this.scopes.find("scalars", node);
    if (known !== undefined) {
      this.f.get(known);
      return;
    }
    this.computeScalar(node);
    if ((this.uses.uses.get(node)?.count ?? 2) > 1) {
      this.f.tee(this.scopes.remember("scalars", node, this.temp(scalarType(node.dtype))));
    }
  }

  /** Pushes the loop counter of an axis, which starts at 0. */
  counter(axis: number): void {
    const counter = this.counters.get(axis);
    if (counter === undefined) this.f.i32.const(0);
    else this.f.get(counter);
  }

  private computeScalar(node: Node): void {
    const { f } = this;
    switch (node.kind) {
      case "load":
        this.loadScalar(node);
        return;
      case "cast":
        this.scalar(node.arg);
        emitScalarCast(f, this.analysis.resolve(node.arg).dtype, node.dtype, node.bits);
        return;
      case "op":
        emitScalarOp(
          f,
          this.lib,
          node.op,
          operandType(node),
          (i) => this.scalar(node.args[i]),
          (i) => this.constantOf(node.args[i]),
        );
        return;
    }
    throw new Error(`a ${node.kind} node has no code of its own`);
  }

  private loadScalar(node: LoadNode): void {
    const access = this.uses.accesses.get(node);
    if (access !== undefined) {
      emitScalarLoad(this.f, node.dtype, this.pushAddress(access, 0));
      return;
    }
    this.f.get(this.pointers.get(node.buffer) as Local);
    this.scalar(node.offset);
    this.f.i32.const(sizeLog2(node.dtype)).i32.shl().i32.add();
    emitScalarLoad(this.f, node.dtype, 0);
  }

  constantOf(unresolved: Node): number | undefined {
    const node = this.analysis.resolve(unresolved);
    return node.kind === "const" ? Number(node.value) : undefined;
  }

  // ---- vectors

  /** Pushes a node in every lane of a copy. Not for keys. */
  vector(unresolved: Node, copy: Copy): void {
    const node = this.analysis.resolve(unresolved);
    if (!this.uses.isVector(node)) {
      const known = this.scopes.find("splats", node);
      if (known !== undefined) {
        this.f.get(known);
        return;
      }
      this.computeSplat(node);
      if (node.kind !== "const" && (this.uses.uses.get(node)?.splatCount ?? 2) > 1) {
        this.f.tee(this.scopes.remember("splats", node, this.temp("v128")));
      }
      return;
    }
    if (node.kind === "acc") {
      this.f.get(this.accs[node.reduction][copy.index]);
      return;
    }
    // Rows share what does not depend on them.
    const shared = this.nest.rowAxis >= 0 && !this.uses.dependsOnRow(node);
    const own = shared ? this.copies[0] : copy;
    const known = this.scopes.find("vectors", node, own);
    if (known !== undefined) {
      this.f.get(known);
      return;
    }
    if (!shared && this.isTogether(node)) {
      this.f.get(this.vectorsTogether(node)[copy.index]);
      return;
    }
    this.computeVector(node, own);
    if (shared || (this.uses.uses.get(node)?.count ?? 2) > 1) {
      this.f.tee(this.scopes.remember("vectors", node, this.temp("v128"), own));
    }
  }

  /** Whether the vectors of all copies are better computed at once. */
  private isTogether(node: Node): node is OpNode {
    return (
      node.kind === "op" &&
      node.dtype === float32 &&
      this.copies.length > 1 &&
      this.nest.rowAxis < 0 &&
      !this.kept?.offsets.has(node) &&
      goTogether(node.op)
    );
  }

  private vectorsTogether(node: OpNode): Local[] {
    const vectors = this.copies.map((copy) => {
      const vector = this.temp("v128");
      this.vector(node.args[0], copy);
      this.f.set(vector);
      return vector;
    });
    emitTogether(this.lib.mb, this.f, node.op, vectors);
    for (const copy of this.copies) this.scopes.remember("vectors", node, vectors[copy.index], copy);
    return vectors;
  }

  private computeSplat(node: Node): void {
    const { f } = this;
    if (node.kind === "const") {
      splatConst(f, node.value, node.dtype, this.nest.lanes);
      return;
    }
    this.scalar(node);
    splat(f, node.dtype, this.nest.lanes);
  }

  private computeVector(node: Node, copy: Copy): void {
    const { f } = this;
    const lanes = this.nest.lanes as 2 | 4;
    const offset = this.kept?.offsets.get(node);
    if (this.kept !== null && offset !== undefined) {
      f.get(this.kept.address).v128.load(offset + 16 * copy.index);
      return;
    }
    switch (node.kind) {
      case "index":
        this.addresses.index(node);
        f.i32x4.splat();
        this.indexOffsets(node, copy);
        return;
      case "load": {
        const access = this.uses.accesses.get(node);
        if (access !== undefined) {
          if (isBlock(this.nest, access, node.dtype, this.copies)) this.loadRows(node, access, copy);
          else loadLanes(this, access, node.dtype, copy);
          return;
        }
        this.gather(node, copy);
        return;
      }
      case "cast":
        this.vector(node.arg, copy);
        emitVectorCast(f, this.analysis.resolve(node.arg).dtype, node.dtype, node.bits, lanes);
        return;
      case "op": {
        const dtype = operandType(node);
        if (dtype === keyFry) {
          this.keyOp(node, copy);
          return;
        }
        emitVectorOp(
          f,
          this.lib,
          node.op,
          dtype,
          lanes,
          (i) => this.vector(node.args[i], copy),
          (i) => this.constantOf(node.args[i]),
          (i) => {
            if (this.uses.isVector(node.args[i])) return false;
            this.scalar(node.args[i]);
            return true;
          },
        );
        return;
      }
    }
    throw new Error(`a ${node.kind} node has no vector code`);
  }

  /** Adds to the vector on the stack what an index grows by from lane to lane, and to the row. */
  laneOffsets(stride: number, copy: Copy, rowStride = 0): void {
    const { f } = this;
    f.i32x4.const(...[0, 1, 2, 3].map((k) => (k + copy.offset) * stride + copy.row * rowStride)).i32x4.add();
  }

  private indexOffsets(node: Node, copy: Copy): void {
    const linear = this.analysis.linear(node);
    const { vectorAxis, rowAxis } = this.nest;
    const rowStride = rowAxis < 0 ? 0 : this.analysis.stride(linear, rowAxis);
    this.laneOffsets(this.analysis.stride(linear, vectorAxis) as number, copy, rowStride as number);
  }

  /** Loads the vectors of all rows at once, contiguous along the rows, and pushes that of one. */
  private loadRows(node: Node, access: Access, copy: Copy): void {
    const rows = this.copies.map((row) => this.scopes.remember("vectors", node, this.temp("v128"), row));
    loadTransposed(this, access, node.dtype, rows);
    this.f.get(rows[copy.index]);
  }

  /** Loads each active lane from its own address. */
  private gather(node: LoadNode, copy: Copy): void {
    const { f } = this;
    const log2 = sizeLog2(node.dtype);
    const offsets = f.temp("v128");
    this.vector(node.offset, copy);
    f.i32
      .const(log2)
      .i32x4.shl()
      .get(this.pointers.get(node.buffer) as Local)
      .i32x4.splat()
      .i32x4.add()
      .set(offsets);
    loadLanes(this, null, node.dtype, copy, (lane) => {
      f.get(offsets).i32x4.extract_lane(lane);
      return 0;
    });
    f.release(offsets);
  }

  // ---- keys: two vectors of words

  /** The two words of a key in every lane, in locals. */
  keyWords(unresolved: Node, copy: Copy): readonly [Local, Local] {
    const node = this.analysis.resolve(unresolved);
    if (!this.uses.isVector(node)) return this.splatKey(node);
    const known = this.scopes.findKey(node, copy);
    if (known !== undefined) return known;
    const words = [this.temp("v128"), this.temp("v128")] as const;
    this.computeKey(node, copy, words);
    this.scopes.rememberKey(node, words, copy);
    return words;
  }

  private computeKey(node: Node, copy: Copy, words: readonly [Local, Local]): void {
    const { f } = this;
    if (node.kind === "load") {
      const access = this.uses.accesses.get(node);
      if (access !== undefined) {
        loadLanes(this, access, keyFry, copy, undefined, words);
      } else {
        const offsets = f.temp("v128");
        const pointer = this.pointers.get(node.buffer) as Local;
        this.vector(node.offset, copy);
        f.i32.const(3).i32x4.shl().get(pointer).i32x4.splat().i32x4.add().set(offsets);
        const address = (lane: number) => {
          f.get(offsets).i32x4.extract_lane(lane);
          return 0;
        };
        loadLanes(this, null, keyFry, copy, address, words);
        f.release(offsets);
      }
      return;
    }
    if (node.kind === "op" && node.op === "key_pack") {
      for (let i = 0; i < 2; i++) {
        this.vector(node.args[i], copy);
        f.set(words[i]);
      }
      return;
    }
    if (node.kind === "op" && node.op === "select") {
      const a = this.keyWords(node.args[1], copy);
      const b = this.keyWords(node.args[2], copy);
      for (let i = 0; i < 2; i++) {
        f.get(a[i]).get(b[i]);
        this.vector(node.args[0], copy);
        selectLanes(f, "i32x4");
        f.set(words[i]);
      }
      return;
    }
    throw new Error(`a key from a ${node.kind} node has no vector code`);
  }

  private splatKey(node: Node): readonly [Local, Local] {
    const known = this.scopes.findKey(node, null);
    if (known !== undefined) return known;
    const words = [this.temp("v128"), this.temp("v128")] as const;
    this.scalar(node);
    this.f.i64x2.splat().set(words[1]);
    this.f.get(words[1]).get(words[1]).i32x4.shuffle(0, 0, 0, 0).set(words[0]);
    this.f.get(words[1]).get(words[1]).i32x4.shuffle(1, 1, 1, 1).set(words[1]);
    this.scopes.rememberKey(node, words, null);
    return words;
  }

  private keyOp(node: OpNode, copy: Copy): void {
    const { f } = this;
    const a = this.keyWords(node.args[0], copy);
    switch (node.op) {
      case "key_word0":
        f.get(a[0]);
        return;
      case "key_word1":
        f.get(a[1]);
        return;
      case "eq":
      case "ne": {
        const b = this.keyWords(node.args[1], copy);
        f.get(a[0]).get(b[0]).i32x4.eq().get(a[1]).get(b[1]).i32x4.eq().v128.and();
        if (node.op === "ne") f.v128.not();
        return;
      }
    }
    throw new Error(`${node.op} on keys has no code`);
  }

  // ---- stores

  /** Stores values that are already in locals or cheap to push, one per copy. */
  store(access: Access, dtype: DType, value: Local | readonly [Local, Local], copy: Copy | null): void {
    if (copy === null) {
      const offset = this.pushAddress(access, 0);
      this.f.get(value as Local);
      emitScalarStore(this.f, dtype, offset);
    } else {
      storeLanes(this, access, dtype, value, copy);
    }
  }

  /** Stores two values whose elements alternate in memory. */
  storePair(access: Access, first: Local, second: Local, copy: Copy): void {
    storeAlternate(this, access, first, second, copy);
  }

  dtype(buffer: number): DType {
    return this.dtypeOf(buffer);
  }
  pointer(buffer: number): Local {
    return this.pointers.get(buffer) as Local;
  }
}

/** The dtype that an operation's code is chosen by. */
export function operandType(node: OpNode): DType {
  if (node.op === "select") return node.dtype;
  return node.args[0].dtype;
}
