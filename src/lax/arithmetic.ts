import type { NDArray } from "../core/array.ts";
import { mul as complexProduct, div as complexQuotient } from "../core/complexMath.ts";
import type { Expr } from "../core/lowering.ts";
import { UndefinedPrimal, Zero, zeroDerivative } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { absolute, divide, maximum, minimum, remainder, sign as wideSign } from "../core/wideIntegers.ts";
import { Complex, isComplex, isInteger, realDType } from "../dtypes/index.ts";
import {
  applyBinary,
  applyUnary,
  bilinearTranspose,
  binary,
  linearTranspose,
  maybeBroadcast,
  sumJvp,
  unary,
  unbroadcast,
} from "./families.ts";
import { product } from "./hostLoops.ts";
import { anyDType, constLike, numeric, replaceZero, scalarLike, unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

const negPrimitive = unary("neg", {
  accepts: numeric,
  reference: (x) => -x,
  wide: (x) => -x,
  cost: "cheap",
  jvp: (g) => neg(g),
  transpose: /* @__PURE__ */ linearTranspose((ct) => neg(ct)),
});
/**
 * Elementwise negation. Unsigned integers wrap.
 * @throws TypeError for bool.
 * @example
 * lax.neg(jnp.array([1, -2])) // => Array([-1.,  2.], dtype=float32)
 */
export function neg(x: LaxOperand): NDArray {
  return applyUnary(negPrimitive, x, numeric);
}

const signPrimitive = unary("sign", {
  accepts: numeric,
  reference: Math.sign,
  wide: wideSign,
  cost: "cheap",
  jvp: zeroDerivative,
});
/**
 * Elementwise sign: -1, 0 or 1; NaN stays NaN and a zero keeps its sign.
 * @example
 * lax.sign(jnp.array([-3, 0, 2])) // => Array([-1.,  0.,  1.], dtype=float32)
 */
export function sign(x: LaxOperand): NDArray {
  return applyUnary(signPrimitive, x, numeric);
}

const absPrimitive = unary("abs", {
  accepts: ["floating", "complexfloating", "signedinteger"],
  result: realDType,
  reference: Math.abs,
  wide: absolute,
  cost: "cheap",
  jvp: (g, ans, [x]) => {
    if (!isComplex(x.dtype)) return ops.select(ops.ge(x, scalarLike(x, 0)), g, neg(g));
    // The part of the tangent in the direction of x; at 0 there is none.
    const length = ops.convertElementType(ans, x.dtype);
    return ops.real(mul(g, div(ops.conj(x), replaceZero(length))));
  },
});
/**
 * Elementwise absolute value, which is real for complex numbers; the derivative at 0 is 1, and 0 at a complex 0. The smallest int32 has no absolute value and stays as it is.
 * @throws TypeError for bool and unsigned integers.
 * @example
 * lax.abs(jnp.array([-1.5, 2])) // => Array([1.5, 2. ], dtype=float32)
 */
export function abs(x: LaxOperand): NDArray {
  return applyUnary(absPrimitive, x, numeric);
}

const squarePrimitive = unary("square", {
  accepts: numeric,
  reference: (x, dtype) => product(x, x, dtype),
  wide: (x) => x * x,
  cost: "cheap",
  emit: (b, [x]) => b.op("mul", x, x),
  jvp: (g, _ans, [x]) => mul(g, mul(constLike(x, 2), x)),
});
/**
 * Elementwise square.
 * @example
 * lax.square(jnp.array([1, -3])) // => Array([1., 9.], dtype=float32)
 */
export function square(x: LaxOperand): NDArray {
  return applyUnary(squarePrimitive, x, numeric);
}

// Addition and subtraction: linear, with tangents that broadcast as the operands do.

const addPrimitive = binary("add", {
  accepts: numeric,
  reference: (x, y) => x + y,
  wide: (x, y) => x + y,
  cost: "cheap",
  jvp: /* @__PURE__ */ sumJvp(
    () => addPrimitive,
    (t) => t,
  ),
  transpose: ([ct], [x, y]) => {
    if (ct instanceof Zero) return [null, null];
    return [
      x instanceof UndefinedPrimal ? unbroadcast(x.aval, ct) : null,
      y instanceof UndefinedPrimal ? unbroadcast(y.aval, ct) : null,
    ];
  },
});
/**
 * Elementwise sum of arrays of one dtype. Shapes are equal, or of equal rank with size-1 axes that stretch; a scalar goes
 * with any shape. Integers wrap.
 * @throws TypeError when dtypes differ or shapes do not fit.
 * @example
 * lax.add(jnp.array([1, 2]), 1) // => Array([2., 3.], dtype=float32)
 */
export function add(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(addPrimitive, x, y);
}

const subPrimitive = binary("sub", {
  accepts: numeric,
  reference: (x, y) => x - y,
  wide: (x, y) => x - y,
  cost: "cheap",
  jvp: /* @__PURE__ */ sumJvp(() => subPrimitive, neg),
  transpose: ([ct], [x, y]) => {
    if (ct instanceof Zero) return [null, null];
    return [
      x instanceof UndefinedPrimal ? unbroadcast(x.aval, ct) : null,
      y instanceof UndefinedPrimal ? unbroadcast(y.aval, neg(ct)) : null,
    ];
  },
});
/**
 * Elementwise difference; operands as for {@link add}.
 * @example
 * lax.sub(jnp.array([1, 2]), jnp.array([3, 1])) // => Array([-2.,  1.], dtype=float32)
 */
export function sub(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(subPrimitive, x, y);
}

const mulPrimitive = binary("mul", {
  accepts: numeric,
  reference: product,
  wide: (x, y) => x * y,
  cost: "cheap",
  jvp: [(g, _ans, [, y]) => mul(g, y), (g, _ans, [x]) => mul(x, g)],
  transpose: /* @__PURE__ */ bilinearTranspose(
    (ct, x, y) => unbroadcast(x, mul(ct, y)),
    (ct, x, y) => unbroadcast(y, mul(x, ct)),
  ),
});
/**
 * Elementwise product; operands as for {@link add}. Integers wrap.
 * @example
 * lax.mul(jnp.array([1, 2]), 2.5) // => Array([2.5, 5. ], dtype=float32)
 */
export function mul(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(mulPrimitive, x, y);
}

const divPrimitive = binary("div", {
  accepts: numeric,
  reference: (x, y, dtype) => {
    if (!isInteger(dtype)) return x / y;
    return y === 0 ? -1 : Math.trunc(x / y); // -1 wraps to all ones
  },
  wide: divide,
  cost: "cheap",
  jvp: [(g, _ans, [, y]) => div(g, y), (g, _ans, [x, y]) => mul(mul(neg(g), x), integerPow(y, -2))],
  transpose: /* @__PURE__ */ bilinearTranspose(
    (ct, x, y) => unbroadcast(x, div(ct, y)),
    () => {
      throw new TypeError("nonlinear div can't be transposed");
    },
  ),
});
/**
 * Elementwise quotient; operands as for {@link add}. Integers truncate towards zero; an integer divided by 0 is -1.
 * @example
 * lax.div(jnp.int32([7, -7]), 2) // => Array([ 3, -3], dtype=int32)
 */
export function div(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(divPrimitive, x, y);
}

const remPrimitive = binary("rem", {
  accepts: ["integer", "floating"],
  reference: (x, y, dtype) => (y === 0 && isInteger(dtype) ? x : x % y),
  wide: remainder,
  cost: "expensive",
  jvp: [
    (g, ans) => maybeBroadcast(ans.shape, g),
    (g, _ans, [x, y]) => mul(neg(g), mul(sign(div(x, y)), ops.floor(abs(div(x, y))))),
  ],
});
/**
 * Elementwise remainder with the sign of the dividend, as C's `fmod`; operands as for {@link add}.
 * `x rem 0` is NaN for floats and `x` for integers. For the divisor's sign use `jnp.remainder`.
 * @example
 * lax.rem(jnp.int32([7, -7]), 3) // => Array([ 1, -1], dtype=int32)
 */
export function rem(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(remPrimitive, x, y);
}

/** 1 where the result came from `x` alone, 1/2 at a tie with `y`, else 0. */
function balancedEq(x: NDArray, ans: NDArray, y: NDArray): NDArray {
  return div(
    ops.select(ops.eq(x, ans), ops.fullLike(ans, 1), ops.fullLike(ans, 0)),
    ops.select(ops.eq(y, ans), ops.fullLike(ans, 2), ops.fullLike(ans, 1)),
  );
}

const maxPrimitive = binary("max", {
  accepts: anyDType,
  reference: (x, y) => Math.max(x, y),
  wide: maximum,
  cost: "cheap",
  jvp: [(g, ans, [x, y]) => mul(g, balancedEq(x, ans, y)), (g, ans, [x, y]) => mul(g, balancedEq(y, ans, x))],
});
/**
 * Elementwise maximum; operands as for {@link add}. NaN if either is NaN; a tie sends half of the gradient to each side.
 * @example
 * lax.max(jnp.array([1, 5]), 3) // => Array([3., 5.], dtype=float32)
 */
export function max(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(maxPrimitive, x, y);
}

const minPrimitive = binary("min", {
  accepts: anyDType,
  reference: (x, y) => Math.min(x, y),
  wide: minimum,
  cost: "cheap",
  jvp: [(g, ans, [x, y]) => mul(g, balancedEq(x, ans, y)), (g, ans, [x, y]) => mul(g, balancedEq(y, ans, x))],
});
/**
 * Elementwise minimum; see {@link max}.
 * @example
 * lax.min(jnp.array([1, 5]), 3) // => Array([1., 3.], dtype=float32)
 */
export function min(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(minPrimitive, x, y);
}

const one = /* @__PURE__ */ new Complex(1);

const integerPowPrimitive = unary<{ y: number }>("integer_pow", {
  accepts: numeric,
  check: (x, { y }) => {
    if (y < 0 && isInteger(x.dtype)) {
      throw new TypeError(`Integers cannot be raised to negative powers, got integer_pow(${x}, ${y})`);
    }
  },
  reference: (x, dtype, { y }) =>
    powerBySquaring<number>(x, Math.abs(y), 1, (p, q) => product(p, q, dtype), y < 0 ? (p) => 1 / p : null),
  wide: (x, { y }) => powerBySquaring<bigint>(x, y, 1n, (p, q) => BigInt.asIntN(64, p * q), null),
  complexReference: (x, { y }) =>
    powerBySquaring<Complex>(
      x,
      Math.abs(y),
      one,
      complexProduct,
      y < 0 ? (p) => complexQuotient(one, p) : null,
    ),
  cost: "cheap",
  emit: (b, [x], { y }) =>
    powerBySquaring<Expr>(
      x,
      Math.abs(y),
      b.const(1, x.dtype),
      (p, q) => b.op("mul", p, q),
      y < 0 ? (p) => b.op("div", b.const(1, x.dtype), p) : null,
    ),
  jvp: (g, _ans, [x], { y }) => {
    if (y === 0) return ops.fullLike(g, 0);
    if (y === 1) return g;
    return mul(g, mul(constLike(x, y), y === 2 ? x : integerPow(x, y - 1)));
  },
});

/** The product of `n` factors `x`, by repeated squaring. */
function powerBySquaring<T>(
  x: T,
  n: number,
  one: T,
  multiply: (p: T, q: T) => T,
  invert: ((p: T) => T) | null,
): T {
  let result: T | null = null;
  let square = x;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : multiply(result, square);
    if (rest > 1) square = multiply(square, square);
  }
  if (result === null) return one;
  return invert === null ? result : invert(result);
}

/**
 * Elementwise power with a fixed integer exponent.
 * @throws TypeError for a negative exponent of integers.
 * @example
 * lax.integerPow(jnp.array([2, 3]), 3) // => Array([ 8., 27.], dtype=float32)
 * lax.integerPow(jnp.array([2, 4]), -1) // => Array([0.5 , 0.25], dtype=float32)
 */
export function integerPow(x: LaxOperand, y: number): NDArray {
  if (!Number.isInteger(y)) throw new TypeError(`integerPow: the exponent must be an integer, got ${y}`);
  return bind1(integerPowPrimitive, [unaryOperand(x, "integer_pow")], { y });
}

/**
 * Elementwise reciprocal.
 * @example
 * lax.reciprocal(jnp.array([2, 4])) // => Array([0.5 , 0.25], dtype=float32)
 */
export function reciprocal(x: LaxOperand): NDArray {
  return integerPow(x, -1);
}
