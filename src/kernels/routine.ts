import { routineCode } from "../backends/wasm/codegen/routine.ts";
import type { RoutineKernel } from "../compiler/ir.ts";
import { lowerRoutine } from "../compiler/templates/routine.ts";
import type { Template } from "../compiler/templates/template.ts";

export const routineTemplate: Template = {
  lower: lowerRoutine,
  writers: { wasm: (kernel: RoutineKernel) => [routineCode(kernel)] },
};
