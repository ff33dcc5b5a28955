import { fourierCode } from "../backends/wasm/codegen/fourier.ts";
import type { FourierKernel } from "../compiler/ir.ts";
import { lowerFourier } from "../compiler/templates/fourier.ts";
import type { Template } from "../compiler/templates/template.ts";

export const fourierTemplate: Template = {
  lower: lowerFourier,
  writers: { wasm: (kernel: FourierKernel) => [fourierCode(kernel)] },
};
