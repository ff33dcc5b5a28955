import { Complex } from "../dtypes/index.ts";

/**
 * Functions of complex numbers in plain TypeScript, by textbook formulas in float64: what the reference evaluations of the primitives of the same
 * names compute. They take no care of overflow; tests of large and small operands compare with known values.
 */

export const add = (x: Complex, y: Complex) => new Complex(x.re + y.re, x.im + y.im);
export const sub = (x: Complex, y: Complex) => new Complex(x.re - y.re, x.im - y.im);
export const mul = (x: Complex, y: Complex) =>
  new Complex(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re);
export const conj = (x: Complex) => new Complex(x.re, -x.im);
export const neg = (x: Complex) => new Complex(-x.re, -x.im);
export const abs = (x: Complex) => Math.hypot(x.re, x.im);
const scale = (x: Complex, by: number) => new Complex(x.re * by, x.im * by);
const one = /* @__PURE__ */ new Complex(1, 0);
/** i x */
const turn = (x: Complex) => new Complex(-x.im, x.re);
/** -i x */
const turnBack = (x: Complex) => new Complex(x.im, -x.re);

export function div(x: Complex, y: Complex): Complex {
  if (y.re === 0 && y.im === 0) {
    const infinity = Object.is(y.re, -0) ? -Infinity : Infinity;
    return scale(x, infinity);
  }
  if (Math.abs(y.re) < Math.abs(y.im)) return turnBack(div(x, turnBack(y)));
  const ratio = y.im / y.re;
  const size = y.re + y.im * ratio;
  return new Complex((x.re + x.im * ratio) / size, (x.im - x.re * ratio) / size);
}

export function sqrt(x: Complex): Complex {
  if (x.re === 0 && x.im === 0) return new Complex(0, x.im);
  const t = Math.sqrt((Math.abs(x.re) + abs(x)) / 2);
  const other = Math.abs(x.im) / (2 * t);
  const sign = x.im < 0 || Object.is(x.im, -0) ? -1 : 1;
  return x.re >= 0 ? new Complex(t, sign * other) : new Complex(other, sign * t);
}

export function log(x: Complex): Complex {
  const [high, low] = [Math.max(Math.abs(x.re), Math.abs(x.im)), Math.min(Math.abs(x.re), Math.abs(x.im))];
  const near = 0.5 * Math.log1p((high - 1) * (high + 1) + low * low);
  return new Complex(high > 0.5 && high < 2 ? near : Math.log(abs(x)), Math.atan2(x.im, x.re));
}

export function exp(x: Complex): Complex {
  const size = Math.exp(x.re);
  return new Complex(size * Math.cos(x.im), x.im === 0 ? x.im : size * Math.sin(x.im));
}

const sinh = (x: Complex) => new Complex(Math.sinh(x.re) * Math.cos(x.im), Math.cosh(x.re) * Math.sin(x.im));
const cosh = (x: Complex) => new Complex(Math.cosh(x.re) * Math.cos(x.im), Math.sinh(x.re) * Math.sin(x.im));
function tanh(x: Complex): Complex {
  if (Math.abs(x.re) > 300) return new Complex(Math.sign(x.re), 0);
  return div(sinh(x), cosh(x));
}

function log1p(x: Complex): Complex {
  const size = 2 * x.re + x.re * x.re + x.im * x.im;
  return new Complex(Math.log1p(size) / 2, Math.atan2(x.im, 1 + x.re));
}

function expm1(x: Complex): Complex {
  const sine = Math.sin(x.im / 2);
  const re = Math.expm1(x.re) * Math.cos(x.im) - 2 * sine * sine;
  return new Complex(re, Math.exp(x.re) * Math.sin(x.im));
}

/** Kahan's formulas, each of roots of 1 - x and 1 + x. */
function asin(x: Complex): Complex {
  const [below, above] = [sqrt(sub(one, x)), sqrt(add(one, x))];
  const im = Math.asinh(mul(conj(below), above).im);
  return new Complex(Math.atan2(x.re, mul(below, above).re), im);
}
function acos(x: Complex): Complex {
  const [below, above] = [sqrt(sub(one, x)), sqrt(add(one, x))];
  return new Complex(2 * Math.atan2(below.re, above.re), Math.asinh(mul(conj(above), below).im));
}
function acosh(x: Complex): Complex {
  const [below, above] = [sqrt(sub(x, one)), sqrt(add(x, one))];
  return new Complex(Math.asinh(mul(conj(below), above).re), 2 * Math.atan2(below.im, above.re));
}
function atanh(x: Complex): Complex {
  const distance = (1 - x.re) ** 2 + x.im ** 2;
  const re =
    (Math.sign(x.re) * Math.log1p((4 * Math.abs(x.re)) / (x.re < 0 ? abs2(add(one, x)) : distance))) / 4;
  return new Complex(re, Math.atan2(2 * x.im, (1 - x.re) * (1 + x.re) - x.im ** 2) / 2);
}
const abs2 = (x: Complex) => x.re * x.re + x.im * x.im;

export function pow(x: Complex, y: Complex): Complex {
  if (y.re === 0 && y.im === 0) return one;
  if (x.re === 0 && x.im === 0 && y.re > 0) return new Complex(0, 0);
  return exp(mul(y, log(x)));
}

function sign(x: Complex): Complex {
  const length = abs(x);
  return length === 0 ? new Complex(0, 0) : new Complex(x.re / length, x.im / length);
}

const isLess = (x: Complex, y: Complex) => (x.re === y.re ? x.im < y.im : x.re < y.re);
/** The later of two numbers by real, then imaginary part. */
export const max = (x: Complex, y: Complex) => (isLess(y, x) ? x : y);
export const min = (x: Complex, y: Complex) => (isLess(x, y) ? x : y);
export const eq = (x: Complex, y: Complex) => x.re === y.re && x.im === y.im;

export function logaddexp(x: Complex, y: Complex): Complex {
  const larger = x.re > y.re ? x : y;
  const difference = larger === x ? sub(y, x) : sub(x, y);
  const { re, im } = add(larger, log1p(exp(difference)));
  return new Complex(re, im - 2 * Math.PI * Math.round(im / (2 * Math.PI)));
}

type Result = Complex | number | boolean;

/** By the name of the primitive. */
export const complexMath: Readonly<Record<string, (x: Complex, y: Complex) => Result>> = {
  ...{ add, sub, mul, div, neg, conj, abs, sign, max, min, eq, sqrt, log, exp, pow },
  ...{ sinh, cosh, tanh, log1p, expm1, asin, acos, acosh, atanh },
  ne: (x, y) => !eq(x, y),
  add_any: add,
  logaddexp,
  real: (x) => x.re,
  imag: (x) => x.im,
  square: (x) => mul(x, x),
  rsqrt: (x) => div(one, sqrt(x)),
  exp2: (x) => exp(scale(x, Math.LN2)),
  logistic: (x) => div(one, add(one, exp(neg(x)))),
  sin: (x) => turnBack(sinh(turn(x))),
  cos: (x) => cosh(turn(x)),
  tan: (x) => turnBack(tanh(turn(x))),
  asinh: (x) => turnBack(asin(turn(x))),
  atan: (x) => turnBack(atanh(turn(x))),
  atan2: (y, x) => turnBack(log(div(add(x, turn(y)), sqrt(add(mul(x, x), mul(y, y)))))),
};
