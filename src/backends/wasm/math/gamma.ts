import type { Local } from "../asm/index.ts";
import { cosDouble, logLongDouble, sinDouble } from "./double.ts";
import { type Code, type Scope, unary } from "./lanes.ts";

/** lgamma(2 + y)/y on [-1/2, 1/2]; relative error 2^-38. Our own minimax fit. */
const LGAMMA_AT_2 = [
  0.42278433509971214, 0.3224670334031639, -0.0673523014188082, 0.020580810232620178, -0.00738553379226717,
  0.002890465616367264, -0.001193048761629322, 0.0005101426451999432, -0.00022089698364941381,
  9.706275935756306e-5, -5.27437816928663e-5, 2.609558841764211e-5,
];
/** Stirling's series: B(2k) / (2k (2k-1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188];
/** The asymptotic series of digamma: -B(2k) / 2k. */
const DIGAMMA_ASYMPTOTIC = [-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760];

/**
 * lgamma(x) for x >= 1/2: from 8.5 on Stirling's series, below it shifted by the recurrence into [1.5, 2.5], where the factor
 * x - 2 keeps the relative accuracy at the roots 1 and 2.
 */
function lgammaPositive(scope: Scope, x: Local): Code {
  const { d } = scope;
  const large = d.let(d.ge(x, 8.5));
  let y = x;
  let product: Local | number = 1;
  for (let step = 0; step < 6; step++) {
    const shift = d.let(
      d.select(
        large,
        0,
        scope.i.and(d.gt(y, 2.5), () => d.push(1)),
      ),
    );
    y = d.let(d.sub(y, shift));
    product = d.let(d.mul(product, d.select(d.ne(shift, 0), y, 1)));
  }
  const below = d.let(d.lt(y, 1.5));
  const log = d.let(logLongDouble(scope, d.let(d.select(large, x, d.select(below, y, product)))));
  const t = d.let(d.sub(y, d.select(below, 1, 2)));
  const small = d.add(d.mul(t, d.polynomial(t, LGAMMA_AT_2)), d.select(below, d.neg(log), log));
  const z = d.let(d.div(1, x));
  const series = d.mul(z, d.polynomial(d.let(d.mul(z, z)), STIRLING));
  const stirling = d.add(
    d.mul(d.sub(x, 0.5), d.sub(log, 1)),
    d.add(series, 0.5 * Math.log(2 * Math.PI) - 0.5),
  );
  return d.select(large, stirling, small);
}

/** sin(pi x) and cos(pi x) up to sign, from the distance of x to the nearest integer, which is exact. */
function sinCosPi(scope: Scope, x: Local): { r: Local; sin: Code; cos: Code } {
  const { d } = scope;
  const r = d.let(d.sub(x, d.nearest(x)));
  const a = d.let(d.abs(r));
  const far = d.let(d.gt(a, 0.25));
  const angle = d.let(d.mul(d.select(far, d.sub(0.5, a), a), Math.PI));
  const z = d.let(d.mul(angle, angle));
  const s = d.let(sinDouble(scope, angle, z));
  const c = d.let(cosDouble(scope, z));
  return { r, sin: d.select(far, c, s), cos: d.select(far, s, c) };
}

/** x where it is below 1/2 is replaced by 1 - x for the reflection formulas. */
const reflected = (scope: Scope, x: Local, mask: Local): Local =>
  scope.d.let(scope.d.select(mask, scope.d.sub(1, x), x));

/** log|gamma(x)| in float64. */
export const emitLgamma = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const mask = d.let(d.lt(xd, 0.5));
      const positive = d.let(lgammaPositive(inner, reflected(inner, xd, mask)));
      const result = d.let(positive);
      inner.f
        .get(mask)
        .v128.any_true()
        .if(() => {
          const sin = d.let(sinCosPi(inner, xd).sin);
          const log = logLongDouble(inner, d.let(d.div(Math.PI, sin)));
          d.push(d.select(mask, d.sub(log, positive), result));
          inner.f.set(result);
        });
      return () => inner.f.get(result);
    }),
  );
  // Infinite at both infinities, at 0 and at the negative integers; NaN for NaN.
  const pole = i.and(s.le(x, 0), s.eq(s.nearest(x), x));
  const infinite = i.or(pole, s.eq(s.abs(x), Number.POSITIVE_INFINITY));
  const finite = s.let(s.select(infinite, Number.POSITIVE_INFINITY, y));
  return s.select(s.eq(x, x), finite, x);
});

/** digamma(x) for x >= 1/2: shifted up to 8 by the recurrence, the sum of 1/x being one fraction, then the asymptotic series. */
function digammaPositive(scope: Scope, x: Local): Code {
  const { d } = scope;
  let y = x;
  let numerator = d.let(0);
  let denominator = d.let(1);
  for (let step = 0; step < 8; step++) {
    const small = d.let(d.lt(y, 8));
    numerator = d.let(d.select(small, d.add(d.mul(numerator, y), denominator), numerator));
    denominator = d.let(d.select(small, d.mul(denominator, y), denominator));
    y = d.let(d.select(small, d.add(y, 1), y));
  }
  const z = d.let(d.div(1, y));
  const square = d.let(d.mul(z, z));
  const series = d.sub(d.mul(square, d.polynomial(square, DIGAMMA_ASYMPTOTIC)), d.mul(z, 0.5));
  return d.sub(d.add(logLongDouble(scope, y), series), d.div(numerator, denominator));
}

/** The positive root of digamma in two parts, and digamma(x)/(x - root) in x - root, for |x - root| <= 1/32. */
const ROOT_HIGH = 1.4616321449683622;
const ROOT_LOW = 9.549995429965697e-17;
const DIGAMMA_AT_ROOT = [
  0.9676722454490426, -0.4427631689861353, 0.25849973475676824, -0.16394268118015512, 0.10789557887250606,
  -0.0722534554403623,
];

/** The derivative of log|gamma(x)| in float64. */
export const emitDigamma = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const mask = d.let(d.lt(xd, 0.5));
      const shifted = d.let(digammaPositive(inner, reflected(inner, xd, mask)));
      const t = d.let(d.sub(d.sub(xd, ROOT_HIGH), ROOT_LOW));
      const nearRoot = d.mul(t, d.polynomial(t, DIGAMMA_AT_ROOT));
      const positive = d.let(d.select(d.lt(d.abs(t), 1 / 32), nearRoot, shifted));
      const result = d.let(positive);
      inner.f
        .get(mask)
        .v128.any_true()
        .if(() => {
          const { r, sin, cos } = sinCosPi(inner, xd);
          const cotangent = d.copysign(d.div(cos, sin), r);
          d.push(d.select(mask, d.sub(positive, d.mul(cotangent, Math.PI)), result));
          inner.f.set(result);
        });
      return () => inner.f.get(result);
    }),
  );
  // NaN at 0, the negative integers and -inf, as in XLA; +inf and NaN map to themselves.
  const pole = i.and(s.le(x, 0), s.eq(s.nearest(x), x));
  return s.select(s.lt(x, Number.POSITIVE_INFINITY), i.or(y, pole), x);
});
