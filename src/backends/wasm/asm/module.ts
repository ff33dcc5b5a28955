import { tools } from "../../../core/tools.ts";
import { ByteBuffer } from "./bytes.ts";
import { FunctionBuilder, type FunctionCode } from "./function.ts";
import type { DataRef, FuncRef, GlobalRef, Local, MemoryLimits, ValType } from "./types.ts";
import { VAL_TYPE_CODES } from "./types.ts";
import type {
  Export,
  FunctionImport,
  GlobalDefinition,
  GlobalImport,
  MemoryDefinition,
  MemoryImport,
  ModuleView,
  Segment,
} from "./view.ts";
import { fillCalls } from "./view.ts";

/** Ends a body and a constant expression. */
const END = 0x0b;

/** Emits a function's body; the parameters follow the builder. */
export type Body = (f: FunctionBuilder, ...params: Local[]) => unknown;

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** The module name under which {@link ModuleBuilder.common} functions are imported. */
export const COMMON_MODULE = "common";

/** Functions that modules share: each is compiled once, in a module of its own. */
export interface CommonCode {
  /**
   * Makes the function of this name available to importers; equal names mean equal functions. False when there is no room for more: then the
   * module contains it.
   */
  provide(
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
    body: Body,
    relaxedSimd: boolean,
  ): boolean;
}

export interface ModuleOptions {
  /** Write the names of functions, for stack traces and compile errors. */
  readonly debug?: boolean;
  /** The engine has relaxed SIMD, use it. */
  readonly relaxedSimd?: boolean;
  /** Keeps the common functions; without it the module contains them. */
  readonly commonCode?: CommonCode | undefined;
}

/**
 * Assembles one WebAssembly module: imports, functions, globals and data, then `toBytes()`.
 *
 * @example
 * const mb = new ModuleBuilder();
 * const add = mb.function("add", ["i32", "i32"], ["i32"], (f, a, b) => f.get(a).get(b).i32.add());
 * mb.exportFunction(add);
 * const { exports } = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()));
 * exports.add(2, 3); // => 5
 */
export class ModuleBuilder {
  readonly #debug: boolean;
  readonly #relaxedSimd: boolean;
  #memory: MemoryDefinition | undefined;
  readonly #functionImports: FunctionImport[] = [];
  readonly #globalImports: GlobalImport[] = [];
  readonly #globals: GlobalDefinition[] = [];
  readonly #functions: { readonly ref: FuncRef; state: FunctionCode | "declared" | "open" }[] = [];
  readonly #shared = new Map<string, FuncRef>();
  readonly #commonCode: CommonCode | undefined;
  readonly #exports: Export[] = [];
  readonly #segments: Segment[] = [];
  #start: FuncRef | undefined;

