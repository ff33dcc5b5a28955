import { boundBuffer, loopParts, stepCount } from "../../../compiler/control/access.ts";
import type { Binding, Carry, ControlKernel, InnerProgram } from "../../../compiler/ir.ts";
import type { FuncRef, Local } from "../asm/index.ts";
import type { Layout } from "./layout.ts";
import type { Frame } from "./sequence.ts";

/** A program that a loop or branch runs: the function of the arena, and where its table of addresses is. */
export interface InnerFunction {
  readonly layout: Layout;
  readonly ref: FuncRef;
}

type Slice = Extract<Binding, { kind: "slice" }>;

/** Where the bytes of a carry are while a loop runs: read at `current`, written at `next`. */
interface Position {
  readonly carry: Carry;
  readonly bytes: number;
  readonly current: Local;
  readonly next: Local;
}

/** Code for a loop or branch, in the function of the program that contains it. */
export function emitControl(frame: Frame, kernel: ControlKernel, functions: readonly InnerFunction[]): void {
  const code = new ControlCode(frame);
  switch (kernel.kind) {
    case "forLoop": {
      const { f } = frame;
      const { reverse, carries } = kernel;
      const positions = carries.map((carry) => code.begin(carry, stepCount(kernel) % 2 === 0));
      const step = f.local("i32", "step");
      loopParts(kernel).forEach(({ length, body }, part) => {
        const fn = functions[part];
        code.bindFixed(body, fn, reverse ? length - 1 : 0);
        code.prepare(body, fn);
        f.for(step, 0, length, 1, () => {
          code.bindCarries(body, fn, positions);
          code.call(fn);
          code.moveSlices(body, fn, reverse ? -1 : 1);
          for (const position of positions) code.advance(position);
        });
      });
      // The number of steps is such that the last one wrote to the place of the result.
      return;
    }
    case "whileLoop": {
      const { f, push } = frame;
      const { carries, cond, body, predicate } = kernel;
      const positions = carries.map((carry) => code.begin(carry, true));
      code.bindFixed(cond, functions[0], 0);
      code.bindFixed(body, functions[1], 0);
      code.prepare(cond, functions[0]);
      code.prepare(body, functions[1]);
      f.block((leave) => {
        f.loop((again) => {
          code.bindCarries(cond, functions[0], positions);
          code.call(functions[0]);
          push(predicate);
          f.i32.load8_u(0).i32.eqz().brIf(leave);
          code.bindCarries(body, functions[1], positions);
          code.call(functions[1]);
          for (const position of positions) code.advance(position);
          f.br(again);
        });
      });
      for (const position of positions) code.finish(position);
      return;
    }
    case "branch": {
      const { f, push } = frame;
      const { branches, selector, carries } = kernel;
      const positions = carries.map((carry) => code.begin(carry, true));
      const index = f.local("i32", "branch");
      push(selector);
      f.i32.load(0).set(index);
      const choose = (from: number, to: number): void => {
        if (to - from === 1) {
          code.bindFixed(branches[from], functions[from], 0);
          code.bindCarries(branches[from], functions[from], positions);
          code.call(functions[from]);
          return;
        }
        const middle = (from + to) >> 1;
        f.get(index).i32.const(middle).i32.lt_u();
        f.if(
          () => choose(from, middle),
          () => choose(middle, to),
        );
      };
      choose(0, branches.length);
    }
  }
}

class ControlCode {
  private readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  call({ ref }: InnerFunction): void {
    this.frame.pushArena(0);
    this.frame.f.call(ref);
  }

  /** Fills in the addresses that do not depend on carries; slices are those of index `first`. */
  bindFixed(inner: InnerProgram, fn: InnerFunction, first: number): void {
    const { push, f } = this.frame;
    this.forEachBinding(inner, fn, (binding, slot) => {
      if (binding.kind !== "fixed" && binding.kind !== "slice") return;
      const offset = binding.kind === "slice" ? this.firstBytes(binding, first) : 0;
      this.store(fn, slot, () => {
        push(binding.buffer);
        if (offset !== 0) f.i32.const(offset | 0).i32.add();
      });
    });
  }

