import { contractionPhases } from "../backends/wasm/codegen/contraction.ts";
import type { Library } from "../backends/wasm/codegen/library.ts";
import type { ContractionKernel, Program } from "../compiler/ir.ts";
import { splitConv } from "../compiler/passes/complex/products.ts";
import { lowerConv } from "../compiler/templates/conv.ts";
import type { Template } from "../compiler/templates/template.ts";

export const convTemplate: Template = {
  lower: lowerConv,
  splitComplex: splitConv,
  writers: {
    wasm: (kernel: ContractionKernel, _program: Program, lib: Library) => contractionPhases(kernel, lib),
  },
};