  constructor(options: ModuleOptions = {}) {
    this.#debug = options.debug ?? false;
    this.#commonCode = options.commonCode;
    this.#relaxedSimd = options.relaxedSimd ?? false;
  }

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    this.#setMemory(limits, { module, name });
  }

  /** A memory of the module's own, exported when named. */
  memory(limits: MemoryLimits, exportName?: string): void {
    this.#setMemory(limits, undefined);
    if (exportName !== undefined) this.#exports.push({ name: exportName, kind: 2, func: undefined });
  }

  importFunction(
    module: string,
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
  ): FuncRef {
    const ref: FuncRef = { name, params, results, imported: true, ordinal: this.#functionImports.length };
    this.#functionImports.push({ module, name, ref });
    return ref;
  }

  /** Declares and defines a function. */
  function(name: string, params: readonly ValType[], results: readonly ValType[], body: Body): FuncRef {
    return this.define(this.declare(name, params, results), body);
  }

  /** Declares a function to be defined later, so that bodies can call each other. */
  declare(name: string, params: readonly ValType[], results: readonly ValType[]): FuncRef {
    const ref: FuncRef = { name, params, results, imported: false, ordinal: this.#functions.length };
    this.#functions.push({ ref, state: "declared" });
    return ref;
  }

  define(ref: FuncRef, body: Body): FuncRef {
    const entry = this.#functions[ref.ordinal];
    if (entry?.ref !== ref) throw new Error(`function ${ref.name} was not declared by this module`);
    if (entry.state !== "declared") throw new Error(`function ${ref.name} is defined twice`);
    entry.state = "open";
    entry.state = FunctionBuilder.write(ref.params, this.#relaxedSimd, body);
    return ref;
  }

  /** The function remembered under `key`, made by `make` on the first call: helpers are emitted once per module. */
  shared(key: string, make: () => FuncRef): FuncRef {
    let ref = this.#shared.get(key);
    if (ref === undefined) {
      ref = make();
      this.#shared.set(key, ref);
    }
    return ref;
  }

  /**
   * A function that depends on nothing but what its name says, and uses only the memory: imported from the {@link CommonCode}, where there is one.
   */
  common(name: string, params: readonly ValType[], results: readonly ValType[], body: Body): FuncRef {
    return this.shared(`common ${name}`, () => {
      const provided = this.#commonCode?.provide(name, params, results, body, this.#relaxedSimd) === true;
      if (!provided) return this.function(name, params, results, body);
      return this.importFunction(COMMON_MODULE, name, params, results);
    });
  }

  exportFunction(ref: FuncRef, name: string = ref.name): void {
    this.#exports.push({ name, kind: 0, func: ref });
  }

  /** Runs when the module is instantiated. */
  start(ref: FuncRef): void {
    this.#start = ref;
  }

  /** Globals must be imported before any is defined. */
  importGlobal(module: string, name: string, type: ValType, mutable = false): GlobalRef {
    if (this.#globals.length > 0) throw new Error("import globals before defining any");
    const ref: GlobalRef = { index: this.#globalImports.length, type, name };
    this.#globalImports.push({ module, name, mutable, ref });
    return ref;
  }

  /** A mutable global (or, with `mutable: false`, a constant) with a numeric initial value. */
  global(
    name: string,
    type: Exclude<ValType, "v128">,
    value: number | bigint = 0,
    mutable = true,
  ): GlobalRef {
    const ref: GlobalRef = { index: this.#globalImports.length + this.#globals.length, type, name };
    this.#globals.push({ ref, mutable, value });
    return ref;
  }

  /** A data segment, copied to an address at instantiation, or passive (for `f.memory.init`) without one. */
  data(bytes: Uint8Array, at?: number | GlobalRef): DataRef {
    this.#segments.push({ bytes, at });
    return { index: this.#segments.length - 1 };
  }

  /** The module in the WebAssembly binary format. Every declared function must have been defined. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const view = this.#view();
    const out = new ByteBuffer(4096);
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const typeIndex = new Map<string, number>();
    const signatures: FuncRef[] = [];
    const typeOf = (ref: FuncRef): number => {
      const key = `${ref.params.join()}:${ref.results.join()}`;
      let index = typeIndex.get(key);
      if (index === undefined) {
        index = signatures.length;
        typeIndex.set(key, index);
        signatures.push(ref);
      }
      return index;
    };
    const importTypes = view.functionImports.map(({ ref }) => typeOf(ref));
    const functionTypes = view.functions.map(({ ref }) => typeOf(ref));

    vector(out, SECTION.type, signatures, (ref, to) => {
      to.byte(0x60);
      valTypes(to, ref.params);
      valTypes(to, ref.results);
    });
    writeImports(out, view, importTypes);
    vector(out, SECTION.function, functionTypes, (index, to) => to.u32(index));
    if (view.memory !== undefined && view.memory.source === undefined) {
      vector(out, SECTION.memory, [view.memory.limits], (limits, to) => writeLimits(to, limits));
    }
    vector(out, SECTION.global, view.globals, ({ ref, mutable, value }, to) => {
      to.byte(VAL_TYPE_CODES[ref.type]);
      to.byte(mutable ? 1 : 0);
      constantExpression(to, (f) => {
        if (ref.type === "i64") f.i64.const(value);
        else f.push(Number(value), ref.type);
      });
    });
    vector(out, SECTION.export, view.exports, ({ name, kind, func }, to) => {
      to.text(name);
      to.byte(kind);
      to.u32(func === undefined ? 0 : view.indexOf(func));
    });
    if (this.#start !== undefined) {
      const index = view.indexOf(this.#start);
      section(out, SECTION.start, (to) => to.u32(index));
    }
    if (view.segments.length > 0) section(out, SECTION.dataCount, (to) => to.u32(view.segments.length));
    vector(out, SECTION.code, view.functions, ({ ref, code }, to) => writeCode(to, ref, code, view));
    vector(out, SECTION.data, view.segments, ({ bytes, at }, to) => {
      if (at === undefined) {
        to.byte(1);
      } else {
        to.byte(0);
        constantExpression(to, (f) => (typeof at === "number" ? f.i32.const(at) : f.globalGet(at)));
      }
      to.u32(bytes.length);
      to.bytes(bytes);
    });
    if (this.#debug) writeNames(out, view);
    return out.take();
  }

  /** The module as text in the linear WebAssembly text format, for reading. */
  toText(): string {
    return tools().disassemble(this.#view());
  }

  #setMemory(limits: MemoryLimits, source: MemoryImport | undefined): void {
    if (this.#memory !== undefined) throw new Error("a module has one memory");
    if (limits.shared === true && limits.maximum === undefined)
      throw new Error("a shared memory needs a maximum");
    this.#memory = { limits, source };
  }

  #view(): ModuleView {
    const importCount = this.#functionImports.length;
    return {
      memory: this.#memory,
      functionImports: this.#functionImports,
      globalImports: this.#globalImports,
      globals: this.#globals,
      functions: this.#functions.map(({ ref, state }) => {
        if (typeof state === "string") throw new Error(`function ${ref.name} is declared but not defined`);
        return { ref, code: state };
      }),
      exports: this.#exports,
      segments: this.#segments,
      indexOf: (ref) => (ref.imported ? ref.ordinal : importCount + ref.ordinal),
    };
  }
}

function section(out: ByteBuffer, id: number, write: (to: ByteBuffer) => void): void {
  const content = new ByteBuffer(1024);
  write(content);
  out.byte(id);
  out.u32(content.length);
  out.bytes(content.view());
}

function vector<T>(
  out: ByteBuffer,
  id: number,
  items: readonly T[],
  write: (item: T, to: ByteBuffer) => void,
): void {
  if (items.length === 0) return;
  section(out, id, (to) => {
    to.u32(items.length);
    for (const item of items) write(item, to);
  });
}

function valTypes(to: ByteBuffer, types: readonly ValType[]): void {
  to.u32(types.length);
  for (const type of types) to.byte(VAL_TYPE_CODES[type]);
}

function writeLimits(to: ByteBuffer, { initial, maximum, shared }: MemoryLimits): void {
  to.byte((maximum === undefined ? 0 : 1) | (shared === true ? 2 : 0));
  to.u32(initial);
  if (maximum !== undefined) to.u32(maximum);
}

function writeImports(out: ByteBuffer, view: ModuleView, importTypes: readonly number[]): void {
  const source = view.memory?.source;
  const count = view.functionImports.length + view.globalImports.length + (source === undefined ? 0 : 1);
  if (count === 0) return;
  section(out, SECTION.import, (to) => {
    to.u32(count);
    if (source !== undefined && view.memory !== undefined) {
      to.text(source.module);
      to.text(source.name);
      to.byte(2);
      writeLimits(to, view.memory.limits);
    }
    view.functionImports.forEach(({ module, name }, i) => {
      to.text(module);
      to.text(name);
      to.byte(0);
      to.u32(importTypes[i] ?? 0);
    });
    for (const { module, name, mutable, ref } of view.globalImports) {
      to.text(module);
      to.text(name);
      to.byte(3);
      to.byte(VAL_TYPE_CODES[ref.type]);
      to.byte(mutable ? 1 : 0);
    }
  });
}

/** Bytes of the unsigned LEB128 of a number. */
function sizeOfU32(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}

function writeCode(out: ByteBuffer, ref: FuncRef, code: FunctionCode, view: ModuleView): void {
  fillCalls(code, view.indexOf);
  const { locals, bytes } = code;
  // Declarations are runs of locals of one type.
  const starts: number[] = [];
  let size = bytes.length + 1;
  for (let i = ref.params.length; i < locals.length; i++) {
    if (i === ref.params.length || locals[i].type !== locals[i - 1].type) starts.push(i);
  }
  const lengths = starts.map((at, k) => (starts[k + 1] ?? locals.length) - at);
  size += sizeOfU32(starts.length);
  for (const length of lengths) size += sizeOfU32(length) + 1;
  out.u32(size);
  out.u32(starts.length);
  starts.forEach((at, k) => {
    out.u32(lengths[k]);
    out.byte(VAL_TYPE_CODES[locals[at].type]);
  });
  out.bytes(bytes);
  out.byte(END);
}

function constantExpression(to: ByteBuffer, write: (f: FunctionBuilder) => unknown): void {
  to.bytes(FunctionBuilder.write([], false, write).bytes);
  to.byte(END);
}

function writeNames(out: ByteBuffer, view: ModuleView): void {
  const refs = [...view.functionImports.map(({ ref }) => ref), ...view.functions.map(({ ref }) => ref)];
  section(out, SECTION.custom, (to) => {
    to.text("name");
    vector(to, 1, refs, (ref, names) => {
      names.u32(view.indexOf(ref));
      names.text(ref.name);
    });
  });
}
