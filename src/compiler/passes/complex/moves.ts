import type { ShapedArray } from "../../../core/aval.ts";
import type { TemplateLowering } from "../../../core/lowering.ts";
import type { Params } from "../../../core/primitive.ts";
import { int32, realDType } from "../../../dtypes/index.ts";
import type { FlatEqn, Value } from "../../flat.ts";
import { internalPointwise, onParts, type Rewriter } from "../internal.ts";
import { asComplexOperand, fromParts, imaginaryPart, isComplexValue, realPart, toParts } from "./views.ts";

type SortLowering = Extract<TemplateLowering<Params>, { kind: "sort" }>;
type ScatterLowering = Extract<TemplateLowering<Params>, { kind: "scatter" }>;

const join = internalPointwise("complex", "cheap", (b, [re, im], index) =>
  b.op("complex", re.at(index), im.at(index)),
);

/** Complex operands are sorted as two: keys compare by real, then by imaginary part. */
export function splitSort(w: Rewriter, eqn: FlatEqn, lowering: SortLowering): void {
  const numKeys = lowering.numKeys(eqn.params);
  const partsAval = ({ aval }: Value) => aval.update({ dtype: realDType(aval.dtype) });
  const inputs = eqn.inputs.flatMap((v) => {
    if (!isComplexValue(v)) return [v];
    const aval = partsAval(v);
    return [w.add(realPart, {}, [v], aval), w.add(imaginaryPart, {}, [v], aval)];
  });
  const outputs = eqn.outputs.map((v) =>
    isComplexValue(v) ? [w.value(partsAval(v)), w.value(partsAval(v))] : [v],
  );
  const keys = outputs.slice(0, numKeys).flat().length;
  const sort = onParts(eqn.primitive, { ...lowering, numKeys: () => keys });
  w.define(sort, eqn.params, inputs, outputs.flat());
  outputs.forEach((parts, i) => {
    if (parts.length === 2) w.define(join, {}, parts, [eqn.outputs[i]]);
  });
}

/** An update of complex numbers by setting or adding is one of their parts, in memory where it can be in place. */
export function splitScatter(w: Rewriter, eqn: FlatEqn, lowering: ScatterLowering): void {
  const [base, ...others] = eqn.inputs;
  const [out] = eqn.outputs;
  const whole = base.aval;
  const restored = (operands: readonly ShapedArray[]) => [whole, ...operands.slice(1)];
  const ofParts: ScatterLowering = {
    ...lowering,
    space: (params, operands) => [...lowering.space(params, restored(operands)), 2],
    emit: (b, operands, point, params) => {
      const complexBase = asComplexOperand(b, operands[0], whole);
      const part = point[point.length - 1];
      const all = [complexBase, ...operands.slice(1)];
      const { index, guard, value } = lowering.emit(b, all, point.slice(0, -1), params);
      const isReal = b.op("eq", part, b.const(0, int32));
      return {
        index: [...index, part],
        guard,
        value: b.select(isReal, b.op("real", value), b.op("imag", value)),
      };
    },
  };
  const scatter = onParts(eqn.primitive, ofParts);
  const parts = toParts(w, base);
  const updated = w.add(scatter, eqn.params, [parts, ...others], parts.aval);
  fromParts(w, updated, out.aval.ndim, out);
}
