import type { FunctionBuilder } from "./function.ts";
import type { FuncRef, GlobalRef, MemoryLimits, ValType } from "./types.ts";

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
  readonly functions: readonly { readonly ref: FuncRef; readonly builder: FunctionBuilder }[];
  readonly exports: readonly Export[];
  readonly segments: readonly Segment[];
  readonly indexOf: (ref: FuncRef) => number;
};

/** Runs of locals of one type, in declaration order. */
export function localRuns(builder: FunctionBuilder): { count: number; readonly type: ValType }[] {
  const runs: { count: number; readonly type: ValType }[] = [];
  for (const { type } of builder.locals.slice(builder.params.length)) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  return runs;
}
