import { sortCode } from "../backends/wasm/codegen/sort.ts";
import type { Program, SortKernel } from "../compiler/ir.ts";
import { splitSort } from "../compiler/passes/complex/moves.ts";
import { lowerSort } from "../compiler/templates/sort.ts";
import type { Template } from "../compiler/templates/template.ts";

export const sortTemplate: Template = {
  lower: lowerSort,
  splitComplex: splitSort,
  writers: {
    wasm: (kernel: SortKernel, { buffers }: Program) => sortCode(kernel, (buffer) => buffers[buffer].dtype),
  },
};
