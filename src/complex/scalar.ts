import { Complex as ComplexNumber } from "../dtypes/index.ts";
import { withComplex } from "../kernels/complex.ts";

/** A complex number: `new Complex(re, im)`. @example `String(jnp.array(new Complex(1, 2))); // => "(1+2j)"` */
export const Complex = /* @__PURE__ */ withComplex(ComplexNumber);
export type Complex = ComplexNumber;
