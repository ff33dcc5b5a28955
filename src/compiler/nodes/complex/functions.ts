import { float32, float64 } from "../../../dtypes/index.ts";
import type { Node } from "../../ir.ts";
import type { NodeBuilder } from "../builder.ts";
import * as arithmetic from "./arithmetic.ts";
import * as exponential from "./exponential.ts";
import * as inverse from "./inverse.ts";
import * as logarithm from "./logarithm.ts";
import type { Pair } from "./pairs.ts";
import { RealMath } from "./realMath.ts";
import * as roots from "./roots.ts";

/** A function of complex numbers as expressions of their parts; the result is a pair, or a real node. */
export type ComplexFunction = (m: RealMath, x: Pair, y: Pair) => Pair | Node;

const { neg, conj, add, sub, mul, div, abs, sign, eq, ne, max, min } = arithmetic;
const { log, log1p, ...others } = logarithm;

/** Functions that are computed in the dtype of the parts. */
const direct: Readonly<Record<string, ComplexFunction>> = {
  ...{ neg, conj, add, sub, mul, div, abs, sign, eq, ne, max, min },
  ...exponential,
  ...roots,
  ...{ log, log1p },
  ...inverse,
};

/** Those in which digits would cancel, or each step magnify the errors of the one before: of complex64 they are computed in float64 and rounded once. */
const widened: Readonly<Record<string, ComplexFunction>> = others;

export function complexFunction(b: NodeBuilder, name: string, args: readonly Pair[]): Pair | Node {
  const real = args[0].re.dtype;
  const [x, y = x] = args;
  const f = name === "div" && real === float32 ? arithmetic.shortDiv : direct[name];
  if (f !== undefined) return f(new RealMath(b, real), x, y);
  const wide = widened[name];
  if (wide === undefined) throw new TypeError(`there is no scalar operation ${name} of complex numbers`);
  const widen = ({ re, im }: Pair): Pair => ({ re: b.cast(re, float64), im: b.cast(im, float64) });
  const result = wide(new RealMath(b, float64), widen(x), widen(y));
  if ("kind" in result) return b.cast(result, real);
  return { re: b.cast(result.re, real), im: b.cast(result.im, real) };
}
