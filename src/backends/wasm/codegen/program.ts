import { callsHost } from "../../../compiler/hostCall.ts";
import type { HostCallKernel, Program } from "../../../compiler/ir.ts";
import { type CommonCode, type FuncRef, ModuleBuilder, type ValType } from "../asm/index.ts";
import { usesRelaxedSimd } from "../features.ts";
import { serialRegion, sharedRegion, type Task } from "../threads/region.ts";
import {
  allFunctions,
  allHostCalls,
  type KernelFunction,
  type ProgramFunctions,
  programFunctions,
  taskOf,
} from "./kernelFunctions.ts";
import { align, type Layout, layOut, pointersOf } from "./layout.ts";
import { Library } from "./library.ts";
import { parallelLoops } from "./parallelLoop.ts";
import { Sequence } from "./sequence.ts";

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
  /** What the imported function `env.hostCall` calls, by number. */
  readonly hostCalls: readonly HostCallKernel[];
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
  /** Where functions are that programs share; without it each program contains them. */
  readonly commonCode?: CommonCode | undefined;
}

/**
 * Translates a program into one module with one entry, `run`.
 *
 * The arena holds, in this order: the temporaries, the table of addresses that `run` takes, the same for the programs of loops and branches
 * (`layout.ts`), the block of addresses of the kernel whose pieces are being done, or of the call of JavaScript, and the scratch memory of
 * the threads.
 */
export function emitProgram(program: Program, options: EmitOptions = {}): ProgramCode {
  const mb = new ModuleBuilder({ relaxedSimd: usesRelaxedSimd(), commonCode: options.commonCode });
  const shared = options.sharedMemory === true;
  mb.importMemory("env", "memory", shared ? { initial: 1, maximum: 65536, shared } : { initial: 1 });
  const lib = new Library(mb);
  const mark = options.timed === true ? mb.importFunction("env", "mark", ["i32"], []) : null;
  // Imports come before all functions.
  const call = program.kernels.some(callsHost)
    ? mb.importFunction("env", "hostCall", ["i32", "i32"], [])
    : null;
  const whole = programFunctions(program, mb, lib);
  const functions = allFunctions(whole);
  // The same program may run in several places.
  const hostCalls = [...new Set(allHostCalls(whole).map(({ kernel }) => kernel))];
  const pointers = pointersOf(whole);
  const asTable = pointers.length > MAX_POINTER_PARAMETERS;

  const most = (of: (fn: KernelFunction) => number) => functions.reduce((n, fn) => Math.max(n, of(fn)), 0);
  const threadBytes = align(most((fn) => (fn.pieces > 1 && !fn.sharesScratch ? fn.scratch : 0)));
  const layout = layOut(whole, 0, asTable);
  const block = layout.end;
  const loops = parallelLoops(layout);
  const operands = hostCalls.map(({ inputs, outputs }) => inputs.length + outputs.length);
  const ofPieces =
    4 *
    Math.max(
      most((fn) => (fn.pieces > 1 ? fn.buffers.length + 1 : 0)),
      ...operands,
    );
  const scratch = align(
    block + Math.max(ofPieces, ...loops.map((loop) => loop.kernel.writers.wasm.blockBytes(loop))),
  );
  // Steps that are done at the same time have a copy of the arena each.
  const arenaOfStep = scratch + align(most((fn) => fn.scratch));
  const arenaBytes = arenaOfStep * Math.max(1, ...loops.map(({ kernel }) => kernel.length));

  const tasks = new Map<FuncRef, number>();
  const refs: Task[] = [];
  for (const fn of functions) {
    if (fn.pieces === 1 || tasks.has(fn.ref)) continue;
    tasks.set(fn.ref, refs.length);
    refs.push(taskOf(mb, fn, threadBytes));
  }
  const common = { mb, block, scratch };
  const withinSteps = new Sequence({
    ...{ ...common, region: null, tasks: new Map(), stepTasks: new Map(), mark: null, hostCall: null },
  });
  const stepTasks = new Map<Layout, number>();
  for (const loop of loops) {
    stepTasks.set(loop.body, refs.length);
    refs.push(loop.kernel.writers.wasm.stepTask(mb, loop, withinSteps.functionOf(loop.body), arenaOfStep));
  }
  const region = refs.length === 0 ? null : shared ? sharedRegion(mb, refs) : serialRegion(mb, refs);

  const numbers = new Map(hostCalls.map((kernel, i) => [kernel, i]));
  const hostCall = call === null ? null : { ref: call, numbers };
  const sequence = new Sequence({ ...common, region, tasks, stepTasks, mark, hostCall });
  const params: ValType[] = asTable ? [] : pointers.map(() => "i32");
  if (arenaBytes > 0) params.push("i32");
  const { steps } = whole;
  const parts: FuncRef[] = [];
  for (let i = 0; steps.length > MAX_CALLS && i < steps.length; i += MAX_CALLS) {
    const some = steps.slice(i, i + MAX_CALLS);
    parts.push(
      mb.function("part", params, [], (f, ...locals) => sequence.emitEntry(f, locals, layout, some, asTable)),
    );
  }
  const run = mb.function("run", params, [], (f, ...locals) => {
    if (mark !== null) f.i32.const(0).call(mark);
    if (parts.length === 0) sequence.emitEntry(f, locals, layout, steps, asTable);
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
    tableOffset: asTable ? layout.table : null,
    usesImports: lib.usesImports,
    hasPieces: region !== null,
    hostCalls,
    kernels: factsOf(whole),
  };
}

/** What the phases of each kernel come to. */
function factsOf({ program, steps }: ProgramFunctions): KernelFacts[] {
  let next = 0;
  return program.kernels.map(({ name }, kernel) => {
    const phases: KernelFunction[] = [];
    let last: boolean;
    do {
      const step = steps[next++];
      if (step.kind === "function") phases.push(step);
      else if (step.kind === "control") phases.push(...step.programs.flatMap(allFunctions));
      last = step.completes === kernel;
    } while (!last);
    const most = (of: (fn: KernelFunction) => number) => Math.max(1, ...phases.map(of));
    const describe = () => [...new Set(phases.map((fn) => fn.describe()))].join("; then ");
    const scratchBytes = Math.max(0, ...phases.map((fn) => fn.scratch));
    return { name, pieces: most((fn) => fn.pieces), scratchBytes, describe };
  });
}
