import { forEachInstruction } from "./namespaces.ts";
import { LANE_OPS, MEMORY_LANE_OPS, MEMORY_OPS, OP, PLAIN_OPS } from "./opcodes.ts";
import type { Local, MemoryLimits, ValType } from "./types.ts";
import { VAL_TYPE_CODES } from "./types.ts";
import { fillCalls, type ModuleView } from "./view.ts";

type Immediates = "none" | "memory" | "memoryLane" | "lane";
type Decoded = { readonly text: string; readonly immediates: Immediates; readonly align: number };

const table = new Map<number, Decoded>();

function decodeTable(): Map<number, Decoded> {
  if (table.size > 0) return table;
  const add = (immediates: Immediates) => (prefix: string, name: string, opcode: number, align: number) => {
    const dotted = name.replace(/^atomic_rmw_/, "atomic.rmw.").replace(/^atomic_/, "atomic.");
    table.set(opcode, { text: `${prefix}.${dotted}`, immediates, align });
  };
  forEachInstruction(PLAIN_OPS, add("none"));
  forEachInstruction(MEMORY_OPS, add("memory"));
  forEachInstruction(MEMORY_LANE_OPS, add("memoryLane"));
  forEachInstruction(LANE_OPS, add("lane"));
  return table;
}

/** Prints a module in the linear text format, decoding the bytes of its functions. */
export function disassemble(view: ModuleView): string {
  const lines: string[] = ["(module"];
  const functionNames = uniqueNames([
    ...view.functionImports.map(({ ref }) => ref.name),
    ...view.functions.map(({ ref }) => ref.name),
  ]);
  const globalNames = uniqueNames([...view.globalImports, ...view.globals].map(({ ref }) => ref.name));
  if (view.memory !== undefined) {
    const { limits, source } = view.memory;
    lines.push(
      source === undefined
        ? `  (memory ${limitsText(limits)})`
        : `  (import "${source.module}" "${source.name}" (memory ${limitsText(limits)}))`,
    );
  }
  view.functionImports.forEach(({ module, name, ref }, i) => {
    lines.push(
      `  (import "${module}" "${name}" (func ${functionNames[i]}${signature(ref.params, ref.results)}))`,
    );
  });
  view.globalImports.forEach(({ module, name, mutable, ref }, i) => {
    lines.push(
      `  (import "${module}" "${name}" (global ${globalNames[i]} ${globalType(ref.type, mutable)}))`,
    );
  });
  view.globals.forEach(({ ref, mutable, value }, i) => {
    const name = globalNames[view.globalImports.length + i];
    lines.push(`  (global ${name} ${globalType(ref.type, mutable)} (${ref.type}.const ${value}))`);
  });
  view.functions.forEach(({ ref, code }) => {
    const locals = localNames(code.locals);
    const header = ref.params.map((type, i) => ` (param ${locals[i]} ${type})`).join("");
    const results = ref.results.length > 0 ? ` (result ${ref.results.join(" ")})` : "";
    lines.push(`  (func ${functionNames[view.indexOf(ref)]}${header}${results}`);
    const declared = code.locals.slice(ref.params.length);
    for (const { index, type } of declared) lines.push(`    (local ${locals[index]} ${type})`);
    fillCalls(code, view.indexOf);
    lines.push(...instructions(code.bytes, locals, functionNames, globalNames), "  )");
  });
  for (const { name, kind, func } of view.exports) {
    const what =
      kind === 2 || func === undefined ? "(memory 0)" : `(func ${functionNames[view.indexOf(func)]})`;
    lines.push(`  (export "${name}" ${what})`);
  }
  view.segments.forEach(({ bytes, at }, i) => {
    const where = at === undefined ? "passive" : typeof at === "number" ? `at ${at}` : `at $${at.name}`;
    lines.push(`  ;; data segment ${i}: ${bytes.length} bytes, ${where}`);
  });
  lines.push(")");
  return lines.join("\n");
}

function limitsText({ initial, maximum, shared }: MemoryLimits): string {
  return `${initial}${maximum === undefined ? "" : ` ${maximum}`}${shared === true ? " shared" : ""}`;
}

function signature(params: readonly ValType[], results: readonly ValType[]): string {
  return (
    (params.length > 0 ? ` (param ${params.join(" ")})` : "") +
    (results.length > 0 ? ` (result ${results.join(" ")})` : "")
  );
}

function globalType(type: ValType, mutable: boolean): string {
  return mutable ? `(mut ${type})` : type;
}

function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, i) => {
    const safe = name.replace(/[^\w!#$%&'*+\-./:<=>?@\\^`|~]/g, "_");
    const unique = safe === "" || seen.has(safe) ? `${safe}#${i}` : safe;
    seen.add(unique);
    return `$${unique}`;
  });
}

function localNames(locals: readonly Local[]): string[] {
  return uniqueNames(locals.map((local) => local.name ?? `${local.index}`));
}

