import { type ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import {
  bool,
  Complex,
  float32,
  int32,
  isComplex,
  isFloating,
  isInexact,
  isInteger,
  uint8,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { joinParts } from "../lax/complex.ts";
import * as lax from "../lax/index.ts";
import { constLike } from "../lax/operands.ts";
import { customJvp } from "../transforms/customJvp.ts";
import { setName } from "../transforms/functionName.ts";
import { jit } from "../transforms/jit.ts";
import { convert, promoteArgs, promoteArgsInexact, promoteDTypesInexact, toArray } from "./promote.ts";
import { asUfunc } from "./ufunc.ts";
import { where } from "./where.ts";

/** The operand as a floating array: integers and booleans become float32. */
function inexact(x: ArrayLike, name: string): NDArray {
  return promoteArgsInexact(name, x)[0];
}

/** A function of floats, elementwise. */
/* @__NO_SIDE_EFFECTS__ */
function float(name: string, op: (x: NDArray) => NDArray): (x: ArrayLike) => NDArray {
  return setName((x: ArrayLike) => op(inexact(x, name)), name);
}
/** Rounding leaves integers and booleans as they are. */
/* @__NO_SIDE_EFFECTS__ */
function rounding(name: string, op: (x: NDArray) => NDArray): (x: ArrayLike) => NDArray {
  return setName((x: ArrayLike) => {
    const array = toArray(x, name);
    return isInexact(array.dtype) ? op(array) : array;
  }, name);
}

/** The constant `value` with the dtype of `x`. */
const like = (x: NDArray, value: number): NDArray => scalar(value, x.dtype);

/** Exponential e^x, elementwise. Integers become float32. @example `String(jnp.exp(0)); // => "1.0"` */
export const exp = float("exp", lax.exp);
/** 2^x, elementwise. @example `String(jnp.exp2(3)); // => "8.0"` */
export const exp2 = float("exp2", lax.exp2);
/** e^x - 1, accurate near zero. @example `String(jnp.expm1(0)); // => "0.0"` */
export const expm1 = float("expm1", lax.expm1);
/** Natural logarithm; -Infinity at 0, NaN below. @example `String(jnp.log(1)); // => "0.0"` */
export const log = float("log", lax.log);
/** log(1 + x), accurate near zero. @example `String(jnp.log1p(0)); // => "0.0"` */
export const log1p = float("log1p", lax.log1p);
/** Base-2 logarithm. @example `String(jnp.log2(8)); // => "3.0"` */
export const log2 = float("log2", (x) => lax.div(lax.log(x), lax.log(like(x, 2))));
/** Base-10 logarithm. @example `String(jnp.log10(1)); // => "0.0"` */
export const log10 = float("log10", (x) => lax.mul(lax.log(x), like(x, Math.LOG10E)));
/** Square root; NaN below zero. @example `String(jnp.sqrt(4)); // => "2.0"` */
export const sqrt = float("sqrt", lax.sqrt);
/** Cube root. @example `String(jnp.cbrt(-8)); // => "-2.0"` */
export const cbrt = float("cbrt", lax.cbrt);
/** Sine; x in radians. @example `String(jnp.sin(0)); // => "0.0"` */
export const sin = float("sin", lax.sin);
/** Cosine; x in radians. @example `String(jnp.cos(0)); // => "1.0"` */
export const cos = float("cos", lax.cos);
/** Tangent; x in radians. @example `String(jnp.tan(0)); // => "0.0"` */
export const tan = float("tan", lax.tan);
/** Inverse sine, in radians; NaN outside [-1, 1]. @example `String(jnp.arcsin(0)); // => "0.0"` */
export const arcsin = float("arcsin", lax.asin);
/** Inverse cosine, in radians; NaN outside [-1, 1]. @example `String(jnp.arccos(1)); // => "0.0"` */
export const arccos = float("arccos", lax.acos);
/** Inverse tangent, in radians. @example `String(jnp.arctan(0)); // => "0.0"` */
export const arctan = float("arctan", lax.atan);
/** Hyperbolic sine. @example `String(jnp.sinh(0)); // => "0.0"` */
export const sinh = float("sinh", lax.sinh);
/** Hyperbolic cosine. @example `String(jnp.cosh(0)); // => "1.0"` */
export const cosh = float("cosh", lax.cosh);
/** Hyperbolic tangent. @example `String(jnp.tanh(0)); // => "0.0"` */
export const tanh = float("tanh", lax.tanh);
/** Inverse hyperbolic sine. @example `String(jnp.arcsinh(0)); // => "0.0"` */
export const arcsinh = float("arcsinh", lax.asinh);
const acoshJit = jit((x: NDArray) => lax.acosh(inexact(x, "arccosh")), { name: "arccosh" });
/** Inverse hyperbolic cosine; NaN below 1. @example `String(jnp.arccosh(1)); // => "0.0"` */
export const arccosh = (x: ArrayLike): NDArray => acoshJit(toArray(x, "arccosh"));
/** Inverse hyperbolic tangent; NaN outside [-1, 1]. @example `String(jnp.arctanh(0)); // => "0.0"` */
export const arctanh = float("arctanh", lax.atanh);
export {
  arccos as acos,
  arccosh as acosh,
  arcsin as asin,
  arcsinh as asinh,
  arctan as atan,
  arctanh as atanh,
};

/** Largest integer not above x. Integers are returned as they are. @example `String(jnp.floor(-1.5)); // => "-2.0"` */
export const floor = rounding("floor", lax.floor);
/** Smallest integer not below x. @example `String(jnp.ceil(-1.5)); // => "-1.0"` */
export const ceil = rounding("ceil", lax.ceil);
const truncJit = jit(
  (x: NDArray) => (isInexact(x.dtype) ? where(lax.lt(x, like(x, 0)), lax.ceil(x), lax.floor(x)) : x),
  { name: "trunc" },
);
/** The integer part, toward zero. @example `String(jnp.trunc(-1.5)); // => "-1.0"` */
export const trunc = (x: ArrayLike): NDArray => truncJit(toArray(x, "trunc"));
export { trunc as fix };

const roundEven = (x: NDArray) => lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN);
const rintJit = jit(
  (x: NDArray) => {
    if (isComplex(x.dtype)) return joinParts(roundEven(lax.real(x)), roundEven(lax.imag(x)));
    return isFloating(x.dtype) ? roundEven(x) : convert(x, float32);
  },
  { name: "rint" },
);
/** Nearest integer, halves to even. @example `String(jnp.rint(2.5)); // => "2.0"` */
export const rint = (x: ArrayLike): NDArray => rintJit(toArray(x, "rint"));

/** -x. @throws TypeError for booleans. @example `String(jnp.negative(2)); // => "-2"` */
export const negative = asUfunc(
  setName((x: ArrayLike): NDArray => lax.neg(toArray(x, "negative")), "negative"),
  1,
  null,
);
/** x itself. */
export const positive = (x: ArrayLike): NDArray => toArray(x, "positive");
/** Absolute value. @example `String(jnp.abs(-2)); // => "2"` */
export const absolute = (x: ArrayLike): NDArray => {
  const array = toArray(x, "absolute");
  return array.dtype === bool || array.dtype.kind === "uint" ? array : lax.abs(array);
};
export { absolute as abs };
/** Absolute value as a float. @throws TypeError for complex numbers. */
export const fabs = float("fabs", (x) => {
  if (isComplex(x.dtype)) throw new TypeError("ufunc 'fabs' does not support complex dtypes");
  return lax.abs(x);
});
/** -1, 0 or 1; NaN for NaN. @example `String(jnp.sign(-3)); // => "-1"` */
export const sign = (x: ArrayLike): NDArray => lax.sign(toArray(x, "sign"));
/** x * x. @example `String(jnp.square(3)); // => "9"` */
export const square = (x: ArrayLike): NDArray => {
  const array = toArray(x, "square");
  return lax.square(array.dtype === bool ? convert(array, int32) : array);
};
/** 1 / x. @example `String(jnp.reciprocal(4)); // => "0.25"` */
export const reciprocal = (x: ArrayLike): NDArray =>
  lax.integerPow(promoteDTypesInexact([toArray(x, "reciprocal")])[0], -1);
/** Degrees to radians. */
export const deg2rad = float("deg2rad", (x) => lax.mul(x, constLike(x, Math.PI / 180)));
/** Radians to degrees. */
export const rad2deg = float("rad2deg", (x) => lax.mul(x, constLike(x, 180 / Math.PI)));
export { deg2rad as radians, rad2deg as degrees };

/** Bitwise (integers) or logical (booleans) complement. @example `String(jnp.invert(0)); // => "-1"` */
export const invert = (x: ArrayLike): NDArray => lax.bitwiseNot(promoteArgs("invert", x)[0]);
export { invert as bitwiseInvert, invert as bitwiseNot };

/** True where x is NaN. @example `String(jnp.isnan(NaN)); // => "True"` */
export const isnan = (x: ArrayLike): NDArray => {
  const array = toArray(x, "isnan");
  return lax.ne(array, array);
};
/** True where x is neither infinite nor NaN. @example `String(jnp.isfinite(1)); // => "True"` */
export const isfinite = (x: ArrayLike): NDArray => {
  const array = toArray(x, "isfinite");
  if (isComplex(array.dtype)) return lax.bitwiseAnd(isfinite(lax.real(array)), isfinite(lax.imag(array)));
  return isFloating(array.dtype) ? lax.isFinite(array) : lax.full(array.shape, true, bool);
};
const isinfJit = jit(
  (x: NDArray): NDArray => {
    const infinite = (v: NDArray) => lax.eq(lax.abs(v), like(v, Number.POSITIVE_INFINITY));
    if (isComplex(x.dtype)) return lax.bitwiseOr(infinite(lax.real(x)), infinite(lax.imag(x)));
    return isFloating(x.dtype) ? infinite(x) : lax.full(x.shape, false, bool);
  },
  { name: "isinf" },
);
/** True where x is plus or minus infinity. @example `String(jnp.isinf(1)); // => "False"` */
export const isinf = (x: ArrayLike): NDArray => isinfJit(toArray(x, "isinf"));
function signedInf(x: ArrayLike, name: string, value: number): NDArray {
  const array = toArray(x, name);
  return isFloating(array.dtype) ? lax.eq(array, like(array, value)) : lax.full(array.shape, false, bool);
}
/** True where x is plus infinity. */
export const isposinf = (x: ArrayLike): NDArray => signedInf(x, "isposinf", Number.POSITIVE_INFINITY);
/** True where x is minus infinity. */
export const isneginf = (x: ArrayLike): NDArray => signedInf(x, "isneginf", Number.NEGATIVE_INFINITY);

const signbitJit = jit(
  (x: NDArray) => {
    if (isComplex(x.dtype)) throw new ValueError(`jax.numpy.signbit is not well defined for ${x.dtype}`);
    if (isInteger(x.dtype)) return lax.lt(x, like(x, 0));
    if (x.dtype === bool) return lax.full(x.shape, false, bool);
    // Rounding to float32 keeps the sign, that of zero included.
    const word = lax.bitcastConvertType(convert(x, float32), int32);
    return convert(lax.shiftRightArithmetic(word, scalar(31, int32)), bool);
  },
  { name: "signbit" },
);
/** True where the sign bit is set, -0 included. @example `String(jnp.signbit(-0)); // => "True"` */
export const signbit = (x: ArrayLike): NDArray => signbitJit(toArray(x, "signbit"));

/** Logical not: true where x is zero. @example `String(jnp.logicalNot(0)); // => "True"` */
export const logicalNot = (x: ArrayLike): NDArray => lax.bitwiseNot(toBool(toArray(x, "logicalNot")));
/** x != 0. */
export function toBool(x: NDArray): NDArray {
  return x.dtype === bool ? x : lax.ne(x, constLike(x, 0));
}
/** Whether an argument is a scalar: a number, bigint, boolean, complex number or an array without axes. @example `jnp.isscalar(3); // => true` */
export const isscalar = (x: unknown): boolean =>
  typeof x === "number" ||
  typeof x === "bigint" ||
  typeof x === "boolean" ||
  x instanceof Complex ||
  (x instanceof NDArray && x.ndim === 0);

const bitwiseCountJit = jit(
  (x: NDArray) => convert(lax.populationCount(absolute(x.dtype === bool ? convert(x, int32) : x)), uint8),
  { name: "bitwise_count" },
);
/** The number of set bits of |x|, uint8. @example `String(jnp.bitwiseCount(jnp.array(7n))); // => "3"` */
export const bitwiseCount = (x: ArrayLike): NDArray => bitwiseCountJit(toArray(x, "bitwiseCount"));

/** The k-th derivative of sin(x)/x at 0, as a function of x that has the right derivatives in turn. */
function sincAtZero(k: number): (x: NDArray) => NDArray {
  const name = "_sinc_maclaurin";
  const f = customJvp(
    (x: NDArray): NDArray => {
      const zero = lax.mul(x, constLike(x, 0));
      return k % 2 === 1 ? zero : lax.add(zero, constLike(x, (-1) ** (k / 2) / (k + 1)));
    },
    { name },
  );
  f.defjvp(([x], [t]) => [f(x), lax.mul(sincAtZero(k + 1)(x), t)]);
  return f;
}
const sincJit = jit(
  (x0: NDArray) => {
    const [x] = promoteDTypesInexact([x0]);
    const isZero = lax.eq(x, constLike(x, 0));
    const pix = lax.mul(constLike(x, Math.PI), x);
    const safe = where(isZero, constLike(x, 1), pix);
    return where(isZero, sincAtZero(0)(pix), lax.div(lax.sin(safe), safe));
  },
  { name: "sinc" },
);
/** sin(pi x) / (pi x), 1 at 0, with the right derivatives there. @example `String(jnp.sinc(0)); // => "1.0"` */
export const sinc = (x: ArrayLike): NDArray => sincJit(toArray(x, "sinc"));
