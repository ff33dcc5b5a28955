import { patchPadded } from "./bytes.ts";
import type { FunctionCode } from "./function.ts";
import type { FuncRef, GlobalRef, MemoryLimits } from "./types.ts";

/** `kind` is 0 for a function, 2 for the memory. */
export type Export = { readonly name: string; readonly kind: number; readonly func: FuncRef | undefined };
export type MemoryImport = { readonly module: string; readonly name: string };
export type MemoryDefinition = { readonly limits: MemoryLimits; readonly source: MemoryImport | undefined };
export type FunctionImport = { readonly module: string; readonly name: string; readonly ref: FuncRef };
export type GlobalImport = {
  readonly module: string;
  readonly name: string;
  readonly mutable: boolean;
  readonly ref: GlobalRef;
};
export type GlobalDefinition = {
  readonly ref: GlobalRef;
  readonly mutable: boolean;
  readonly value: number | bigint;
};
export type Segment = { readonly bytes: Uint8Array; readonly at: number | GlobalRef | undefined };

/** The parts of a finished module, as the binary writer and the text printer read them. */
export type ModuleView = {
  readonly memory: MemoryDefinition | undefined;
  readonly functionImports: readonly FunctionImport[];
  readonly globalImports: readonly GlobalImport[];
  readonly globals: readonly GlobalDefinition[];
  readonly functions: readonly { readonly ref: FuncRef; readonly code: FunctionCode }[];
  readonly exports: readonly Export[];
  readonly segments: readonly Segment[];
  readonly indexOf: (ref: FuncRef) => number;
};

/** Writes the indices of the functions that the code calls. */
export function fillCalls({ bytes, calls }: FunctionCode, indexOf: ModuleView["indexOf"]): void {
  for (const { position, target } of calls) patchPadded(bytes, position, indexOf(target));
}
