import type { ScanLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { canonicalizeScan } from "../canonicalize.ts";
import type { FlatEqn } from "../flat.ts";
import { elementOffset } from "../lowering/fusion.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import { loopSizes } from "../shapes.ts";

/** Running reductions: the operand is written into the kernel. */
export function lowerScan(l: Lowering, eqn: FlatEqn, lowering: ScanLowering<Params>): void {
  const { b } = l.draft;
  const operand = l.source(eqn.inputs[0]);
  const [out] = eqn.outputs;
  const { shape } = out.aval;
  const along = lowering.axis(eqn.params);
  if (shape[along] === 1) {
    l.define(out, operand);
    return;
  }
  const value = l.settleReads([operand], operand.aval.size, () => operand.expression());
  const buffer = l.draft.newBuffer(out.aval);
  const reads = measure(b, value).loads.map((load) => load.buffer);
  const axes = loopSizes(shape);
  const axis = loopSizes(shape.slice(0, along)).length;
  l.draft.addTemplate(reads, [buffer], () =>
    canonicalizeScan(b, {
      kind: "scan",
      writers: lowering.template.writers,
      name: eqn.primitive.name,
      axes,
      axis,
      reverse: lowering.reverse(eqn.params),
      op: lowering.op,
      value,
      store: { buffer, offset: elementOffset(b, axes) },
    }),
  );
  l.define(out, l.draft.stored(out.aval, buffer));
}
