import type { ArrayLike, NDArray } from "../core/array.ts";
import * as dt from "../dtypes/index.ts";
import { array } from "./creation.ts";

/** A dtype as a function: `jnp.int32([1, 2])` makes an array, and `jnp.int32` can be given wherever a dtype is. */
export interface ScalarType {
  (x: ArrayLike): NDArray;
  readonly dtype: dt.DType;
}

function scalarType(dtype: dt.DType): ScalarType {
  const make = (x: ArrayLike): NDArray => array(x, { dtype });
  Object.defineProperty(make, "name", { value: dtype.name });
  return Object.assign(make, { dtype, toString: () => dtype.name });
}

/** Booleans. @example `String(jnp.bool([1, 0])); // => "[ True False]"` */
export const bool = scalarType(dt.bool);
export { bool as bool_ };
/** 32-bit signed integers. @example `String(jnp.int32([1, 2])); // => "[1 2]"` */
export const int32 = scalarType(dt.int32);
/** 32-bit unsigned integers. */
export const uint32 = scalarType(dt.uint32);
/** 8-bit unsigned integers. */
export const uint8 = scalarType(dt.uint8);
/** 32-bit floats. */
export const float32 = scalarType(dt.float32);
/** 64-bit floats. */
export const float64 = scalarType(dt.float64);
export { float32 as single, float64 as double };

// Names of the other dtypes: they can be given to promoteTypes, finfo and iinfo; making arrays of them is an error that says so.
export const int8 = scalarType(dt.int8);
export const int16 = scalarType(dt.int16);
export const int64 = scalarType(dt.int64);
export const uint16 = scalarType(dt.uint16);
export const uint64 = scalarType(dt.uint64);
export const bfloat16 = scalarType(dt.bfloat16);
export const float16 = scalarType(dt.float16);
export const complex64 = scalarType(dt.complex64);
export const complex128 = scalarType(dt.complex128);
