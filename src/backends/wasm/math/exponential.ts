import type { Local } from "../asm/index.ts";
import { expDouble, expm1Double } from "./double.ts";
import { type Code, type Scope, unary, unaryDouble } from "./lanes.ts";

/** Adding this rounds a float32 to an integer, and leaves that integer plus the bias of exponents in the low bits. */
const ROUNDER = 1.5 * 2 ** 23 + 127;
/** ln 2 in two parts; the first has few bits, so that its product with a small integer is exact (Cody and Waite). */
export const LN2_HIGH = 0.693359375;
export const LN2_LOW = -2.1219444e-4;
/** (exp(r) - 1 - r)/r^2 for |r| <= ln 2, relative to exp(r) 2^-26. Our own minimax fits, as all below. */
const EXP = [
  0.5000003576278687, 0.166666179895401, 0.041661228984594345, 0.008335934951901436, 0.0014104777947068214,
  0.00019629749294836074,
];

/** 2^n for the integer that {@link ROUNDER} was added to. */
const powerOfTwo = (scope: Scope, rounded: Local): Code => scope.i.shl(rounded, 23);

/** exp(r) - 1 for |r| <= ln 2, with an error relative to exp(r). */
function expReduced(scope: Scope, r: Local): Code {
  const { s } = scope;
  return s.madd(s.polynomial(r, EXP), s.mul(r, r), r);
}

/** exp(x) = 4^n (1 + p), `root` being 2^n: steps of 4, so that 2^n is normal where exp(x) is subnormal or overflows. */
function splitExp(scope: Scope, x: Local): { root: Local; p: Code } {
  const { s } = scope;
  const rounded = s.let(s.madd(x, Math.LOG2E / 2, ROUNDER));
  const n = s.let(s.sub(rounded, ROUNDER));
  const r = s.let(s.nmadd(n, 2 * LN2_LOW, s.nmadd(n, 2 * LN2_HIGH, x)));
  return { root: s.let(powerOfTwo(scope, rounded)), p: expReduced(scope, r) };
}

/** Of the least arguments that are told apart: 2^n is 0 for this n. A subnormal product on the way to 0 would be slow. */
const LEAST_EXPONENT = -127;

/** exp(x). */
export function expSingle(scope: Scope, input: Code | Local): Code {
  const { s } = scope;
  const { root, p } = splitExp(
    scope,
    s.let(s.pmax(s.pmin(input, 89), Math.ceil(2 * LEAST_EXPONENT * Math.LN2))),
  );
  return s.mul(s.madd(p, root, root), root);
}

export const emitExp = unary(expSingle);

/** 2^x: the fraction is exact, the rest as in exp. */
export const emitExp2 = unary((scope, input) => {
  const { s } = scope;
  const x = s.let(s.pmax(s.pmin(input, 129), 2 * LEAST_EXPONENT));
  const rounded = s.let(s.madd(x, 0.5, ROUNDER));
  const n = s.let(s.sub(rounded, ROUNDER));
  const r = s.let(s.mul(s.nmadd(n, 2, x), Math.LN2));
  const root = s.let(powerOfTwo(scope, rounded));
  return s.mul(s.madd(expReduced(scope, r), root, root), root);
});

/** (exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2, relative to exp(r) - 1 2^-26. */
const EXPM1 = [
  0.4999999701976776, 0.1666654646396637, 0.04166743531823158, 0.00836626160889864, 0.0013870657421648502,
];

/** (r - (1 - exp(-r)))/r^2. */
const DECAY = EXPM1.map((c, k) => (k % 2 === 0 ? c : -c));

/** exp(-x) = 2^n (1 - p): 2^(n + shift) and p. */
export function splitDecay(scope: Scope, x: Local, shift: number, isSmall: boolean): { q: Local; p: Local } {
  const { s, i } = scope;
  const rounded = s.let(s.nmadd(x, Math.LOG2E, ROUNDER + shift));
  const n = s.let(s.sub(rounded, ROUNDER + shift));
  // In one part where the product is not rounded and what ln 2 lacks stays small beside 1.
  const r = s.let(
    isSmall && scope.f.relaxedSimd ? s.madd(n, Math.LN2, x) : s.madd(n, LN2_LOW, s.madd(n, LN2_HIGH, x)),
  );
  const q = i.let(i.shl(rounded, 23));
  return { q, p: s.let(s.nmadd(s.polynomial(r, DECAY), s.mul(r, r), r)) };
}

/** The sign bits of float32 lanes, as integers. */
export const SIGN = -0x80000000;

/** exp(x) - 1 = 2^n - 1 + 2^n p with p = exp(r) - 1, rounded once; of halves, so that nothing overflows too early. */
export const emitExpm1 = unary((scope, input) => {
  const { s, i } = scope;
  const x = s.let(s.pmax(s.pmin(input, 89), -26));
  const rounded = s.let(s.madd(x, Math.LOG2E, ROUNDER - 1));
  const n = s.let(s.sub(rounded, ROUNDER - 1));
  const r = s.let(s.nmadd(n, LN2_LOW, s.nmadd(n, LN2_HIGH, x)));
  const half = i.let(i.shl(rounded, 23));
  const p = s.madd(s.polynomial(r, EXPM1), s.mul(r, r), r);
  const y = s.let(s.madd(p, half, s.sub(half, 0.5)));
  // The sum loses the sign of -0.
  return i.or(s.add(y, y), i.and(input, SIGN));
});

/** What stands for 1 in the quotient of logistic, so that its denominator does not overflow where its value is subnormal. */
const UNIT_EXPONENT = -24;

/** 1/(1 + exp(-x)). Of the sums in 1 + 2^n - 2^n p, the one that is exact unless 2^n is the largest comes last. */
export const emitLogistic = unary((scope, input) => {
  const { s } = scope;
  const unit = 2 ** UNIT_EXPONENT;
  const x = s.let(s.pmax(s.pmin(input, 60), -104));
  const { q, p } = splitDecay(scope, x, UNIT_EXPONENT, false);
  return s.div(unit, s.add(s.nmadd(p, q, unit), q));
});

/** (1 - e)/(1 + e) with e = exp(-2|x|) = q (1 - p): 1 - q and 1 + q are exact, so each side is rounded once. */
export const emitTanh = unary((scope, x) => {
  const { s, i } = scope;
  const a = s.let(i.andnot(x, SIGN));
  const { q, p } = splitDecay(scope, s.let(s.pmin(s.add(a, a), 18.04)), 0, true);
  const y = s.div(s.madd(q, p, s.sub(1, q)), s.nmadd(q, p, s.add(1, q)));
  return i.or(y, i.and(x, SIGN));
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
