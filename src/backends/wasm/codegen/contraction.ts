import type { ContractionDim, ContractionKernel } from "../../../compiler/ir.ts";
import type { DType } from "../../../dtypes/index.ts";
import { usesRelaxedSimd } from "../features.ts";
import {
  type ContractionSpec,
  contractionScratchBytes,
  type Dim,
  describeContraction,
  emitContraction,
} from "../kernels/contraction.ts";
import { contractionSumsCode, cutContractionSums } from "./contractionSums.ts";
import { gemmDType } from "./dot.ts";
import { describeEpilogue, type EpilogueCode, epilogueCode } from "./epilogue.ts";
import type { KernelCode } from "./kernelCode.ts";
import type { Library } from "./library.ts";
import { type Cut, cutInto, describeCut, emitSized, pushPieceStart, sizesOf } from "./split.ts";

function contractionSpec(kernel: ContractionKernel, epilogue: EpilogueCode | null): ContractionSpec {
  let dim = 0;
  /** Dimensions of the result are those of the epilogue's arrays, in order. */
  const dims = (list: readonly ContractionDim[]): Dim[] =>
    list.map((d) => {
      const arrays = epilogue?.arrays.map(({ strides }) => strides[dim] ?? 0);
      dim++;
      return { size: d.size, a: d.left, b: d.right, c: d.result, arrays };
    });
  return {
    dtype: dtypeOf(kernel.dtype),
    batch: dims(kernel.batch),
    rows: dims(kernel.rows),
    cols: dims(kernel.cols),
    sum: dims(kernel.sum),
    relaxed: usesRelaxedSimd(),
    epilogue: epilogue === null ? undefined : { ...epilogue, arrays: epilogue.arrays.map(() => null) },
  };
}

function dtypeOf(dtype: DType) {
  const found = gemmDType(dtype);
  if (found === undefined) throw new Error(`there are no contractions of ${dtype.name}`);
  return found;
}

/** Of the dimensions that can be cut, the one with the most units; the outermost of each kind can be. */
function chooseDim(
  kernel: ContractionKernel,
): { kind: "batch" | "rows" | "cols"; dim: ContractionDim } | null {
  let best: { kind: "batch" | "rows" | "cols"; dim: ContractionDim } | null = null;
  for (const kind of ["batch", "rows", "cols"] as const) {
    const dim = kernel[kind][0];
    // The innermost dimension of vectors stays whole.
    if (dim === undefined || (kind !== "batch" && kernel[kind].length === 1 && dim.size < 256)) continue;
    if (best === null || dim.size > best.dim.size) best = { kind, dim };
  }
  return best;
}

/** The number, among the dimensions of the result, of the outermost one of a kind. */
function firstOf({ batch, rows }: ContractionKernel, kind: "batch" | "rows" | "cols"): number {
  return kind === "batch" ? 0 : kind === "rows" ? batch.length : batch.length + rows.length;
}

const FLOPS_PER_NANOSECOND = 30;

/** The code of a contraction, or of each of its phases. */
export function contractionPhases(kernel: ContractionKernel, lib: Library): readonly KernelCode[] {
  const { batch, rows, cols, sum } = kernel;
  const size = [...batch, ...rows, ...cols, ...sum].reduce((n, d) => n * d.size, 1);
  const nanoseconds = (2 * size) / FLOPS_PER_NANOSECOND;
  const chosen = chooseDim(kernel);
  const cut = cutInto(nanoseconds, chosen?.dim.size ?? 1);
  const sums = cutContractionSums(kernel, nanoseconds, cut.pieces);
  return sums === null
    ? [contractionCode(kernel, lib, chosen, cut)]
    : contractionSumsCode(kernel, sums, (part) => contractionSpec(part, null));
}

/** The code of a contraction that is cut along one of its outer dimensions. */
function contractionCode(
  kernel: ContractionKernel,
  lib: Library,
  chosen: ReturnType<typeof chooseDim>,
  cut: Cut,
): KernelCode {
  const epilogue = epilogueCode(kernel, lib);
  const specOf = (units: number): ContractionSpec => {
    if (chosen === null || cut.pieces === 1) return contractionSpec(kernel, epilogue);
    const { kind, dim } = chosen;
    const part = { ...kernel, [kind]: [{ ...dim, size: units }, ...kernel[kind].slice(1)] };
    return contractionSpec(part, epilogue);
  };
  // A short last piece may be computed in another way.
  const scratchBytes = Math.max(...sizesOf(cut).map((units) => contractionScratchBytes(specOf(units))));
  return {
    pieces: cut.pieces,
    scratch: { perThread: scratchBytes },
    describe: () =>
      `${describeContraction(specOf(cut.each))}${describeEpilogue(epilogue)}; ${describeCut(cut, `along a dimension of ${chosen?.kind}`)}`,
    emit: (context, scratch, piece) => {
      const { f, mb } = context;
      const push = (buffer: number, offset: number, step: number) =>
        pushPieceStart(context, buffer, offset, piece, cut.each * step);
      emitSized(f, piece, cut, (units) => {
        const spec = specOf(units);
        push(kernel.lhs.buffer, kernel.lhs.offset, chosen?.dim.left ?? 0);
        push(kernel.rhs.buffer, kernel.rhs.offset, chosen?.dim.right ?? 0);
        push(kernel.out, kernel.outOffset, chosen?.dim.result ?? 0);
        // Without scratch the address is not used.
        if (scratch === null) f.i32.const(0);
        else f.get(scratch);
        for (const { buffer, offset, strides } of epilogue?.arrays ?? [])
          push(buffer, offset, chosen === null ? 0 : strides[firstOf(kernel, chosen.kind)]);
        f.call(mb.shared(`contraction ${JSON.stringify(spec)}`, () => emitContraction(mb, spec)));
      });
    },
  };
}
