import type { SortKernel } from "../../../compiler/ir.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import {
  emitSort as emitSortFunction,
  type SortDtype,
  type SortSpec,
  sortScratchBytes,
} from "../kernels/sort.ts";
import type { KernelContext } from "./context.ts";

function sortSpec(kernel: SortKernel, dtypeOf: (buffer: number) => DType): SortSpec {
  return {
    outer: kernel.rows,
    n: kernel.length,
    // Keys are carried along as eight bytes; the front end lets nothing compare them.
    operands: kernel.inputs.map((buffer) => {
      const { name } = dtypeOf(buffer);
      return name === "key<fry>" ? "uint64" : (name as SortDtype);
    }),
    numKeys: kernel.numKeys,
  };
}

/** Bytes of scratch memory that the kernel needs. */
export function sortScratch(kernel: SortKernel, dtypeOf: (buffer: number) => DType): number {
  return sortScratchBytes(sortSpec(kernel, dtypeOf));
}

/** Writes the code of a sort. */
export function emitSort(context: KernelContext, kernel: SortKernel, scratch: Local): void {
  const { f, mb, pointers } = context;
  const spec = sortSpec(kernel, context.dtypeOf);
  for (const buffer of [...kernel.inputs, ...kernel.outputs]) f.get(pointers.get(buffer) as Local);
  f.get(scratch).call(mb.shared(`sort ${JSON.stringify(spec)}`, () => emitSortFunction(mb, spec)));
}
