import type { CodeBuffer } from "./code.ts";
import { LANE_OPS, MEMORY_LANE_OPS, MEMORY_OPS, PLAIN_OPS } from "./opcodes.ts";

/**
 * Instruction namespaces: `f.f32x4.add()` and its like. Methods are made once from the opcode tables; a namespace
 * instance only holds the function builder it writes to.
 */

type Words<S extends string> = S extends `${infer Head} ${infer Rest}` ? Head | Words<Rest> : S;
type Names<Table, P> = P extends keyof Table
  ? Table[P] extends readonly (readonly [number, infer S extends string, ...unknown[]])[]
    ? Words<S>
    : never
  : never;

/** The instructions of one prefix (`i32`, `f32x4`, ...), each returning the builder for chaining. */
export type Instructions<P extends string, F> = { readonly [K in Names<typeof PLAIN_OPS, P>]: () => F } & {
  /** Address on the stack plus a constant byte offset; the alignment hint is a power of two, natural by default. */
  readonly [K in Names<typeof MEMORY_OPS, P>]: (offset?: number, alignLog2?: number) => F;
} & {
  readonly [K in Names<typeof MEMORY_LANE_OPS, P>]: (lane: number, offset?: number, alignLog2?: number) => F;
} & { readonly [K in Names<typeof LANE_OPS, P>]: (lane: number) => F };

/** What a namespace needs from the builder it belongs to. */
export type Emitter = { readonly code: CodeBuffer };

export class Namespace<F extends Emitter> {
  readonly owner: F;
  constructor(owner: F) {
    this.owner = owner;
  }
}

type TableRows = Readonly<Record<string, readonly (readonly [number, string, (readonly number[])?])[]>>;

/** Calls `visit` for every instruction of a table. */
export function forEachInstruction(
  table: TableRows,
  visit: (prefix: string, name: string, opcode: number, align: number) => void,
): void {
  for (const prefix of Object.keys(table)) {
    for (const [first, names, aligns] of table[prefix] ?? []) {
      const words = names.split(" ");
      for (let i = 0; i < words.length; i++) visit(prefix, words[i] as string, first + i, aligns?.[i] ?? 0);
    }
  }
}

type Method = (this: Namespace<Emitter>, a?: number, b?: number, c?: number) => Emitter;
type NamespaceClass = { new (owner: Emitter): Namespace<Emitter> };

const classes = new Map<string, NamespaceClass>();

function methodsOf(prefix: string): Record<string, Method> {
  let made = classes.get(prefix);
  if (made === undefined) {
    made = class extends Namespace<Emitter> {};
    classes.set(prefix, made);
  }
  // The prototype is filled with the table's methods: a dictionary for the moment.
  return (made as unknown as { prototype: Record<string, Method> }).prototype;
}

forEachInstruction(PLAIN_OPS, (prefix, name, opcode) => {
  methodsOf(prefix)[name] = function () {
    this.owner.code.instruction(opcode);
    return this.owner;
  };
});
forEachInstruction(MEMORY_OPS, (prefix, name, opcode, align) => {
  methodsOf(prefix)[name] = function (offset = 0, alignLog2 = align) {
    this.owner.code.access(opcode, alignLog2, offset);
    return this.owner;
  };
});
forEachInstruction(MEMORY_LANE_OPS, (prefix, name, opcode, align) => {
  methodsOf(prefix)[name] = function (lane = 0, offset = 0, alignLog2 = align) {
    this.owner.code.access(opcode, alignLog2, offset);
    this.owner.code.byte(lane);
    return this.owner;
  };
});
forEachInstruction(LANE_OPS, (prefix, name, opcode) => {
  methodsOf(prefix)[name] = function (lane = 0) {
    this.owner.code.instruction(opcode);
    this.owner.code.byte(lane);
    return this.owner;
  };
});

/** The namespace of a prefix, extended with hand-written methods, bound to one builder. */
export function makeNamespace<P extends string, F extends Emitter, Extra extends object>(
  prefix: P,
  owner: F,
  extra: Extra,
): Instructions<P, F> & Extra {
  const made = classes.get(prefix);
  if (made === undefined) throw new Error(`no instructions start with ${prefix}.`);
  // The prototype's methods were made from the tables that the type is computed from.
  return Object.assign(new made(owner), extra) as unknown as Instructions<P, F> & Extra;
}
