import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { realDType } from "../../dtypes/index.ts";
import type { FlatEqn } from "../flat.ts";
import type { Lowering } from "../lowering/lower.ts";

type FourierLowering = Extract<TemplateLowering<Params>, { kind: "fourier" }>;

/** Fourier transforms read and write interleaved complex numbers. */
export function lowerFourier(l: Lowering, eqn: FlatEqn, lowering: FourierLowering): void {
  const { radices, sign, inner, turned } = lowering.transform(eqn.params);
  const [out] = eqn.outputs;
  const [before, , after] = eqn.inputs[0].aval.shape;
  const reads = eqn.inputs.map((v) => l.draft.contiguous(l.source(v)));
  const output = l.draft.newBuffer(out.aval);
  const twiddles = radices.length > 1 ? reads[1] : null;
  const turns = turned ? reads[reads.length - 1] : null;
  l.draft.addTemplate(reads, [output], () => ({
    kind: "fourier",
    writers: lowering.template.writers,
    name: eqn.primitive.name,
    dtype: realDType(out.aval.dtype),
    radices,
    sign,
    before,
    inner,
    after,
    input: reads[0],
    output,
    twiddles,
    turns,
  }));
  l.define(out, l.draft.stored(out.aval, output));
}
