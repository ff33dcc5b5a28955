import type { SortKernel } from "../../../compiler/ir.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import {
  emitSort as emitSortFunction,
  type SortDtype,
  type SortSpec,
  sortScratchBytes,
} from "../kernels/sort.ts";
import { blockSort } from "../kernels/sortBlocks.ts";
import type { KernelCode } from "./kernelCode.ts";
import { cutInto, describeCut, emitSized, sizesOf, splitting } from "./split.ts";

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

/** Estimated time to sort one element by one key of 32 bits. */
const NANOSECONDS = 20;

/** Fewest elements of a block of a long row, so that the blocks' counts are little beside them. */
const LEAST_BLOCK = 16384;

/** The code of a sort: rows are independent; a single long one is sorted in blocks, phase by phase. */
export function sortCode(kernel: SortKernel, dtypeOf: (buffer: number) => DType): readonly KernelCode[] {
  const { rows, length, inputs, outputs } = kernel;
  const blocks = blockSort(sortSpec(kernel, dtypeOf), Math.min(LEAST_BLOCK, splitting.leastUnits * 8));
  if (blocks !== null) {
    const { scratchBytes, phases } = blocks;
    return phases.map(({ pieces, emit }) => ({
      pieces,
      scratch: { perThread: 0, shared: scratchBytes },
      emit: ({ f, mb, pointers }, scratch, piece) => {
        const locals = (buffers: readonly number[]) => buffers.map((b) => pointers.get(b) as Local);
        emit(mb, f, { inputs: locals(inputs), outputs: locals(outputs), scratch: scratch as Local }, piece);
      },
      describe: () => `a step of a radix sort in blocks; ${pieces === 1 ? "one piece" : `${pieces} pieces`}`,
    }));
  }
  const cut = cutInto(rows * length * inputs.length * NANOSECONDS, rows);
  const specOf = (count: number): SortSpec => ({ ...sortSpec(kernel, dtypeOf), outer: count });
  const code: KernelCode = {
    pieces: cut.pieces,
    scratch: { perThread: Math.max(16, ...sizesOf(cut).map((count) => sortScratchBytes(specOf(count)))) },
    describe: () => `row by row; ${describeCut(cut, "rows")}`,
    emit: ({ f, mb, pointers, log2Of }, scratch, piece) =>
      emitSized(f, piece, cut, (count) => {
        const spec = specOf(count);
        for (const buffer of [...inputs, ...outputs]) {
          f.get(pointers.get(buffer) as Local);
          if (piece !== null)
            f.get(piece)
              .i32.const((cut.each * length) << log2Of(buffer))
              .i32.mul()
              .i32.add();
        }
        f.get(scratch as Local);
        f.call(mb.shared(`sort ${JSON.stringify(spec)}`, () => emitSortFunction(mb, spec)));
      }),
  };
  return [code];
}
