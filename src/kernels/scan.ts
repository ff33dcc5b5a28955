import { inOnePiece } from "../backends/wasm/codegen/kernelCode.ts";
import { emitScan } from "../backends/wasm/codegen/scan.ts";
import type { ScanKernel } from "../compiler/ir.ts";
import { splitScan } from "../compiler/passes/complex/folds.ts";
import { lowerScan } from "../compiler/templates/scan.ts";
import type { Template } from "../compiler/templates/template.ts";

/** Running sums, products, maxima. */
export const scanTemplate: Template = {
  lower: lowerScan,
  splitComplex: splitScan,
  writers: { wasm: (kernel: ScanKernel) => [inOnePiece((context) => emitScan(context, kernel))] },
};
