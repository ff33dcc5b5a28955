import { compileFlat, compileToProgram, flatProgram, programKey } from "../../compiler/index.ts";
import { ArrayImpl } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type {
  Backend,
  Buffer,
  CompileOptions,
  Executable,
  Origin,
  ProgramAnalysis,
} from "../../core/backend.ts";
import { config } from "../../core/config.ts";
import { reports } from "../../core/debug.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { Profile } from "../../core/profile.ts";
import { isRecording, record } from "../../core/timeline.ts";
import { tools } from "../../core/tools.ts";
import { type HostData, hostArray } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { hostArrayOf, interpretReference } from "../reference/interpret.ts";
import { CodeCache } from "./codeCache.ts";
import { emitProgram } from "./codegen/program.ts";
import { bytesAccessed, flopsOf } from "./cost.ts";
import { commonCode, deviceMemory, pool } from "./device.ts";
import { LoadedProgram } from "./executable.ts";
import { usesRelaxedSimd } from "./features.ts";
import { loadCode, resultBytes, usesPool } from "./loadedCode.ts";
import { Marks } from "./marks.ts";
import type { Storage } from "./memory/index.ts";
import type { Step } from "./reportProgram.ts";
import type { Pool } from "./threads/pool.ts";
import type { TimedProgram } from "./timedProgram.ts";

const emitOptions = { sharedMemory: pool !== null, commonCode };

/** The code of programs that were compiled before, by what they compute. */
const codeCache = /* @__PURE__ */ new CodeCache();

class WasmExecutable implements Executable {
  private readonly closed: ClosedJaxpr;
  private readonly options: CompileOptions;
  /** Made at the first call, unless the reference evaluator answers it. */
  private loaded: LoadedProgram | TimedProgram | null = null;
  /** The `config.debugLevel` that `loaded` follows; -1 when there is nothing yet. */
  private level = -1;
  /** Whether `loaded` was made while a trace was recorded. */
  private recorded = false;
  /** The program with clocks, or without, that a trace put aside. */
  private beside: LoadedProgram | TimedProgram | null = null;
  /** The level at which the program was reported. */
  private reported = 0;

