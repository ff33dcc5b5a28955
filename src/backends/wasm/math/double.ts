import type { Local } from "../asm/index.ts";
import type { Code, Scope, Vector } from "./lanes.ts";

/**
 * Building blocks on two float64 lanes. Arguments come from float32 values, so the ranges are small and errors
 * around 2^-37 vanish when the result is rounded to float32. The polynomials are our own minimax fits.
 */

/** Adding this rounds a double to an integer and leaves the integer in its low bits. */
const ROUNDER = 1.5 * 2 ** 52;

/** (exp(r) - 1)/r for |r| <= ln(2)/2; relative error 2^-43. */
const EXPM1 = [
  0.9999999999999889, 0.49999999999798617, 0.16666666666943036, 0.04166666689077236, 0.008333333231100542,
  0.0013888821663363888, 0.0001984137189071796, 2.487619221242813e-5, 2.755730189664121e-6,
];

/** The same with relative error 2^-32, where only a few bits beyond float32 are needed. */
const EXPM1_SHORT = [
  1.0000000000314468, 0.5000000046931985, 0.1666666624711787, 0.041666353200826144, 0.008333403176629397,
  0.0013941109171232854, 0.00019841251510456935,
];

/** exp(x) = 2^n (1 + p): n in the low bits of `rounded`, and p. */
function splitExp(scope: Scope, x: Local, coefficients = EXPM1): { rounded: Local; p: Local } {
  const { d } = scope;
  const rounded = d.let(d.add(d.mul(x, Math.LOG2E), ROUNDER));
  const r = d.let(d.sub(x, d.mul(d.sub(rounded, ROUNDER), Math.LN2)));
  return { rounded, p: d.let(d.mul(r, d.polynomial(r, coefficients))) };
}

/** exp(x) for |x| < 300. */
export function expDouble(scope: Scope, x: Local, precision: "long" | "short" = "long"): Code {
  const { d, l } = scope;
  const { rounded, p } = splitExp(scope, x, precision === "long" ? EXPM1 : EXPM1_SHORT);
  return l.add(d.add(p, 1), l.shl(rounded, 52));
}

/** exp(x) - 1 for |x| < 300, with full relative accuracy near 0. */
export function expm1Double(scope: Scope, x: Local): Code {
  const { d, l } = scope;
  const { rounded, p } = splitExp(scope, x);
  const scale = d.let(l.add(() => d.push(1), l.shl(rounded, 52)));
  return d.add(d.mul(p, scale), d.sub(scale, 1));
}

/** 2^x for |x| < 300. */
export function exp2Double(scope: Scope, x: Local): Code {
  const { d, l } = scope;
  const rounded = d.let(d.add(x, ROUNDER));
  const r = d.let(d.mul(d.sub(x, d.sub(rounded, ROUNDER)), Math.LN2));
  return l.add(d.add(d.mul(r, d.polynomial(r, EXPM1)), 1), l.shl(rounded, 52));
}

/** (log((1+s)/(1-s)) - 2s)/s^3 in s^2, for s^2 <= 0.0295: relative errors of the logarithm 2^-45 and 2^-59. */
const ATANH_SHORT = [
  0.6666666667589033, 0.39999995587477316, 0.2857211317569161, 0.22176006471839438, 0.19586966249711268,
];
const ATANH_LONG = [
  0.6666666666666735, 0.39999999999407715, 0.28571428744098765, 0.2222219838234237, 0.18183574983613612,
  0.153137600439247, 0.14799026153597827,
];

const ONE_BITS = 0x3ff0000000000000n;
const SQRT_HALF_BITS = 0x3fe6a09e667f3bcdn;

/** u = 2^k m with m in [sqrt(1/2), sqrt(2)): k as a double, and m. For finite normal u > 0. */
function splitLog(scope: Scope, u: Local): { k: Local; m: Local } {
  const { d, l } = scope;
  const biased = l.let(l.shrU(l.add(u, ONE_BITS - SQRT_HALF_BITS), 52));
  const m = l.let(l.add(l.sub(u, l.shl(biased, 52)), ONE_BITS));
  // An integer below 2^52 in the low bits of 2^52 is that integer, plus 2^52.
  const k = d.let(d.sub(l.or(biased, 0x4330000000000000n), 2 ** 52 + 1023));
  return { k, m };
}

/** log((1+s)/(1-s)) for |s| <= 0.1716. */
function twiceAtanh(scope: Scope, s: Local, coefficients: readonly number[]): Code {
  const { d } = scope;
  const z = d.let(d.mul(s, s));
  return d.add(d.add(s, s), d.mul(d.mul(s, z), d.polynomial(z, coefficients)));
}

