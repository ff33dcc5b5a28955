import type { IndexNode, Node } from "../../../compiler/ir.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { Scopes } from "./scopes.ts";
import type { Access, AddressGroup, Uses } from "./uses.ts";

/** What addresses are computed from. */
interface AddressValues {
  scalar(node: Node): void;
  counter(axis: number): void;
  pointer(buffer: number): Local;
}

/**
 * The addresses of a loop nest. A group of accesses has one local per level at which it moves: the address of the level outside
 * plus the level's counters times their strides.
 */
export class Addresses {
  private readonly f: FunctionBuilder;
  private readonly uses: Uses;
  private readonly scopes: Scopes;
  private readonly values: AddressValues;
  /** Groups whose address at the present level is still to be computed. */
  private readonly pending = new Map<AddressGroup, number>();

  constructor(f: FunctionBuilder, uses: Uses, scopes: Scopes, values: AddressValues) {
    this.f = f;
    this.uses = uses;
    this.scopes = scopes;
    this.values = values;
  }

  /** Computes the addresses of some groups that change at a level, unless that is done. */
  enter(level: number, needed: Iterable<AddressGroup>): void {
    const done = this.scopes.present.addresses;
    const groups = [...needed].filter((g) => !done.has(g) && (level === 0 || g.levels.includes(level)));
    for (const group of groups) this.pending.set(group, level);
    for (const group of groups) this.compute(group);
  }

  /** The address of a group inside the present loops, where it depends on them. */
  private compute(group: AddressGroup): void {
    const level = this.pending.get(group);
    if (level === undefined) return;
    this.pending.delete(group);
    const { f } = this;
    const before = level === 0 ? undefined : this.find(group);
    const pointer = this.values.pointer(group.buffer);
    const start = group.minimum * 2 ** group.log2;
    if (level === 0 && start === 0 && !group.levels.includes(0)) {
      this.scopes.present.addresses.set(group, pointer);
      return;
    }
    f.get(before ?? pointer);
    if (before === undefined && start !== 0) f.i32.const(start | 0).i32.add();
    for (const [atom, coefficient] of group.linear.terms) {
      if (this.uses.level(atom) !== level) continue;
      this.scaled(atom, coefficient * 2 ** group.log2);
      f.i32.add();
    }
    const local = this.scopes.temp("i32");
    f.set(local);
    this.scopes.present.addresses.set(group, local);
  }

  private find(group: AddressGroup): Local {
    this.compute(group);
    const local = this.scopes.findAddress(group);
    if (local === undefined) throw new Error("an address is used outside its loops");
    return local;
  }

  /** Pushes an int32 scalar times a constant. */
  scaled(atom: Node, factor: number): void {
    const { f } = this;
    const atomValue = () =>
      atom.kind === "index" ? this.values.counter(atom.axis) : this.values.scalar(atom);
    if (factor === 1) {
      atomValue();
      return;
    }
    const key = `${atom.id}*${factor}`;
    const known = this.scopes.present.scaled.get(key);
    if (known !== undefined) {
      f.get(known);
      return;
    }
    atomValue();
    const power = Math.log2(factor);
    if (Number.isInteger(power)) f.i32.const(power).i32.shl();
    else f.i32.const(factor | 0).i32.mul();
    const local = this.scopes.temp("i32");
    f.tee(local);
    this.scopes.present.scaled.set(key, local);
  }

  /** Pushes the address of an access, `elements` further on; returns the immediate offset that completes it. */
  pushAddress(access: Access, elements: number): number {
    const { f } = this;
    const { group } = access;
    const offset = (access.constant - group.minimum + elements) * 2 ** group.log2;
    f.get(this.find(group));
    if (offset >= 0) return offset;
    f.i32.const(offset).i32.add();
    return 0;
  }

  /** Pushes the index of an axis at lane 0. */
  index(node: IndexNode): void {
    const { f } = this;
    const { constant, terms } = this.uses.analysis.linear(node);
    let first = true;
    for (const [atom, c] of terms) {
      this.scaled(atom, c);
      if (!first) f.i32.add();
      first = false;
    }
    if (first) f.i32.const(constant);
    else if (constant !== 0) f.i32.const(constant).i32.add();
  }
}
