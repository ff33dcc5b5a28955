import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { finfo, float0, int16, int32, isComplex, isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { customJvp } from "../transforms/customJvp.ts";
import { jit } from "../transforms/jit.ts";
import * as bi from "./binary.ts";
import { convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { ceil, exp2, floor, isinf, isnan, negative } from "./unary.ts";
import { where } from "./where.ts";

const modfJit = jit(
  (x0: NDArray): [NDArray, NDArray] => {
    const [x] = promoteDTypesInexact([x0]);
    const whole = where(lax.ge(x, scalar(0, x.dtype)), floor(x), ceil(x));
    return [bi.subtract(x, whole), whole];
  },
  { name: "modf" },
);
/** `[fraction, whole]`: both with the sign of x. @example `String(jnp.modf(2.5)); // => "0.5,2.0"` */
export const modf = (x: ArrayLike): [NDArray, NDArray] => modfJit(toArray(x, "modf"));

/** @throws TypeError for dtypes whose bits cannot be taken apart here */
function requireWord(x: NDArray, name: string): void {
  if (x.dtype.bits > 32)
    throw new TypeError(
      `jnp.${name} supports floats of up to 32 bits here, got ${x.dtype}: convert with astype(jnp.float32).`,
    );
}

/** Fraction in [0.5, 1) and exponent from the bits of a float. */
const frexpCustom = customJvp(
  (x: NDArray): [NDArray, NDArray] => {
    const { dtype } = x;
    const { nmant, nexp, bits: width, smallestNormal } = finfo(dtype);
    const word = width === 16 ? int16 : int32;
    const int = (v: number): NDArray => scalar(v, word);
    const bias = 2 ** (nexp - 1) - 1;
    const ones = 2 ** nexp - 1;
    // Subnormals are scaled up first.
    const small = lax.lt(lax.abs(x), scalar(smallestNormal, dtype));
    const scaled = where(small, lax.mul(x, scalar(2 ** nmant, dtype)), x);
    const shift = where(small, int(-nmant), int(0));
    const bits = lax.bitcastConvertType(scaled, word);
    const field = lax.bitwiseAnd(lax.shiftRightArithmetic(bits, int(nmant)), int(ones));
    const exponent = lax.add(shift, lax.sub(field, int(bias - 1)));
    const mantissa = lax.bitwiseOr(lax.bitwiseAnd(bits, int(~(ones << nmant))), int((bias - 1) << nmant));
    const special = bi.logicalOr(bi.logicalOr(isinf(x), isnan(x)), lax.eq(x, scalar(0, dtype)));
    return [
      where(special, x, lax.bitcastConvertType(mantissa, dtype)),
      convert(where(special, int(0), exponent), int32),
    ];
  },
  { name: "_frexp" },
);
frexpCustom.defjvp(([x], [t]) => {
  const [m, e] = frexpCustom(x);
  return [
    [m, e],
    [lax.mul(t, exp2(negative(convert(e, t.dtype)))), lax.full(e.shape, 0, float0)],
  ] as never;
});
const frexpJit = jit(
  (x0: NDArray): [NDArray, NDArray] => {
    const [x] = promoteDTypesInexact([x0]);
    requireWord(x, "frexp");
    return frexpCustom(x);
  },
  { name: "frexp" },
);
/** `[m, e]` with x = m * 2^e and 0.5 <= |m| < 1; zeros, infinities and NaN give themselves and 0. @example `String(jnp.frexp(8)); // => "0.5,4"` */
export const frexp = (x: ArrayLike): [NDArray, NDArray] => frexpJit(toArray(x, "frexp"));

const ldexpJit = jit(
  (x1: NDArray, x2: NDArray): NDArray => {
    if (isFloating(x2.dtype) || isComplex(x1.dtype) || isComplex(x2.dtype))
      throw new ValueError(`ldexp not supported for input types (${x1.dtype}, ${x2.dtype})`);
    const [x] = promoteDTypesInexact([x1]);
    requireWord(x, "ldexp");
    // The exponent is taken apart first, so that a small x1 and a large x2 do not overflow on the way.
    const [m0, e0] = frexp(x);
    const e1 = bi.add(e0, x2);
    const positive = bi.greater(e1, 0);
    const m = where(positive, bi.multiply(m0, 2), m0);
    const e = where(positive, bi.subtract(e1, 1), e1);
    const result = bi.multiply(m, exp2(convert(e, x.dtype)));
    return where(bi.logicalOr(isinf(x), bi.equal(x, 0)), x, result);
  },
  { name: "ldexp" },
);
/** x1 * 2^x2 for integer x2. @example `String(jnp.ldexp(3, 2n)); // => "12.0"` */
export const ldexp = (x1: ArrayLike, x2: ArrayLike): NDArray =>
  ldexpJit(toArray(x1, "ldexp", 0), toArray(x2, "ldexp", 1));
