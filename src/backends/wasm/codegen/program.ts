import type { Kernel, Program, Stage } from "../../../compiler/ir.ts";
import { type FuncRef, type FunctionBuilder, type Local, ModuleBuilder, type ValType } from "../asm/index.ts";
import { usesRelaxedSimd } from "../features.ts";
import { serialRegion, sharedRegion, type Task } from "../threads/region.ts";
import { blockedCode } from "./blocked.ts";
import { type KernelContext, kernelContext } from "./context.ts";
import { contractionCode } from "./contraction.ts";
import { dotCode, dotPhases } from "./dot.ts";
import { type KernelCode, noScratch } from "./kernelCode.ts";
import { buffersOf, kernelKey } from "./kernelKey.ts";
import { Library } from "./library.ts";
import { nestCode } from "./nestCode.ts";
import { emitScan } from "./scan.ts";
import { emitScatter } from "./scatter.ts";
import { sortCode } from "./sort.ts";

/** Addresses up to this many are parameters of the entry; more of them are passed in a table in memory. */
export const MAX_POINTER_PARAMETERS = 8;

/** More calls of kernels than this are put into several functions: engines bound the size of one, and optimise long ones slowly. */
const MAX_CALLS = 1000;

/** Where the address that the entry expects at a position comes from. */
export interface PointerSource {
  readonly kind: "argument" | "const" | "result";
  readonly index: number;
}

/** A program as a WebAssembly module. */
export interface ProgramCode {
  readonly module: ModuleBuilder;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The addresses that `run` takes, in order; last comes the arena's, when there is one. */
  readonly pointers: readonly PointerSource[];
  /** Bytes of the arena: the program's temporaries, the tables of addresses and the scratch of one thread. */
  readonly arenaBytes: number;
  /** Bytes more for each further thread. */
  readonly threadBytes: number;
  /** Where in the arena the table of addresses is; null when they are parameters. */
  readonly tableOffset: number | null;
  /** Whether functions of JavaScript are called. */
  readonly usesImports: boolean;
  /** Whether there are kernels that threads can share. */
  readonly hasPieces: boolean;
  /** How each kernel runs, in order. */
  readonly kernels: readonly KernelFacts[];
}

/** How a kernel runs. */
export interface KernelFacts {
  readonly name: string;
  readonly pieces: number;
  /** Bytes of scratch memory of a thread. */
  readonly scratchBytes: number;
  /** What was chosen for it, in a line for people. */
  readonly describe: () => string;
}

export interface EmitOptions {
  /** Whether the memory is shared, so that a pool of threads may help; default false. */
  readonly sharedMemory?: boolean;
  /** Call the imported function `env.mark` with 0 at the beginning and `i + 1` after kernel `i`; default false. */
  readonly timed?: boolean;
}

const align = (n: number) => Math.ceil(n / 64) * 64;

/**
 * Translates a program into one module with one entry, `run`.
 *
 * The arena holds, in this order: the temporaries, the table of addresses that `run` takes, the block of addresses of the kernel whose pieces
 * are being done, and the scratch memory of the threads.
 */
