import type { ArrayLike, NDArray } from "../core/array.ts";
import * as dt from "../dtypes/index.ts";
import { withComplex } from "../kernels/complex.ts";
import { array } from "./creation.ts";

/** A dtype as a function: `jnp.int32([1, 2])` makes an array, and `jnp.int32` can be given wherever a dtype is. */
export interface ScalarType {
  (x: ArrayLike): NDArray;
  readonly dtype: dt.DType;
}

/* @__NO_SIDE_EFFECTS__ */
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

/** 8-bit signed integers. */
export const int8 = scalarType(dt.int8);
/** 16-bit signed integers. */
export const int16 = scalarType(dt.int16);
/** 64-bit signed integers. */
export const int64 = scalarType(dt.int64);
/** 16-bit unsigned integers. */
export const uint16 = scalarType(dt.uint16);
/** 64-bit unsigned integers. */
export const uint64 = scalarType(dt.uint64);
/** 16-bit floats with the exponents of float32. */
export const bfloat16 = scalarType(dt.bfloat16);
/** 16-bit floats. */
export const float16 = scalarType(dt.float16);
/** Complex numbers of two 32-bit floats. @example `String(jnp.complex64([1, new Complex(0, 2)])); // => "[1.+0.j 0.+2.j]"` */
export const complex64 = /* @__PURE__ */ withComplex(scalarType(dt.complex64));
/** Complex numbers of two 64-bit floats. */
export const complex128 = /* @__PURE__ */ withComplex(scalarType(dt.complex128));
// NumPy's default dtypes, which are the 32-bit ones here.
export {
  complex64 as complex_,
  complex64 as csingle,
  complex128 as cdouble,
  float32 as float_,
  int32 as int_,
  uint32 as uint,
};
