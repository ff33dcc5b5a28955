import type { NDArray } from "../core/array.ts";
import type { Primitive } from "../core/primitive.ts";
import { integerPow, square } from "./arithmetic.ts";
import { applyBinary, applyUnary, binary, type TangentRule, unary } from "./families.ts";
import { type Accepts, constLike, floating, inexact, scalarLike } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

/** A smooth function of floats, evaluated by the scalar operation of its name. */
/* @__NO_SIDE_EFFECTS__ */
function smooth(
  name: string,
  reference: (x: number) => number,
  jvp: TangentRule,
  options: { accepts?: Accepts; cheap?: boolean } = {},
): Primitive<Record<string, never>> {
  const { accepts = inexact, cheap = false } = options;
  return unary(name, { accepts, reference, cost: cheap ? "cheap" : "expensive", jvp });
}
const apply = (primitive: Primitive<Record<string, never>>, x: LaxOperand): NDArray =>
  applyUnary(primitive, x, inexact);

const expPrimitive = smooth("exp", Math.exp, (g, ans) => ops.mul(g, ans));
/**
 * Elementwise exponential.
 * @throws TypeError for integers and bool.
 * @example
 * lax.exp(jnp.array([0, 1])) // => Array([1.       , 2.7182817], dtype=float32)
 */
export function exp(x: LaxOperand): NDArray {
  return apply(expPrimitive, x);
}

const exp2Primitive = smooth(
  "exp2",
  (x) => 2 ** x,
  (g, ans, [x]) => ops.mul(log(constLike(x, 2)), ops.mul(g, ans)),
);
/**
 * Elementwise power of two.
 * @example
 * lax.exp2(jnp.array([3, -1])) // => Array([8. , 0.5], dtype=float32)
 */
export function exp2(x: LaxOperand): NDArray {
  return apply(exp2Primitive, x);
}

const logPrimitive = smooth("log", Math.log, (g, _ans, [x]) => ops.div(g, x));
/**
 * Elementwise natural logarithm; NaN for negative numbers.
 * @example
 * lax.log(jnp.array([1, 10])) // => Array([0.       , 2.3025851], dtype=float32)
 */
export function log(x: LaxOperand): NDArray {
  return apply(logPrimitive, x);
}

const expm1Primitive = smooth("expm1", Math.expm1, (g, ans) => ops.mul(g, ops.add(ans, scalarLike(ans, 1))));
/**
 * Elementwise `exp(x) - 1`, accurate near 0.
 * @example
 * lax.expm1(jnp.array([0, 0.5])) // => Array([0.       , 0.6487213], dtype=float32)
 */
export function expm1(x: LaxOperand): NDArray {
  return apply(expm1Primitive, x);
}

const log1pPrimitive = smooth("log1p", Math.log1p, (g, _ans, [x]) =>
  ops.div(g, ops.add(x, scalarLike(x, 1))),
);
/**
 * Elementwise `log(1 + x)`, accurate near 0.
 * @example
 * lax.log1p(jnp.array([0, 1])) // => Array([0.       , 0.6931472], dtype=float32)
 */
export function log1p(x: LaxOperand): NDArray {
  return apply(log1pPrimitive, x);
}

const tanhPrimitive = smooth("tanh", Math.tanh, (g, ans, [x]) =>
  ops.mul(ops.add(g, ops.mul(g, ans)), ops.sub(scalarLike(x, 1), ans)),
);
/**
 * Elementwise hyperbolic tangent.
 * @example
 * lax.tanh(jnp.array([0, 0.5])) // => Array([0.        , 0.46211717], dtype=float32)
 */
export function tanh(x: LaxOperand): NDArray {
  return apply(tanhPrimitive, x);
}

