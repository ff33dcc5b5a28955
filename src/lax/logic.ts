import type { NDArray } from "../core/array.ts";
import { type NoRule, notDifferentiable, zeroDerivative } from "../core/primitive.ts";
import {
  leadingZeros,
  populationCount as widePopulationCount,
  shiftLeft as wideShiftLeft,
  shiftRightArithmetic as wideShiftRightArithmetic,
  shiftRightLogical as wideShiftRightLogical,
} from "../core/wideIntegers.ts";
import { bool, type DType } from "../dtypes/index.ts";
import { applyBinary, applyUnary, binary, unary } from "./families.ts";
import { boolOrInteger, integral } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

const notPrimitive = unary("not", {
  accepts: boolOrInteger,
  reference: (x, dtype) => (dtype === bool ? !x : ~x),
  wide: (x) => ~x,
  cost: "cheap",
  jvp: zeroDerivative,
});
/**
 * Elementwise NOT: logical on bool, bitwise on integers.
 * @example
 * lax.bitwiseNot(jnp.int32([0, 5])) // => Array([-1, -6], dtype=int32)
 */
export function bitwiseNot(x: LaxOperand): NDArray {
  return applyUnary(notPrimitive, x, boolOrInteger);
}

const bitwise = /* @__NO_SIDE_EFFECTS__ */ (
  name: string,
  reference: (x: number, y: number) => number,
  wideReference: (x: bigint, y: bigint) => bigint,
) =>
  binary(name, {
    accepts: boolOrInteger,
    reference,
    wide: wideReference,
    cost: "cheap",
    jvp: zeroDerivative,
  });

const andPrimitive = bitwise(
  "and",
  (x, y) => x & y,
  (x, y) => x & y,
);
/**
 * Elementwise AND: logical on bool, bitwise on integers.
 * @example
 * lax.bitwiseAnd(jnp.int32([6, 5]), 3) // => Array([2, 1], dtype=int32)
 */
export function bitwiseAnd(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(andPrimitive, x, y);
}

const orPrimitive = bitwise(
  "or",
  (x, y) => x | y,
  (x, y) => x | y,
);
/**
 * Elementwise OR: logical on bool, bitwise on integers.
 * @example
 * lax.bitwiseOr(jnp.int32([6, 5]), 3) // => Array([7, 7], dtype=int32)
 */
export function bitwiseOr(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(orPrimitive, x, y);
}

const xorPrimitive = bitwise(
  "xor",
  (x, y) => x ^ y,
  (x, y) => x ^ y,
);
/**
 * Elementwise exclusive OR: logical on bool, bitwise on integers.
 * @example
 * lax.bitwiseXor(jnp.int32([6, 5]), 3) // => Array([5, 6], dtype=int32)
 */
export function bitwiseXor(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(xorPrimitive, x, y);
}

// Shifts. The amount is taken as unsigned; the width or more shifts every bit out.

const shift = /* @__NO_SIDE_EFFECTS__ */ (
  name: string,
  reference: (x: number, y: number, dtype: DType) => number,
  wideReference: (x: bigint, y: bigint) => bigint,
) => binary(name, { accepts: integral, reference, wide: wideReference, cost: "cheap", jvp: zeroDerivative });
const tooFar = (y: number, dtype: DType) => y < 0 || y >= dtype.bits;
/** The value of the low bits as a signed integer of the width. */
const signed = (x: number, dtype: DType) => (x << (32 - dtype.bits)) >> (32 - dtype.bits);
const unsigned = (x: number, dtype: DType) => (x << (32 - dtype.bits)) >>> (32 - dtype.bits);

const shiftLeftPrimitive = shift(
  "shift_left",
  (x, y, dtype) => (tooFar(y, dtype) ? 0 : x << y),
  wideShiftLeft,
);
/**
 * Elementwise left shift `x << y`; 0 when `y` is the width or more.
 * @example
 * lax.shiftLeft(jnp.int32([1, 3]), 2) // => Array([ 4, 12], dtype=int32)
 */
export function shiftLeft(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(shiftLeftPrimitive, x, y);
}

const shiftRightLogicalPrimitive = shift(
  "shift_right_logical",
  (x, y, dtype) => (tooFar(y, dtype) ? 0 : unsigned(x, dtype) >>> y),
  wideShiftRightLogical,
);
/**
 * Elementwise right shift that fills with zeros.
 * @example
 * lax.shiftRightLogical(jnp.int32([-1, 8]), 28) // => Array([15,  0], dtype=int32)
 */
export function shiftRightLogical(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(shiftRightLogicalPrimitive, x, y);
}

const shiftRightArithmeticPrimitive = shift(
  "shift_right_arithmetic",
  (x, y, dtype) => signed(x, dtype) >> (tooFar(y, dtype) ? 31 : y),
  wideShiftRightArithmetic,
);
/**
 * Elementwise right shift that repeats the top bit (of unsigned integers too).
 * @example
 * lax.shiftRightArithmetic(jnp.int32([-8, 8]), 2) // => Array([-2,  2], dtype=int32)
 */
export function shiftRightArithmetic(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(shiftRightArithmeticPrimitive, x, y);
}

const integersOnly: NoRule = notDifferentiable("its operand is an integer");

const populationCountPrimitive = unary("population_count", {
  accepts: integral,
  reference: (x, dtype) => {
    let count = 0;
    for (let rest = unsigned(x, dtype); rest !== 0; rest >>>= 1) count += rest & 1;
    return count;
  },
  wide: widePopulationCount,
  cost: "cheap",
  jvp: integersOnly,
});
/**
 * The number of bits that are set in each integer.
 * @example
 * lax.populationCount(jnp.int32([7, -1])) // => Array([ 3, 32], dtype=int32)
 */
export function populationCount(x: LaxOperand): NDArray {
  return applyUnary(populationCountPrimitive, x, integral);
}

const clzPrimitive = unary("clz", {
  accepts: integral,
  reference: (x, dtype) => Math.clz32(unsigned(x, dtype)) - (32 - dtype.bits),
  wide: leadingZeros,
  cost: "cheap",
  jvp: integersOnly,
});
/**
 * The number of zero bits above the highest set bit.
 * @example
 * lax.clz(jnp.int32([1, 0])) // => Array([31, 32], dtype=int32)
 */
export function clz(x: LaxOperand): NDArray {
  return applyUnary(clzPrimitive, x, integral);
}
