import { bool, type DType, int32, isWideInteger, uint32 } from "../../dtypes/index.ts";
import type { ConstNode, Node, OpNode } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";
import { divideByConstant, remainderByConstant } from "./indexAlgebra.ts";
import { castRange } from "./ranges.ts";

/**
 * Algebra on scalar expressions, one row per law, by operation. Every law holds for every value of its dtype: for floats that
 * excludes whatever NaN, infinities, signed zeros or rounding could tell apart (so no `x + 0`, no `x * 0`, no reassociation).
 */
type Law = (b: NodeBuilder, x: Node, y: Node, z: Node) => Node | undefined;

const isConst = (node: Node, value: number | bigint): boolean =>
  node.kind === "const" && Object.is(node.value, isWideInteger(node.dtype) ? wideValue(value) : value);
/** -0 and infinities are no integers. */
const wideValue = (value: number | bigint): bigint | undefined =>
  Object.is(value, -0) || Math.abs(Number(value)) === Infinity ? undefined : BigInt(value);
const isOp = (node: Node, op: string): node is OpNode => node.kind === "op" && node.op === op;
const isInt = (node: Node): boolean => node.dtype.kind === "int" || node.dtype.kind === "uint";
const isFloat = (node: Node): boolean => node.dtype.kind === "float";
const allOnes = (dtype: DType): number | bigint =>
  dtype.kind === "int" ? -1 : dtype.bits === 64 ? 2n ** 64n - 1n : 2 ** dtype.bits - 1;
const truth = (b: NodeBuilder, value: boolean): Node => b.const(value, bool);

/** Whether dividing by `c` is exactly multiplying by `1 / c`: a power of two whose inverse is a normal number. */
function hasExactInverse(node: Node): node is ConstNode {
  if (node.kind !== "const" || !isFloat(node)) return false;
  const c = Math.abs(node.value as number);
  const limit = node.dtype.bits === 32 ? 126 : 1022;
  return (
    c > 0 &&
    Math.log2(c) === Math.round(Math.log2(c)) &&
    2 ** Math.round(Math.log2(c)) === c &&
    c >= 2 ** -limit &&
    c <= 2 ** limit
  );
}

/** Laws of `op(x, c)` that hold whichever operand is the constant. */
const eitherSide =
  (law: (b: NodeBuilder, x: Node, c: ConstNode) => Node | undefined): Law =>
  (b, x, y) =>
    y.kind === "const" ? law(b, x, y) : x.kind === "const" ? law(b, y, x) : undefined;

