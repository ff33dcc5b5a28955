import type { ShapedArray } from "../../core/aval.ts";
import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { realDType } from "../../dtypes/index.ts";
import type { FlatEqn, Value } from "../flat.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";

type RoutineLowering = Extract<TemplateLowering<Params>, { kind: "routine" }>;

/** Routines read and write whole buffers of real numbers: complex ones are taken apart, and put together again. */
export function lowerRoutine(l: Lowering, eqn: FlatEqn, lowering: RoutineLowering): void {
  const operands = eqn.inputs.map((v) => v.aval);
  const results = eqn.outputs.map((v) => v.aval);
  const routine = lowering.build(eqn.params, operands, results);
  const batch = operands[0].shape.slice(0, lowering.batchRank(operands));
  const inputs = eqn.inputs
    .filter((v) => v.aval.size > 0)
    .flatMap((v) => partsOf(l, l.source(v)))
    .map((part) => l.draft.contiguous(part));
  const stored = results.map((aval) =>
    aval.size > 0 ? partAvals(aval).map((a) => l.draft.newBuffer(a)) : [],
  );
  const outputs = stored.flat();
  l.draft.addTemplate(inputs, outputs, () => ({
    kind: "routine",
    writers: lowering.template.writers,
    name: routine.name,
    routine,
    count: batch.reduce((n, size) => n * size, 1),
    inputs,
    outputs,
  }));
  eqn.outputs.forEach((v, i) => l.define(v, resultOf(l, v, stored[i])));
}

/** The types of the parts of a number: of a complex one, its real and its imaginary part. */
function partAvals(aval: ShapedArray): ShapedArray[] {
  const part = aval.update({ dtype: realDType(aval.dtype) });
  return aval.dtype.kind === "complex" ? [part, part] : [aval];
}

function partsOf(l: Lowering, x: Source): Source[] {
  if (x.aval.dtype.kind !== "complex") return [x];
  return partAvals(x.aval).map((aval, i) => {
    const name = i === 0 ? "real" : "imag";
    const part = l.draft.inlined(aval, 1, (index) => l.draft.b.op(name, x.at(index)));
    part.settle();
    return part;
  });
}

function resultOf(l: Lowering, v: Value, buffers: readonly number[]): Source {
  if (buffers.length === 0) return l.draft.empty(v.aval);
  if (buffers.length === 1) return l.draft.stored(v.aval, buffers[0]);
  const [re, im] = partAvals(v.aval).map((aval, i) => l.draft.stored(aval, buffers[i]));
  const whole = l.draft.inlined(v.aval, l.usesOf(v), (index) =>
    l.draft.b.op("complex", re.at(index), im.at(index)),
  );
  whole.settle();
  return whole;
}
