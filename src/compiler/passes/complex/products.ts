import type { ConvGeometry, TemplateLowering } from "../../../core/lowering.ts";
import type { Params } from "../../../core/primitive.ts";
import { realDType } from "../../../dtypes/index.ts";
import type { FlatEqn, Value } from "../../flat.ts";
import { internalPointwise, onParts, type Rewriter } from "../internal.ts";
import {
  converted,
  factorAt,
  fromParts,
  fromPartsAlong,
  halves,
  replaced,
  toParts,
  toPartsAlong,
} from "./views.ts";

/**
 * Products of complex arrays as one product of real ones: the parts of one factor lie side by side along the summed index, which is
 * so twice as long, and the other factor is written out as 2 x 2 matrices; the result has its parts side by side again.
 */

/** complex [...] to real [..., 2, 2] */
const factor = internalPointwise("complex_factor", "cheap", (b, [z], index) => {
  const [row, column] = index.slice(-2);
  return factorAt(b, z.at(index.slice(0, -2)), row, column);
});

type DotLowering = Extract<TemplateLowering<Params>, { kind: "dot" }>;

export function splitDot(w: Rewriter, eqn: FlatEqn, lowering: DotLowering): void {
  const [out] = eqn.outputs;
  const { dtype } = out.aval;
  const { contract, batch } = lowering.dims(eqn.params);
  const operands = eqn.inputs.map((v) => converted(w, v, dtype));
  const real = realDType(dtype);
  // The smaller operand is the one that is written out.
  const written = operands[0].aval.size < operands[1].aval.size ? 0 : 1;
  const factors = operands.map((z, side): Value => {
    if (side !== written) return toParts(w, z);
    return w.add(factor, {}, [z], z.aval.update({ shape: [...z.aval.shape, 2, 2], dtype: real }));
  });
  const ranks = operands.map((z) => z.aval.ndim);
  const dims = {
    contract: [
      [...contract[0], ranks[0]],
      [...contract[1], ranks[1]],
    ] as const,
    batch,
  };
  // The parts of the result follow the free dimensions of the operand that was written out.
  const free = ranks[0] - contract[0].length - batch[0].length;
  const axis = written === 1 ? out.aval.ndim : batch[0].length + free;
  const shape = [...out.aval.shape.slice(0, axis), 2, ...out.aval.shape.slice(axis)];
  const dot = onParts(eqn.primitive, { kind: "dot", dims: () => dims });
  const product = w.add(dot, eqn.params, factors, out.aval.update({ shape, dtype: real }));
  fromParts(w, product, axis, out);
}

type ConvLowering = Extract<TemplateLowering<Params>, { kind: "conv" }>;

/** complex kernel [..., o, ..., c, ...] to real [..., 2o, ..., 2c, ...] */
const kernelFactor = internalPointwise<{ rows: number; columns: number }>(
  "complex_kernel",
  "cheap",
  (b, [z], index, { rows, columns }) => {
    const [c, row] = halves(b, index[rows]);
    const [o, column] = halves(b, index[columns]);
    return factorAt(b, z.at(replaced(replaced(index, rows, c), columns, o)), row, column);
  },
);

/** A convolution with twice as many features on both sides. */
export function splitConv(w: Rewriter, eqn: FlatEqn, lowering: ConvLowering): void {
  const [out] = eqn.outputs;
  const { dtype } = out.aval;
  const geometry: ConvGeometry = lowering.geometry(eqn.params);
  const [x, y] = eqn.inputs.map((v) => converted(w, v, dtype));
  const real = realDType(dtype);
  const [columns, rows] = geometry.rhs;
  const shape = y.aval.shape.map((n, d) => (d === rows || d === columns ? 2 * n : n));
  const kernel = w.add(kernelFactor, { rows, columns }, [y], y.aval.update({ shape, dtype: real }));
  const axis = geometry.out[1];
  const outShape = out.aval.shape.map((n, d) => (d === axis ? 2 * n : n));
  const inputs = [toPartsAlong(w, x, geometry.lhs[1]), kernel];
  const sum = w.add(
    onParts(eqn.primitive, lowering),
    eqn.params,
    inputs,
    out.aval.update({ shape: outShape, dtype: real }),
  );
  fromPartsAlong(w, sum, axis, out);
}
