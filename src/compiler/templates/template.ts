import type { FuncRef, ModuleBuilder } from "../../backends/wasm/asm/index.ts";
import type { InnerFunction } from "../../backends/wasm/codegen/control.ts";
import type { KernelCode } from "../../backends/wasm/codegen/kernelCode.ts";
import type { Library } from "../../backends/wasm/codegen/library.ts";
import type { ParallelLoop } from "../../backends/wasm/codegen/parallelLoop.ts";
import type { Frame } from "../../backends/wasm/codegen/sequence.ts";
import type { Task } from "../../backends/wasm/threads/region.ts";
import type { FlatEqn, FlatProgram } from "../flat.ts";
import type { ControlKernel, Program } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Rewriter } from "../passes/internal.ts";

/**
 * All that the compiler has for one kind of kernel, from equations to code. Lowerings name it, and kernels bring along what writes them: so the
 * compiler has no list of kinds, and a bundle has those of its primitives alone. Each takes the lowering or kernel of its own kind.
 */
export interface Template {
  /** Adds the kernels of an equation. */
  readonly lower: (l: Lowering, eqn: FlatEqn, lowering: never) => void;
  /** Writes an equation of complex numbers in terms of their parts; not given where the kernels take complex numbers, or none come. */
  readonly splitComplex?: (w: Rewriter, eqn: FlatEqn, lowering: never) => void;
  readonly writers: Writers;
}

/** The code generators of the back ends for one kind of kernel; several codes where it has phases, each of which ends before the next begins. */
export interface Writers {
  readonly wasm: (kernel: never, program: Program, lib: Library) => readonly KernelCode[];
}

/** The same for loops and branches, which run programs. */
export interface ControlTemplate {
  readonly lower: (l: Lowering, eqn: FlatEqn, lowering: never) => void;
  /** The passes for programs that have loops. */
  readonly optimize: (
    program: FlatProgram,
    observe: ((step: string, program: FlatProgram) => void) | undefined,
  ) => FlatProgram;
  readonly writers: ControlWriters;
}

export interface ControlWriters {
  readonly wasm: {
    /** Writes a loop or branch whose programs are functions. */
    readonly emit: (frame: Frame, kernel: ControlKernel, programs: readonly InnerFunction[]) => void;
    /** For loops whose steps threads take: the code of the loop, the task that does a step, and the bytes that it is told in. */
    readonly emitParallel: (
      frame: Frame,
      loop: ParallelLoop,
      block: number,
      task: number,
      region: FuncRef,
    ) => void;
    readonly stepTask: (mb: ModuleBuilder, loop: ParallelLoop, body: FuncRef, arenaBytes: number) => Task;
    readonly blockBytes: (loop: ParallelLoop) => number;
  };
}
