import type { ReduceOp, ReductionLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { type DType, int32 } from "../../dtypes/index.ts";
import type { FlatEqn } from "../flat.ts";
import type { Node } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import { reductionIdentity } from "../reductionIdentity.ts";
import { loopSizes } from "../shapes.ts";

/** Reductions: the operand is written into the loop, at the parallel indices followed by those of the reduced axes. */
export function lowerReduction(l: Lowering, eqn: FlatEqn, lowering: ReductionLowering<Params>): void {
  const { b } = l.draft;
  const operand = l.source(eqn.inputs[0]);
  const [out] = eqn.outputs;
  const { shape } = operand.aval;
  const reduced = new Set(lowering.axes(eqn.params, operand.aval));
  const kept = shape.filter((_, d) => !reduced.has(d));
  const sizes = shape.filter((_, d) => reduced.has(d));
  const isIndex = lowering.op === "argmax" || lowering.op === "argmin";

  if (sizes.includes(0)) {
    if (isIndex) throw new Error(`${eqn.primitive.name} of an empty axis has no result`);
    l.define(out, l.draft.constant(out.aval, identityNode(l, lowering.op, out.aval.dtype)));
    return;
  }
  if (sizes.every((n) => n === 1)) {
    // One element: the reduction is the element itself.
    if (isIndex) {
      l.define(out, l.draft.constant(out.aval, b.const(0, out.aval.dtype)));
      return;
    }
    const zero = b.const(0, int32);
    const source = l.draft.inlined(out.aval, l.usesOf(out), (index) => {
      let next = 0;
      return operand.at(shape.map((_, d) => (reduced.has(d) ? zero : index[next++])));
    });
    if (operand.isInlined) operand.addUser(source);
    source.settle();
    l.define(out, source);
    return;
  }

  const space = loopSizes(kept);
  let parallel = 0;
  let inner = space.length;
  const index = shape.map((n, d) => {
    if (n === 1) return b.const(0, int32);
    return b.index(reduced.has(d) ? inner++ : parallel++, n);
  });
  const value = l.settleReads([operand], operand.aval.size, () => operand.at(index));
  const dtype = isIndex ? int32 : value.dtype;
  const reduction = { op: lowering.op, value, dtype };
  const { nodes, loads } = measure(b, value);
  const buffer = l.draft.newBuffer(out.aval.update({ dtype }));
  l.draft.addLoop({ space, reduceAxes: loopSizes(sizes), reduction, value, buffer, loads, nodes });
  const result = l.draft.stored(out.aval.update({ dtype }), buffer);
  if (dtype === out.aval.dtype) {
    l.define(out, result);
    return;
  }
  // Positions are int32 inside; the program may have asked for another integer.
  const emit = (at: readonly Node[]) => b.cast(result.at(at), out.aval.dtype);
  l.define(out, l.draft.inlined(out.aval, l.usesOf(out), emit));
}

function identityNode(l: Lowering, op: ReduceOp, dtype: DType): Node {
  return l.draft.b.const(reductionIdentity(op, dtype), dtype);
}
