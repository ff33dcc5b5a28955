import type { Program, ResultSource } from "../../compiler/ir.ts";
import { ArrayImpl } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type { Backend } from "../../core/backend.ts";
import { ResourceExhaustedError, RuntimeError } from "../../errors.ts";
import { emitProgram, type PointerSource, type ProgramCode } from "./codegen/program.ts";
import { deviceMemory, moduleImports, pool } from "./device.ts";
import { wasmFeatures } from "./features.ts";
import type { Marks } from "./marks.ts";
import { Storage } from "./memory/index.ts";
import { refusal } from "./refusal.ts";

type Run = (...addresses: number[]) => void;

/** A program translated to WebAssembly and loaded, ready to run on arrays of the device. */
export class LoadedProgram {
  /** Size of the module. */
  readonly codeBytes: number;
  private readonly name: string;
  private readonly backend: Backend;
  private readonly outAvals: readonly ShapedArray[];
  private readonly consts: readonly ArrayImpl[];
  private readonly pointers: readonly PointerSource[];
  private readonly results: readonly ResultSource[];
  /** Bytes of each result that the program writes to a block of its own; -1 for the others. */
  private readonly resultBytes: readonly number[];
  private readonly donated: readonly number[];
  private readonly arenaBytes: number;
  private readonly tableOffset: number | null;
  /** Bytes of arena for each thread but the first. */
  private readonly threadBytes: number;
  /** Whether threads can share the work. */
  private readonly usesPool: boolean;
  private readonly run: Run | null;
  /** One result in a block of its own, and addresses that are exactly those of one or two arguments and of it. */
  private readonly fastArity: 0 | 1 | 2;
  /** Addresses of the call in progress. */
  private readonly addresses: number[];

