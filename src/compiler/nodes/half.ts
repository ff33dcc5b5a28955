import {
  bfloat16,
  type DType,
  decodeFloat,
  encodeFloat,
  float16,
  float32,
  float64,
  floatFormat,
  realDType,
  uint16,
  uint32,
} from "../../dtypes/index.ts";
import type { Node } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";

/**
 * Floats of 16 bits. In memory and in programs they are their bits, a uint16; a node of such a dtype is always a reinterpretation of one,
 * which the next conversion or store takes away again. Arithmetic is done in float32 and rounded, so code generators do not know these dtypes.
 */
export function isHalf(dtype: DType): boolean {
  return dtype === float16 || dtype === bfloat16;
}

/** The dtype that elements have in memory, the parts of complex ones. */
export function storageDType(dtype: DType): DType {
  return isHalf(dtype) ? uint16 : realDType(dtype);
}

/** A constant, rounded to the nearest. */
export function halfConst(b: NodeBuilder, value: number, dtype: DType): Node {
  return b.bitcast(b.const(encodeFloat(value, floatFormat(dtype)), uint16), dtype);
}

/** An operation in float32, rounded. Choosing needs no arithmetic. */
export function halfOp(b: NodeBuilder, name: string, args: readonly Node[]): Node {
  const { dtype } = args[args.length - 1];
  if (name === "select") {
    const [cond, ...choices] = args;
    const [x, y] = choices.map((c) => b.bitcast(c, uint16));
    return b.bitcast(b.select(cond, x, y), dtype);
  }
  if (name === "nextafter") return nextHalf(b, args[0], args[1]);
  const wide = b.op(name, ...args.map((x) => b.cast(x, float32)));
  return wide.dtype === float32 ? b.cast(wide, dtype) : wide; // a comparison stays as it is
}

/** The value as a float32: exact. */
export function halfToSingle(b: NodeBuilder, x: Node): Node {
  const bits = b.bitcast(x, uint16);
  if (bits.kind === "const") return b.const(decodeFloat(bits.value as number, floatFormat(x.dtype)), float32);
  const c = (v: number) => b.const(v, uint32);
  const word = b.cast(bits, uint32);
  const up = (e: Node, by: number) => b.op("shift_left", e, c(by));
  if (x.dtype === bfloat16) return b.bitcast(up(word, 16), float32);
  const magnitude = b.op("and", word, c(0x7fff));
  const moved = up(magnitude, 13);
  // Moved to its place in a float32 the exponent is too small by 112; subnormal numbers become normal on the way.
  const finite = b.bitcast(b.op("mul", b.bitcast(moved, float32), b.const(2 ** 112, float32)), uint32);
  const isFinite = b.op("lt", magnitude, c(0x7c00));
  const absolute = b.select(isFinite, finite, b.op("or", moved, c(0x7f800000)));
  return b.bitcast(b.op("or", absolute, up(b.op("and", word, c(0x8000)), 16)), float32);
}

/** A float32 or float64 rounded to the nearest, ties to even. */
export function roundToHalf(b: NodeBuilder, x: Node, dtype: DType): Node {
  const single = x.dtype === float64 ? roundToOdd(b, x) : x;
  const c = (v: number) => b.const(v, uint32);
  const down = (e: Node, by: number) => b.op("shift_right_logical", e, c(by));
  const add = (p: Node, q: Node) => b.op("add", p, q);
  const word = b.bitcast(single, uint32);
  const result = (bits: Node) => b.bitcast(b.cast(bits, uint16), dtype);
  if (dtype === bfloat16) {
    const odd = b.op("and", down(word, 16), c(1));
    const rounded = down(add(word, add(odd, c(0x7fff))), 16);
    const isNumber = b.op("eq", single, single);
    return result(b.select(isNumber, rounded, b.op("or", down(word, 16), c(0x40))));
  }
  const sign = down(b.op("and", word, c(0x80000000)), 16);
  const magnitude = b.op("and", word, c(0x7fffffff));
  // The exponent changes by 112; the sum rounds at bit 13, and may carry into the exponent.
  const odd = b.op("and", down(magnitude, 13), c(1));
  const normal = down(add(add(magnitude, odd), c(0xc8000fff)), 13);
  // Added to 1/2 a small number is rounded to multiples of the smallest subnormal one, which are the last bits of the sum.
  const half = b.const(0.5, float32);
  const small = b.op(
    "sub",
    b.bitcast(b.op("add", b.bitcast(magnitude, float32), half), uint32),
    c(0x3f000000),
  );
  const finite = b.select(b.op("lt", magnitude, c(0x38800000)), small, normal);
  const large = b.select(b.op("gt", magnitude, c(0x7f800000)), c(0x7e00), c(0x7c00));
  const absolute = b.select(b.op("ge", magnitude, c(0x477ff000)), large, finite);
  return result(b.op("or", absolute, sign));
}

/** A float64 as a float32 whose last bit says whether anything was lost: rounding it again is like rounding once. */
function roundToOdd(b: NodeBuilder, x: Node): Node {
  const nearest = b.cast(x, float32);
  const back = b.cast(nearest, float64);
  const c = (v: number) => b.const(v, uint32);
  const word = b.bitcast(nearest, uint32);
  const isAbove = b.op("gt", b.op("abs", back), b.op("abs", x));
  const below = b.select(isAbove, b.op("sub", word, c(1)), word);
  const isExact = b.op("or", b.op("eq", back, x), b.op("ne", x, x));
  return b.bitcast(b.select(isExact, word, b.op("or", below, c(1))), float32);
}

/** An integer of 64 bits as a float64 that rounds to any narrower float as the integer itself does. */
export function wideToDouble(b: NodeBuilder, x: Node): Node {
  const c = (v: number | bigint) => b.const(v, x.dtype);
  // A float64 holds 53 bits: of larger numbers 11 are dropped, and the last one kept says whether anything was lost.
  const magnitude = b.op("abs", x);
  const kept = b.op("and", x, c(-2048));
  const isExact = b.op("eq", kept, x);
  const odd = b.select(isExact, kept, b.op("or", kept, c(2048)));
  // The least int64 has no absolute value, and is exact.
  return b.cast(b.select(b.op("lt", magnitude, c(2 ** 53)), x, odd), float64);
}

/** The next number after `x` towards `y`: its bits are one more or one less. */
function nextHalf(b: NodeBuilder, x: Node, y: Node): Node {
  const c = (v: number) => b.const(v, uint32);
  const zero = b.const(0, float32);
  const [wx, wy] = [x, y].map((v) => b.cast(v, float32));
  const [bx, by] = [x, y].map((v) => b.cast(b.bitcast(v, uint16), uint32));
  const isAway = b.op("eq", b.op("gt", wx, zero), b.op("gt", wy, wx));
  const moved = b.select(isAway, b.op("add", bx, c(1)), b.op("sub", bx, c(1)));
  // From zero to the smallest subnormal number of the sign of `y`.
  const smallest = b.op("or", b.op("and", by, c(0x8000)), c(1));
  const next = b.select(b.op("eq", wx, zero), smallest, moved);
  const isStill = b.op("or", b.op("eq", wx, wy), b.op("ne", wy, wy));
  const bits = b.select(b.op("ne", wx, wx), bx, b.select(isStill, by, next));
  return b.bitcast(b.cast(bits, uint16), x.dtype);
}