export function emitProgram(program: Program, options: EmitOptions = {}): ProgramCode {
  const mb = new ModuleBuilder({ relaxedSimd: usesRelaxedSimd() });
  const shared = options.sharedMemory === true;
  mb.importMemory("env", "memory", shared ? { initial: 1, maximum: 65536, shared } : { initial: 1 });
  const lib = new Library(mb);
  const mark = options.timed === true ? mb.importFunction("env", "mark", ["i32"], []) : null;
  const functions = kernelFunctions(program, mb, lib);
  const pointers = pointersOf(program, functions);
  const asTable = pointers.length > MAX_POINTER_PARAMETERS;

  const most = (of: (fn: KernelFunction) => number) => functions.reduce((n, fn) => Math.max(n, of(fn)), 0);
  const threadBytes = align(most((fn) => (fn.pieces > 1 && !fn.sharesScratch ? fn.scratch : 0)));
  const tableOffset = align(program.arenaBytes);
  const blockOffset = align(tableOffset + (asTable ? 4 * pointers.length : 0));
  const scratchOffset = align(blockOffset + most((fn) => (fn.pieces > 1 ? 4 * (fn.buffers.length + 1) : 0)));
  const arenaBytes = scratchOffset + align(most((fn) => fn.scratch));

  const tasks = new Map<FuncRef, number>();
  const refs: Task[] = [];
  for (const fn of functions) {
    if (fn.pieces === 1 || tasks.has(fn.ref)) continue;
    tasks.set(fn.ref, refs.length);
    refs.push(taskOf(mb, fn, threadBytes));
  }
  const region = refs.length === 0 ? null : shared ? sharedRegion(mb, refs) : serialRegion(mb, refs);

  const position = new Map(pointers.map(({ kind, index }, i) => [`${kind}${index}`, i]));
  const callKernels = (f: FunctionBuilder, locals: readonly Local[], calls: readonly KernelFunction[]) => {
    const inArena = (offset: number) => {
      f.get(locals.at(-1) as Local);
      if (offset !== 0) f.i32.const(offset).i32.add();
    };
    const push = (buffer: number) => {
      const at = program.placements[buffer];
      if (at.kind === "arena") {
        inArena(at.offset);
        return;
      }
      if (at.kind === "scratch") throw new Error("a kernel's own memory has no address outside it");
      const i = position.get(`${at.kind}${at.index}`) as number;
      if (asTable) f.get(locals.at(-1) as Local).i32.load(tableOffset + 4 * i);
      else f.get(locals[i]);
    };
    for (const { ref, buffers, scratch, pieces, completes } of calls) {
      const operands = buffers.map((buffer) => () => push(buffer));
      if (scratch > 0) operands.push(() => inArena(scratchOffset));
      if (pieces === 1) {
        for (const operand of operands) operand();
        f.call(ref);
      } else {
        operands.forEach((operand, i) => {
          inArena(0);
          operand();
          f.i32.store(blockOffset + 4 * i);
        });
        f.i32.const(tasks.get(ref) as number);
        inArena(blockOffset);
        f.i32.const(pieces).call(region as FuncRef);
      }
      if (mark !== null && completes !== null) f.i32.const(completes + 1).call(mark);
    }
  };
  const params: ValType[] = asTable ? [] : pointers.map(() => "i32");
  if (arenaBytes > 0) params.push("i32");
  const parts: FuncRef[] = [];
  for (let i = 0; functions.length > MAX_CALLS && i < functions.length; i += MAX_CALLS) {
    const calls = functions.slice(i, i + MAX_CALLS);
    parts.push(mb.function("part", params, [], (f, ...locals) => callKernels(f, locals, calls)));
  }
  const run = mb.function("run", params, [], (f, ...locals) => {
    if (mark !== null) f.i32.const(0).call(mark);
    if (parts.length === 0) callKernels(f, locals, functions);
    for (const part of parts) {
      for (const local of locals) f.get(local);
      f.call(part);
    }
  });
  mb.exportFunction(run);
  return {
    module: mb,
    bytes: mb.toBytes(),
    pointers,
    arenaBytes,
    threadBytes,
    tableOffset: asTable ? tableOffset : null,
    usesImports: lib.usesImports,
    hasPieces: region !== null,
    kernels: factsOf(program, functions),
  };
}

/** What the phases of each kernel come to. */
function factsOf(program: Program, functions: readonly KernelFunction[]): KernelFacts[] {
  let next = 0;
  return program.kernels.map(({ name }, kernel) => {
    const phases: KernelFunction[] = [];
    do phases.push(functions[next]);
    while (functions[next++].completes !== kernel);
    const most = (of: (fn: KernelFunction) => number) => Math.max(...phases.map(of));
    const describe = () => [...new Set(phases.map((fn) => fn.describe()))].join("; then ");
    return { name, pieces: most((fn) => fn.pieces), scratchBytes: most((fn) => fn.scratch), describe };
  });
}