  constructor(
    backend: Backend,
    program: Program,
    consts: readonly ArrayImpl[],
    outAvals: readonly ShapedArray[],
    donated: readonly boolean[] = [],
    code: ProgramCode = emitProgram(program, { sharedMemory: pool !== null }),
    marks: Marks | null = null,
  ) {
    this.name = program.name;
    this.backend = backend;
    this.consts = consts;
    this.outAvals = outAvals;
    this.results = program.results;
    this.donated = donated.flatMap((d, i) => (d ? [i] : []));
    this.codeBytes = code.bytes.byteLength;
    this.pointers = code.pointers;
    this.threadBytes = code.threadBytes;
    // Functions of JavaScript, which only the calling thread has, keep a program on it.
    this.usesPool = pool !== null && code.hasPieces && !code.usesImports;
    this.arenaBytes = code.arenaBytes;
    this.tableOffset = code.tableOffset;
    this.run = program.kernels.length === 0 ? null : instantiate(program.name, code, this.usesPool, marks);
    this.resultBytes = resultBytes(program);
    this.fastArity = fastArity(program, code, this.donated.length > 0);
    this.addresses = new Array<number>(this.pointers.length + 1).fill(0);
  }

  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    const memory = deviceMemory;
    memory.beginOperation();
    try {
      if (this.fastArity !== 0) {
        const first = memory.touch(storageOf(args[0]));
        const out = memory.allocate(this.resultBytes[0]);
        if (this.fastArity === 1) (this.run as Run)(first, out.slot.ptr);
        else (this.run as Run)(first, memory.touch(storageOf(args[1])), out.slot.ptr);
        return [new ArrayImpl(this.outAvals[0], this.backend, out)];
      }
      return this.donated.length === 0 ? this.callGeneral(args, null) : this.callDonating(args);
    } catch (error) {
      throw this.explain(error);
    } finally {
      memory.endOperation();
    }
  }

  /** `replaced`: storages to use in place of those of the arguments. */
  private callGeneral(args: readonly ArrayImpl[], replaced: readonly (Storage | null)[] | null): ArrayImpl[] {
    const memory = deviceMemory;
    const { pointers, addresses, resultBytes } = this;
    const made: (Storage | null)[] = [];
    for (let i = 0; i < resultBytes.length; i++) {
      made.push(resultBytes[i] < 0 ? null : memory.allocate(resultBytes[i]));
    }
    for (let i = 0; i < pointers.length; i++) {
      const { kind, index } = pointers[i];
      if (kind === "result") addresses[i] = (made[index] as Storage).slot.ptr;
      else if (kind === "argument") addresses[i] = memory.touch(replaced?.[index] ?? storageOf(args[index]));
      else addresses[i] = memory.touch(storageOf(this.consts[index]));
    }
    if (this.run !== null) this.enter(this.run);
    const out: ArrayImpl[] = [];
    for (let i = 0; i < this.results.length; i++) {
      const storage = made[i] ?? this.forwarded(this.results[i], args, replaced, out);
      out.push(new ArrayImpl(this.outAvals[i], this.backend, storage));
    }
    return out;
  }

  /** The storage of a result that is not in a block of its own. */
  private forwarded(
    source: ResultSource,
    args: readonly ArrayImpl[],
    replaced: readonly (Storage | null)[] | null,
    earlier: readonly ArrayImpl[],
  ): Storage {
    let storage: Storage;
    if (source.kind === "argument") storage = replaced?.[source.index] ?? storageOf(args[source.index]);
    else if (source.kind === "const") storage = storageOf(this.consts[source.index]);
    else if (source.donatedArg !== undefined)
      return replaced?.[source.donatedArg] ?? storageOf(args[source.donatedArg]);
    else {
      const first = this.results.findIndex((r) => r.kind === "buffer" && r.buffer === source.buffer);
      storage = earlier[first].buffer as Storage;
    }
    storage.shared = true;
    return storage;
  }

  /** Donated storages go to the results that the plan puts there; those that anyone else can see are copied first. */
  private callDonating(args: readonly ArrayImpl[]): ArrayImpl[] {
    const memory = deviceMemory;
    const replaced: (Storage | null)[] = args.map(() => null);
    const given: Storage[] = [];
    for (const i of this.donated) {
      const storage = storageOf(args[i]);
      if (storage.shared || this.seenElsewhere(args, i, storage)) {
        memory.touch(storage);
        const copy = memory.allocate(storage.byteLength);
        memory.views.u8.copyWithin(copy.slot.ptr, storage.slot.ptr, storage.slot.ptr + storage.byteLength);
        replaced[i] = copy;
      } else {
        given.push(storage);
      }
    }
    const out = this.callGeneral(args, replaced);
    const kept = new Set(out.map((x) => x.buffer));
    for (const storage of given) if (!kept.has(storage)) memory.free(storage);
    for (const i of this.donated) args[i].buffer = null;
    return out;
  }

  private seenElsewhere(args: readonly ArrayImpl[], at: number, storage: Storage): boolean {
    for (let i = 0; i < args.length; i++) if (i !== at && args[i].buffer === storage) return true;
    return this.consts.some((c) => c.buffer === storage);
  }

  /** Calls the entry with `addresses` and, where it wants one, an arena. */
  private enter(run: Run): void {
    const a = this.addresses;
    let n = this.pointers.length;
    let { arenaBytes } = this;
    if (this.usesPool && pool !== null) {
      pool.prepare();
      arenaBytes += this.threadBytes * (pool.threads - 1);
    }
    if (arenaBytes > 0) a[n++] = deviceMemory.scratch(arenaBytes);
    if (this.tableOffset !== null) {
      const arena = a[n - 1];
      const words = deviceMemory.views.i32;
      const start = (arena + this.tableOffset) >>> 2;
      for (let i = 0; i < n - 1; i++) words[start + i] = a[i];
      run(arena);
      return;
    }
    switch (n) {
      case 0:
        run();
        break;
      case 1:
        run(a[0]);
        break;
      case 2:
        run(a[0], a[1]);
        break;
      case 3:
        run(a[0], a[1], a[2]);
        break;
      case 4:
        run(a[0], a[1], a[2], a[3]);
        break;
      case 5:
        run(a[0], a[1], a[2], a[3], a[4]);
        break;
      default:
        run(...(a.length === n ? a : a.slice(0, n)));
    }
  }

  private explain(error: unknown): unknown {
    if (error instanceof WebAssembly.RuntimeError) {
      return new RuntimeError(
        `Internal error: the compiled program ${JSON.stringify(this.name)} stopped (${error.message}). This is a bug of the ` +
          'library; please report it with the program, which jit(f).lower(...).asText("jaxpr") prints.',
        { cause: error },
      );
    }
    if (error instanceof ResourceExhaustedError && !error.message.includes(this.name)) {
      return new ResourceExhaustedError(`${error.message} (while running ${this.name})`, { cause: error });
    }
    return error;
  }
}

/** The storage of an array; arrays of other back ends are copied to the device for the call. */
function storageOf(x: ArrayImpl): Storage {
  const { buffer } = x;
  if (buffer instanceof Storage) return buffer;
  return uploaded(x);
}
function uploaded(x: ArrayImpl): Storage {
  x.requireBuffer();
  return deviceMemory.fromHost(x.toHost());
}

function instantiate(name: string, code: ProgramCode, usesPool: boolean, marks: Marks | null): Run {
  wasmFeatures();
  try {
    const module = new WebAssembly.Module(code.bytes);
    const id = usesPool && pool !== null ? pool.add(module) : 0;
    const nothing = () => undefined;
    const env = {
      ...moduleImports.env,
      id,
      stalled: pool?.stalled ?? nothing,
      mark: marks?.mark ?? nothing,
    };
    return new WebAssembly.Instance(module, { ...moduleImports, env }).exports.run as Run;
  } catch (error) {
    throw refusal(name, code.bytes.byteLength, error);
  }
}

function resultBytes(program: Program): number[] {
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
