import type { NDArray } from "../core/array.ts";
import type { Expr, ExprBuilder } from "../core/lowering.ts";
import { zeroDerivative } from "../core/primitive.ts";
import { multiplyHigh } from "../core/wideIntegers.ts";
import { type DType, int32, int64, isNarrowInteger, uint32, uint64 } from "../dtypes/index.ts";
import { applyBinary, binary } from "./families.ts";
import { integral } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

/** The upper half of a product of unsigned words by products of half words, none of which overflows. */
function emitHigh(b: ExprBuilder, x: Expr, y: Expr): Expr {
  const { dtype } = x;
  const half = dtype.bits / 2;
  const c = (v: number) => b.const(v, dtype);
  const low = (e: Expr) => b.op("and", e, c(2 ** half - 1));
  const high = (e: Expr) => b.op("shift_right_logical", e, c(half));
  const mul = (p: Expr, q: Expr) => b.op("mul", p, q);
  const add = (p: Expr, q: Expr) => b.op("add", p, q);
  const [xl, xh, yl, yh] = [low(x), high(x), low(y), high(y)];
  const first = add(mul(xh, yl), high(mul(xl, yl)));
  const second = add(mul(xl, yh), low(first));
  return add(mul(xh, yh), add(high(first), high(second)));
}

function emitMulhi(b: ExprBuilder, x: Expr, y: Expr): Expr {
  const { dtype } = x;
  if (dtype === uint32 || dtype === uint64) return emitHigh(b, x, y);
  if (isNarrowInteger(dtype)) {
    const wide = dtype.kind === "int" ? int32 : uint32;
    const shift = dtype.kind === "int" ? "shift_right_arithmetic" : "shift_right_logical";
    const product = b.op("mul", b.cast(x, wide), b.cast(y, wide));
    return b.cast(b.op(shift, product, b.const(dtype.bits, wide)), dtype);
  }
  // A negative operand counts 2^bits too much times the other one.
  const word = dtype === int64 ? uint64 : uint32;
  const unsigned = b.bitcast(emitHigh(b, b.bitcast(x, word), b.bitcast(y, word)), dtype);
  const zero = b.const(0, dtype);
  const excess = (p: Expr, q: Expr) => b.select(b.op("lt", p, zero), q, zero);
  return b.op("sub", b.op("sub", unsigned, excess(x, y)), excess(y, x));
}

const mulhiPrimitive = binary("mulhi", {
  accepts: integral,
  reference: (x: number, y: number, dtype: DType) => Number((BigInt(x) * BigInt(y)) >> BigInt(dtype.bits)),
  wide: multiplyHigh,
  cost: "cheap",
  emit: (b, [x, y]) => emitMulhi(b, x, y),
  jvp: zeroDerivative,
});
/**
 * The upper half of the bits of elementwise integer products.
 * @throws TypeError unless both are integers of one dtype.
 * @example
 * lax.mulhi(jnp.uint32([4294967295, 65536]), jnp.uint32([2, 65536])) // => Array([1, 1], dtype=uint32)
 */
export function mulhi(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(mulhiPrimitive, x, y);
}