const logisticPrimitive = smooth(
  "logistic",
  (x) => 1 / (1 + Math.exp(-x)),
  (g, ans) => ops.mul(g, ops.mul(ans, ops.sub(scalarLike(ans, 1), ans))),
);
/**
 * Elementwise logistic sigmoid `1 / (1 + exp(-x))`.
 * @example
 * lax.logistic(jnp.array([0, 1])) // => Array([0.5      , 0.7310586], dtype=float32)
 */
export function logistic(x: LaxOperand): NDArray {
  return apply(logisticPrimitive, x);
}

const sinPrimitive = smooth("sin", Math.sin, (g, _ans, [x]) => ops.mul(g, cos(x)));
/**
 * Elementwise sine of angles in radians.
 * @example
 * lax.sin(jnp.array([0, 1])) // => Array([0.      , 0.841471], dtype=float32)
 */
export function sin(x: LaxOperand): NDArray {
  return apply(sinPrimitive, x);
}

const cosPrimitive = smooth("cos", Math.cos, (g, _ans, [x]) => ops.neg(ops.mul(g, sin(x))));
/**
 * Elementwise cosine of angles in radians.
 * @example
 * lax.cos(jnp.array([0, 1])) // => Array([1.       , 0.5403023], dtype=float32)
 */
export function cos(x: LaxOperand): NDArray {
  return apply(cosPrimitive, x);
}

const tanPrimitive = smooth("tan", Math.tan, (g, ans, [x]) =>
  ops.mul(g, ops.add(constLike(x, 1), square(ans))),
);
/**
 * Elementwise tangent of angles in radians.
 * @example
 * lax.tan(jnp.array([0, 1])) // => Array([0.       , 1.5574077], dtype=float32)
 */
export function tan(x: LaxOperand): NDArray {
  return apply(tanPrimitive, x);
}

const asinPrimitive = smooth("asin", Math.asin, (g, _ans, [x]) =>
  ops.mul(g, rsqrt(ops.sub(constLike(x, 1), square(x)))),
);
/**
 * Elementwise inverse sine; NaN outside [-1, 1].
 * @example
 * lax.asin(jnp.array([0, 1])) // => Array([0.       , 1.5707964], dtype=float32)
 */
export function asin(x: LaxOperand): NDArray {
  return apply(asinPrimitive, x);
}

const acosPrimitive = smooth("acos", Math.acos, (g, _ans, [x]) =>
  ops.mul(g, ops.neg(rsqrt(ops.sub(constLike(x, 1), square(x))))),
);
/**
 * Elementwise inverse cosine; NaN outside [-1, 1].
 * @example
 * lax.acos(jnp.array([0, 1])) // => Array([1.5707964, 0.       ], dtype=float32)
 */
export function acos(x: LaxOperand): NDArray {
  return apply(acosPrimitive, x);
}

const atanPrimitive = smooth("atan", Math.atan, (g, _ans, [x]) =>
  ops.div(g, ops.add(constLike(x, 1), square(x))),
);
/**
 * Elementwise inverse tangent.
 * @example
 * lax.atan(jnp.array([0, 1])) // => Array([0.       , 0.7853982], dtype=float32)
 */
export function atan(x: LaxOperand): NDArray {
  return apply(atanPrimitive, x);
}

const sinhPrimitive = smooth("sinh", Math.sinh, (g, _ans, [x]) => ops.mul(g, cosh(x)));
/**
 * Elementwise hyperbolic sine.
 * @example
 * lax.sinh(jnp.array([0, 1])) // => Array([0.       , 1.1752012], dtype=float32)
 */
export function sinh(x: LaxOperand): NDArray {
  return apply(sinhPrimitive, x);
}

const coshPrimitive = smooth("cosh", Math.cosh, (g, _ans, [x]) => ops.mul(g, sinh(x)));
/**
 * Elementwise hyperbolic cosine.
 * @example
 * lax.cosh(jnp.array([0, 1])) // => Array([1.       , 1.5430807], dtype=float32)
 */
export function cosh(x: LaxOperand): NDArray {
  return apply(coshPrimitive, x);
}

