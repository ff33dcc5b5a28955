import { innerPrograms, isControlKernel, loopParts } from "../../../compiler/control/access.ts";
import { callsHost } from "../../../compiler/hostCall.ts";
import type {
  ControlKernel,
  ForLoopKernel,
  HostCallKernel,
  InnerProgram,
  LeafKernel,
  Program,
  Stage,
} from "../../../compiler/ir.ts";
import type { FuncRef, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { bytesAccessed, flopsOf } from "../cost.ts";
import type { Task } from "../threads/region.ts";
import { blockedCode } from "./blocked.ts";
import { kernelContext } from "./context.ts";
import { dotCode, dotPhases } from "./dot.ts";
import type { KernelCode, PreparedOperand } from "./kernelCode.ts";
import { buffersOf } from "./kernelKey.ts";
import { KnownKernels } from "./knownKernels.ts";
import type { Library } from "./library.ts";
import { nestCode } from "./nestCode.ts";
import { inLoop, isUncut, splitting, uncut } from "./split.ts";

/** A kernel, or a phase of one, as a function of the module. */
export interface KernelFunction {
  readonly kind: "function";
  /** A function of the addresses of the buffers, then of the thread's scratch memory and of the number of the piece, where there are any. */
  readonly ref: FuncRef;
  readonly buffers: readonly number[];
  /** Bytes of scratch memory: of each thread, or of all threads together. */
  readonly scratch: number;
  readonly sharesScratch: boolean;
  readonly pieces: number;
  /** The operand that the function expects in another form, if any: which of `buffers`, and the function (source, target) that makes it. */
  readonly prepared: { readonly operand: number; readonly bytes: number; readonly ref: FuncRef } | null;
  readonly describe: () => string;
  /** The number of the kernel whose last phase it is. */
  readonly completes: number | null;
}

/** A loop or branch: its code is written where it is run, its programs are functions. */
export interface ControlStep {
  readonly kind: "control";
  readonly kernel: ControlKernel;
  readonly programs: readonly ProgramFunctions[];
  readonly completes: number;
  /** Steps of a loop that threads take one by one, or 1. What is inside is not cut further. */
  readonly pieces: number;
}

/** A call of JavaScript, through an imported function. */
export interface HostCallStep {
  readonly kind: "hostCall";
  readonly kernel: HostCallKernel;
  readonly completes: number;
}

export type ProgramStep = KernelFunction | ControlStep | HostCallStep;

/** What a program runs, in order. */
export interface ProgramFunctions {
  readonly program: Program;
  readonly steps: readonly ProgramStep[];
}

/** All kernels of a program and of the programs inside it. */
export function allFunctions({ steps }: ProgramFunctions): KernelFunction[] {
  return steps.flatMap((step) => (step.kind === "function" ? [step] : innerFunctions(step, allFunctions)));
}

/** All calls of JavaScript of a program and of the programs inside it. */
export function allHostCalls({ steps }: ProgramFunctions): HostCallStep[] {
  return steps.flatMap((step) => (step.kind === "hostCall" ? [step] : innerFunctions(step, allHostCalls)));
}

function innerFunctions<T>(step: ProgramStep, of: (functions: ProgramFunctions) => T[]): T[] {
  return step.kind === "control" ? step.programs.flatMap(of) : [];
}

/**
 * One function per kernel, or per phase of it; kernels that differ only in their buffers share them.
 *
 * @param isRepeated Whether the program runs many times with the same elements in a buffer.
 */
export function programFunctions(
  program: Program,
  mb: ModuleBuilder,
  lib: Library,
  isRepeated: (buffer: number) => boolean = () => false,
): ProgramFunctions {
  const known = new KnownKernels<readonly KernelFunction[]>(program);
  const knownRepeated = new KnownKernels<readonly KernelFunction[]>(program);
  const steps = program.kernels.flatMap((kernel, number): readonly ProgramStep[] => {
    if (kernel.kind === "hostCall") return [{ kind: "hostCall", kernel, completes: number }];
    if (isControlKernel(kernel)) {
      const parallel = isParallelLoop(kernel) && !isUncut();
      const make = () =>
        innerPrograms(kernel).map((inner) => {
          const repeated = (buffer: number) => !parallel && staysAlike(kernel, inner, buffer);
          return programFunctions(inner.program, mb, lib, repeated);
        });
      const programs = parallel ? uncut(make) : kernel.kind === "branch" ? make() : inLoop(make);
      const pieces = parallel ? (kernel as ForLoopKernel).length : 1;
      return [{ kind: "control", kernel, programs, completes: number, pieces }];
    }
    const buffers = buffersOf(kernel);
    const repeated = kernel.kind === "dot" && isRepeated(kernel.rhs.view.buffer);
    const made = (repeated ? knownRepeated : known).find(kernel, buffers, () =>
      makeFunctions(program, kernel, buffers, mb, lib, repeated),
    );
    const last = made.length - 1;
    return made.map((fn, phase) => ({ ...fn, buffers, completes: phase === last ? number : null }));
  });
  return { program, steps };
}

/** Whether a buffer of a program that a loop runs has the same elements in every step. */
function staysAlike(kernel: ControlKernel, { program, args, consts }: InnerProgram, buffer: number): boolean {
  if (kernel.kind === "branch") return false;
  if (
    kernel.kind === "forLoop" &&
    loopParts(kernel).some(({ body, length }) => body.program === program && length === 1)
  )
    return false;
  const at = program.placements[buffer];
  if (at.kind === "argument") return args[at.index].kind === "fixed";
  return at.kind === "const" && consts[at.index].kind === "fixed";
}

/** What a step computes or moves in a nanosecond, at a guess that is low for products and high for functions. */
const WORK_PER_NANOSECOND = 10;

/** Whether threads are to take the steps of a loop: those of devices, unless they are over before a thread has woken up. */
function isParallelLoop(kernel: ControlKernel): boolean {
  if (kernel.kind !== "forLoop" || !kernel.parallel || callsHost(kernel)) return false;
  const { program } = kernel.body;
  const nanoseconds = (flopsOf(program) + bytesAccessed(program)) / WORK_PER_NANOSECOND;
  return kernel.length > 1 && nanoseconds >= splitting.pieceNanoseconds;
}

function makeFunctions(
  program: Program,
  kernel: LeafKernel,
  buffers: readonly number[],
  mb: ModuleBuilder,
  lib: Library,
  repeated: boolean,
): readonly KernelFunction[] {
  return kernelCodes(program, kernel, lib, repeated).map((code): KernelFunction => {
    const { pieces, describe } = code;
    const { perThread, shared = 0 } = code.scratch;
    const scratch = Math.max(perThread, shared);
    const params: ValType[] = buffers.map(() => "i32");
    if (scratch > 0) params.push("i32");
    if (pieces > 1) params.push("i32");
    const ref = mb.function(kernel.name, params, [], (f, ...locals) => {
      const pointers = new Map(buffers.map((buffer, i) => [buffer, locals[i]]));
      const piece = pieces > 1 ? (locals.at(-1) as Local) : null;
      const own = scratch > 0 ? locals[buffers.length] : null;
      code.emit(kernelContext(mb, f, lib, program.buffers, pointers), own, piece);
    });
    const sharesScratch = shared > 0;
    const prepared = code.prepared === undefined ? null : preparedOf(kernel, code.prepared, buffers, mb);
    return {
      kind: "function",
      ref,
      buffers,
      scratch,
      sharesScratch,
      pieces,
      prepared,
      describe,
      completes: null,
    };
  });
}

function preparedOf(
  { name }: LeafKernel,
  { buffer, bytes, emit }: PreparedOperand,
  buffers: readonly number[],
  mb: ModuleBuilder,
): KernelFunction["prepared"] {
  const ref = mb.function(`${name}_prepare`, ["i32", "i32"], [], (f, source, target) =>
    emit(mb, f, source, target),
  );
  return { operand: buffers.indexOf(buffer), bytes, ref };
}

/** The code of a kernel; several where it has phases, each of which ends before the next begins. */
function kernelCodes(
  program: Program,
  kernel: LeafKernel,
  lib: Library,
  repeated: boolean,
): readonly KernelCode[] {
  switch (kernel.kind) {
    case "loop":
    case "row":
      return [stageCode(program, kernel, lib)];
    case "dot":
      return dotPhases(kernel, lib, repeated);
    case "blocked":
      return [blockedCode(program, kernel, (stage) => stageCode(program, stage, lib))];
    default:
      return kernel.writers.wasm(kernel as never, program, lib);
  }
}

function stageCode(program: Program, stage: Stage, lib: Library): KernelCode {
  if (stage.kind === "dot") return dotCode(stage, lib);
  return nestCode(stage, (buffer) => program.buffers[buffer].byteLength);
}

/** The task that does a piece of a kernel with the addresses in a block of memory. */
export function taskOf(mb: ModuleBuilder, fn: KernelFunction, threadBytes: number): Task {
  const { ref, buffers, scratch, sharesScratch } = fn;
  return mb.function(`${ref.name}_piece`, ["i32", "i32", "i32"], [], (f, block, thread, piece) => {
    buffers.forEach((_, i) => f.get(block).i32.load(4 * i));
    if (scratch > 0) {
      f.get(block).i32.load(4 * buffers.length);
      if (!sharesScratch) f.get(thread).i32.const(threadBytes).i32.mul().i32.add();
    }
    f.get(piece).call(ref);
  });
}
