import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import type { FlatEqn } from "../flat.ts";
import type { Lowering } from "../lowering/lower.ts";

type RoutineLowering = Extract<TemplateLowering<Params>, { kind: "routine" }>;

/** Routines read and write whole buffers. */
export function lowerRoutine(l: Lowering, eqn: FlatEqn, lowering: RoutineLowering): void {
  const operands = eqn.inputs.map((v) => v.aval);
  const results = eqn.outputs.map((v) => v.aval);
  const routine = lowering.build(eqn.params, operands, results);
  const batch = operands[0].shape.slice(0, lowering.batchRank(operands));
  const inputs = eqn.inputs.filter((v) => v.aval.size > 0).map((v) => l.draft.contiguous(l.source(v)));
  const stored = eqn.outputs.map((v) => (v.aval.size > 0 ? l.draft.newBuffer(v.aval) : null));
  const outputs = stored.filter((buffer) => buffer !== null);
  l.draft.addTemplate(inputs, outputs, () => ({
    kind: "routine",
    name: routine.name,
    routine,
    count: batch.reduce((n, size) => n * size, 1),
    inputs,
    outputs,
  }));
  eqn.outputs.forEach((v, i) => {
    const buffer = stored[i];
    l.define(v, buffer === null ? l.draft.empty(v.aval) : l.draft.stored(v.aval, buffer));
  });
}
