import type { ForLoopKernel } from "../../../compiler/ir.ts";
import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import type { HostCallStep, KernelFunction, ProgramStep } from "./kernelFunctions.ts";
import type { Layout } from "./layout.ts";
import { isParallel } from "./parallelLoop.ts";

/** The memory of a program in a function: the arena of the call, and how to get the addresses of buffers. */
export interface Frame {
  readonly f: FunctionBuilder;
  readonly layout: Layout;
  /** Pushes the address at an offset of the arena. */
  readonly pushArena: (offset: number) => void;
  /** Pushes the address of a buffer of the program. */
  readonly push: (buffer: number) => void;
}

interface SequenceContext {
  readonly mb: ModuleBuilder;
  /** What runs the pieces of a task, and the numbers of the tasks. */
  readonly region: FuncRef | null;
  readonly tasks: ReadonlyMap<FuncRef, number>;
  /** The tasks that do steps of loops, by the layout of the body. */
  readonly stepTasks: ReadonlyMap<Layout, number>;
  /** Offsets in the arena: the block of addresses of a task, and the scratch memory. */
  readonly block: number;
  readonly scratch: number;
  /** Told of each kernel of the outermost program that is complete. */
  readonly mark: FuncRef | null;
  /** Calls JavaScript: takes the number of the kernel and a block with the addresses of its operands and results. */
  readonly hostCall: {
    readonly ref: FuncRef;
    readonly numbers: ReadonlyMap<HostCallStep["kernel"], number>;
  } | null;
}

/** Writes the code that runs the kernels of programs in order. */
export class Sequence {
  private readonly context: SequenceContext;
  /** Functions of programs inside others: each takes the arena. */
  private readonly inner = new Map<Layout, FuncRef>();

  constructor(context: SequenceContext) {
    this.context = context;
  }

  /** Steps of the outermost program. `locals`: its addresses, unless they are in the table, then the arena, if there is one. */
  emitEntry(
    f: FunctionBuilder,
    locals: readonly Local[],
    layout: Layout,
    steps: readonly ProgramStep[],
    asTable: boolean,
  ): void {
    const frame = frameOf(f, layout, locals.at(-1), asTable ? null : locals);
    const { mark } = this.context;
    for (const step of steps) {
      this.emitStep(frame, step);
      if (mark !== null && step.completes !== null) f.i32.const(step.completes + 1).call(mark);
    }
  }

  /** The function that runs a program of a loop or branch whose table of addresses is filled in. */
  functionOf(layout: Layout): FuncRef {
    let made = this.inner.get(layout);
    if (made === undefined) {
      const { program, steps } = layout.functions;
      // What it calls must be there before it.
      for (const [step, layouts] of layout.inner) {
        if (!isParallel(step)) for (const each of layouts) this.functionOf(each);
      }
      made = this.context.mb.function(program.name, ["i32"], [], (f, arena) => {
        const frame = frameOf(f, layout, arena, null);
        for (const step of steps) this.emitStep(frame, step);
      });
      this.inner.set(layout, made);
    }
    return made;
  }

  private emitStep(frame: Frame, step: ProgramStep): void {
    if (step.kind === "function") {
      this.emitCall(frame, step);
      return;
    }
    if (step.kind === "hostCall") {
      this.emitHostCall(frame, step);
      return;
    }
    const layouts = frame.layout.inner.get(step) as readonly Layout[];
    if (isParallel(step)) {
      const { block, region, stepTasks } = this.context;
      const [body] = layouts;
      const loop = { kernel: step.kernel as ForLoopKernel, outer: frame.layout, body };
      step.kernel.writers.wasm.emitParallel(
        frame,
        loop,
        block,
        stepTasks.get(body) as number,
        region as FuncRef,
      );
      return;
    }
    const programs = layouts.map((layout) => ({ layout, ref: this.functionOf(layout) }));
    step.kernel.writers.wasm.emit(frame, step.kernel, programs);
  }

  private emitHostCall({ f, push, pushArena }: Frame, { kernel }: HostCallStep): void {
    const { hostCall, block } = this.context;
    if (hostCall === null) throw new Error("the function that calls JavaScript is not imported");
    [...kernel.inputs, ...kernel.outputs].forEach(({ buffer }, i) => {
      if (buffer === null) return;
      pushArena(0);
      push(buffer);
      f.i32.store(block + 4 * i);
    });
    f.i32.const(hostCall.numbers.get(kernel) as number);
    if (kernel.inputs.length + kernel.outputs.length === 0) f.i32.const(0);
    else pushArena(block);
    f.call(hostCall.ref);
  }

  private emitCall({ f, layout, push, pushArena }: Frame, fn: KernelFunction): void {
    const { ref, buffers, scratch, pieces, prepared } = fn;
    const { tasks, region, block } = this.context;
    const operands = buffers.map((buffer, i) => () => {
      if (i === prepared?.operand) pushArena(layout.prepared.get(fn) as number);
      else push(buffer);
    });
    if (scratch > 0) operands.push(() => pushArena(this.context.scratch));
    if (pieces === 1) {
      for (const operand of operands) operand();
      f.call(ref);
      return;
    }
    operands.forEach((operand, i) => {
      pushArena(0);
      operand();
      f.i32.store(block + 4 * i);
    });
    f.i32.const(tasks.get(ref) as number);
    pushArena(block);
    f.i32.const(pieces).call(region as FuncRef);
  }
}

/** @param addresses the addresses of `layout.pointers` in order; null when they are in the table. */
function frameOf(
  f: FunctionBuilder,
  layout: Layout,
  arena: Local | undefined,
  addresses: readonly Local[] | null,
): Frame {
  const { placements } = layout.functions.program;
  const position = new Map(layout.pointers.map(({ kind, index }, i) => [`${kind}${index}`, i]));
  const pushArena = (offset: number) => {
    f.get(arena as Local);
    if (offset !== 0) f.i32.const(offset).i32.add();
  };
  const push = (buffer: number) => {
    const at = placements[buffer];
    if (at.kind === "arena") {
      pushArena(layout.temporaries + at.offset);
      return;
    }
    if (at.kind === "scratch") throw new Error("a kernel's own memory has no address outside it");
    const i = position.get(`${at.kind}${at.index}`) as number;
    if (addresses === null) f.get(arena as Local).i32.load(layout.table + 4 * i);
    else f.get(addresses[i]);
  };
  return { f, layout, pushArena, push };
}
