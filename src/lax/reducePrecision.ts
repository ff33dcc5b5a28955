import type { NDArray } from "../core/array.ts";
import { type Eqn, Var } from "../core/jaxpr.ts";
import type { Expr, ExprBuilder } from "../core/lowering.ts";
import type { Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { type DType, finfo, float32, roundHalfEven } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { linearTranspose, unary } from "./families.ts";
import { floating, unaryOperand } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

interface Params {
  readonly [name: string]: unknown;
  readonly exponentBits: number;
  readonly mantissaBits: number;
}

/** The largest exponent of a finite number, and mantissa bits. */
function layout(dtype: DType): readonly [largest: number, digits: number] {
  const { nexp, nmant } = finfo(dtype);
  return [2 ** (nexp - 1) - 1, nmant];
}

/** Rounds to the nearest number with the given bits, ties to even; too large becomes infinite, too small becomes zero. */
function reduce(x: number, dtype: DType, { exponentBits, mantissaBits }: Params): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const [largest, digits] = layout(dtype);
  const magnitude = Math.abs(x);
  // Subnormal numbers share the quantum of the smallest normal one.
  const scale = Math.max(powerOfTwoBelow(magnitude), 2 ** (1 - largest));
  const units = 2 ** Math.min(mantissaBits, digits);
  const rounded = (roundHalfEven((magnitude / scale) * units) / units) * scale;
  const bias = 2 ** (exponentBits - 1) - 1;
  let result = rounded;
  if (bias < largest)
    result = rounded >= 2 ** (bias + 1) ? Infinity : rounded < 2 ** (1 - bias) ? 0 : rounded;
  return x < 0 ? -result : result;
}
/** The largest power of two not above a positive number. */
function powerOfTwoBelow(x: number): number {
  let p = 2 ** Math.min(Math.max(Math.floor(Math.log2(x)), -1074), 1023);
  if (p > x) p /= 2;
  else if (2 * p <= x) p *= 2;
  return p;
}

/** Whether the dtype has no more bits than are asked for. */
function changesNothing(dtype: DType, { exponentBits, mantissaBits }: Params): boolean {
  const [largest, digits] = layout(dtype);
  return mantissaBits >= digits && 2 ** (exponentBits - 1) - 1 >= largest;
}

/** The same with scalar operations: every scaling is by a power of two, hence exact; in float32 for narrower floats. */
function emitReduce(b: ExprBuilder, x0: Expr, { exponentBits, mantissaBits }: Params): Expr {
  const [largest, digits] = layout(x0.dtype);
  const dtype = x0.dtype.bits < 32 ? float32 : x0.dtype;
  const x = b.cast(x0, dtype);
  const c = (v: number) => b.const(v, dtype);
  const scaledBy = (e: Expr, factor: number) => b.op("mul", e, c(factor));
  const m = Math.min(mantissaBits, digits);
  const toUnits = (e: Expr) => scaledBy(b.op("round_even", scaledBy(e, 2 ** m)), 2 ** -m);
  const magnitude = b.op("abs", x);
  // Bring the magnitude into [1, 2), halving the range of exponents each step; round; go back.
  let scaled = magnitude;
  const undo: [Expr, number][] = [];
  for (const direction of [-1, 1]) {
    for (let step = (largest + 1) / 2; step >= 1; step /= 2) {
      const far = direction < 0 ? b.op("ge", scaled, c(2 ** step)) : b.op("lt", scaled, c(2 ** (1 - step)));
      scaled = b.select(far, scaledBy(scaled, 2 ** (direction * step)), scaled);
      undo.push([far, -direction * step]);
    }
  }
  let result = toUnits(scaled);
  for (const [far, step] of undo.reverse()) result = b.select(far, scaledBy(result, 2 ** step), result);
  // Subnormal numbers share the quantum of the smallest normal one.
  const smallest = 1 - largest;
  const subnormal = scaledBy(toUnits(scaledBy(magnitude, 2 ** -smallest)), 2 ** smallest);
  result = b.select(b.op("lt", magnitude, c(2 ** smallest)), subnormal, result);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (bias < largest) {
    result = b.select(b.op("ge", result, c(2 ** (bias + 1))), c(Infinity), result);
    result = b.select(b.op("lt", result, c(2 ** (1 - bias))), c(0), result);
  }
  result = b.select(b.op("lt", x, c(0)), b.op("neg", result), result);
  const special = b.op("or", b.op("not", b.op("is_finite", x)), b.op("eq", x, c(0)));
  return b.cast(b.select(special, x, result), x0.dtype);
}

export const reducePrecisionPrimitive: Primitive<Params> = unary<Params>("reduce_precision", {
  accepts: floating,
  check: (_x, { exponentBits, mantissaBits }) => {
    if (!(exponentBits >= 1)) {
      throw new ValueError(`reduce_precision: exponent_bits must be positive; got ${exponentBits}`);
    }
    if (!(mantissaBits >= 0)) {
      throw new ValueError(`reduce_precision: mantissa_bits must be non-negative; got ${mantissaBits}`);
    }
  },
  reference: reduce,
  cost: "expensive",
  emit: (b, [x], params) => (changesNothing(x.dtype, params) ? x : emitReduce(b, x, params)),
  jvp: (g) => g,
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, params) =>
    bind1(reducePrecisionPrimitive, [ct], params),
  ),
});

/** The equation that rounds a float to its own precision. */
export function fullPrecisionEqn(x: Var): Eqn {
  const { nexp, nmant } = finfo(x.aval.dtype);
  return {
    primitive: reducePrecisionPrimitive as unknown as Primitive,
    inputs: [x],
    outputs: [new Var(x.aval)],
    params: { exponentBits: nexp, mantissaBits: nmant },
  };
}

/**
 * Rounds every element to what a float with the given numbers of exponent and mantissa bits can hold. The dtype stays.
 * @throws ValueError unless `exponentBits >= 1` and `mantissaBits >= 0`.
 * @example
 * lax.reducePrecision(jnp.array([1.1, 70000]), 5, 10) // => Array([1.0996094,       inf], dtype=float32)
 */
export function reducePrecision(x: LaxOperand, exponentBits: number, mantissaBits: number): NDArray {
  const operand = unaryOperand(x, "reduce_precision", floating);
  return bind1(reducePrecisionPrimitive, [operand], { exponentBits, mantissaBits });
}