const laws: Readonly<Record<string, readonly Law[]>> = {
  add: [
    // n + 0 = n for integers; x + -0 = x for floats.
    eitherSide((_b, x, c) => ((isInt(x) ? isConst(c, 0) : isConst(c, -0)) ? x : undefined)),
  ],
  sub: [
    // x - 0 = x, for floats too.
    (_b, x, y) => (isConst(y, 0) ? x : undefined),
    // n - n = 0 for integers.
    (b, x, y) => (x === y && isInt(x) ? b.const(0, x.dtype) : undefined),
  ],
  mul: [
    // x * 1 = x
    eitherSide((_b, x, c) => (isConst(c, 1) ? x : undefined)),
    // x * -1 = -x
    eitherSide((b, x, c) => (isFloat(x) && isConst(c, -1) ? b.op("neg", x) : undefined)),
    // n * 0 = 0 for integers.
    eitherSide((b, x, c) => (isInt(x) && isConst(c, 0) ? b.const(0, x.dtype) : undefined)),
  ],
  div: [
    // x / 1 = x
    (_b, x, y) => (isConst(y, 1) ? x : undefined),
    // x / 2^k = x * 2^-k
    (b, x, y) => (hasExactInverse(y) ? b.op("mul", x, b.const(1 / (y.value as number), x.dtype)) : undefined),
    // Quotients of index arithmetic.
    (b, x, y) =>
      x.dtype === int32 && y.kind === "const" && (y.value as number) > 0
        ? divideByConstant(b, x, y.value as number)
        : undefined,
  ],
  rem: [
    (b, x, y) =>
      x.dtype === int32 && y.kind === "const" && (y.value as number) > 0
        ? remainderByConstant(b, x, y.value as number)
        : undefined,
  ],
  neg: [
    // -(-x) = x
    (_b, x) => (isOp(x, "neg") ? x.args[0] : undefined),
  ],
  abs: [
    // |n| = n where n >= 0
    (b, x) => (x.dtype === int32 && b.low(x) >= 0 ? x : undefined),
    // |n| = n for unsigned n
    (_b, x) => (x.dtype.kind === "uint" ? x : undefined),
    // ||x|| = |x|
    (_b, x) => (isOp(x, "abs") ? x : undefined),
    // |-x| = |x|
    (b, x) => (isOp(x, "neg") ? b.op("abs", x.args[0]) : undefined),
  ],
  max: [
    (_b, x, y) => (x === y ? x : undefined),
    // max(x, -inf) = x, NaN included
    eitherSide((_b, x, c) => (isFloat(x) && isConst(c, -Infinity) ? x : undefined)),
    // max(x, y) = x where x >= y always
    (b, x, y) =>
      x.dtype !== int32 ? undefined : b.low(x) >= b.high(y) ? x : b.low(y) >= b.high(x) ? y : undefined,
  ],
  min: [
    (_b, x, y) => (x === y ? x : undefined),
    // min(x, inf) = x, NaN included
    eitherSide((_b, x, c) => (isFloat(x) && isConst(c, Infinity) ? x : undefined)),
    // min(x, y) = x where x <= y always
    (b, x, y) =>
      x.dtype !== int32 ? undefined : b.high(x) <= b.low(y) ? x : b.high(y) <= b.low(x) ? y : undefined,
  ],
  eq: [
    // n = n
    (b, x, y) => (x === y && !isFloat(x) ? truth(b, true) : undefined),
    (b, x, y) =>
      x.dtype === int32 && (b.high(x) < b.low(y) || b.high(y) < b.low(x)) ? truth(b, false) : undefined,
    // (p = true) = p, (p = false) = not p
    eitherSide((b, x, c) => (x.dtype !== bool ? undefined : isConst(c, 1) ? x : b.op("not", x))),
  ],
  ne: [
    (b, x, y) => (x === y && !isFloat(x) ? truth(b, false) : undefined),
    (b, x, y) =>
      x.dtype === int32 && (b.high(x) < b.low(y) || b.high(y) < b.low(x)) ? truth(b, true) : undefined,
    // (p != false) = p, (p != true) = not p
    eitherSide((b, x, c) => (x.dtype !== bool ? undefined : isConst(c, 0) ? x : b.op("not", x))),
    // A bool converted to a number differs from 0 exactly when it is true.
    eitherSide((_b, x, c) =>
      isConst(c, 0) && x.kind === "cast" && !x.bits && x.arg.dtype === bool ? x.arg : undefined,
    ),
  ],
  lt: [
    (b, x, y) =>
      compare(
        b,
        x,
        y,
        (p, q) => p.high < q.low,
        (p, q) => p.low >= q.high,
      ),
  ],
  le: [
    (b, x, y) =>
      compare(
        b,
        x,
        y,
        (p, q) => p.high <= q.low,
        (p, q) => p.low > q.high,
      ),
  ],
  gt: [
    (b, x, y) =>
      compare(
        b,
        x,
        y,
        (p, q) => p.low > q.high,
        (p, q) => p.high <= q.low,
      ),
  ],
  ge: [
    (b, x, y) =>
      compare(
        b,
        x,
        y,
        (p, q) => p.low >= q.high,
        (p, q) => p.high < q.low,
      ),
  ],
  and: [
    (_b, x, y) => (x === y ? x : undefined),
    // x & 0 = 0, x & ones = x; p and true = p
    eitherSide((_b, x, c) =>
      isConst(c, 0) ? c : isConst(c, x.dtype === bool ? 1 : allOnes(x.dtype)) ? x : undefined,
    ),
  ],
  or: [
    (_b, x, y) => (x === y ? x : undefined),
    // x | 0 = x, x | ones = ones; p or true = true
    eitherSide((_b, x, c) =>
      isConst(c, 0) ? x : isConst(c, x.dtype === bool ? 1 : allOnes(x.dtype)) ? c : undefined,
    ),
  ],
  xor: [
    // x ^ x = 0, x ^ 0 = x; p xor true = not p
    (b, x, y) => (x === y ? b.const(0, x.dtype) : undefined),
    eitherSide((b, x, c) =>
      isConst(c, 0) ? x : isConst(c, x.dtype === bool ? 1 : allOnes(x.dtype)) ? b.op("not", x) : undefined,
    ),
  ],
  not: [
    (_b, x) => (isOp(x, "not") ? x.args[0] : undefined),
    // not (a < b) = a >= b, for integers: no NaN
    (b, x) => {
      const opposite = x.kind === "op" && x.dtype === bool ? opposites[x.op] : undefined;
      if (opposite === undefined) return undefined;
      const [p, q] = (x as OpNode).args;
      return isFloat(p) && opposite !== "eq" && opposite !== "ne" ? undefined : b.op(opposite, p, q);
    },
  ],
  // x << 0 = x, and so for the others
  shift_left: [(_b, x, y) => (isConst(y, 0) ? x : undefined)],
  shift_right_logical: [(_b, x, y) => (isConst(y, 0) ? x : undefined)],
  shift_right_arithmetic: [(_b, x, y) => (isConst(y, 0) ? x : undefined)],
  select: [
    (_b, c, x, y) => (c.kind === "const" ? (c.value === 1 ? x : y) : undefined),
    (_b, _c, x, y) => (x === y ? x : undefined),
    // select(not c, x, y) = select(c, y, x)
    (b, c, x, y) => (isOp(c, "not") ? b.select(c.args[0], y, x) : undefined),
    // select(c, true, false) = c, select(c, false, true) = not c
    (b, c, x, y) =>
      x.dtype !== bool
        ? undefined
        : isConst(x, 1) && isConst(y, 0)
          ? c
          : isConst(x, 0) && isConst(y, 1)
            ? b.op("not", c)
            : undefined,
    // A choice already made by the same condition.
    (b, c, x, y) => {
      if (isOp(x, "select") && x.args[0] === c) return b.select(c, x.args[1], y);
      return isOp(y, "select") && y.args[0] === c ? b.select(c, x, y.args[2]) : undefined;
    },
  ],
  // key_pack takes the words of a key apart and together.
  key_word0: [(_b, x) => (isOp(x, "key_pack") ? x.args[0] : undefined)],
  key_word1: [(_b, x) => (isOp(x, "key_pack") ? x.args[1] : undefined)],
  key_pack: [
    (_b, x, y) =>
      isOp(x, "key_word0") && isOp(y, "key_word1") && x.args[0] === y.args[0] ? x.args[0] : undefined,
  ],
};

