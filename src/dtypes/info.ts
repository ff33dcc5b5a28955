/** Numeric limits of dtypes: finfo and iinfo. */
import { ValueError } from "../errors.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float16,
  float32,
  float64,
  isFloating,
  isInexact,
  isInteger,
} from "./dtype.ts";
import { decodeFloat, encodeFloat, exponentOf, floatFormat, largestFinite } from "./floatFormat.ts";
import { formatScalar } from "./format.ts";
import { realDType } from "./promotion.ts";

/** Machine limits of a floating point dtype. The numbers are exact float64 values. */
export interface FInfo {
  /** The real dtype described: that of the parts for a complex dtype. */
  readonly dtype: DType;
  readonly bits: number;
  /** Gap between 1 and the next larger value: 2^machep. */
  readonly eps: number;
  /** Gap between 1 and the next smaller value: 2^negep. */
  readonly epsneg: number;
  readonly machep: number;
  readonly negep: number;
  /** Exponent bits; `nexp` is the same. */
  readonly iexp: number;
  readonly nexp: number;
  /** Mantissa bits, without the implicit leading one. */
  readonly nmant: number;
  /** The smallest power of two that overflows. */
  readonly maxexp: number;
  /** The exponent of the smallest normal value. */
  readonly minexp: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive normal value, also under NumPy's older name `tiny`. */
  readonly smallestNormal: number;
  readonly tiny: number;
  readonly smallestSubnormal: number;
  /** 10^-precision, rounded to the dtype. */
  readonly resolution: number;
  /** Decimal digits that survive a round trip. */
  readonly precision: number;
  toString(): string;
}

/** Limits of an integer dtype; `min` and `max` are bigints for the 64-bit types. */
export interface IInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly min: number | bigint;
  readonly max: number | bigint;
  /** NumPy's kind letter. */
  readonly kind: "i" | "u";
  toString(): string;
}

const floats = new Map<DType, FInfo>();
const integers = new Map<DType, IInfo>();

/**
 * Machine limits of a floating point or complex dtype.
 *
 * @throws ValueError for integers, booleans and keys.
 * @example
 * finfo("float32").eps // => 1.1920928955078125e-7
 * String(finfo("float32")) // => "finfo(resolution=1e-06, min=-3.4028235e+38, max=3.4028235e+38, dtype=float32)"
 */
export function finfo(like: DTypeLike): FInfo {
  const given = asDType(like);
  if (!isInexact(given)) throw new ValueError(`data type ${given.name} not inexact`);
  const dtype = realDType(given);
  const known = floats.get(dtype);
  if (known !== undefined) return known;
  const info = describeFloat(dtype);
  floats.set(dtype, info);
  return info;
}

function describeFloat(dtype: DType): FInfo {
  const f = floatFormat(dtype);
  const scale = f.special === "scale"; // exponent only: no sign and no subnormals
  const minexp = (scale ? 0 : 1) - f.bias;
  const max = largestFinite(f);
  // Where 1 is itself the smallest normal value, the values below it are as far apart as those above.
  const negep = minexp === 0 ? -f.nmant : -f.nmant - 1;
  // The 8-bit floats count as one digit, whatever their mantissa.
  const precision = f.bits === 8 ? 1 : Math.floor(f.nmant * Math.log10(2));
  const smallestNormal = 2 ** minexp;
  const info = {
    dtype,
    bits: f.bits,
    eps: 2 ** -f.nmant,
    epsneg: 2 ** negep,
    machep: 0 - f.nmant,
    negep,
    iexp: f.nexp,
    nexp: f.nexp,
    nmant: f.nmant,
    maxexp: exponentOf(max) + 1,
    minexp,
    max,
    min: scale ? smallestNormal : -max,
    smallestNormal,
    tiny: smallestNormal,
    smallestSubnormal: 2 ** (minexp - f.nmant),
    resolution: roundTo(Number(`1e-${precision}`), dtype),
    precision,
  };
  return Object.freeze({ ...info, toString: () => describe(info) });
}

function roundTo(x: number, dtype: DType): number {
  if (dtype === float64) return x;
  if (dtype === float32) return Math.fround(x);
  const f = floatFormat(dtype);
  return decodeFloat(encodeFloat(x, f), f);
}

function describe(info: Omit<FInfo, "toString">): string {
  const { dtype, resolution } = info;
  const digits = dtype === float16 ? 5 : dtype === float32 ? 7 : 16;
  const numpy = dtype === float16 || dtype === float32 || dtype === float64;
  const text = (x: number) =>
    numpy ? x.toExponential(digits).replace(/e\+(\d)$/, "e+0$1") : formatScalar(x, dtype);
  return `finfo(resolution=${formatScalar(resolution, dtype)}, min=${text(info.min)}, max=${text(info.max)}, dtype=${dtype.name})`;
}

/**
 * Limits of an integer dtype.
 *
 * @throws ValueError for every other dtype.
 * @example
 * iinfo("int32").max // => 2147483647
 * iinfo("uint64").max // => 18446744073709551615n
 */
export function iinfo(like: DTypeLike): IInfo {
  const dtype = asDType(like);
  if (!isInteger(dtype)) {
    const hint = isFloating(dtype) ? `; use finfo("${dtype.name}")` : "";
    throw new ValueError(`Invalid integer data type '${dtype.name}'${hint}.`);
  }
  const known = integers.get(dtype);
  if (known !== undefined) return known;
  const info = describeInteger(dtype);
  integers.set(dtype, info);
  return info;
}

function describeInteger(dtype: DType): IInfo {
  const signed = dtype.kind === "int";
  const values = 1n << BigInt(dtype.bits);
  const low = signed ? -values / 2n : 0n;
  const high = low + values - 1n;
  const wide = dtype.bits === 64;
  return Object.freeze({
    dtype,
    bits: dtype.bits,
    min: wide ? low : Number(low),
    max: wide ? high : Number(high),
    kind: signed ? "i" : "u",
    toString: () => `iinfo(min=${low}, max=${high}, dtype=${dtype.name})`,
  } as const);
}
