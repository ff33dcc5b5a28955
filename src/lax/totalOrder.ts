import type { NDArray } from "../core/array.ts";
import type { HostArray } from "../core/hostArray.ts";
import { definePrimitive, notLinear, type Primitive, zeroDerivative } from "../core/primitive.ts";
import { asDType, bool, type DType, isFloating } from "../dtypes/index.ts";
import { broadcastingBatching } from "./batching.ts";
import { eq, le, lt } from "./compare.ts";
import { bitcastConvertType } from "./convert.ts";
import { applyBinary, elementwiseResult } from "./families.ts";
import { broadcastOffsets, valuesOf } from "./hostLoops.ts";
import { bitwiseXor, shiftRightArithmetic, shiftRightLogical } from "./logic.ts";
import { checkDTypeAt, checkSameDTypes, ordered } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";
import { asProgram } from "./programLowering.ts";

/*
 * Comparisons by the total order of IEEE 754: -NaN < -Infinity < ... < -0 < 0 < ... < Infinity < NaN. NaNs are ordered by their bits, and
 * only equal bits are equal. Integers and booleans have their usual order.
 */

const integerOf = (dtype: DType): DType => asDType(`int${dtype.bits}` as "int32");

/**
 * Integers in the order of the numbers: the bits of a float are a sign and a magnitude, of which those of negative numbers are inverted.
 */
function rank(x: NDArray): NDArray {
  if (!isFloating(x.dtype)) return x;
  const bits = bitcastConvertType(x, integerOf(x.dtype));
  const sign = shiftRightArithmetic(bits, x.dtype.bits - 1);
  return bitwiseXor(bits, shiftRightLogical(sign, 1));
}

/** The same as bigints, on the host: a float by its sign and the bits of its magnitude. */
function ranks(x: HostArray): bigint[] {
  const { data, dtype } = x;
  if (!isFloating(dtype)) return Array.from(valuesOf(x), BigInt);
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = dtype.bits / 8;
  return Array.from({ length: data.length }, (_, i) => {
    let bits = 0n;
    for (let k = width - 1; k >= 0; k--) bits = bits * 256n + BigInt(bytes.getUint8(i * width + k));
    const sign = 2n ** BigInt(dtype.bits - 1);
    return bits < sign ? bits : sign - 1n - bits;
  });
}

/* @__NO_SIDE_EFFECTS__ */
function comparison(
  name: string,
  compare: (x: LaxOperand, y: LaxOperand) => NDArray,
  holds: (x: bigint, y: bigint) => boolean,
): Primitive {
  const primitive: Primitive = definePrimitive({
    name,
    abstractEval: (avals) => {
      avals.forEach((aval, i) => checkDTypeAt(name, aval, ordered, i));
      checkSameDTypes(name, avals);
      return [elementwiseResult(name, avals, bool)];
    },
    reference: (inputs, _params, [out]) => {
      const [x, y] = inputs.map(ranks);
      const [ix, iy] = inputs.map((input) => broadcastOffsets(input.shape, out.shape));
      return [
        Uint8Array.from({ length: out.size }, (_, i) => Number(holds(x[ix?.[i] ?? i], y[iy?.[i] ?? i]))),
      ];
    },
    jvp: zeroDerivative,
    transpose: notLinear,
    batching: broadcastingBatching(() => primitive),
    lowering: asProgram(([x, y]) => [compare(rank(x), rank(y))]),
  });
  return primitive;
}

const eqPrimitive = comparison("eq_to", eq, (x, y) => x === y);
/**
 * Elementwise equality in the total order of floats: of the bits, so a NaN equals itself, and -0 is not 0.
 * @throws TypeError for complex numbers, and when dtypes or shapes do not fit
 * @example
 * lax.eqTo(jnp.array([NaN, 0, 1]), jnp.array([NaN, -0, 1])) // => Array([ True, False,  True], dtype=bool)
 */
export function eqTo(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(eqPrimitive, x, y);
}

const lePrimitive = comparison("le_to", le, (x, y) => x <= y);
/**
 * Elementwise `x <= y` in the total order of floats, in which -0 is less than 0 and NaN is more than Infinity.
 * @throws TypeError for complex numbers, and when dtypes or shapes do not fit
 * @example
 * lax.leTo(jnp.array([Infinity, 0]), jnp.array([NaN, -0])) // => Array([ True, False], dtype=bool)
 */
export function leTo(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(lePrimitive, x, y);
}

const ltPrimitive = comparison("lt_to", lt, (x, y) => x < y);
/**
 * Elementwise `x < y` in the total order of floats, in which -0 is less than 0 and NaN is more than Infinity.
 * @throws TypeError for complex numbers, and when dtypes or shapes do not fit
 * @example
 * lax.ltTo(jnp.array([Infinity, -0]), jnp.array([NaN, 0])) // => Array([ True,  True], dtype=bool)
 */
export function ltTo(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(ltPrimitive, x, y);
}
