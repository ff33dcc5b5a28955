import type { NDArray } from "../core/array.ts";
import { zeroDerivative } from "../core/primitive.ts";
import { roundHalfAway, roundHalfEven } from "../core/scalarMath.ts";
import { bind1 } from "../core/trace.ts";
import { bool } from "../dtypes/index.ts";
import { applyUnary, unary } from "./families.ts";
import { floating, unaryOperand } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

const floorPrimitive = unary("floor", {
  accepts: floating,
  reference: Math.floor,
  cost: "cheap",
  jvp: zeroDerivative,
});
/**
 * The largest integer not above each element.
 * @example
 * lax.floor(jnp.array([1.5, -1.5])) // => Array([ 1., -2.], dtype=float32)
 */
export function floor(x: LaxOperand): NDArray {
  return applyUnary(floorPrimitive, x, floating);
}

const ceilPrimitive = unary("ceil", {
  accepts: floating,
  reference: Math.ceil,
  cost: "cheap",
  jvp: zeroDerivative,
});
/**
 * The smallest integer not below each element.
 * @example
 * lax.ceil(jnp.array([1.5, -1.5])) // => Array([ 2., -1.], dtype=float32)
 */
export function ceil(x: LaxOperand): NDArray {
  return applyUnary(ceilPrimitive, x, floating);
}

/** What {@link round} does with halves. */
export const RoundingMethod = /* @__PURE__ */ Object.freeze({
  AWAY_FROM_ZERO: 0,
  TO_NEAREST_EVEN: 1,
} as const);
export type RoundingMethod = (typeof RoundingMethod)[keyof typeof RoundingMethod];
/** A rounding method or its name. */
type Rounding = RoundingMethod | keyof typeof RoundingMethod;

const roundPrimitive = unary<{ roundingMethod: RoundingMethod }>("round", {
  accepts: floating,
  reference: (x, _dtype, { roundingMethod }) => (roundingMethod === 0 ? roundHalfAway(x) : roundHalfEven(x)),
  cost: "cheap",
  emit: (b, [x], { roundingMethod }) => b.op(roundingMethod === 0 ? "round" : "round_even", x),
  jvp: zeroDerivative,
});
/**
 * The nearest integer; halves go away from zero, or to even on request.
 * @example
 * lax.round(jnp.array([0.5, 1.5, -2.5])) // => Array([ 1.,  2., -3.], dtype=float32)
 * lax.round(jnp.array([0.5, 1.5, -2.5]), lax.RoundingMethod.TO_NEAREST_EVEN) // => Array([ 0.,  2., -2.], dtype=float32)
 */
export function round(
  x: LaxOperand,
  roundingMethod: Rounding | { readonly roundingMethod?: Rounding } = RoundingMethod.AWAY_FROM_ZERO,
): NDArray {
  const given = typeof roundingMethod === "object" ? (roundingMethod.roundingMethod ?? 0) : roundingMethod;
  const method = typeof given === "string" ? RoundingMethod[given] : given;
  if (method !== 0 && method !== 1) throw new TypeError(`round: unknown rounding method ${String(given)}`);
  return bind1(roundPrimitive, [unaryOperand(x, "round", floating)], { roundingMethod: method });
}

const isFinitePrimitive = unary("is_finite", {
  accepts: floating,
  result: bool,
  reference: (x) => Number.isFinite(x),
  cost: "cheap",
  jvp: zeroDerivative,
});
/**
 * Whether each element is neither infinite nor NaN.
 * @example
 * lax.isFinite(jnp.array([1, Infinity, NaN])) // => Array([ True, False, False], dtype=bool)
 */
export function isFinite(x: LaxOperand): NDArray {
  return applyUnary(isFinitePrimitive, x, floating);
}