function logarithm(scope: Scope, u: Local, coefficients: readonly number[]): Code {
  const { d } = scope;
  const { k, m } = splitLog(scope, u);
  const s = d.let(d.div(d.sub(m, 1), d.add(m, 1)));
  return d.add(d.mul(k, Math.LN2), twiceAtanh(scope, s, coefficients));
}

/** log(u) for finite normal u > 0. */
export const logDouble = (scope: Scope, u: Local): Code => logarithm(scope, u, ATANH_SHORT);
/** The same to nearly full double precision, for sums that cancel. */
export const logLongDouble = (scope: Scope, u: Local): Code => logarithm(scope, u, ATANH_LONG);

/** The base-2 logarithm of finite normal u > 0, to nearly full double precision. */
export function log2Double(scope: Scope, u: Local): Code {
  const { d } = scope;
  const { k, m } = splitLog(scope, u);
  const s = d.let(d.div(d.sub(m, 1), d.add(m, 1)));
  return d.add(k, d.mul(twiceAtanh(scope, s, ATANH_LONG), Math.LOG2E));
}

/** log(1 + x) for -1 < x < 2^300, with full relative accuracy near 0. */
export function log1pDouble(scope: Scope, x: Local): Code {
  const { d } = scope;
  const { k, m } = splitLog(scope, d.let(d.add(x, 1)));
  // Where 1 + x needs no scaling, m - 1 is x itself, without the rounding error of the sum.
  const f = d.let(d.select(d.eq(k, 0), x, d.sub(m, 1)));
  const s = d.let(d.div(f, d.add(f, 2)));
  return d.add(d.mul(k, Math.LN2), twiceAtanh(scope, s, ATANH_SHORT));
}

/** (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2, for |r| <= pi/4; relative errors 2^-47 and 2^-43. */
const SIN = [
  -0.1666666666663159, 0.008333333325270833, -0.00019841263822299474, 2.755535758586833e-6,
  -2.476163848890788e-8,
];
const COS = [0.04166666662279467, -0.0013888883750442622, 2.479951920797351e-5, -2.72101704110265e-7];

/** sin(r) for |r| <= pi/4; `z` is r^2. */
export function sinDouble(scope: Scope, r: Local, z: Local): Code {
  const { d } = scope;
  return d.add(r, d.mul(d.mul(r, z), d.polynomial(z, SIN)));
}

/** cos(r) for |r| <= pi/4; `z` is r^2. */
export function cosDouble(scope: Scope, z: Local): Code {
  const { d } = scope;
  return d.add(d.sub(1, d.mul(z, 0.5)), d.mul(d.mul(z, z), d.polynomial(z, COS)));
}

/** (atan(t)/t - 1)/t^2 in t^2, for |t| <= tan(pi/8); relative error 2^-40. */
const ATAN = [
  -0.33333333296345585, 0.19999994394742796, -0.14285426138624574, 0.11104046434939313, -0.08997203894978964,
  0.06992745749171381, -0.0379494032250486,
];

/** The angle, from 0 to pi/2, of the point (x, y) with finite x, y >= 0; 0 for the origin. */
export function angleDouble(scope: Scope, y: Vector, x: Vector): Code {
  const { d } = scope;
  const py = d.let(y);
  const px = d.let(x);
  const swap = d.let(d.gt(py, px));
  const small = d.let(d.pmin(py, px));
  const large = d.let(d.pmax(d.pmax(py, px), Number.MIN_VALUE));
  // Beyond pi/8, turn by pi/4: tan(a - pi/4) = (t - 1)/(t + 1). One division serves both cases.
  const turned = d.let(d.gt(small, d.mul(large, Math.SQRT2 - 1)));
  const t = d.let(
    d.div(d.select(turned, d.sub(small, large), small), d.select(turned, d.add(small, large), large)),
  );
  const z = d.let(d.mul(t, t));
  const part = d.let(d.add(t, d.mul(d.mul(t, z), d.polynomial(z, ATAN))));
  const angle = d.let(d.select(turned, d.add(part, Math.PI / 4), part));
  return d.select(swap, d.sub(Math.PI / 2, angle), angle);
}

/** A quotient of polynomials. */
export function rationalDouble(
  scope: Scope,
  x: Local,
  numerator: readonly number[],
  denominator: readonly number[],
): Code {
  const { d } = scope;
  return d.div(d.polynomial(x, numerator), d.polynomial(x, denominator));
}
