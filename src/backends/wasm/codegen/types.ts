import { bool, type DType, float32, float64, int32, keyFry, uint8, uint32 } from "../../../dtypes/index.ts";
import type { ValType } from "../asm/index.ts";

/** The WebAssembly type of one element in a scalar local: bool is 0 or 1, uint8 zero-extended, a key two words in an i64. */
export function scalarType(dtype: DType): ValType {
  if (dtype === float32) return "f32";
  if (dtype === float64) return "f64";
  if (dtype === keyFry) return "i64";
  return "i32";
}

/** Base-two logarithm of the bytes of an element in memory. */
export function sizeLog2(dtype: DType): number {
  switch (dtype) {
    case bool:
    case uint8:
      return 0;
    case float32:
    case int32:
    case uint32:
      return 2;
    case float64:
    case keyFry:
      return 3;
    default:
      throw new TypeError(`WebAssembly code for dtype ${dtype.name} is not supported.`);
  }
}

export function isUnsigned(dtype: DType): boolean {
  return dtype === uint8 || dtype === uint32 || dtype === bool;
}