/** Reads the immediates of one function's code. */
class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.at++);
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  f32(): string {
    this.at += 4;
    return floatText(this.#view.getFloat32(this.at - 4, true));
  }

  f64(): string {
    this.at += 8;
    return floatText(this.#view.getFloat64(this.at - 8, true));
  }

  lanes(): number[] {
    return Array.from({ length: 16 }, () => this.byte());
  }

  words(): string {
    return Array.from({ length: 4 }, () => {
      this.at += 4;
      return `0x${this.#view
        .getUint32(this.at - 4, true)
        .toString(16)
        .padStart(8, "0")}`;
    }).join(" ");
  }
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (Object.is(value, -0)) return "-0";
  return value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
}

function instructions(
  bytes: Uint8Array,
  locals: readonly string[],
  functions: readonly string[],
  globals: readonly string[],
): string[] {
  const reader = new Reader(bytes);
  const lines: string[] = [];
  let depth = 2;
  const put = (text: string, at = depth) => lines.push("  ".repeat(at) + text);
  while (reader.at < bytes.length) {
    let opcode = reader.byte();
    if (opcode >= 0xfc) opcode = (opcode << 16) | reader.u32();
    const plain = decodeTable().get(opcode);
    if (plain !== undefined) {
      put(plain.text + immediatesText(reader, plain));
      continue;
    }
    switch (opcode) {
      case OP.block:
      case OP.loop:
      case OP.if: {
        const code = reader.byte();
        const result = Object.entries(VAL_TYPE_CODES).find(([, byte]) => byte === code)?.[0];
        const name = opcode === OP.block ? "block" : opcode === OP.loop ? "loop" : "if";
        put(name + (result === undefined ? "" : ` (result ${result})`));
        depth++;
        break;
      }
      case OP.else:
        put("else", depth - 1);
        break;
      case OP.end:
        depth--;
        put("end");
        break;
      case OP.brTable: {
        const count = reader.u32() + 1;
        put(`br_table ${Array.from({ length: count }, () => reader.u32()).join(" ")}`);
        break;
      }
      default:
        put(simpleText(opcode, reader, locals, functions, globals));
    }
  }
  return lines;
}

function immediatesText(reader: Reader, { immediates, align }: Decoded): string {
  if (immediates === "none") return "";
  if (immediates === "lane") return ` ${reader.byte()}`;
  const alignment = reader.u32();
  const offset = reader.u32();
  let text = offset === 0 ? "" : ` offset=${offset}`;
  if (alignment !== align) text += ` align=${2 ** alignment}`;
  if (immediates === "memoryLane") text += ` ${reader.byte()}`;
  return text;
}

function simpleText(
  opcode: number,
  reader: Reader,
  locals: readonly string[],
  functions: readonly string[],
  globals: readonly string[],
): string {
  switch (opcode) {
    case OP.unreachable:
      return "unreachable";
    case OP.nop:
      return "nop";
    case OP.br:
      return `br ${reader.u32()}`;
    case OP.brIf:
      return `br_if ${reader.u32()}`;
    case OP.return:
      return "return";
    case OP.call:
      return `call ${functions[reader.u32()]}`;
    case OP.drop:
      return "drop";
    case OP.select:
      return "select";
    case OP.localGet:
      return `local.get ${locals[reader.u32()]}`;
    case OP.localSet:
      return `local.set ${locals[reader.u32()]}`;
    case OP.localTee:
      return `local.tee ${locals[reader.u32()]}`;
    case OP.globalGet:
      return `global.get ${globals[reader.u32()]}`;
    case OP.globalSet:
      return `global.set ${globals[reader.u32()]}`;
    case OP.memorySize:
      reader.byte();
      return "memory.size";
    case OP.memoryGrow:
      reader.byte();
      return "memory.grow";
    case OP.i32Const:
      return `i32.const ${reader.signed()}`;
    case OP.i64Const:
      return `i64.const ${reader.signed()}`;
    case OP.f32Const:
      return `f32.const ${reader.f32()}`;
    case OP.f64Const:
      return `f64.const ${reader.f64()}`;
    case OP.memoryInit: {
      const segment = reader.u32();
      reader.byte();
      return `memory.init ${segment}`;
    }
    case OP.dataDrop:
      return `data.drop ${reader.u32()}`;
    case OP.memoryCopy:
      reader.at += 2;
      return "memory.copy";
    case OP.memoryFill:
      reader.byte();
      return "memory.fill";
    case OP.v128Const:
      return `v128.const i32x4 ${reader.words()}`;
    case OP.shuffle:
      return `i8x16.shuffle ${reader.lanes().join(" ")}`;
    case OP.atomicFence:
      reader.byte();
      return "atomic.fence";
    default:
      throw new Error(`cannot decode opcode 0x${opcode.toString(16)}`);
  }
}