interface KernelFunction {
  /** A function of the addresses of the buffers, then of the thread's scratch memory and of the number of the piece, where there are any. */
  readonly ref: FuncRef;
  readonly buffers: readonly number[];
  /** Bytes of scratch memory: of each thread, or of all threads together. */
  readonly scratch: number;
  readonly sharesScratch: boolean;
  readonly pieces: number;
  readonly describe: () => string;
  /** The number of the kernel whose last phase it is. */
  readonly completes: number | null;
}

/** One function per kernel, or per phase of it; kernels that differ only in their buffers share them. */
function kernelFunctions(program: Program, mb: ModuleBuilder, lib: Library): KernelFunction[] {
  const dtypeId = (buffer: number) => program.buffers[buffer].dtype.id;
  const known = new Map<string, readonly KernelFunction[]>();
  const several = program.kernels.length > 1;
  return program.kernels.flatMap((kernel, number) => {
    const buffers = buffersOf(kernel);
    const key = several ? kernelKey(kernel, buffers, dtypeId) : "";
    let made = known.get(key);
    if (made === undefined) {
      made = kernelCodes(program, kernel).map((code): KernelFunction => {
        const { perThread, shared = 0 } = code.scratch;
        const scratch = Math.max(perThread, shared);
        const params: ValType[] = buffers.map(() => "i32");
        if (scratch > 0) params.push("i32");
        if (code.pieces > 1) params.push("i32");
        const ref = mb.function(kernel.name, params, [], (f, ...locals) => {
          const pointers = new Map(buffers.map((buffer, i) => [buffer, locals[i]]));
          const piece = code.pieces > 1 ? (locals.at(-1) as Local) : null;
          const own = scratch > 0 ? locals[buffers.length] : null;
          code.emit(kernelContext(mb, f, lib, program.buffers, pointers), own, piece);
        });
        const { pieces, describe } = code;
        return { ref, buffers, scratch, sharesScratch: shared > 0, pieces, describe, completes: null };
      });
      known.set(key, made);
    }
    const last = made.length - 1;
    return made.map((fn, phase) => ({ ...fn, buffers, completes: phase === last ? number : null }));
  });
}

/** The code of a kernel; several where it has phases, each of which ends before the next begins. */
function kernelCodes(program: Program, kernel: Kernel): readonly KernelCode[] {
  switch (kernel.kind) {
    case "loop":
    case "row":
      return [stageCode(program, kernel)];
    case "dot":
      return dotPhases(kernel);
    case "blocked":
      return [blockedCode(program, kernel, (stage) => stageCode(program, stage))];
    case "scan":
      return [inOnePiece((context) => emitScan(context, kernel))];
    case "scatter":
      return [inOnePiece((context) => emitScatter(context, kernel))];
    case "contract":
      return [contractionCode(kernel)];
    case "sort":
      return sortCode(kernel, (buffer) => program.buffers[buffer].dtype);
  }
}

function stageCode(program: Program, stage: Stage): KernelCode {
  if (stage.kind === "dot") return dotCode(stage);
  return nestCode(stage, (buffer) => program.buffers[buffer].byteLength);
}

function inOnePiece(emit: (context: KernelContext) => void): KernelCode {
  return { pieces: 1, scratch: noScratch, emit, describe: () => "in order; one piece" };
}

/** The task that does a piece of a kernel with the addresses in a block of memory. */
function taskOf(mb: ModuleBuilder, fn: KernelFunction, threadBytes: number): Task {
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

/** The arguments, constants and results whose addresses the kernels need. */
function pointersOf(program: Program, functions: readonly KernelFunction[]): PointerSource[] {
  const found = new Map<string, PointerSource>();
  const rank = { argument: 0, const: 1, result: 2 };
  for (const { buffers } of functions) {
    for (const buffer of buffers) {
      const at = program.placements[buffer];
      if (at.kind === "arena" || at.kind === "scratch") continue;
      found.set(`${at.kind}${at.index}`, { kind: at.kind, index: at.index });
    }
  }
  return [...found.values()].sort((a, b) => rank[a.kind] - rank[b.kind] || a.index - b.index);
}
