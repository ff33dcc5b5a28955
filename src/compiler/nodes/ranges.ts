import { bool, type DType, isNarrowInteger } from "../../dtypes/index.ts";
import type { Node } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";

/** Bounds of an int32 value, both included. */
export interface Range {
  readonly low: number;
  readonly high: number;
}
export const minInt = -2147483648;
export const maxInt = 2147483647;

/** The bounds if they fit int32; otherwise the value may wrap and nothing is known. */
function range(low: number, high: number): Range | undefined {
  return low >= minInt && high <= maxInt ? { low, high } : undefined;
}

type Rule = (...operands: readonly Range[]) => Range | undefined;

/** Interval arithmetic, by operation. Operations that are not listed may give anything. */
const rules: Readonly<Record<string, Rule>> = {
  add: (a, b) => range(a.low + b.low, a.high + b.high),
  sub: (a, b) => range(a.low - b.high, a.high - b.low),
  mul: (a, b) => {
    const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
    return range(Math.min(...corners), Math.max(...corners));
  },
  neg: (a) => range(-a.high, -a.low),
  abs: (a) => (a.low >= 0 ? a : range(0, Math.max(-a.low, a.high))),
  sign: (a) => range(Math.sign(a.low), Math.sign(a.high)),
  // Truncating division by a positive constant is monotone.
  div: (a, b) =>
    b.low > 0 && b.low === b.high ? range(Math.trunc(a.low / b.low), Math.trunc(a.high / b.low)) : undefined,
  rem: (a, b) => {
    if (b.low <= 0) return undefined;
    const most = b.high - 1;
    return range(a.low >= 0 ? 0 : Math.max(a.low, -most), a.high <= 0 ? 0 : Math.min(a.high, most));
  },
  max: (a, b) => range(Math.max(a.low, b.low), Math.max(a.high, b.high)),
  min: (a, b) => range(Math.min(a.low, b.low), Math.min(a.high, b.high)),
  // Clearing bits of a number that is not negative makes it smaller.
  and: (a, b) => {
    if (a.low < 0 && b.low < 0) return undefined;
    return range(0, Math.min(a.low >= 0 ? a.high : maxInt, b.low >= 0 ? b.high : maxInt));
  },
  select: (_cond, a, b) => range(Math.min(a.low, b.low), Math.max(a.high, b.high)),
};

/** Bounds of an int32 operation from those of its operands; undefined when nothing is known. */
export function opRange(b: NodeBuilder, op: string, args: readonly Node[]): Range | undefined {
  const rule = rules[op];
  return rule?.(...args.map((a) => b.range(a)));
}

/** Bounds of a value converted to int32 from a dtype. */
export function castRange(from: DType): Range | undefined {
  if (from === bool) return { low: 0, high: 1 };
  if (!isNarrowInteger(from)) return undefined;
  const half = 2 ** (from.bits - 1);
  return from.kind === "int" ? { low: -half, high: half - 1 } : { low: 0, high: 2 * half - 1 };
}
