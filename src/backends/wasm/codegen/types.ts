import {
  type DType,
  float32,
  float64,
  isNarrowInteger,
  isWideInteger,
  keyFry,
} from "../../../dtypes/index.ts";
import type { FunctionBuilder, ValType } from "../asm/index.ts";

/** The WebAssembly type of one element in a scalar local: bool is 0 or 1, narrow integers are extended, a key is two words in an i64. */
export function scalarType(dtype: DType): ValType {
  if (dtype === float32) return "f32";
  if (dtype === float64) return "f64";
  if (dtype === keyFry || isWideInteger(dtype)) return "i64";
  return "i32";
}

/** Base-two logarithm of the bytes of an element in memory. */
export function sizeLog2(dtype: DType): number {
  return Math.log2(dtype.itemsize);
}

export function isUnsigned(dtype: DType): boolean {
  return dtype.kind === "uint" || dtype.kind === "bool";
}

/** Wraps the i32 on the stack to a narrow integer; nothing for other dtypes. */
export function wrapScalar(f: FunctionBuilder, dtype: DType): void {
  if (!isNarrowInteger(dtype)) return;
  const byte = dtype.bits === 8;
  if (dtype.kind === "uint") f.i32.const(byte ? 0xff : 0xffff).i32.and();
  else if (byte) f.i32.extend8_s();
  else f.i32.extend16_s();
}

/** Wraps the four lanes on the stack to a narrow integer; nothing for other dtypes. */
export function wrapVector(f: FunctionBuilder, dtype: DType): void {
  if (!isNarrowInteger(dtype)) return;
  if (dtype.kind === "uint") {
    f.i32x4.const(dtype.bits === 8 ? 0xff : 0xffff).v128.and();
    return;
  }
  const unused = 32 - dtype.bits;
  f.i32.const(unused).i32x4.shl().i32.const(unused).i32x4.shr_s();
}

/** The smallest and largest values of an integer dtype of up to 32 bits. */
export function integerBounds(dtype: DType): { readonly low: number; readonly high: number } {
  const { bits } = dtype;
  return dtype.kind === "int"
    ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 }
    : { low: 0, high: 2 ** bits - 1 };
}
