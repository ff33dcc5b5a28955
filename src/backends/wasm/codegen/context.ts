import type { BufferInfo } from "../../../compiler/ir.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import type { Library } from "./library.ts";
import { sizeLog2 } from "./types.ts";

/** Where the code of one kernel goes, and the addresses of its buffers. */
export interface KernelContext {
  readonly mb: ModuleBuilder;
  readonly f: FunctionBuilder;
  readonly lib: Library;
  readonly pointers: ReadonlyMap<number, Local>;
  readonly dtypeOf: (buffer: number) => DType;
  readonly log2Of: (buffer: number) => number;
}

export function kernelContext(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  lib: Library,
  buffers: readonly BufferInfo[],
  pointers: ReadonlyMap<number, Local>,
): KernelContext {
  const dtypeOf = (buffer: number) => buffers[buffer].dtype;
  return { mb, f, lib, pointers, dtypeOf, log2Of: (buffer) => sizeLog2(dtypeOf(buffer)) };
}
