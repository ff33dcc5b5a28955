/** A WebAssembly value type that this assembler can name. */
export type ValType = "i32" | "i64" | "f32" | "f64" | "v128";

/** The byte that encodes each value type. */
export const VAL_TYPE_CODES: Readonly<Record<ValType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Size limits of a memory, in pages of 64 KiB. A shared memory needs a maximum. */
export type MemoryLimits = {
  readonly initial: number;
  readonly maximum?: number | undefined;
  readonly shared?: boolean | undefined;
};

/** A local variable or parameter of one function. */
export type Local = { readonly index: number; readonly type: ValType; readonly name: string | undefined };

/** A global variable of the module, imported or defined. */
export type GlobalRef = { readonly index: number; readonly type: ValType; readonly name: string };

/** A data segment of the module. */
export type DataRef = { readonly index: number };

/** A branch target: branching leaves a block, and repeats a loop. */
export type Label = { readonly depth: number };

/**
 * A function of the module, imported or defined. Its index in the module is only known when the module is written,
 * because imported functions come first whenever they were declared.
 */
export type FuncRef = {
  readonly name: string;
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  readonly imported: boolean;
  /** Position among the imported functions, or among the defined ones. */
  readonly ordinal: number;
};
