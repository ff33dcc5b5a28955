import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { bool } from "../../dtypes/index.ts";
import { canonicalizeScatter } from "../canonicalize.ts";
import type { FlatEqn } from "../flat.ts";
import type { Node } from "../ir.ts";
import { partsPerElement } from "../lowering/draft.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import { partsOf } from "../nodes/complex/pairs.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { loopSizes, rowMajorStrides } from "../shapes.ts";

type ScatterLowering = Extract<TemplateLowering<Params>, { kind: "scatter" }>;

/** Updates at computed places; indices and updates are written into the kernel. */
export function lowerScatter(l: Lowering, eqn: FlatEqn, lowering: ScatterLowering): void {
  const { b } = l.draft;
  const [out] = eqn.outputs;
  const operands = eqn.inputs.map((v) => l.source(v));
  const [base, ...others] = operands;
  const space = lowering.space(
    eqn.params,
    operands.map((x) => x.aval),
  );
  if (space.includes(0)) {
    l.define(out, base);
    return;
  }
  const points = space.reduce((n, x) => n * x, 1);
  const point = l.draft.identity(space);
  const strides = rowMajorStrides(base.aval.shape);
  const { guard, offset, value } = l.settleReads(others, points, () => {
    const written = lowering.emit(b, operands, point, eqn.params);
    return {
      guard: written.guard as Node | null,
      offset: linearCombination(b, written.index as Node[], strides, 0),
      value: written.value as Node,
    };
  });
  const condition = guard !== null && guard.kind === "const" ? null : guard;
  if (guard?.kind === "const" && guard.value === 0) {
    l.define(out, base);
    return;
  }

  // A constant base is filled in for this kernel alone, so that it can be updated in place.
  const from = l.draft.contiguous(base);
  const buffer = l.draft.newBuffer(out.aval);
  const isPair = value.dtype.kind === "complex";
  if (isPair && (lowering.combine === "set" || lowering.combine === "add"))
    throw new Error("complex numbers that are set or added are scattered part by part");
  const parts = isPair
    ? partsOf(b, b.op(lowering.combine, b.load(buffer, value.dtype, offset), value))
    : { re: b.stored(value), im: null };
  const roots = [offset, value, condition ?? b.const(true, bool)];
  const reads = roots.flatMap((node) => measure(b, node).loads.map((load) => load.buffer));
  l.draft.addTemplate([from, ...reads], [buffer], () =>
    canonicalizeScatter(b, {
      kind: "scatter",
      writers: lowering.template.writers,
      name: eqn.primitive.name,
      axes: loopSizes(space),
      guard: condition,
      offset: isPair ? b.partOffsets(offset)[0] : offset,
      value: parts.re,
      second: parts.im,
      combine: isPair ? "set" : lowering.combine,
      base: from,
      baseSize: base.aval.size * partsPerElement(base.aval.dtype),
      out: buffer,
    }),
  );
  l.define(out, l.draft.stored(out.aval, buffer));
}