const opposites: Readonly<Record<string, string>> = {
  lt: "ge",
  ge: "lt",
  gt: "le",
  le: "gt",
  eq: "ne",
  ne: "eq",
};

interface Bounds {
  readonly low: number;
  readonly high: number;
}
/** Comparisons of int32 values that their bounds decide. */
function compare(
  b: NodeBuilder,
  x: Node,
  y: Node,
  always: (p: Bounds, q: Bounds) => boolean,
  never: (p: Bounds, q: Bounds) => boolean,
): Node | undefined {
  if (x.dtype !== int32) return undefined;
  const [p, q] = [b.range(x), b.range(y)];
  return always(p, q) ? truth(b, true) : never(p, q) ? truth(b, false) : undefined;
}

/** A simpler node equal to `op(args)`, or undefined. */
export function simplifyOp(b: NodeBuilder, op: string, args: readonly Node[]): Node | undefined {
  const rows = laws[op];
  if (rows === undefined) return undefined;
  for (const law of rows) {
    const simpler = law(b, args[0], args[1], args[2]);
    if (simpler !== undefined) return simpler;
  }
  return undefined;
}

/** A simpler node equal to a value conversion, or undefined. */
export function simplifyCast(b: NodeBuilder, x: Node, to: DType): Node | undefined {
  if (x.kind !== "cast" || x.bits) return undefined;
  const from = x.arg.dtype;
  // int32 -> uint32 -> int32 and back: wrapping twice changes nothing.
  if (from === to && (x.dtype === int32 || x.dtype === uint32) && (from === int32 || from === uint32))
    return x.arg;
  // Wrapping what is within bounds.
  const kept = from === int32 && to === int32 ? castRange(x.dtype) : undefined;
  if (kept !== undefined && b.low(x.arg) >= kept.low && b.high(x.arg) <= kept.high) return x.arg;
  // A bool as 0 or 1 in any dtype, and then in another.
  return from === bool ? b.cast(x.arg, to) : undefined;
}
