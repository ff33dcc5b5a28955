import type { Local } from "../asm/index.ts";
import { expDouble, expm1Double } from "./double.ts";
import { type Code, type Scope, unary, unaryDouble } from "./lanes.ts";

/** Adding this rounds a float32 to an integer and leaves the integer in its low bits. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;
/** ln 2 in two parts; the first has few bits, so that its product with a small integer is exact (Cody and Waite). */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** (exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2: Cephes expf. */
const EXP = [
  5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.39819995e-3, 1.98756915e-4,
];

/** exp(r) for |r| <= ln(2)/2. */
function expReduced(scope: Scope, r: Local): Code {
  const { s } = scope;
  const p = s.let(s.mul(s.mul(r, r), s.polynomial(r, EXP)));
  return s.add(s.add(p, r), 1);
}

/** 2^n y, n in the low bits of `rounded`. The scale is applied in two halves: results may be subnormal. */
function scale(scope: Scope, y: Code, rounded: Local): Code {
  const { s, i } = scope;
  const n = i.let(i.sub(rounded, ROUNDER_BITS));
  const half = i.let(i.shrS(n, 1));
  const power = (k: Code | Local): Code => i.shl(i.add(k, 127), 23);
  return s.mul(s.mul(y, power(half)), power(i.sub(n, half)));
}

/** exp(x): the method of Cephes expf. */
export function expSingle(scope: Scope, input: Code | Local): Code {
  const { s } = scope;
  const x = s.let(s.pmax(s.pmin(input, 89), -104));
  const rounded = s.let(s.add(s.mul(x, Math.LOG2E), ROUNDER));
  const n = s.let(s.sub(rounded, ROUNDER));
  const r = s.let(s.sub(s.sub(x, s.mul(n, LN2_HIGH)), s.mul(n, LN2_LOW)));
  return scale(scope, expReduced(scope, r), rounded);
}

export const emitExp = unary(expSingle);

/** 2^x: the fraction is exact, the rest as in exp. */
export const emitExp2 = unary((scope, input) => {
  const { s } = scope;
  const x = s.let(s.pmax(s.pmin(input, 129), -151));
  const rounded = s.let(s.add(x, ROUNDER));
  const r = s.let(s.mul(s.sub(x, s.sub(rounded, ROUNDER)), Math.LN2));
  return scale(scope, expReduced(scope, r), rounded);
});

/** exp(x) - 1 in float64. */
export const emitExpm1 = unary((scope, x) => {
  const { s } = scope;
  const y = scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    return expm1Double(inner, d.let(d.pmax(d.pmin(xd, 100), -100)));
  });
  return keepZero(scope, x, s.let(y));
});

/** `y`, but `x` itself where it is a zero, whose sign the computation of y loses. */
export function keepZero(scope: Scope, x: Local, y: Local): Code {
  const { s } = scope;
  return s.select(s.eq(x, 0), x, y);
}

/** 1/(1 + exp(-x)) in float64, where the exponential of any float32 is finite. */
export const emitLogistic = unary((scope, x) => {
  const { s } = scope;
  const clamped = s.let(s.neg(s.pmax(s.pmin(x, 110), -110)));
  return scope.viaDouble([clamped], (inner, xd) => {
    const { d } = inner;
    return d.div(1, d.add(expDouble(inner, xd, "short"), 1));
  });
});

/** (tanh(x)/x - 1)/x^2 in x^2, for |x| < 0.625: Cephes tanhf. */
const TANH = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3];

/** An odd polynomial near 0, else 1 - 2/(exp(2x) + 1): the method of Cephes tanhf. */
export const emitTanh = unary((scope, x) => {
  const { s } = scope;
  const a = s.let(s.pmin(s.abs(x), 10));
  const rounded = s.let(s.add(s.mul(a, 2 * Math.LOG2E), ROUNDER));
  const n = s.let(s.sub(rounded, ROUNDER));
  const r = s.let(s.sub(s.sub(s.add(a, a), s.mul(n, LN2_HIGH)), s.mul(n, LN2_LOW)));
  // No overflow and no subnormals here: the exponent can be added to the bits.
  const e = scope.i.add(expReduced(scope, r), scope.i.shl(rounded, 23));
  const far = s.let(s.sub(1, s.div(2, s.add(e, 1))));
  const z = s.let(s.mul(x, x));
  const near = s.add(x, s.mul(s.mul(x, z), s.polynomial(z, TANH)));
  // A NaN compares false and so takes the near branch, which keeps it.
  return s.copysign(s.select(s.ge(a, 0.625), far, near), x);
});

/** (em + em/(em + 1))/2 with em = exp(|x|) - 1, in float64. */
export const emitSinh = unary((scope, x) => {
  const { s } = scope;
  const y = scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    const em = d.let(expm1Double(inner, d.let(d.pmin(d.abs(xd), 100))));
    return d.mul(d.add(em, d.div(em, d.add(em, 1))), 0.5);
  });
  return s.copysign(y, x);
});

/** (e + 1/e)/2 with e = exp(|x|), in float64. */
export const emitCosh = unaryDouble((scope, x) => {
  const { d } = scope;
  const e = d.let(expDouble(scope, d.let(d.pmin(d.abs(x), 100))));
  return d.mul(d.add(e, d.div(1, e)), 0.5);
});