  constructor(closed: ClosedJaxpr, options: CompileOptions) {
    this.closed = closed;
    this.options = options;
    if (config.evaluator === "wasm") this.follow();
  }

  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    if (config.evaluator === "reference") return this.callReference(args);
    if (config.debugLevel !== this.level || isRecording() !== this.recorded) this.follow();
    return (this.loaded as LoadedProgram | TimedProgram).call(args);
  }

  /** Loads the program, or loads it again when the level, or a trace, now wants it timed, or shown, or neither. */
  private follow(): void {
    const timed = reports("timings") || isRecording();
    const wasRecorded = this.recorded;
    this.level = config.debugLevel;
    this.recorded = isRecording();
    const { loaded } = this;
    if (loaded === null) {
      this.loaded = this.load(timed, this.options.origin ?? { reason: "compiled ahead of a call" });
    } else if (reports("timings") && this.level > this.reported) {
      this.loaded = this.load(timed, { reason: `compiled again: debugLevel was raised to ${this.level}` });
    } else if (timed !== "profile" in loaded) {
      // Between traces a program runs as it was compiled before.
      const quiet = this.recorded || wasRecorded;
      this.loaded =
        this.beside ??
        this.load(timed, quiet ? undefined : { reason: "compiled again: debugLevel was lowered" });
      this.beside = quiet ? loaded : null;
    }
  }

  private load(timed: false, origin?: Origin): LoadedProgram;
  private load(timed: true, origin?: Origin): TimedProgram;
  private load(timed: boolean, origin?: Origin): LoadedProgram | TimedProgram;
  private load(timed: boolean, origin: Origin | null = null): LoadedProgram | TimedProgram {
    const { closed, options } = this;
    // What is reported or checked is compiled for that.
    if (!timed && options.shareCode !== false && !reports("programs") && !config.enableChecks)
      return this.loadShared();
    const started = performance.now();
    const steps: Step[] = [];
    const observe = reports("passes") ? stepsInto(steps) : undefined;
    const program = compileToProgram(closed, { ...options, observe });
    const lowered = performance.now();
    const code = emitProgram(program, { ...emitOptions, timed });
    const emitted = performance.now();
    const marks = timed ? new Marks(program.kernels.length) : null;
    // Evaluation happens below every trace, so constants are concrete.
    const consts = program.constants as readonly ArrayImpl[];
    const loadedCode = loadCode(program, code, options.donated, marks);
    const loaded = new LoadedProgram(wasmBackend, options.name, loadedCode, consts, closed.outAvals);
    if (isRecording()) {
      const duration = performance.now() - started;
      record({ name: `compile ${options.name}`, track: "host", start: started, duration });
    }
    if (origin !== null && reports("programs")) {
      this.reported = config.debugLevel;
      const engine = performance.now() - emitted;
      const times = { lowering: lowered - started, code: emitted - lowered, engine };
      tools().reportProgram(program, code, origin, times, steps);
    }
    return marks === null ? loaded : new (tools().TimedProgram)(loaded, marks, program, code);
  }

  /** The code of an equal program, if there was one. */
  private loadShared(): LoadedProgram {
    const { closed, options } = this;
    const flat = flatProgram(closed);
    const key = `${usesRelaxedSimd()}${programKey(flat, options.donated)}`;
    const code = codeCache.get(key, () => {
      const program = compileFlat(flat, options);
      return loadCode(program, undefined, options.donated);
    });
    return new LoadedProgram(wasmBackend, options.name, code, flat.arrays as ArrayImpl[], closed.outAvals);
  }

  profile(args: readonly ArrayImpl[]): Profile {
    const timed = this.load(true);
    return timed.profile(wasmBackend, args, this.options.donated ?? []);
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
      case "passes": {
        const steps: Step[] = [];
        compileToProgram(this.closed, { ...this.options, observe: stepsInto(steps) });
        return tools().passesText(steps);
      }
      case "kernels":
        return tools().printProgram(compileToProgram(this.closed, this.options));
      case "choices":
        return tools().choicesText(emitProgram(compileToProgram(this.closed, this.options), emitOptions));
      case "wat":
        // With the functions that it would share with other programs, to be read as one.
        return emitProgram(compileToProgram(this.closed, this.options), {
          ...emitOptions,
          commonCode: undefined,
        }).module.toText();
      default:
        throw new ValueError(
          `There is no stage ${JSON.stringify(stage)}; there are "jaxpr", "passes", "kernels", "choices" and "wat".`,
        );
    }
  }

  analysis(): ProgramAnalysis {
    const program = compileToProgram(this.closed, this.options);
    const code = emitProgram(program, emitOptions);
    const bytesOf = (avals: readonly ShapedArray[]) =>
      avals.reduce((n, a) => n + a.size * a.dtype.itemsize, 0);
    const argumentBytes = bytesOf(this.closed.inAvals);
    const outputBytes = bytesOf(this.closed.outAvals);
    const ownBytes = resultBytes(program).reduce((n, bytes) => n + Math.max(bytes, 0), 0);
    const tempBytes = code.arenaBytes + (usesPool(code) ? code.threadBytes * ((pool as Pool).wanted - 1) : 0);
    return {
      argumentBytes,
      outputBytes,
      aliasBytes: outputBytes - ownBytes,
      tempBytes,
      peakBytes: argumentBytes + ownBytes + tempBytes,
      generatedCodeBytes: code.bytes.byteLength,
      flops: flopsOf(program),
      bytesAccessed: bytesAccessed(program),
    };
  }
}

function stepsInto(steps: Step[]) {
  return (step: string, text: () => string) => void steps.push({ step, text });
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
  threadCount: () => pool?.present ?? 1,
  synchronize: () => Promise.resolve(),
  clearCache: () => codeCache.clear(),
  memoryUse: () => {
    const { count, residentBytes, scratchBytes } = deviceMemory.statistics;
    return [
      { what: "arrays", count, bytes: residentBytes },
      { what: "scratch", count: scratchBytes > 0 ? 1 : 0, bytes: scratchBytes },
    ];
  },
};
