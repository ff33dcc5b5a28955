import { inOnePiece } from "../backends/wasm/codegen/kernelCode.ts";
import { emitScatter } from "../backends/wasm/codegen/scatter.ts";
import type { ScatterKernel } from "../compiler/ir.ts";
import { splitScatter } from "../compiler/passes/complex/moves.ts";
import { lowerScatter } from "../compiler/templates/scatter.ts";
import type { Template } from "../compiler/templates/template.ts";

export const scatterTemplate: Template = {
  lower: lowerScatter,
  splitComplex: splitScatter,
  writers: { wasm: (kernel: ScatterKernel) => [inOnePiece((context) => emitScatter(context, kernel))] },
};
