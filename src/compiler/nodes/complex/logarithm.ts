import type { Node } from "../../ir.ts";
import { choose, div, mul } from "./arithmetic.ts";
import { exp } from "./exponential.ts";
import type { ComplexFunction } from "./functions.ts";
import type { Pair } from "./pairs.ts";
import type { RealMath } from "./realMath.ts";
import { sqrt } from "./roots.ts";

/** Logarithms and what is made of them. */

/** log |z|. Near the unit circle |z|^2 - 1 is summed exactly, or its digits would cancel. */
export function logLength(m: RealMath, { re, im }: Pair): Node {
  const [p, q] = [m.abs(re), m.abs(im)];
  const [high, low] = [m.max(p, q), m.min(p, q)];
  const near = m.and(m.gt(high, 0.5), m.lt(high, 2));
  const [x, y] = [m.select(near, high, m.c(1)), m.select(near, low, m.c(0))];
  const [sum, lost] = m.twoSum(x, m.c(1));
  const beyond = m.sub(x, m.c(1));
  const excess = m.exactSum([m.twoProduct(beyond, sum), m.twoProduct(y, y), [m.mul(beyond, lost), m.c(0)]]);
  const ratio = m.div(low, high);
  const far = m.add(m.call("log", high), m.half(m.call("log1p", m.square(ratio))));
  const single = m.or(m.eq(high, 0), m.isInfinite(high));
  return m.select(near, m.half(m.call("log1p", excess)), m.select(single, m.call("log", high), far));
}

export const log = (m: RealMath, z: Pair): Pair => ({
  re: logLength(m, z),
  im: m.call("atan2", z.im, z.re),
});

export const log1p: ComplexFunction = (m, { re, im }) => {
  const shifted = m.add(m.c(1), re);
  const near = m.and(m.lt(m.abs(re), 0.5), m.lt(m.abs(im), 2));
  const [x, y] = [m.select(near, re, m.c(0)), m.select(near, im, m.c(0))];
  // |1 + z|^2 - 1 = 2x + x^2 + y^2
  const excess = m.exactSum([[m.twice(x), m.c(0)], m.twoProduct(y, y), m.twoProduct(x, x)]);
  return {
    re: m.select(near, m.half(m.call("log1p", excess)), logLength(m, { re: shifted, im })),
    im: m.call("atan2", im, shifted),
  };
};

export const expm1: ComplexFunction = (m, z) => {
  const whole = exp(m, z);
  const sine = m.call("sin", m.half(z.im));
  const re = m.sub(m.mul(m.call("expm1", z.re), m.call("cos", z.im)), m.twice(m.square(sine)));
  return { re: m.select(m.lt(m.abs(z.re), 1), re, m.sub(whole.re, m.c(1))), im: whole.im };
};

export const logistic: ComplexFunction = (m, z) => {
  // 1 / (1 + exp(-z)), or exp(z) / (1 + exp(z)) where exp(-z) might overflow.
  const left = m.lt(z.re, 0);
  const e = exp(m, choose(m, left, z, { re: m.neg(z.re), im: m.neg(z.im) }));
  const one = { re: m.c(1), im: m.c(0) };
  return div(m, choose(m, left, e, one), { re: m.add(m.c(1), e.re), im: e.im });
};

/** exp(y log x); 0 to a power with a positive real part is 0, and anything to the power of 0 is 1. */
export const pow: ComplexFunction = (m, x, y) => {
  const power = exp(m, mul(m, y, log(m, x)));
  const zero = { re: m.c(0), im: m.c(0) };
  const fromZero = m.and(m.eq(x.re, 0), m.eq(x.im, 0), m.gt(y.re, 0));
  const toZero = m.and(m.eq(y.re, 0), m.eq(y.im, 0));
  return choose(m, toZero, { re: m.c(1), im: m.c(0) }, choose(m, fromZero, zero, power));
};

/** log(exp(x) + exp(y)), the imaginary part between -pi and pi */
export const logaddexp: ComplexFunction = (m, x, y) => {
  const first = m.gt(x.re, y.re);
  const [large, small] = [choose(m, first, x, y), choose(m, first, y, x)];
  const difference = { re: m.sub(small.re, large.re), im: m.sub(small.im, large.im) };
  const rest = log1p(m, exp(m, difference), difference) as Pair;
  const im = m.add(large.im, rest.im);
  const turns = m.call("round_even", m.mul(im, m.c(0.5 / Math.PI)));
  return { re: m.add(large.re, rest.re), im: m.sub(im, m.mul(turns, m.c(2 * Math.PI))) };
};

/** atan2(y, x) = -i log((x + iy) / sqrt(x^2 + y^2)) */
export const atan2: ComplexFunction = (m, y, x) => {
  const top = { re: m.sub(x.re, y.im), im: m.add(x.im, y.re) };
  const [xx, yy] = [mul(m, x, x), mul(m, y, y)];
  const root = sqrt(m, { re: m.add(xx.re, yy.re), im: m.add(xx.im, yy.im) });
  const angle = log(m, div(m, top, root));
  return { re: angle.im, im: m.neg(angle.re) };
};
