import type { ResultSource } from "../../compiler/ir.ts";
import { ArrayImpl } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type { Backend } from "../../core/backend.ts";
import { JaxRuntimeError, ResourceExhaustedError } from "../../errors.ts";
import { deviceMemory, pool } from "./device.ts";
import { isHostFailure } from "./hostCalls.ts";
import type { LoadedCode, Run } from "./loadedCode.ts";
import { Storage } from "./memory/index.ts";

/** A program that is loaded, with its constants, ready to run on arrays of the device. */
export class LoadedProgram {
  private readonly name: string;
  private readonly backend: Backend;
  private readonly code: LoadedCode;
  private readonly outAvals: readonly ShapedArray[];
  private readonly consts: readonly ArrayImpl[];
  /** Addresses of the call in progress. */
  private readonly addresses: number[];
  /** Whether the call in progress has come to run the program. */
  private entered = false;

  constructor(
    backend: Backend,
    name: string,
    code: LoadedCode,
    consts: readonly ArrayImpl[],
    outAvals: readonly ShapedArray[],
  ) {
    this.name = name;
    this.backend = backend;
    this.code = code;
    this.consts = consts;
    this.outAvals = outAvals;
    this.addresses = new Array<number>(code.pointers.length + 1).fill(0);
  }

  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    const memory = deviceMemory;
    const { code } = this;
    memory.beginOperation();
    try {
      if (code.fastArity !== 0) {
        const first = memory.touch(storageOf(args[0]));
        const out = memory.allocate(code.resultBytes[0]);
        if (code.fastArity === 1) (code.run as Run)(first, out.slot.ptr);
        else (code.run as Run)(first, memory.touch(storageOf(args[1])), out.slot.ptr);
        return [new ArrayImpl(this.outAvals[0], this.backend, out)];
      }
      return code.donated.length === 0 ? this.callGeneral(args, null) : this.callDonating(args);
    } catch (error) {
      throw this.explain(error);
    } finally {
      memory.endOperation();
    }
  }

  /** `replaced`: storages to use in place of those of the arguments. */
  private callGeneral(args: readonly ArrayImpl[], replaced: readonly (Storage | null)[] | null): ArrayImpl[] {
    const memory = deviceMemory;
    const { addresses } = this;
    const { pointers, resultBytes, results, run } = this.code;
    const made: (Storage | null)[] = [];
    this.entered = false;
    try {
      for (let i = 0; i < resultBytes.length; i++) {
        made.push(resultBytes[i] < 0 ? null : memory.allocate(resultBytes[i]));
      }
      for (let i = 0; i < pointers.length; i++) {
        const { kind, index } = pointers[i];
        if (kind === "result") addresses[i] = (made[index] as Storage).slot.ptr;
        else if (kind === "argument")
          addresses[i] = memory.touch(replaced?.[index] ?? storageOf(args[index]));
        else addresses[i] = memory.touch(storageOf(this.consts[index]));
      }
      if (run !== null) this.enter(run);
    } catch (error) {
      // Once the program runs, a worker that was given up may still write; during a call of JavaScript none does.
      if (!this.entered || isHostFailure(error))
        for (const storage of made) if (storage !== null) memory.free(storage);
      throw error;
    }
    const out: ArrayImpl[] = [];
    for (let i = 0; i < results.length; i++) {
      const storage = made[i] ?? this.forwarded(results[i], args, replaced, out);
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
      const first = this.code.results.findIndex((r) => r.kind === "buffer" && r.buffer === source.buffer);
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
    let out: ArrayImpl[];
    this.entered = false;
    try {
      for (const i of this.code.donated) {
        const storage = storageOf(args[i]);
        if (storage.shared || memory.isHeld(storage) || this.seenElsewhere(args, i, storage)) {
          memory.touch(storage);
          const copy = memory.allocate(storage.byteLength);
          memory.views.u8.copyWithin(copy.slot.ptr, storage.slot.ptr, storage.slot.ptr + storage.byteLength);
          replaced[i] = copy;
        } else {
          given.push(storage);
        }
      }
      out = this.callGeneral(args, replaced);
    } catch (error) {
      const inHostCall = isHostFailure(error);
      const entered = this.entered || inHostCall;
      if (!entered || inHostCall) for (const copy of replaced) if (copy !== null) memory.free(copy);
      if (inHostCall) for (const storage of given) memory.free(storage);
      // What was to be overwritten may be so in part; before that, the arguments are as they were.
      if (entered) for (const i of this.code.donated) args[i].buffer = null;
      throw error;
    }
    const kept = new Set(out.map((x) => x.buffer));
    for (const storage of given) if (!kept.has(storage)) memory.free(storage);
    for (const i of this.code.donated) args[i].buffer = null;
    return out;
  }

  private seenElsewhere(args: readonly ArrayImpl[], at: number, storage: Storage): boolean {
    for (let i = 0; i < args.length; i++) if (i !== at && args[i].buffer === storage) return true;
    return this.consts.some((c) => c.buffer === storage);
  }

  /** Calls the entry with `addresses` and, where it wants one, an arena. */
  private enter(run: Run): void {
    const a = this.addresses;
    const { code } = this;
    let n = code.pointers.length;
    let { arenaBytes } = code;
    if (code.usesPool && pool !== null) {
      pool.prepare();
      arenaBytes += code.threadBytes * (pool.threads - 1);
    }
    if (arenaBytes > 0) a[n++] = deviceMemory.scratch(arenaBytes);
    this.entered = true;
    if (code.tableOffset !== null) {
      const arena = a[n - 1];
      const words = deviceMemory.views.i32;
      const start = (arena + code.tableOffset) >>> 2;
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
      return new JaxRuntimeError(
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
