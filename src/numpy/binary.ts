import { type ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool, int32, isComplex, isFloating, isInexact, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { setName } from "../transforms/functionName.ts";
import { jit } from "../transforms/jit.ts";
import { concreteScalar } from "./concrete.ts";
import {
  convert,
  promoteArgs,
  promoteArgsInexact,
  promoteDTypes,
  promoteShapes,
  toArray,
} from "./promote.ts";
import { asUfunc } from "./ufunc.ts";
import { signbit, toBool } from "./unary.ts";
import { where } from "./where.ts";

type Binary = (x: ArrayLike, y: ArrayLike) => NDArray;

/** A primitive after promotion of dtypes and ranks. */
/* @__NO_SIDE_EFFECTS__ */
function promoted(name: string, op: (x: NDArray, y: NDArray) => NDArray): Binary {
  return setName((x: ArrayLike, y: ArrayLike) => {
    // Nothing to promote: the common case must be quick, because eager programs are made of it.
    if (x instanceof NDArray && y instanceof NDArray && x.aval === y.aval && !x.weakType) return op(x, y);
    const [a, b] = promoteArgs(name, x, y);
    return op(a, b);
  }, name);
}
/* @__NO_SIDE_EFFECTS__ */
function inexact(name: string, op: (x: NDArray, y: NDArray) => NDArray): Binary {
  return setName((x: ArrayLike, y: ArrayLike) => {
    const [a, b] = promoteArgsInexact(name, x, y);
    return op(a, b);
  }, name);
}
/** Promotion in which booleans count as int32. */
function numeric(name: string, x: ArrayLike, y: ArrayLike): NDArray[] {
  const args = promoteArgs(name, x, y);
  return args[0].dtype === bool ? args.map((a) => convert(a, int32)) : args;
}
/** A function that JAX compiles under its own name: it appears as a call in jaxprs. */
/* @__NO_SIDE_EFFECTS__ */
function named(name: string, f: Binary): Binary {
  const compiled = jit(f as (x: NDArray, y: NDArray) => NDArray, { name });
  return setName((x: ArrayLike, y: ArrayLike) => compiled(toArray(x, name, 0), toArray(y, name, 1)), name);
}
/** A constant with the dtype of `x`; beside a weak scalar it is weak too. */
const like = (x: NDArray, value: number): NDArray => scalar(value, x.dtype, x.weakType && x.ndim === 0);

/** x + y, elementwise with broadcasting; logical or for booleans. @example `String(jnp.add(1, 2)); // => "3"` */
export const add = asUfunc(
  promoted("add", (x, y) => (x.dtype === bool ? lax.bitwiseOr(x, y) : lax.add(x, y))),
  2,
  0,
);
/** x - y. @throws TypeError for booleans. @example `String(jnp.subtract(1, 2)); // => "-1"` */
export const subtract = asUfunc(promoted("subtract", lax.sub), 2, null);
/** x * y; logical and for booleans. @example `String(jnp.multiply(3, 2)); // => "6"` */
export const multiply = asUfunc(
  promoted("multiply", (x, y) => (x.dtype === bool ? lax.bitwiseAnd(x, y) : lax.mul(x, y))),
  2,
  1,
);
/** x / y as floats. @example `String(jnp.divide(1, 2)); // => "0.5"` */
export const divide = inexact("true_divide", lax.div);
export { divide as trueDivide };
/** Larger of x and y; NaN if either is NaN. @example `String(jnp.maximum(1, 2)); // => "2"` */
export const maximum = asUfunc(promoted("maximum", lax.max), 2, null);
/** Smaller of x and y; NaN if either is NaN. @example `String(jnp.minimum(1, 2)); // => "1"` */
export const minimum = asUfunc(promoted("minimum", lax.min), 2, null);
/** Like {@link maximum}, but NaN only if both are NaN. */
export const fmax = named("fmax", (x, y) => {
  const [a, b] = promoteArgs("fmax", x, y);
  return where(lax.bitwiseOr(greater(a, b), lax.ne(b, b)), a, b);
});
/** Like {@link minimum}, but NaN only if both are NaN. */
export const fmin = named("fmin", (x, y) => {
  const [a, b] = promoteArgs("fmin", x, y);
  return where(lax.bitwiseOr(less(a, b), lax.ne(b, b)), a, b);
});
/** x ** y as floats. */
export const floatPower = inexact("float_power", lax.pow);
/** Angle of the point (x2, x1), in radians. @example `String(jnp.arctan2(0, 1)); // => "0.0"` */
export const arctan2 = inexact("arctan2", lax.atan2);
export { arctan2 as atan2 };
/** The next representable number after x towards y. */
export const nextafter = inexact("nextafter", lax.nextafter);

/** x == y. @example `String(jnp.equal(1, 1)); // => "True"` */
export const equal = promoted("equal", lax.eq);
/** x != y. */
export const notEqual = promoted("not_equal", lax.ne);
/** A comparison; complex numbers compare by real, then by imaginary part. */
/* @__NO_SIDE_EFFECTS__ */
function ordering(name: string, op: (x: NDArray, y: NDArray) => NDArray): Binary {
  return promoted(name, (x, y) => {
    if (!isComplex(x.dtype)) return op(x, y);
    const same = lax.eq(lax.real(x), lax.real(y));
    const byImaginary = op(lax.imag(x), lax.imag(y));
    return lax.select(same, byImaginary, op(lax.real(x), lax.real(y)));
  });
}
/** x < y; complex numbers compare by real, then by imaginary part. */
export const less = ordering("less", lax.lt);
/** x <= y; see {@link less}. */
export const lessEqual = ordering("less_equal", lax.le);
/** x > y; see {@link less}. */
export const greater = ordering("greater", lax.gt);
/** x >= y; see {@link less}. */
export const greaterEqual = ordering("greater_equal", lax.ge);

/** Bitwise and. @throws TypeError for floats. */
export const bitwiseAnd = asUfunc(promoted("bitwise_and", lax.bitwiseAnd), 2, -1);
/** Bitwise or. */
export const bitwiseOr = asUfunc(promoted("bitwise_or", lax.bitwiseOr), 2, 0);
/** Bitwise exclusive or. */
export const bitwiseXor = asUfunc(promoted("bitwise_xor", lax.bitwiseXor), 2, 0);
/** Truth of both. */
export const logicalAnd = asUfunc(
  promoted("logical_and", (x, y) => lax.bitwiseAnd(toBool(x), toBool(y))),
  2,
  true,
);
/** Truth of either. */
export const logicalOr = asUfunc(
  promoted("logical_or", (x, y) => lax.bitwiseOr(toBool(x), toBool(y))),
  2,
  false,
);
/** Truth of exactly one. */
export const logicalXor = asUfunc(
  promoted("logical_xor", (x, y) => lax.bitwiseXor(toBool(x), toBool(y))),
  2,
  false,
);
/** x * 2**y on integers; 0 when y is the width or more. */
export const leftShift: Binary = (x, y) => {
  const [a, b] = numeric("left_shift", x, y);
  return lax.shiftLeft(a, b);
};
/** x shifted right: arithmetically for signed, logically for unsigned integers. */
export const rightShift: Binary = (x, y) => {
  const [a, b] = numeric("right_shift", x, y);
  return a.dtype.kind === "uint" ? lax.shiftRightLogical(a, b) : lax.shiftRightArithmetic(a, b);
};
export { leftShift as bitwiseLeftShift, rightShift as bitwiseRightShift };

/** x - floor(x / y) * y: the remainder has the divisor's sign. @example `String(jnp.remainder(-1, 3)); // => "2"` */
export const remainder = named("remainder", (x, y) => {
  const [a, divisor] = numeric("remainder", x, y);
  const b = isInteger(divisor.dtype)
    ? where(lax.eq(divisor, like(divisor, 0)), like(divisor, 1), divisor)
    : divisor;
  const truncated = lax.rem(a, b);
  const nonzero = lax.ne(truncated, like(truncated, 0));
  const signsDiffer = lax.ne(lax.lt(truncated, like(truncated, 0)), lax.lt(b, like(b, 0)));
  return lax.select(lax.bitwiseAnd(signsDiffer, nonzero), lax.add(truncated, b), truncated);
});
export { remainder as mod };
/** C's remainder: the sign of the dividend. */
export const fmod = named("fmod", (x, y) => {
  let divisor = toArray(y, "fmod");
  const [probe] = promoteDTypes([toArray(x, "fmod"), divisor]);
  if (isInteger(probe.dtype)) divisor = where(lax.eq(divisor, like(divisor, 0)), like(divisor, 1), divisor);
  const [a, b] = numeric("fmod", x, divisor);
  return lax.rem(a, b);
});

/** Quotient and remainder of floats, as Python defines them. */
function floatDivmod(x: NDArray, y: NDArray): [NDArray, NDArray] {
  const mod = lax.rem(x, y);
  const exact = where(lax.eq(y, like(y, 0)), x, lax.sub(x, mod));
  const quotient = lax.div(exact, y);
  const adjust = lax.bitwiseAnd(lax.ne(mod, like(mod, 0)), lax.ne(lax.sign(y), lax.sign(mod)));
  const newMod = lax.select(adjust, lax.add(mod, y), mod);
  const newQuotient = lax.select(adjust, lax.sub(quotient, like(quotient, 1)), quotient);
  return [lax.round(newQuotient), newMod];
}
/** floor(x / y). Integer division by zero gives -1. @example `String(jnp.floorDivide(-7, 2)); // => "-4"` */
export const floorDivide = named("floor_divide", (x, y) => {
  const [a, b] = numeric("floor_divide", x, y);
  if (isFloating(a.dtype)) return floatDivmod(a, b)[0];
  const quotient = lax.div(a, b);
  if (a.dtype.kind === "uint") return quotient;
  const signsDiffer = lax.ne(lax.sign(a), lax.sign(b));
  const inexactDivision = lax.ne(lax.rem(a, b), like(a, 0));
  const adjust = lax.bitwiseAnd(signsDiffer, inexactDivision);
  return where(adjust, lax.sub(quotient, like(quotient, 1)), quotient);
});
const divmodJit = jit(
  (x: NDArray, y: NDArray): [NDArray, NDArray] => {
    const [a, b] = numeric("divmod", x, y);
    return isFloating(a.dtype) ? floatDivmod(a, b) : [floorDivide(a, b), remainder(a, b)];
  },
  { name: "divmod" },
);
/** `[floorDivide(x, y), remainder(x, y)]`. */
export const divmod = (x: ArrayLike, y: ArrayLike): [NDArray, NDArray] =>
  divmodJit(toArray(x, "divmod", 0), toArray(y, "divmod", 1));

/**
 * x ** y. A whole number as exponent multiplies; integer arrays give integers (negative exponents give 0, or what wrapping leaves).
 *
 * @example
 * ```ts
 * String(jnp.power(jnp.array([1, 2]), 3)); // => "[1. 8.]"
 * ```
 */
export const power: Binary = (x, y) => {
  const base = toArray(x, "power", 0);
  const exponent = toArray(y, "power", 1);
  const n = concreteScalar(exponent);
  if (n !== null && isInteger(exponent.dtype)) {
    return lax.integerPow(base.dtype === bool ? convert(base, int32) : base, Number(n));
  }
  const [a, b] = promoteShapes([base, exponent], "power");
  const [pa, pb] = numeric("power", a, b);
  if (isInteger(pa.dtype)) return integerPower(pa, pb);
  // A float base keeps an integer exponent, so that the derivative at 0 is right.
  return isInexact(a.dtype) && isInteger(b.dtype) ? lax.pow(a, b) : lax.pow(pa, pb);
};
export { power as pow };

/** Square and multiply over the six bits that can matter: anything more overflows. */
function integerPower(x: NDArray, y: NDArray): NDArray {
  const zero = like(y, 0);
  const one = like(y, 1);
  let acc = where(lax.bitwiseAnd(lax.eq(x, zero), lax.ne(y, zero)), zero, one);
  let base = x;
  let bits = y;
  for (let i = 0; i < 6; i++) {
    acc = where(lax.bitwiseAnd(bits, one), lax.mul(acc, base), acc);
    base = lax.mul(base, base);
    bits = lax.shiftRightLogical(bits, one);
  }
  return acc;
}

/** |x1| with the sign of x2. */
export const copysign = named("copysign", (x, y) => {
  const [a, b] = promoteArgsInexact("copysign", x, y);
  if (isComplex(a.dtype)) throw new TypeError("copysign does not support complex-valued inputs");
  return where(signbit(b), lax.neg(lax.abs(a)), lax.abs(a));
});
/** 0 below zero, 1 above, x2 at zero; NaN for NaN. */
export const heaviside = named("heaviside", (x, y) => {
  const [a, b] = promoteArgsInexact("heaviside", x, y);
  const isNaN = lax.ne(a, a);
  const atZero = where(isNaN, a, b);
  return where(lax.lt(a, like(a, 0)), like(a, 0), where(lax.gt(a, like(a, 0)), like(a, 1), atZero));
});
/** sqrt(x1^2 + x2^2) without overflow. @example `String(jnp.hypot(3, 4)); // => "5.0"` */
export const hypot = named("hypot", (x, y) => {
  const args = promoteArgsInexact("hypot", x, y);
  if (isComplex(args[0].dtype)) {
    throw new ValueError(
      "jnp.hypot is not well defined for complex-valued inputs. Please convert to real values first, such as by using jnp.real(x)",
    );
  }
  const [a, b] = args.map((v) => lax.abs(v));
  const inf = like(a, Number.POSITIVE_INFINITY);
  const isInf = lax.bitwiseOr(lax.eq(a, inf), lax.eq(b, inf));
  const large = lax.max(a, b);
  const small = lax.min(a, b);
  const zero = (): NDArray => lax.eq(large, like(large, 0));
  const atZero = zero();
  const safe = where(zero(), lax.fullLike(large, 1), large);
  const ratio = lax.square(lax.div(small, safe));
  const length = lax.mul(large, lax.sqrt(lax.add(like(ratio, 1), ratio)));
  const result = where(atZero, large, length);
  return where(isInf, like(result, Number.POSITIVE_INFINITY), result);
});

/** log(e^x1 + e^x2) without overflow. */
export const logaddexp = asUfunc(inexact("logaddexp", lax.logaddexp), 2, Number.NEGATIVE_INFINITY);
/** log2(2^x1 + 2^x2) without overflow. */
export const logaddexp2 = asUfunc(inexact("logaddexp2", lax.logaddexp2), 2, Number.NEGATIVE_INFINITY);
