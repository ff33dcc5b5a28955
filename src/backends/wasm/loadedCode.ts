import type { Program, ResultSource } from "../../compiler/ir.ts";
import { emitProgram, type PointerSource, type ProgramCode } from "./codegen/program.ts";
import { commonCode, moduleImports, pool } from "./device.ts";
import { wasmFeatures } from "./features.ts";
import { hostCaller } from "./hostCalls.ts";
import type { Marks } from "./marks.ts";
import { refusal } from "./refusal.ts";

export type Run = (...addresses: number[]) => void;

/** The code of a program in the engine, and how to call it. Holds no arrays, so that equal programs share it. */
export interface LoadedCode {
  /** Size of the module. */
  readonly codeBytes: number;
  readonly pointers: readonly PointerSource[];
  readonly results: readonly ResultSource[];
  /** Bytes of each result that the program writes to a block of its own; -1 for the others. */
  readonly resultBytes: readonly number[];
  /** Positions of the donated arguments. */
  readonly donated: readonly number[];
  readonly arenaBytes: number;
  /** Bytes of arena for each thread but the first. */
  readonly threadBytes: number;
  readonly tableOffset: number | null;
  /** Whether threads can share the work. */
  readonly usesPool: boolean;
  /** Null when there is nothing to compute. */
  readonly run: Run | null;
  /** One result in a block of its own, and addresses that are exactly those of one or two arguments and of it. */
  readonly fastArity: 0 | 1 | 2;
}

/**
 * Gives the code of a program to the engine.
 * @param marks what the code of a timed program calls
 * @throws RuntimeError when the engine refuses the module
 */
export function loadCode(
  program: Program,
  code: ProgramCode = emitProgram(program, { sharedMemory: pool !== null, commonCode }),
  donated: readonly boolean[] = [],
  marks: Marks | null = null,
): LoadedCode {
  const shares = usesPool(code);
  return {
    codeBytes: code.bytes.byteLength,
    pointers: code.pointers,
    results: program.results,
    resultBytes: resultBytes(program),
    donated: donated.flatMap((d, i) => (d ? [i] : [])),
    arenaBytes: code.arenaBytes,
    threadBytes: code.threadBytes,
    tableOffset: code.tableOffset,
    usesPool: shares,
    run: program.kernels.length === 0 ? null : instantiate(program.name, code, shares, marks),
    fastArity: fastArity(program, code, donated.includes(true)),
  };
}

/** Whether threads can share the work. Functions of JavaScript, which only the calling thread has, keep a program on it. */
export function usesPool(code: ProgramCode): boolean {
  return pool !== null && code.hasPieces && !code.usesImports;
}

function instantiate(name: string, code: ProgramCode, shares: boolean, marks: Marks | null): Run {
  wasmFeatures();
  try {
    commonCode.load();
    const module = new WebAssembly.Module(code.bytes);
    const id = shares && pool !== null ? pool.add(module) : 0;
    const nothing = () => undefined;
    const env = {
      ...moduleImports.env,
      id,
      stalled: pool?.stalled ?? nothing,
      mark: marks?.mark ?? nothing,
      hostCall: hostCaller(code.hostCalls),
    };
    return new WebAssembly.Instance(module, { ...moduleImports, env }).exports.run as Run;
  } catch (error) {
    throw refusal(name, code.bytes.byteLength, error);
  }
}

/** Bytes of each result that the program writes to a block of its own; -1 for the others. */
export function resultBytes(program: Program): number[] {
  const seen = new Set<number>();
  return program.results.map((source) => {
    if (source.kind !== "buffer" || seen.has(source.buffer)) return -1;
    seen.add(source.buffer);
    return program.placements[source.buffer].kind === "result"
      ? program.buffers[source.buffer].byteLength
      : -1;
  });
}

function fastArity(program: Program, code: ProgramCode, donates: boolean): 0 | 1 | 2 {
  const { pointers, arenaBytes } = code;
  const n = pointers.length - 1;
  if (donates || arenaBytes > 0 || program.results.length !== 1 || (n !== 1 && n !== 2)) return 0;
  if (resultBytes(program)[0] < 0 || pointers[n].kind !== "result" || pointers[n].index !== 0) return 0;
  for (let i = 0; i < n; i++) if (pointers[i].kind !== "argument" || pointers[i].index !== i) return 0;
  return n;
}
