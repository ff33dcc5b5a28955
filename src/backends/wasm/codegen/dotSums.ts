import { resultOf } from "../../../compiler/dotSteps.ts";
import type { DotKernel } from "../../../compiler/ir.ts";
import type { Local } from "../asm/index.ts";
import { emitGemm, type GemmSpec } from "../kernels/gemm.ts";
import { addKernel } from "../kernels/gemmAxpy.ts";
import { lanesOf } from "../kernels/gemmProblem.ts";
import type { KernelContext } from "./context.ts";
import type { SumsCut } from "./cutGemm.ts";
import type { KernelCode } from "./kernelCode.ts";
import { describeCut, pieceRange } from "./split.ts";

/**
 * A product whose sums over k are cut: pieces compute the sums of whole blocks of k into memory, and then one piece adds the blocks in their
 * order, as a product in one piece does. So each piece reads one part of the right operand from its first element to its last.
 */
export function sumsCode(kernel: DotKernel, spec: GemmSpec, cut: SumsCut): readonly KernelCode[] {
  const { m, n, k } = spec;
  const { length, blocks } = cut;
  const type = lanesOf(spec.dtype);
  const { bytes } = type;
  const blockBytes = m * n * bytes;
  const scratch = { perThread: 0, shared: blocks * blockBytes };

  const emitBlocks = (context: KernelContext, sums: Local | null, piece: Local | null) => {
    const { f, mb, pointers } = context;
    const range = pieceRange(f, piece as Local, cut);
    const block = f.temp("i32");
    const push = (address: Local, offset: number, step: number) => {
      f.get(address);
      if (offset !== 0) f.i32.const(offset * bytes).i32.add();
      f.get(block)
        .i32.const(step * bytes)
        .i32.mul()
        .i32.add();
    };
    const one = (products: number) => {
      const part = cut.part(products);
      const { lhs, rhs } = kernel;
      push(pointers.get(lhs.view.buffer) as Local, lhs.view.offset, length * lhs.colStride);
      push(pointers.get(rhs.view.buffer) as Local, rhs.view.offset, length * rhs.rowStride);
      push(sums as Local, 0, m * n);
      // The sum of one block takes no scratch.
      f.i32.const(0);
      f.call(mb.shared(`gemm ${JSON.stringify(part)}`, () => emitGemm(mb, part)));
    };
    f.for(block, range.start, range.stop, 1, () => {
      if (k % length === 0) one(length);
      else {
        f.get(block)
          .i32.const(blocks - 1)
          .i32.lt_u();
        f.if(
          () => one(length),
          () => one(k % length),
        );
      }
    });
    f.release(block, range.start, range.stop);
  };

  const emitTotal = ({ f, mb, pointers }: KernelContext, sums: Local | null) => {
    const { rowStride } = resultOf(kernel);
    const [rows, width] = rowStride === n ? [1, m * n] : [m, n];
    const add = addKernel(mb, type, width);
    const [row, from, block] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
    for (let i = 0; i < rows; i++) {
      f.get(pointers.get(kernel.out) as Local)
        .i32.const(i * rowStride * bytes)
        .i32.add()
        .set(row);
      f.get(sums as Local)
        .i32.const(i * width * bytes)
        .i32.add()
        .set(from);
      f.get(row)
        .get(from)
        .i32.const(width * bytes)
        .memory.copy();
      f.for(block, 1, blocks, 1, () => {
        f.get(from).i32.const(blockBytes).i32.add().set(from);
        f.get(row).get(from).call(add);
      });
    }
    f.release(row, from, block);
  };

  return [
    {
      pieces: cut.pieces,
      scratch,
      emit: emitBlocks,
      describe: () => `multiples of rows added up; ${describeCut(cut, `blocks of ${length} rows`)}`,
    },
    { pieces: 1, scratch, emit: emitTotal, describe: () => "sums of blocks added up" },
  ];
}
