import { type DType, int8, int16, int32, isNarrowInteger, uint8 } from "../../dtypes/index.ts";
import type { Node } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";

/** Operations that take an integer for its bits, not for its value. */
const onBits = new Set(["shift_right_logical", "clz", "population_count"]);

/** Whether the operation is done on int32 for operands of this dtype. Moving elements needs no arithmetic. */
export function isWidened(name: string, dtype: DType): boolean {
  return isNarrowInteger(dtype) && name !== "select";
}

/**
 * An operation on integers of 8 or 16 bits: in int32, where it cannot overflow or does so in bits that are cut off, and wrapped. So
 * code generators know narrow integers only in memory and in conversions.
 */
export function widenedOp(b: NodeBuilder, name: string, args: readonly Node[]): Node {
  const { dtype } = args[0];
  const [first, ...others] = args;
  const wide = b.op(name, widen(b, name, first), ...others.map((x) => b.cast(x, int32)));
  if (wide.dtype !== int32) return wide; // a comparison
  if (name === "clz") return b.cast(b.op("sub", wide, b.const(32 - dtype.bits, int32)), dtype);
  return b.cast(wide, dtype);
}

function widen(b: NodeBuilder, name: string, x: Node): Node {
  const { dtype } = x;
  const signed = dtype.kind === "int";
  // The topmost bit of an unsigned integer is the sign that fills it.
  if (name === "shift_right_arithmetic" && !signed)
    return b.cast(b.bitcast(x, dtype === uint8 ? int8 : int16), int32);
  const wide = b.cast(x, int32);
  return onBits.has(name) && signed ? b.op("and", wide, b.const(2 ** dtype.bits - 1, int32)) : wide;
}
