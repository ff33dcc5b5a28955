import { shapedArray } from "../../core/aval.ts";
import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import type { FlatEqn } from "../flat.ts";
import type { Node } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";

type SortLowering = Extract<TemplateLowering<Params>, { kind: "sort" }>;

/** Sorting along any dimension: operands are copied where it is not the last, and results are views with it moved back. */
export function lowerSort(l: Lowering, eqn: FlatEqn, lowering: SortLowering): void {
  const operands = eqn.inputs.map((v) => l.source(v));
  const { shape } = operands[0].aval;
  const dimension = lowering.dimension(eqn.params);
  const length = shape[dimension];
  if (length === 1) {
    eqn.outputs.forEach((v, i) => {
      l.define(v, operands[i]);
    });
    return;
  }
  const inputs = operands.map((x) => l.draft.contiguous(lastDimension(l, x, dimension)));
  const outputs = eqn.outputs.map((v) => l.draft.newBuffer(v.aval));
  l.draft.addTemplate(inputs, outputs, () => ({
    kind: "sort",
    writers: lowering.template.writers,
    name: eqn.primitive.name,
    rows: operands[0].aval.size / length,
    length,
    numKeys: lowering.numKeys(eqn.params),
    inputs,
    outputs,
  }));
  eqn.outputs.forEach((v, i) => {
    if (dimension === shape.length - 1) {
      l.define(v, l.draft.stored(v.aval, outputs[i]));
      return;
    }
    const sorted = l.draft.stored(movedAval(v.aval.shape, dimension, v.aval.dtype), outputs[i]);
    const back = l.draft.inlined(v.aval, l.usesOf(v), (index) =>
      sorted.at([...index.slice(0, dimension), ...index.slice(dimension + 1), index[dimension]]),
    );
    back.settle();
    l.define(v, back);
  });
}

/** The operand with one dimension moved to the end. */
function lastDimension(l: Lowering, x: Source, dimension: number): Source {
  const { shape, dtype } = x.aval;
  if (dimension === shape.length - 1) return x;
  const moved = l.draft.inlined(movedAval(shape, dimension, dtype), 1, (index: readonly Node[]) => {
    const at = index.slice(0, -1);
    at.splice(dimension, 0, index[index.length - 1]);
    return x.at(at);
  });
  moved.settle();
  return moved;
}

function movedAval(shape: readonly number[], dimension: number, dtype: Source["aval"]["dtype"]) {
  const sizes = shape.slice();
  sizes.push(...sizes.splice(dimension, 1));
  return shapedArray(sizes, dtype);
}