  /** Prepares the operands that kernels of the program expect in another form; all of them stay the same from step to step. */
  prepare(inner: InnerProgram, { layout }: InnerFunction): void {
    const { f, push, pushArena } = this.frame;
    const { placements } = layout.functions.program;
    for (const [step, offset] of layout.prepared) {
      const { buffers, prepared } = step;
      if (prepared === null) continue;
      const at = placements[buffers[prepared.operand]] as { kind: string; index: number };
      const binding = at.kind === "argument" ? inner.args[at.index] : inner.consts[at.index];
      push(boundBuffer(binding) as number);
      pushArena(offset);
      f.call(prepared.ref);
    }
  }

  /** Slices go on by one index. */
  moveSlices(inner: InnerProgram, fn: InnerFunction, direction: 1 | -1): void {
    const { f, pushArena } = this.frame;
    this.forEachBinding(inner, fn, (binding, slot) => {
      if (binding.kind !== "slice") return;
      this.store(fn, slot, () => {
        pushArena(0);
        f.i32.load(fn.layout.table + 4 * slot);
        f.i32.const(direction * this.stepBytes(binding)).i32.add();
      });
    });
  }

  bindCarries(inner: InnerProgram, fn: InnerFunction, positions: readonly Position[]): void {
    this.forEachBinding(inner, fn, (binding, slot, isResult) => {
      if (binding.kind !== "carry") return;
      const { current, next } = positions[binding.carry];
      this.store(fn, slot, () => this.frame.f.get(isResult ? next : current));
    });
  }

  /** A carry before the first step. One that steps update in place is copied to its place, unless it is there. */
  begin(carry: Carry, spareFirst: boolean): Position {
    const { f, push, layout } = this.frame;
    const { init, out, spare } = carry;
    const bytes = layout.functions.program.buffers[out].byteLength;
    const current = f.local("i32", "current");
    const next = f.local("i32", "next");
    push(init);
    f.set(current);
    push(spare !== null && spareFirst ? spare : out);
    f.set(next);
    const position: Position = { carry, bytes, current, next };
    if (spare === null) {
      this.copy(position);
      f.get(next).set(current);
    }
    return position;
  }

  /** What was written is read next. */
  advance({ carry, current, next }: Position): void {
    const { f, push } = this.frame;
    const { out, spare } = carry;
    if (spare === null) return;
    f.get(next).set(current);
    push(spare);
    push(out);
    f.get(current);
    push(out);
    f.i32.eq().select().set(next);
  }

  /** The last value of a carry goes to the place of the result. */
  finish(position: Position): void {
    if (position.carry.spare === null) return;
    this.frame.push(position.carry.out);
    this.frame.f.set(position.next);
    this.copy(position);
  }

  /** From `current` to `next`, if these differ. */
  private copy({ current, next, bytes }: Position): void {
    const { f } = this.frame;
    f.get(current).get(next).i32.ne();
    f.if(() => {
      f.get(next).get(current).i32.const(bytes).memory.copy();
    });
  }

  private stepBytes({ buffer, step }: Slice): number {
    return step * this.frame.layout.functions.program.buffers[buffer].dtype.itemsize;
  }
  private firstBytes({ buffer, step, offset }: Slice, first: number): number {
    return (first * step + offset) * this.frame.layout.functions.program.buffers[buffer].dtype.itemsize;
  }

  private store({ layout }: InnerFunction, slot: number, push: () => void): void {
    const { f, pushArena } = this.frame;
    pushArena(0);
    push();
    f.i32.store(layout.table + 4 * slot);
  }

  /** The bindings that have a place in the table of the program. */
  private forEachBinding(
    { args, consts, results }: InnerProgram,
    { layout }: InnerFunction,
    visit: (binding: Binding, slot: number, isResult: boolean) => void,
  ): void {
    const of = { argument: args, const: consts, result: results };
    layout.pointers.forEach(({ kind, index }, slot) => {
      visit(of[kind][index], slot, kind === "result");
    });
  }
}
