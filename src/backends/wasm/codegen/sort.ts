import type { SortKernel } from "../../../compiler/ir.ts";
import type { Local } from "../asm/index.ts";
import type { KernelContext } from "./context.ts";

export function sortScratch(_kernel: SortKernel): number {
  return 0;
}

export function emitSort(_context: KernelContext, kernel: SortKernel, _scratch: Local): void {
  throw new Error(`sort kernel ${kernel.name}`);
}
