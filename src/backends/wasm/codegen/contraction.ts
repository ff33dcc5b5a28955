import type { ContractionDim, ContractionKernel } from "../../../compiler/ir.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { wasmFeatures } from "../features.ts";
import {
  type ContractionSpec,
  contractionScratchBytes,
  type Dim,
  emitContraction,
} from "../kernels/contraction.ts";
import type { KernelContext } from "./context.ts";
import { gemmDType } from "./dot.ts";

function contractionSpec(kernel: ContractionKernel): ContractionSpec {
  const dims = (list: readonly ContractionDim[]): Dim[] =>
    list.map((d) => ({ size: d.size, a: d.left, b: d.right, c: d.result }));
  return {
    dtype: dtypeOf(kernel.dtype),
    batch: dims(kernel.batch),
    rows: dims(kernel.rows),
    cols: dims(kernel.cols),
    sum: dims(kernel.sum),
    relaxed: wasmFeatures().relaxedSimd,
  };
}

function dtypeOf(dtype: DType) {
  const found = gemmDType(dtype);
  if (found === undefined) throw new Error(`there are no contractions of ${dtype.name}`);
  return found;
}

/** Bytes of scratch memory that the kernel needs. */
export function contractionScratch(kernel: ContractionKernel): number {
  return contractionScratchBytes(contractionSpec(kernel));
}

/** Writes the code of a contraction. */
export function emitContractionKernel(
  context: KernelContext,
  kernel: ContractionKernel,
  scratch: Local,
): void {
  const { f, mb } = context;
  const spec = contractionSpec(kernel);
  const push = (buffer: number, offset: number) => {
    f.get(context.pointers.get(buffer) as Local);
    if (offset !== 0) f.i32.const(offset << context.log2Of(buffer)).i32.add();
  };
  push(kernel.lhs.buffer, kernel.lhs.offset);
  push(kernel.rhs.buffer, kernel.rhs.offset);
  push(kernel.out, kernel.outOffset);
  // Without scratch the last parameter is some other address, and unused.
  f.get(scratch);
  f.call(mb.shared(`contraction ${JSON.stringify(spec)}`, () => emitContraction(mb, spec)));
}
