import type { ArrayLike, NDArray } from "../core/array.ts";
import { isComplex, realDType, toComplexDType, toInexactDType } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { constLike } from "../lax/operands.ts";
import { jit } from "../transforms/jit.ts";
import { convert, toArray } from "./promote.ts";
import { rad2deg } from "./unary.ts";

/** Complex conjugate; real arrays are their own. @example `String(jnp.conj(jnp.complex64(new Complex(1, 2)))); // => "(1-2j)"` */
export const conjugate = (x: ArrayLike): NDArray => {
  const array = toArray(x, "conjugate");
  return isComplex(array.dtype) ? lax.conj(array) : array;
};
/** The real part; real arrays are their own. @example `String(jnp.real(new Complex(1, 2))); // => "1.0"` */
export const real = (x: ArrayLike): NDArray => {
  const array = toArray(x, "real");
  return isComplex(array.dtype) ? lax.real(array) : array;
};
export { conjugate as conj };
/** The imaginary part: zeros for real arrays. @example `String(jnp.imag(new Complex(1, 2))); // => "2.0"` */
export const imag = (x: ArrayLike): NDArray => {
  const array = toArray(x, "imag");
  return isComplex(array.dtype) ? lax.imag(array) : lax.fullLike(array, 0);
};
const angleJit = jit(
  (z: NDArray, deg: boolean): NDArray => {
    const dtype = toInexactDType(realDType(z.dtype));
    const [re, im] = [real(z), imag(z)].map((part) => convert(part, dtype, part.weakType));
    const result = lax.atan2(im, re);
    return deg ? rad2deg(result) : result;
  },
  { name: "angle", staticArgnums: 1 },
);
/**
 * The angle of complex numbers, counterclockwise from the positive real axis: `atan2(imag, real)`.
 * @param options.deg in degrees
 * @example `String(jnp.angle(new Complex(0, 1))); // => "1.5707964"`
 */
export const angle = (z: ArrayLike, deg: boolean | { deg?: boolean } = false): NDArray =>
  angleJit(toArray(z, "angle"), typeof deg === "object" ? deg.deg === true : deg);

/** True where the imaginary part is zero. */
export const isreal = (x: ArrayLike): NDArray => {
  const part = imag(x);
  return lax.eq(part, constLike(part, 0));
};
/** True where the imaginary part is not zero. */
export const iscomplex = (x: ArrayLike): NDArray => {
  const part = imag(x);
  return lax.ne(part, constLike(part, 0));
};

/** Whether the dtype is complex, whatever the elements are. @example `jnp.iscomplexobj(jnp.complex64(1)); // => true` */
export const iscomplexobj = (x: ArrayLike): boolean => isComplex(toArray(x, "iscomplexobj").dtype);
/** Whether the dtype is not complex. @example `jnp.isrealobj(1); // => true` */
export const isrealobj = (x: ArrayLike): boolean => !iscomplexobj(x);

const sortComplexJit = jit(
  (a: NDArray): NDArray => convert(lax.sort(a, { dimension: 0 }), toComplexDType(a.dtype)),
  { name: "sort_complex" },
);
/** The elements sorted along the first axis, as complex numbers: by real, then by imaginary part. */
export const sortComplex = (a: ArrayLike): NDArray => sortComplexJit(toArray(a, "sort_complex"));
