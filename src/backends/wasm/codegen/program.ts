import type { Kernel, Program } from "../../../compiler/ir.ts";
import { type FuncRef, type Local, ModuleBuilder, type ValType } from "../asm/index.ts";
import { type KernelContext, kernelContext } from "./context.ts";
import { contractionScratch, emitContractionKernel } from "./contraction.ts";
import { dotScratch, emitDot } from "./dot.ts";
import { buffersOf, kernelKey } from "./kernelKey.ts";
import { Library } from "./library.ts";
import { emitLoop } from "./loop.ts";
import { emitScan } from "./scan.ts";
import { emitScatter } from "./scatter.ts";
import { emitSort, sortScratch } from "./sort.ts";

/** Addresses up to this many are parameters of the entry; more of them are passed in a table in memory. */
export const MAX_POINTER_PARAMETERS = 8;

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
  /** Bytes of the arena: the program's temporaries, the kernels' scratch and the table of addresses. */
  readonly arenaBytes: number;
  /** Where in the arena the table of addresses is; null when they are parameters. */
  readonly tableOffset: number | null;
  /** Whether functions of JavaScript are called. */
  readonly usesImports: boolean;
}

const align = (n: number) => Math.ceil(n / 64) * 64;

/** Translates a program into one module with one entry, `run`. */
export function emitProgram(program: Program): ProgramCode {
  const mb = new ModuleBuilder();
  mb.importMemory("env", "memory", { initial: 1 });
  const lib = new Library(mb);
  const scratchBytes = program.kernels.reduce(
    (most, kernel) => Math.max(most, scratchOf(program, kernel)),
    0,
  );
  const scratchOffset = align(program.arenaBytes);
  const tableOffset = align(scratchOffset + scratchBytes);

  const functions = kernelFunctions(program, mb, lib);
  const pointers = pointersOf(program, functions);
  const asTable = pointers.length > MAX_POINTER_PARAMETERS;
  const arenaBytes = asTable
    ? tableOffset + 4 * pointers.length
    : scratchBytes > 0
      ? tableOffset
      : program.arenaBytes;
  const params: ValType[] = asTable ? [] : pointers.map(() => "i32");
  if (arenaBytes > 0) params.push("i32");
  const run = mb.function("run", params, [], (f, ...locals) => {
    const arena = arenaBytes > 0 ? (locals.at(-1) as Local) : null;
    const position = new Map(pointers.map(({ kind, index }, i) => [`${kind}${index}`, i]));
    const push = (buffer: number) => {
      const at = program.placements[buffer];
      if (at.kind === "arena") {
        f.get(arena as Local);
        if (at.offset !== 0) f.i32.const(at.offset).i32.add();
        return;
      }
      const i = position.get(`${at.kind}${at.index}`) as number;
      if (asTable) f.get(arena as Local).i32.load(tableOffset + 4 * i);
      else f.get(locals[i]);
    };
    for (const { ref, buffers, scratch } of functions) {
      buffers.forEach(push);
      if (scratch) {
        f.get(arena as Local);
        if (scratchOffset !== 0) f.i32.const(scratchOffset).i32.add();
      }
      f.call(ref);
    }
  });
  mb.exportFunction(run);
  return {
    module: mb,
    bytes: mb.toBytes(),
    pointers,
    arenaBytes,
    tableOffset: asTable ? tableOffset : null,
    usesImports: lib.usesImports,
  };
}

interface KernelFunction {
  readonly ref: FuncRef;
  /** Buffers whose addresses it takes, in order; then the scratch address, where it needs one. */
  readonly buffers: readonly number[];
  readonly scratch: boolean;
}

/** One function per kernel; kernels that differ only in their buffers share one. */
function kernelFunctions(program: Program, mb: ModuleBuilder, lib: Library): KernelFunction[] {
  const dtypeId = (buffer: number) => program.buffers[buffer].dtype.id;
  const known = new Map<string, FuncRef>();
  const several = program.kernels.length > 1;
  return program.kernels.map((kernel) => {
    const buffers = buffersOf(kernel);
    const scratch = scratchOf(program, kernel) > 0;
    const key = several ? kernelKey(kernel, buffers, dtypeId) : "";
    let ref = known.get(key);
    if (ref === undefined) {
      const params: ValType[] = buffers.map(() => "i32");
      if (scratch) params.push("i32");
      ref = mb.function(kernel.name, params, [], (f, ...locals) => {
        const pointers = new Map(buffers.map((buffer, i) => [buffer, locals[i]]));
        emitKernel(kernelContext(mb, f, lib, program.buffers, pointers), kernel, locals.at(-1) as Local);
      });
      known.set(key, ref);
    }
    return { ref, buffers, scratch };
  });
}

function emitKernel(context: KernelContext, kernel: Kernel, scratch: Local): void {
  switch (kernel.kind) {
    case "loop":
      emitLoop(context, kernel);
      break;
    case "scan":
      emitScan(context, kernel);
      break;
    case "scatter":
      emitScatter(context, kernel);
      break;
    case "dot":
      emitDot(context, kernel, scratch);
      break;
    case "contract":
      emitContractionKernel(context, kernel, scratch);
      break;
    case "sort":
      emitSort(context, kernel, scratch);
      break;
  }
}

function scratchOf(program: Program, kernel: Kernel): number {
  if (kernel.kind === "dot") return dotScratch(kernel);
  if (kernel.kind === "contract") return contractionScratch(kernel);
  if (kernel.kind === "sort")
    return Math.max(
      16,
      sortScratch(kernel, (buffer) => program.buffers[buffer].dtype),
    );
  return 0;
}

/** The arguments, constants and results whose addresses the kernels need. */
function pointersOf(program: Program, functions: readonly KernelFunction[]): PointerSource[] {
  const found = new Map<string, PointerSource>();
  const rank = { argument: 0, const: 1, result: 2 };
  for (const { buffers } of functions) {
    for (const buffer of buffers) {
      const at = program.placements[buffer];
      if (at.kind !== "arena") found.set(`${at.kind}${at.index}`, { kind: at.kind, index: at.index });
    }
  }
  return [...found.values()].sort((a, b) => rank[a.kind] - rank[b.kind] || a.index - b.index);
}
