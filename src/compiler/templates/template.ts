import type { KernelCode } from "../../backends/wasm/codegen/kernelCode.ts";
import type { Library } from "../../backends/wasm/codegen/library.ts";
import type { FlatEqn } from "../flat.ts";
import type { Program } from "../ir.ts";
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
