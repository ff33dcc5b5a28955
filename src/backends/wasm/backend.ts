import { compileToProgram, printProgram } from "../../compiler/index.ts";
import { ArrayImpl } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type { Backend, Buffer, CompileOptions, Executable, ProgramAnalysis } from "../../core/backend.ts";
import { config } from "../../core/config.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import { type HostData, hostArray } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { hostArrayOf, interpretReference } from "../reference/interpret.ts";
import { emitProgram } from "./codegen/program.ts";
import { bytesAccessed, flopsOf } from "./cost.ts";
import { deviceMemory, pool } from "./device.ts";
import { LoadedProgram } from "./executable.ts";
import type { Storage } from "./memory/index.ts";

const emitOptions = { sharedMemory: pool !== null };

class WasmExecutable implements Executable {
  private readonly closed: ClosedJaxpr;
  private readonly options: CompileOptions;
  /** Made at the first call, unless the reference evaluator answers it. */
  private loaded: LoadedProgram | null = null;

  constructor(closed: ClosedJaxpr, options: CompileOptions) {
    this.closed = closed;
    this.options = options;
    if (config.evaluator === "wasm") this.loaded = this.load();
  }

  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    if (config.evaluator === "reference") return this.callReference(args);
    if (this.loaded === null) this.loaded = this.load();
    return this.loaded.call(args);
  }

  private load(): LoadedProgram {
    const { closed, options } = this;
    const program = compileToProgram(closed, options);
    // Evaluation happens below every trace, so constants are concrete.
    const consts = program.constants as readonly ArrayImpl[];
    return new LoadedProgram(wasmBackend, program, consts, closed.outAvals, options.donated);
  }

  private callReference(args: readonly ArrayImpl[]): ArrayImpl[] {
    const results = interpretReference(this.closed, args.map(hostArrayOf));
    this.options.donated?.forEach((donated, i) => {
      if (!donated || args[i].buffer === null) return;
      wasmBackend.release(args[i].buffer);
      args[i].buffer = null;
    });
    return this.closed.outAvals.map(
      (aval, i) => new ArrayImpl(aval, wasmBackend, wasmBackend.fromHost(results[i], aval)),
    );
  }

  /** The program is compiled again: keeping it for the rare reader would double the memory of every cached operation. */
  asText(stage: string): string {
    switch (stage) {
      case "jaxpr":
        return this.closed.toString();
      case "kernels":
        return printProgram(compileToProgram(this.closed, this.options));
      case "wat":
        return emitProgram(compileToProgram(this.closed, this.options), emitOptions).module.toText();
      default:
        throw new ValueError(
          `There is no stage ${JSON.stringify(stage)}; there are "jaxpr", "kernels" and "wat".`,
        );
    }
  }

  analysis(): ProgramAnalysis {
    const program = compileToProgram(this.closed, this.options);
    const { bytes, arenaBytes } = emitProgram(program, emitOptions);
    const bytesOf = (avals: readonly ShapedArray[]) =>
      avals.reduce((n, a) => n + a.size * a.dtype.itemsize, 0);
    return {
      argumentBytes: bytesOf(this.closed.inAvals),
      outputBytes: bytesOf(this.closed.outAvals),
      tempBytes: arenaBytes,
      generatedCodeBytes: bytes.byteLength,
      flops: flopsOf(program),
      bytesAccessed: bytesAccessed(program),
    };
  }
}

/** The CPU: programs compiled to WebAssembly, arrays in its memory. */
export const wasmBackend: Backend = {
  name: "wasm",
  fromHost: (data: HostData): Buffer => deviceMemory.fromHost(data),
  toHost(buffer: Buffer, aval: ShapedArray): HostData {
    return hostArray(aval.dtype, deviceMemory.read(buffer as Storage).buffer, 0, aval.size);
  },
  release(buffer: Buffer): void {
    const storage = buffer as Storage;
    if (!storage.shared) deviceMemory.free(storage);
  },
  compile: (closed: ClosedJaxpr, options: CompileOptions): Executable => new WasmExecutable(closed, options),
  synchronize: () => Promise.resolve(),
};
