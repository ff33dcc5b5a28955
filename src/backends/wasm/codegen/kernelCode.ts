import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import type { KernelContext } from "./context.ts";

/** Memory that a kernel needs while it runs, in bytes, 64-byte aligned. */
export interface Scratch {
  /** One region for each thread. */
  readonly perThread: number;
  /** Instead, one region for all threads, which the phases of a kernel share; default 0. */
  readonly shared?: number;
}

export const noScratch: Scratch = { perThread: 0 };

/** An operand as a kernel wants it. */
export interface PreparedOperand {
  readonly buffer: number;
  /** Bytes of the prepared form. */
  readonly bytes: number;
  /** Writes it to `target`, from the operand at `source`. */
  readonly emit: (mb: ModuleBuilder, f: FunctionBuilder, source: Local, target: Local) => void;
}

/** The code of one kernel, or of one phase of it, before it is written into a function. */
export interface KernelCode {
  /** Parts of the work that can be done in any order and at the same time. */
  readonly pieces: number;
  readonly scratch: Scratch;
  /**
   * Writes the body. `scratch` is the address of the scratch memory, the thread's own or the shared one, null when none is needed; `piece`
   * the number of the piece to do, null when there is one piece.
   */
  readonly emit: (context: KernelContext, scratch: Local | null, piece: Local | null) => void;
  /** An operand that the kernel expects in another form, which is made once where many runs of the kernel share it. */
  readonly prepared?: PreparedOperand | undefined;
  /** What was chosen, in a line for people: loops, vectors, tiles, blocks, pieces. */
  readonly describe: () => string;
}

/** The code of a kernel that is never cut. */
export function inOnePiece(emit: (context: KernelContext) => void): KernelCode {
  return { pieces: 1, scratch: noScratch, emit, describe: () => "in order; one piece" };
}