const asinhPrimitive = smooth("asinh", Math.asinh, (g, _ans, [x]) =>
  ops.mul(g, rsqrt(ops.add(square(x), scalarLike(x, 1)))),
);
/**
 * Elementwise inverse hyperbolic sine.
 * @example
 * lax.asinh(jnp.array([0, 1])) // => Array([0.       , 0.8813736], dtype=float32)
 */
export function asinh(x: LaxOperand): NDArray {
  return apply(asinhPrimitive, x);
}

const acoshPrimitive = smooth("acosh", Math.acosh, (g, _ans, [x]) =>
  ops.mul(g, rsqrt(ops.sub(square(x), scalarLike(x, 1)))),
);
/**
 * Elementwise inverse hyperbolic cosine; NaN below 1.
 * @example
 * lax.acosh(jnp.array([1, 2])) // => Array([0.      , 1.316958], dtype=float32)
 */
export function acosh(x: LaxOperand): NDArray {
  return apply(acoshPrimitive, x);
}

const atanhPrimitive = smooth("atanh", Math.atanh, (g, _ans, [x]) =>
  ops.mul(integerPow(ops.add(scalarLike(x, 1), x), -1), ops.div(g, ops.sub(scalarLike(x, 1), x))),
);
/**
 * Elementwise inverse hyperbolic tangent; infinite at -1 and 1, NaN outside.
 * @example
 * lax.atanh(jnp.array([0, 0.5])) // => Array([0.        , 0.54930615], dtype=float32)
 */
export function atanh(x: LaxOperand): NDArray {
  return apply(atanhPrimitive, x);
}

const sqrtPrimitive = smooth(
  "sqrt",
  Math.sqrt,
  (g, ans, [x]) => ops.mul(g, ops.div(constLike(x, 0.5), ans)),
  {
    cheap: true,
  },
);
/**
 * Elementwise square root; NaN for negative numbers.
 * @example
 * lax.sqrt(jnp.array([4, 2])) // => Array([2.       , 1.4142135], dtype=float32)
 */
export function sqrt(x: LaxOperand): NDArray {
  return apply(sqrtPrimitive, x);
}

const rsqrtPrimitive = smooth(
  "rsqrt",
  (x) => 1 / Math.sqrt(x),
  (g, ans, [x]) => ops.mul(g, ops.mul(constLike(x, -0.5), ops.div(ans, x))),
  { cheap: true },
);
/**
 * Elementwise reciprocal square root.
 * @example
 * lax.rsqrt(jnp.array([4, 2])) // => Array([0.5       , 0.70710677], dtype=float32)
 */
export function rsqrt(x: LaxOperand): NDArray {
  return apply(rsqrtPrimitive, x);
}

const cbrtPrimitive = smooth(
  "cbrt",
  Math.cbrt,
  (g, ans, [x]) => ops.mul(g, ops.mul(constLike(x, 1 / 3), integerPow(ans, -2))),
  { accepts: floating },
);
/**
 * Elementwise cube root.
 * @example
 * lax.cbrt(jnp.array([8, -27])) // => Array([ 2., -3.], dtype=float32)
 */
export function cbrt(x: LaxOperand): NDArray {
  return apply(cbrtPrimitive, x);
}

const atan2Primitive = binary("atan2", {
  accepts: inexact,
  reference: Math.atan2,
  cost: "expensive",
  jvp: [
    (g, _ans, [x, y]) => ops.mul(g, ops.div(y, ops.add(square(x), square(y)))),
    (g, _ans, [x, y]) => ops.mul(g, ops.div(ops.neg(x), ops.add(square(x), square(y)))),
  ],
});
/**
 * Elementwise angle of the point (y, x), between -pi and pi: the arguments are `atan2(y, x)`.
 * @example
 * lax.atan2(jnp.array([1, 1]), jnp.array([1, -1])) // => Array([0.7853982, 2.3561945], dtype=float32)
 */
export function atan2(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(atan2Primitive, x, y);
}
