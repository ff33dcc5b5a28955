/**
 * The bit layouts of floating point types, and conversion between them and float64.
 *
 * Types narrower than float32 have no typed array of their own: host storage keeps their bit patterns.
 */
import type { DType, DTypeName } from "./dtype.ts";

/** How a type spends its last bit patterns: IEEE infinities and NaNs, fewer of them, or none. */
export type SpecialValues =
  /** All-ones exponent: infinity and NaNs. */
  | "ieee"
  /** No infinity; only the all-ones pattern is NaN. */
  | "fn"
  /** No infinity and no negative zero; the pattern of negative zero is the one NaN. */
  | "fnuz"
  /** Finite values only: overflow saturates, NaN becomes negative zero. */
  | "finite"
  /** Exponent only: no sign, no zero; the all-ones pattern is NaN. */
  | "scale";

export interface FloatFormat {
  readonly bits: number;
  /** Exponent bits. */
  readonly nexp: number;
  /** Mantissa bits, without the implicit leading one. */
  readonly nmant: number;
  /** A stored exponent `e` stands for 2^(e - bias). */
  readonly bias: number;
  readonly special: SpecialValues;
}

function format(nexp: number, nmant: number, special: SpecialValues = "ieee", bias?: number): FloatFormat {
  const sign = special === "scale" ? 0 : 1;
  return { bits: sign + nexp + nmant, nexp, nmant, bias: bias ?? 2 ** (nexp - 1) - 1, special };
}

const formats: ReadonlyMap<DTypeName, FloatFormat> = new Map([
  ["float4_e2m1fn", format(2, 1, "finite")],
  ["float6_e2m3fn", format(2, 3, "finite")],
  ["float6_e3m2fn", format(3, 2, "finite")],
  ["float8_e3m4", format(3, 4)],
  ["float8_e4m3", format(4, 3)],
  ["float8_e8m0fnu", format(8, 0, "scale")],
  ["float8_e4m3b11fnuz", format(4, 3, "fnuz", 11)],
  ["float8_e4m3fn", format(4, 3, "fn")],
  ["float8_e4m3fnuz", format(4, 3, "fnuz", 8)],
  ["float8_e5m2", format(5, 2)],
  ["float8_e5m2fnuz", format(5, 2, "fnuz", 16)],
  ["bfloat16", format(8, 7)],
  ["float16", format(5, 10)],
  ["float32", format(8, 23)],
  ["float64", format(11, 52)],
]);

/**
 * The layout of a real floating dtype.
 *
 * @throws TypeError for dtypes that are not real floating point.
 */
export function floatFormat(dtype: DType): FloatFormat {
  const found = formats.get(dtype.name);
  if (found === undefined) throw new TypeError(`${dtype.name} is not a floating point dtype`);
  return found;
}

/** The largest finite value. */
export function largestFinite(f: FloatFormat): number {
  const ones = 2 ** f.nmant;
  const topExponent = 2 ** f.nexp - 1 - f.bias;
  switch (f.special) {
    case "ieee":
      return (2 - 1 / ones) * 2 ** (topExponent - 1);
    case "fn": // the all-ones pattern is taken
      return (2 - 2 / ones) * 2 ** topExponent;
    case "scale":
      return 2 ** (topExponent - 1);
    default:
      return (2 - 1 / ones) * 2 ** topExponent;
  }
}

/** The bit pattern of NaN (of negative zero where there is none, as hardware converts). */
function nanPattern(f: FloatFormat): number {
  const sign = 2 ** (f.bits - 1);
  switch (f.special) {
    case "ieee": // quiet NaN
      return ((2 ** f.nexp - 1) << f.nmant) + 2 ** (f.nmant - 1);
    case "fn":
      return sign - 1;
    case "scale":
      return 2 * sign - 1;
    default:
      return sign;
  }
}

/** The value of a bit pattern of at most 16 bits. */
export function decodeFloat(pattern: number, f: FloatFormat): number {
  if (f.special === "scale") return pattern === 255 ? Number.NaN : 2 ** (pattern - f.bias);
  const signBit = 1 << (f.bits - 1);
  const negative = (pattern & signBit) !== 0;
  const magnitude = pattern & (signBit - 1);
  const exponent = magnitude >> f.nmant;
  const mantissa = magnitude & ((1 << f.nmant) - 1);
  if (f.special === "fnuz" && negative && magnitude === 0) return Number.NaN;
  if (f.special === "fn" && magnitude === signBit - 1) return Number.NaN;
  if (f.special === "ieee" && exponent === 2 ** f.nexp - 1) {
    if (mantissa !== 0) return Number.NaN;
    return negative ? -Infinity : Infinity;
  }
  const value =
    exponent === 0
      ? mantissa * 2 ** (1 - f.bias - f.nmant)
      : (2 ** f.nmant + mantissa) * 2 ** (exponent - f.bias - f.nmant);
  return negative ? -value : value;
}

const doubleScratch = /* @__PURE__ */ new Float64Array(1);
const doubleBits = /* @__PURE__ */ new Uint32Array(doubleScratch.buffer);

/** floor(log2(x)) of a positive finite float64; its subnormals count as 2^-1023, smaller than any format here. */
export function exponentOf(x: number): number {
  doubleScratch[0] = x;
  return ((doubleBits[1] as number) >>> 20) - 1023;
}

/** Nearest integer, ties to even; `x` is not negative and below 2^52. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The bit pattern (at most 16 bits) nearest to a float64, ties to even. */
export function encodeFloat(x: number, f: FloatFormat): number {
  if (Number.isNaN(x)) return nanPattern(f);
  const negative = x < 0 || Object.is(x, -0);
  const magnitude = Math.abs(x);
  if (f.special === "scale") return encodeScale(x, f);
  const signBit = negative ? 2 ** (f.bits - 1) : 0;
  const overflow = () => {
    if (f.special === "ieee") return signBit + ((2 ** f.nexp - 1) << f.nmant);
    return f.special === "finite"
      ? signBit + 2 ** (f.bits - 1) - 1
      : f.special === "fn"
        ? signBit + nanPattern(f)
        : nanPattern(f);
  };
  if (magnitude === Infinity) return overflow();
  const exponent = Math.max(exponentOf(magnitude), 1 - f.bias);
  const quantum = 2 ** (exponent - f.nmant);
  const units = roundHalfEven(magnitude / quantum);
  if (units * quantum > largestFinite(f)) return overflow();
  if (units === 0) return f.special === "fnuz" ? 0 : signBit;
  const ones = 2 ** f.nmant;
  // A subnormal is its own pattern; a carry out of the mantissa moves to the next exponent by itself.
  return signBit + (units < ones ? units : (exponent + f.bias) * ones + units - ones);
}

function encodeScale(x: number, f: FloatFormat): number {
  if (!(x > 0) || x === Infinity) return nanPattern(f);
  const exponent = Math.max(exponentOf(x), -f.bias);
  const carry = roundHalfEven(x / 2 ** exponent) >= 2 ? 1 : 0;
  const pattern = exponent + carry + f.bias;
  return pattern > 254 ? nanPattern(f) : pattern;
}
