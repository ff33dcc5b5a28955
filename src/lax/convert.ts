import { ArrayImpl, type NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr } from "../core/aval.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import { definePrimitive, notLinear, type Primitive, Zero, zeroDerivative } from "../core/primitive.ts";
import { zeroTangent } from "../core/tangents.ts";
import { bind1, isEager } from "../core/trace.ts";
import { freshLiteral, literal, type Scalar } from "../core/values.ts";
import {
  asDType,
  bool,
  convertHost,
  type DType,
  type DTypeLike,
  float0,
  hostArray,
  int32,
  isInexact,
  isKey,
  requireComputable,
  scalarFromHost,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { vectorizedBatching } from "./batching.ts";
import { linearTranspose } from "./families.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

interface ConvertParams {
  readonly [name: string]: unknown;
  readonly newDtype: DType;
  readonly weakType: boolean;
}

const convertPrimitive: Primitive<ConvertParams> = definePrimitive<ConvertParams>({
  name: "convert_element_type",
  abstractEval: ([x], { newDtype, weakType }) => {
    requireComputable(newDtype, "lax.convertElementType");
    if (x.dtype !== newDtype && [x.dtype, newDtype].some((d) => isKey(d) || d === float0)) {
      throw new TypeError(
        `cannot convert elements of dtype ${x.dtype.name} to ${newDtype.name}` +
          (isKey(x.dtype) ? ": use random.keyData to read the words of a key." : "."),
      );
    }
    return [x.update({ dtype: newDtype, weakType })];
  },
  reference: ([x], { newDtype }) => [convertHost(x.data, x.dtype, newDtype)],
  jvp: ([x], [t], params) => {
    const ans = bind1(convertPrimitive, [x], params);
    if (t instanceof Zero || !isInexact(params.newDtype)) return [[ans], [zeroTangent(ans)]];
    return [[ans], [bind1(convertPrimitive, [t], params)]];
  },
  transpose: /* @__PURE__ */ linearTranspose((ct, x) =>
    bind1(convertPrimitive, [ct], { newDtype: x.dtype, weakType: x.weakType }),
  ),
  batching: /* @__PURE__ */ vectorizedBatching(() => convertPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [x], index, { newDtype }) =>
      x.aval.dtype === newDtype ? x.at(index) : b.cast(x.at(index), newDtype),
  },
});

/** The value of a literal in another dtype: known at once, so that no equation is needed. */
function convertLiteral(x: ArrayImpl, aval: ShapedArray): NDArray {
  const data = convertHost(x.toHost(), x.dtype, aval.dtype);
  const value = scalarFromHost(data, 0, aval.dtype) as Scalar;
  return isEager() ? freshLiteral(value, aval) : literal(value, aval);
}

/**
 * Converts the elements to another dtype: floats to integers truncate and saturate with NaN to 0, integers wrap, and everything
 * but 0 is true. The array itself when nothing changes.
 * @param weakType Whether the result is weakly typed, as a lone number is.
 * @throws TypeError for dtypes that arrays cannot have, and for random keys.
 * @example
 * lax.convertElementType(jnp.array([1.7, -1.7]), "int32") // => Array([ 1, -1], dtype=int32)
 */
export function convertElementType(x: LaxOperand, newDtype: DTypeLike, weakType = false): NDArray {
  const dtype = asDType(newDtype);
  const array = unaryOperand(x, "convert_element_type");
  const weak = weakType && dtype !== bool;
  if (array.dtype === dtype && array.weakType === weak) return array === x ? array : unshared(array);
  // The only element of the tangents of integers is zero.
  if (array.dtype === float0 && !isKey(dtype)) return ops.full(array.shape, 0, dtype);
  if (array instanceof ArrayImpl && array.literal !== undefined && !isKey(dtype) && dtype !== float0) {
    requireComputable(dtype, "lax.convertElementType");
    return convertLiteral(array, shapedArray([], dtype, weak));
  }
  return bind1(convertPrimitive, [array], { newDtype: dtype, weakType: weak });
}

/** {@link convertElementType} as an equation even where nothing changes: JAX writes some of these down. */
export function writtenConversion(x: NDArray, newDtype: DType, weakType: boolean): NDArray {
  return bind1(convertPrimitive, [x], { newDtype, weakType });
}

/** A literal that the caller may keep, donate or delete. */
function unshared(x: NDArray): NDArray {
  return isEager() && x instanceof ArrayImpl && x.literal !== undefined ? freshLiteral(x.literal, x.aval) : x;
}

// bitcast_convert_type

