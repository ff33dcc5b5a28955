import type { ContractionKernel } from "../../../compiler/ir.ts";
import type { Local } from "../asm/index.ts";
import { contractionScratchBytes, describeContraction, emitContraction } from "../kernels/contraction.ts";
import type { ContractionSpec } from "../kernels/contractionProblem.ts";
import { addKernel } from "../kernels/gemmAxpy.ts";
import { lanesOf } from "../kernels/gemmProblem.ts";
import type { KernelContext } from "./context.ts";
import type { KernelCode } from "./kernelCode.ts";
import { type Cut, cutInto, describeCut, emitSized, pushPieceStart, sizesOf } from "./split.ts";

/** As many pieces keep any usual number of threads busy. */
const ENOUGH_PIECES = 8;
/** Of the time of the sums, what adding up the pieces may take, at so many bytes in a nanosecond. */
const MOST_ADDING = 0.05;
const BYTES_PER_NANOSECOND = 10;
const MOST_BYTES = 8 << 20;

/**
 * Cuts the outermost summed dimension of a contraction whose result has too few rows and columns to be cut into `pieces`, as that of the
 * gradient of a convolution's kernel. So pieces share no operand that each would have to pack. Null where it does not pay.
 */
export function cutContractionSums(
  kernel: ContractionKernel,
  nanoseconds: number,
  pieces: number,
): Cut | null {
  const { sum, epilogue, dtype } = kernel;
  const elements = denseElements(kernel);
  if (pieces >= ENOUGH_PIECES || sum.length === 0 || epilogue !== undefined || elements === null) return null;
  const cut = cutInto(nanoseconds, sum[0].size);
  const bytes = cut.pieces * elements * dtype.itemsize;
  const adding = bytes / BYTES_PER_NANOSECOND;
  return cut.pieces > pieces && bytes <= MOST_BYTES && adding <= MOST_ADDING * nanoseconds ? cut : null;
}

/** How many elements the result has, if they lie next to each other. */
function denseElements({ batch, rows, cols }: ContractionKernel): number | null {
  const dims = [...batch, ...rows, ...cols].filter((d) => d.size !== 1);
  const elements = dims.reduce((n, d) => n * d.size, 1);
  const last = dims.reduce((at, d) => at + (d.size - 1) * d.result, 0);
  return dims.every((d) => d.result > 0) && last === elements - 1 ? elements : null;
}

/** A contraction of which pieces compute the sums over parts of a dimension; one piece then adds these up in their order. */
export function contractionSumsCode(
  kernel: ContractionKernel,
  cut: Cut,
  specOf: (kernel: ContractionKernel) => ContractionSpec,
): readonly KernelCode[] {
  const { lhs, rhs, out, outOffset, dtype } = kernel;
  const [dim, ...inner] = kernel.sum;
  const elements = denseElements(kernel) as number;
  const bytes = elements * dtype.itemsize;
  const part = (units: number) => specOf({ ...kernel, sum: [{ ...dim, size: units }, ...inner] });
  const align = (n: number) => Math.ceil(n / 64) * 64;
  const sumBytes = align(bytes);
  const own = align(Math.max(...sizesOf(cut).map((units) => contractionScratchBytes(part(units)))));
  const scratch = { perThread: 0, shared: cut.pieces * (sumBytes + own) };

  const emitParts = (context: KernelContext, sums: Local | null, piece: Local | null) => {
    const { f, mb } = context;
    /** Pushes the place of the piece among places of so many bytes. */
    const place = (start: number, size: number) =>
      f
        .get(sums as Local)
        .i32.const(start)
        .i32.add()
        .get(piece as Local)
        .i32.const(size)
        .i32.mul()
        .i32.add();
    emitSized(f, piece, cut, (units) => {
      const spec = part(units);
      pushPieceStart(context, lhs.buffer, lhs.offset, piece, cut.each * dim.left);
      pushPieceStart(context, rhs.buffer, rhs.offset, piece, cut.each * dim.right);
      place(0, sumBytes);
      place(cut.pieces * sumBytes, own);
      f.call(mb.shared(`contraction ${JSON.stringify(spec)}`, () => emitContraction(mb, spec)));
    });
  };

  const emitTotal = (context: KernelContext, sums: Local | null) => {
    const { f, mb } = context;
    const add = addKernel(mb, lanesOf(part(cut.each).dtype), elements);
    const [total, from, left] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
    pushPieceStart(context, out, outOffset, null, 0);
    f.tee(total)
      .get(sums as Local)
      .tee(from)
      .i32.const(bytes)
      .memory.copy();
    f.for(left, 1, cut.pieces, 1, () => {
      f.get(from).i32.const(sumBytes).i32.add().set(from);
      f.get(total).get(from).call(add);
    });
    f.release(total, from, left);
  };

  return [
    {
      pieces: cut.pieces,
      scratch,
      emit: emitParts,
      describe: () =>
        `${describeContraction(part(cut.each))}; ${describeCut(cut, "along a dimension of the sum")}`,
    },
    { pieces: 1, scratch, emit: emitTotal, describe: () => "sums of the pieces added up" },
  ];
}
