import type { ShapedArray } from "../../../core/aval.ts";
import type { Expr, ExprBuilder, Operand } from "../../../core/lowering.ts";
import { type DType, int32, realDType } from "../../../dtypes/index.ts";
import type { Value } from "../../flat.ts";
import type { Node } from "../../ir.ts";
import type { NodeBuilder } from "../../nodes/builder.ts";
import { partsOf } from "../../nodes/complex/pairs.ts";
import { internalPointwise, type Rewriter } from "../internal.ts";
import { conversion } from "../singlePrecision.ts";

/** Complex arrays as real ones with one more axis, of their parts, and back; of what lies in memory these are views. */

export const realPart = internalPointwise("real", "cheap", (b, [z], index) => b.op("real", z.at(index)));
export const imaginaryPart = internalPointwise("imag", "cheap", (b, [z], index) => b.op("imag", z.at(index)));

/** complex [...] to real [..., 2] */
const trailing = internalPointwise("parts", "view", (b, [z], index) =>
  partAt(b as NodeBuilder, z.at(index.slice(0, -1)) as Node, index[index.length - 1] as Node),
);

/** complex [..., n, ...] to real [..., 2n, ...] along one axis, the parts of an element side by side. */
const doubled = internalPointwise<{ axis: number }>("parts_along", "view", (b, [z], index, { axis }) => {
  const [at, part] = halves(b, index[axis]);
  return partAt(b as NodeBuilder, z.at(replaced(index, axis, at)) as Node, part as Node);
});

/** real [..., 2, ...] to complex [...], the parts along one axis */
const joined = internalPointwise<{ axis: number }>("complex_of_parts", "view", (b, [x], index, { axis }) => {
  const part = (p: number) => x.at([...index.slice(0, axis), b.const(p, int32), ...index.slice(axis)]);
  return b.op("complex", part(0), part(1));
});

/** real [..., 2n, ...] to complex [..., n, ...] */
const joinedAlong = internalPointwise<{ axis: number }>(
  "complex_along",
  "view",
  (b, [x], index, { axis }) => {
    const part = (p: number) => {
      const at = b.op("add", b.op("mul", index[axis], b.const(2, int32)), b.const(p, int32));
      return x.at(replaced(index, axis, at));
    };
    return b.op("complex", part(0), part(1));
  },
);

/**
 * The right factor of a product of real matrices whose left one has the parts of complex numbers side by side:
 * `z = (re, im)` becomes the rows `(re, im)` and `(-im, re)`, by which `(a, b) -> (a re - b im, a im + b re)`.
 */
export function factorAt(b: ExprBuilder, z: Expr, row: Expr, column: Expr): Expr {
  const { re, im } = partsOf(b as NodeBuilder, z as Node);
  const zero = b.const(0, int32);
  const first = b.op("eq", row, zero);
  const same = b.op("eq", row, column);
  return b.select(same, re, b.select(first, im, b.op("neg", im)));
}

/** The quotient and remainder of an index that runs over parts. */
export function halves(b: ExprBuilder, index: Expr): [Expr, Expr] {
  const two = b.const(2, int32);
  return [b.op("div", index, two), b.op("rem", index, two)];
}
export function replaced(index: readonly Expr[], axis: number, by: Expr): Expr[] {
  return index.map((e, d) => (d === axis ? by : e));
}

/** One part of a pair, by a computed number. Of neighbours in memory it is the first or its neighbour. */
function partAt(b: NodeBuilder, pair: Node, part: Node): Node {
  const { re, im } = partsOf(b, pair);
  if (re.kind === "load" && im.kind === "load" && re.buffer === im.buffer) {
    const next = b.op("add", re.offset, b.const(1, int32));
    if (next === im.offset) return b.load(re.buffer, re.dtype, b.op("add", re.offset, part));
  }
  return b.select(b.op("eq", part, b.const(0, int32)), re, im);
}

export const isComplexValue = ({ aval }: Value): boolean => aval.dtype.kind === "complex";

function partsAval(aval: ShapedArray, shape: readonly number[]): ShapedArray {
  return aval.update({ shape, dtype: realDType(aval.dtype) });
}
export const toParts = (w: Rewriter, z: Value): Value =>
  w.add(trailing, {}, [z], partsAval(z.aval, [...z.aval.shape, 2]));

export const toPartsAlong = (w: Rewriter, z: Value, axis: number): Value => {
  const shape = z.aval.shape.map((n, d) => (d === axis ? 2 * n : n));
  return w.add(doubled, { axis }, [z], partsAval(z.aval, shape));
};
export const fromParts = (w: Rewriter, x: Value, axis: number, out: Value): void =>
  w.define(joined, { axis }, [x], [out]);
export const fromPartsAlong = (w: Rewriter, x: Value, axis: number, out: Value): void =>
  w.define(joinedAlong, { axis }, [x], [out]);

/** The value in another dtype. */
export function converted(w: Rewriter, x: Value, dtype: DType): Value {
  return x.aval.dtype === dtype ? x : w.add(conversion, {}, [x], x.aval.update({ dtype }));
}

/** An operand of real parts, the last axis, read as the complex one that it stands for. */
export function asComplexOperand(b: ExprBuilder, x: Operand, aval: ShapedArray): Operand {
  const at = (index: readonly Expr[]) => {
    const part = (p: number) => x.at([...index, b.const(p, int32)]);
    return b.op("complex", part(0), part(1));
  };
  return {
    aval,
    at,
    atLinear: () => {
      throw new Error("an operand that is updated is not read by position");
    },
  };
}