interface BitcastParams {
  readonly [name: string]: unknown;
  readonly newDtype: DType;
}

function bitcastAval(x: ShapedArray, to: DType): ShapedArray {
  const from = x.dtype;
  if (from !== to && [from, to].some((d) => d.kind === "bool" || d.kind === "complex")) {
    throw new TypeError(
      "lax.bitcast_convert_type does not support bool or complex values unless the operand and destination types match. " +
        `Got operand dtype=${from.name}, new_dtype=dtype('${to.name}'). Consider using the arr.view() method instead.`,
    );
  }
  if (from !== to && [from, to].some((d) => isKey(d) || d === float0)) {
    throw new TypeError(
      `lax.bitcast_convert_type does not support ${isKey(from) ? from.name : to.name} values.`,
    );
  }
  requireComputable(to, "lax.bitcastConvertType");
  const strong = { dtype: to, weakType: false };
  if (from.bits === to.bits) return x.update(strong);
  if (from.bits > to.bits) return x.update({ ...strong, shape: [...x.shape, from.bits / to.bits] });
  const last = x.ndim === 0 ? 1 : x.shape[x.ndim - 1];
  if (last * from.bits !== to.bits) {
    throw new ValueError(
      `Attempting to convert array of shape ${shapeStr(x.shape)} from ${from.name} of size ${from.bits} bits ` +
        `to ${to.name} of size ${to.bits}, bits but ${last} * ${from.bits} != ${to.bits}`,
    );
  }
  return x.update({ ...strong, shape: x.shape.slice(0, -1) });
}

/** The unsigned integer of as many bits. */
function unsignedOf({ bits }: DType): DType {
  return bits === 8 ? uint8 : bits === 16 ? uint16 : bits === 32 ? uint32 : uint64;
}

/** Wider elements are cut into narrower ones or put together from them, the lowest bits first. */
function emitBitcast(b: ExprBuilder, x: Operand, index: readonly Expr[], to: DType): Expr {
  const from = x.aval.dtype;
  if (from === to) return x.at(index);
  if (from.bits === to.bits) return b.bitcast(x.at(index), to);
  // The bits are moved in words that hold the wider of the two.
  const wordType = from.bits === 64 || to.bits === 64 ? uint64 : uint32;
  const word = (at: readonly Expr[]) => b.cast(b.bitcast(x.at(at), unsignedOf(from)), wordType);
  const result = (bits: Expr) => b.bitcast(b.cast(bits, unsignedOf(to)), to);
  if (from.bits > to.bits) {
    const shift = b.op("mul", b.cast(index[index.length - 1], wordType), b.const(to.bits, wordType));
    return result(b.op("shift_right_logical", word(index.slice(0, -1)), shift));
  }
  let bits = word([...index, b.const(0, int32)]);
  for (let k = 1; k < to.bits / from.bits; k++) {
    const part = word([...index, b.const(k, int32)]);
    bits = b.op("or", bits, b.op("shift_left", part, b.const(from.bits * k, wordType)));
  }
  return result(bits);
}

const bitcastPrimitive: Primitive<BitcastParams> = definePrimitive<BitcastParams>({
  name: "bitcast_convert_type",
  abstractEval: ([x], { newDtype }) => [bitcastAval(x, newDtype)],
  reference: ([x], _params, [out]) => {
    const bytes = new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength).slice();
    return [hostArray(out.dtype, bytes.buffer)];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: ([x], [dim], params) => {
    // The last axis is made or consumed: the mapped axis must not be it.
    const narrow = x.dtype.bits < params.newDtype.bits;
    const front =
      narrow && dim === x.ndim - 1 && x.ndim > 1 ? ops.transpose(x, [x.ndim - 1, ...rangeTo(x.ndim - 1)]) : x;
    return [[bind1(bitcastPrimitive, [front], params)], [front === x ? dim : 0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [x], index, { newDtype }) => emitBitcast(b, x, index, newDtype),
  },
});
function rangeTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/**
 * Reads the bits of the elements as another dtype. To a narrower dtype a trailing axis is added, to a wider one the last axis is
 * consumed; the lowest byte comes first.
 * @throws TypeError for bool; ValueError when the last axis does not fill the wider dtype.
 * @example
 * lax.bitcastConvertType(jnp.array([1, -1]), "uint32") // => Array([1065353216, 3212836864], dtype=uint32)
 */
export function bitcastConvertType(x: LaxOperand, newDtype: DTypeLike): NDArray {
  return bind1(bitcastPrimitive, [unaryOperand(x, "bitcast_convert_type")], { newDtype: asDType(newDtype) });
}
