import type { HostCallLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import type { FlatEqn } from "../flat.ts";
import { hostBuffers } from "../hostCall.ts";
import type { HostOperand, Kernel } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";

/** A call of JavaScript: operands and results in memory, and a kernel in between that the rest of the program is not cut by. */
export function lowerHostCall(l: Lowering, eqn: FlatEqn, lowering: HostCallLowering<Params>): void {
  const { draft } = l;
  const inputs = eqn.inputs.map((value): HostOperand => {
    const source = l.source(value);
    return {
      aval: value.aval.update({ weakType: false }),
      buffer: source.isEmpty ? null : draft.contiguous(source),
    };
  });
  const outputs = eqn.outputs.map((value): HostOperand => {
    const buffer = l.isEmpty(value) ? null : draft.newBuffer(value.aval);
    return { aval: value.aval, buffer };
  });
  const kernel: Kernel = {
    kind: "hostCall",
    name: eqn.primitive.name,
    call: lowering.call(eqn.params),
    inputs,
    outputs,
    hasEffects: eqn.hasEffects === true,
  };
  draft.addTemplate(hostBuffers(inputs), hostBuffers(outputs), () => kernel, kernel.hasEffects);
  eqn.outputs.forEach((value, i) => {
    const { buffer } = outputs[i];
    l.define(value, buffer === null ? draft.empty(value.aval) : draft.stored(value.aval, buffer));
  });
}
