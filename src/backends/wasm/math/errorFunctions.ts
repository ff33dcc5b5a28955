import type { Local } from "../asm/index.ts";
import { expDouble, rationalDouble } from "./double.ts";
import { SIGN, splitDecay } from "./exponential.ts";
import { type Code, type Guarded, type Scope, unary } from "./lanes.ts";
import { exponentOf, mantissaOf } from "./logarithm.ts";

/**
 * -log(1 - erf(x))/x - 1 in x, for 0 <= x <= 3.925, from where on erf rounds to 1; relative error of erf 2^-27.8. Our own minimax fit, as all
 * below.
 */
const ERF_DECAY = [
  0.12837916612625122, 0.6366195678710938, 0.10277630388736725, -0.019147824496030807,
  -0.00016949462587945163, 0.0016756592085584998, -0.0006373499636538327, 0.00011885669664479792,
  -9.387414138473105e-6,
];

/** 1 - exp(-w) = 1 - 2^n + 2^n p: small where x is, so that one smooth function serves all arguments, without a division. */
export const emitErf = unary((scope, x) => {
  const { s, i } = scope;
  const a = s.let(s.pmin(s.abs(x), 3.925));
  const { q, p } = splitDecay(scope, s.let(s.madd(s.polynomial(a, ERF_DECAY), a, a)), 0, true);
  return i.or(s.madd(q, p, s.sub(1, q)), i.and(x, SIGN));
});

/** exp(x^2) erfc(x) on [0, 10.2]; relative error 2^-28. */
const ERFCX_NUMERATOR = [
  1.0000000026533662, 1.19343777799078, 0.6864773150379939, 0.2083311691344629, 0.028612912195721152,
  -4.894504327721647e-8,
];
const ERFCX_DENOMINATOR = [
  1, 2.3218172232431327, 2.3063628082575103, 1.241249596268065, 0.36933260979306765, 0.05071120615699775,
];

export const emitErfc = unary((scope, x) =>
  scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    const a = d.let(d.pmin(d.abs(xd), 10.2));
    const gaussian = expDouble(inner, d.let(d.neg(d.mul(a, a))));
    const tail = d.let(d.mul(gaussian, rationalDouble(inner, a, ERFCX_NUMERATOR, ERFCX_DENOMINATOR)));
    return d.select(d.lt(xd, 0), d.sub(2, tail), tail);
  }),
);

/** (-log(1 - g) - g)/g^2 for sqrt(1/2) <= 1 - g < sqrt(2); absolute error of the logarithm 2^-27. */
const MINUS_LOG = [
  0.4999998198105781, 0.3333422544763891, 0.2500249107242713, 0.19953613262609635, 0.16552334203870195,
  0.14979287145060483, 0.14441879720636958, 0.08733632413630368,
];

/** -log(u) - n ln 2 + shift for normal u > 0, with an absolute error of a few 2^-25 near 0: one sum is rounded, not two. */
function minusLog(scope: Scope, u: Local, n: number, shift: number): Code {
  const { s, i } = scope;
  const k = exponentOf(scope, u);
  const m = s.let(mantissaOf(scope, u, k));
  const g = s.let(s.sub(1, m));
  const multiple = scope.convert(i.add(k, n));
  return s.nmadd(multiple, Math.LN2, s.madd(s.polynomial(g, MINUS_LOG), s.mul(g, g), s.sub(1 + shift, m)));
}

/**
 * erfInv(x)/x in w - 2 ln 2 + shift, where w = -log(1 - x^2) is the variable of Giles, for w <= 4.7. The shift is one for which the constant
 * term is a float32 number almost exactly.
 */
const ERFINV_SHIFT = 0.7987907528877258 - 1;
const ERFINV = [
  1.2739768028259277, 0.25046882033348083, 0.0003388283966312422, -0.002028387650178818,
  0.00018721333477648617, 2.0417813415127675e-5, -5.3604302378233896e-6, 2.989136509757335e-8,
  9.983594443001212e-8, -9.504208082908297e-9,
];
/** The same in sqrt(w) about this number, for w up to that of the largest float32 below 1. */
const ERFINV_TAIL_CENTER = 2.9614999294281006;
const ERFINV_TAIL = [
  2.794426679611206, 1.0009124279022217, 0.010380961802605454, -0.008569046225517808, 0.006404091950656986,
  -0.003934719665922512, 0.001512224623829564, 2.561115922466786e-5, -0.0003730071211619031,
  0.00013490649412614144,
];

/** 1 - x^2, with a small relative error also where |x| is almost 1. */
function oneMinusSquare(scope: Scope, x: Local): Code {
  const { s } = scope;
  if (scope.f.relaxedSimd) return s.nmadd(x, x, 1);
  const a = s.let(s.abs(x));
  const rest = s.let(s.sub(1, a));
  return s.add(s.mul(a, rest), rest);
}

/** erfInv(x). Arguments of large magnitude, and those that have no finite result, are looked at only when a lane has one. */
export const erfInv: Guarded = (scope, x) => {
  const { s } = scope;
  const u = s.let(oneMinusSquare(scope, x));
  const v = s.let(minusLog(scope, u, 2, ERFINV_SHIFT));
  const y = s.let(s.mul(s.polynomial(v, ERFINV), x));
  const central = s.let(s.gt(u, Math.exp(-4.7)));
  return { y, regular: central, rest: (inner) => erfInvTail(inner, x, v, central, y) };
};

function erfInvTail(scope: Scope, x: Local, v: Local, central: Local, y: Local): Code {
  const { s, i } = scope;
  const t = s.let(s.sub(s.sqrt(s.add(v, 2 * Math.LN2 - ERFINV_SHIFT)), ERFINV_TAIL_CENTER));
  const tail = s.let(s.mul(s.polynomial(t, ERFINV_TAIL), x));
  const a = s.let(s.abs(x));
  // x/0 is infinite, and all ones, a NaN, where |x| is not 1.
  const edge = i.or(s.div(x, 0), s.ne(a, 1));
  return s.select(central, y, s.select(s.lt(a, 1), tail, edge));
}
