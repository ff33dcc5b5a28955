import { emitControl } from "../backends/wasm/codegen/control.ts";
import { blockBytes, emitParallelLoop, stepTask } from "../backends/wasm/codegen/parallelLoop.ts";
import { lowerControl } from "../compiler/control/lowerControl.ts";
import { hoistInvariants } from "../compiler/passes/hoistInvariants.ts";
import { recomputeResiduals } from "../compiler/passes/recomputeResiduals.ts";
import type { ControlTemplate } from "../compiler/templates/template.ts";

/** Loops and branches. */
export const controlTemplate: ControlTemplate = {
  lower: lowerControl,
  optimize: (program, observe) => {
    const hoisted = hoistInvariants(program);
    observe?.("loop invariants", hoisted);
    const recomputed = recomputeResiduals(hoisted);
    observe?.("residuals", recomputed);
    return recomputed;
  },
  writers: { wasm: { emit: emitControl, emitParallel: emitParallelLoop, stepTask, blockBytes } },
};
