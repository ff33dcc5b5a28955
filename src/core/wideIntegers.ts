import { type DType, isSigned } from "../dtypes/index.ts";

/**
 * Arithmetic of int64 and uint64, whose elements are bigints: what bigints themselves do otherwise than XLA. Results may lie outside the
 * dtype; storing them wraps.
 */

/** The quotient rounded towards zero; -1 (all bits set) for a zero divisor. */
export const divide = (x: bigint, y: bigint): bigint => (y === 0n ? -1n : x / y);

/** The remainder with the sign of `x`; `x` itself for a zero divisor. */
export const remainder = (x: bigint, y: bigint): bigint => (y === 0n ? x : x % y);

export const absolute = (x: bigint): bigint => (x < 0n ? -x : x);
export const sign = (x: bigint): bigint => (x > 0n ? 1n : x < 0n ? -1n : 0n);
export const maximum = (x: bigint, y: bigint): bigint => (x > y ? x : y);
export const minimum = (x: bigint, y: bigint): bigint => (x < y ? x : y);

/** The value that the low 64 bits have in a dtype. */
export const wrap = (x: bigint, dtype: DType): bigint =>
  isSigned(dtype) ? BigInt.asIntN(64, x) : BigInt.asUintN(64, x);

const unsigned = (x: bigint): bigint => BigInt.asUintN(64, x);
const signed = (x: bigint): bigint => BigInt.asIntN(64, x);

// The amount of a shift is taken as unsigned; 64 or more shifts every bit out.
export const shiftLeft = (x: bigint, by: bigint): bigint => (unsigned(by) >= 64n ? 0n : x << by);
export const shiftRightLogical = (x: bigint, by: bigint): bigint =>
  unsigned(by) >= 64n ? 0n : unsigned(x) >> by;
export const shiftRightArithmetic = (x: bigint, by: bigint): bigint =>
  signed(x) >> (unsigned(by) >= 64n ? 63n : by);

/** How many bits are set. */
export function populationCount(x: bigint): bigint {
  let count = 0n;
  for (let rest = unsigned(x); rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

/** How many zero bits are above the highest set bit. */
export function leadingZeros(x: bigint): bigint {
  const bits = unsigned(x);
  return bits === 0n ? 64n : BigInt(64 - bits.toString(2).length);
}

/** The upper half of the 128 bits of a product. */
export const multiplyHigh = (x: bigint, y: bigint): bigint => (x * y) >> 64n;
