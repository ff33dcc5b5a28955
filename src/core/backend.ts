import type { HostData } from "../dtypes/index.ts";
import type { ArrayImpl } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import type { ClosedJaxpr } from "./jaxpr.ts";
import type { Profile } from "./profile.ts";

/** A block of device memory, owned by its back end. */
export interface Buffer {
  readonly byteLength: number;
}

/** What a compiled program needs and does, for `memoryAnalysis()` and `costAnalysis()`. */
export interface ProgramAnalysis {
  argumentBytes: number;
  outputBytes: number;
  /** Results that need no memory of their own: they take that of donated arguments, or are arguments, constants or other results. */
  aliasBytes: number;
  /** Temporaries: the arena as it is planned, and the scratch memory of kernels on every thread. */
  tempBytes: number;
  /** The most memory in use while the program runs: arguments, results with memory of their own, and temporaries. */
  peakBytes: number;
  generatedCodeBytes: number;
  flops: number;
  bytesAccessed: number;
}

export interface Executable {
  /** Runs the program. `args` are the jaxpr's inputs in order; the results are its outputs in order. */
  call(args: readonly ArrayImpl[]): ArrayImpl[];
  /** Text of a stage: the kernels, or the machine code. */
  asText(stage: string): string;
  analysis(): ProgramAnalysis;
  /** Times every kernel; donated arguments stay as they are. */
  profile(args: readonly ArrayImpl[]): Profile;
}

export interface CompileOptions {
  readonly name: string;
  /** Inputs whose buffers the program may reuse for its outputs; they are deleted by the call. */
  readonly donated?: readonly boolean[];
  /** What the debug ladder says of the program; given when it is to be told. */
  readonly origin?: Origin | undefined;
  /** Whether equal programs that are compiled later may have the same code; default true. False where the caller keeps what it compiles. */
  readonly shareCode?: boolean;
}

/** Where a program comes from. */
export interface Origin {
  /** Why it is compiled. */
  readonly reason: string;
  /** How long its function was traced, in milliseconds. */
  readonly tracing?: number;
}

/** A device: everything the rest of the library asks of a back end. */
export interface Backend {
  readonly name: string;
  fromHost(data: HostData, aval: ShapedArray): Buffer;
  toHost(buffer: Buffer, aval: ShapedArray): HostData;
  /** Frees a buffer now; later use is an error raised by ArrayImpl. */
  release(buffer: Buffer): void;
  compile(jaxpr: ClosedJaxpr, options: CompileOptions): Executable;
  /** Threads that compute at present. */
  threadCount(): number;
  /** Resolves when all work submitted so far has finished. */
  synchronize(): Promise<void>;
  /** Forgets the code of programs compiled so far, save that which executables hold. */
  clearCache(): void;
  /** What the memory of the device is used for. */
  memoryUse(): readonly { readonly what: string; readonly count: number; readonly bytes: number }[];
}

let current: Backend | undefined;

/** The device on which new arrays are made. */
export function defaultBackend(): Backend {
  if (current === undefined)
    throw new Error("no back end is installed; import the package's root or a namespace of it");
  return current;
}
export function setDefaultBackend(backend: Backend): void {
  current = backend;
}
