import type { Node } from "../../ir.ts";
import type { ComplexFunction } from "./functions.ts";
import type { Pair } from "./pairs.ts";
import type { RealMath } from "./realMath.ts";

/** Inverse trigonometric and hyperbolic functions, after Hull, Fairgrieve and Tang. Cuts and signs as in C. */

/** From here on 1 is lost beside the square of a number, which does not overflow yet. */
const farAway = (m: RealMath): number => 2 ** Math.floor((m.maxExponent - 20) / 2);

/** What asin and acos of `x + iy`, x and y not negative, have in common. Squares of `y` may vanish: where that matters they are taken apart. */
function arc(m: RealMath, x: Node, y: Node) {
  const one = m.c(1);
  const above = m.add(x, one);
  const distance = m.abs(m.sub(x, one));
  const r = m.hypot(above, y);
  const s = m.hypot(m.sub(x, one), y);
  const a = m.half(m.add(r, s));
  const right = m.gt(x, 1);
  // y^2 / (s + |x - 1|) is s - |x - 1|; at the branch point both are 0.
  const rest = m.add(s, distance);
  const [slope, slopeAbove] = [m.select(m.eq(rest, 0), m.c(0), m.div(y, rest)), m.div(y, m.add(r, above))];
  const [across, over] = [m.mul(y, slope), m.mul(y, slopeAbove)];
  const excess = m.half(m.add(over, m.select(right, rest, across)));
  const near = m.call("log1p", m.add(excess, m.sqrt(m.mul(excess, m.add(a, one)))));
  const far = m.call("log", m.add(a, m.sqrt(m.sub(m.square(a), one))));
  // Beside the axis, between the branch points.
  const isFlat = m.and(
    m.not(right),
    m.lt(y, m.mul(distance, m.c(m.maxExponent === 127 ? 2 ** -13 : 2 ** -27))),
  );
  const flat = m.div(y, m.sqrt(m.mul(distance, above)));
  // asin has the real part atan(x / root), acos atan(root / x); root^2 = (a + x)(a - x).
  const sum = m.add(a, x);
  const left = m.sqrt(m.mul(sum, m.half(m.add(over, rest))));
  const slopes = m.half(m.add(m.div(one, m.add(r, above)), m.div(one, rest)));
  const root = m.select(right, m.mul(y, m.sqrt(m.mul(sum, slopes))), left);
  // Far away log(2 |z|).
  const [high, low] = [m.max(x, y), m.min(x, y)];
  const isHuge = m.gt(high, farAway(m));
  const ratio = m.div(low, high);
  const huge = m.add(m.call("log", high), m.c(Math.LN2), m.half(m.call("log1p", m.square(ratio))));
  const moderate = m.select(isFlat, flat, m.select(m.lt(a, 1.5), near, far));
  const growth = m.select(isHuge, huge, moderate);
  return {
    growth: m.select(m.isInfinite(high), m.c(Number.POSITIVE_INFINITY), growth),
    root: m.select(isHuge, y, root),
  };
}

export const asin = (m: RealMath, { re, im }: Pair): Pair => {
  const [x, y] = [m.abs(re), m.abs(im)];
  const { growth, root } = arc(m, x, y);
  return { re: m.copySign(m.call("atan2", x, root), re), im: m.copySign(growth, im) };
};

export const acos = (m: RealMath, { re, im }: Pair): Pair => {
  const { growth, root } = arc(m, m.abs(re), m.abs(im));
  const opposite = m.copySign(growth, im);
  return { re: m.call("atan2", root, re), im: m.neg(opposite) };
};

/** asinh z = -i asin(iz) */
export const asinh: ComplexFunction = (m, z) => {
  const t = asin(m, { re: m.neg(z.im), im: z.re });
  return { re: t.im, im: m.neg(t.re) };
};

/** acosh z is i acos z or its negative, whichever has a real part that is not negative. */
export const acosh: ComplexFunction = (m, z) => {
  const t = acos(m, z);
  return { re: m.abs(t.im), im: m.copySign(t.re, z.im) };
};

export const atanh = (m: RealMath, { re, im }: Pair): Pair => {
  const x = m.abs(re);
  const distance = m.hypot(m.sub(m.c(1), x), im);
  const quotient = m.mul(m.c(4), m.div(m.div(x, distance), distance));
  const size = m.max(x, m.abs(im));
  const growth = m.mul(m.c(0.25), m.call("log1p", quotient));
  const real = m.copySign(m.select(m.isInfinite(size), m.c(0), growth), re);
  const across = m.sub(m.mul(m.sub(m.c(1), x), m.add(m.c(1), x)), m.square(im));
  const angle = m.half(m.call("atan2", m.twice(im), across));
  return { re: real, im: m.select(m.gt(size, farAway(m)), m.copySign(m.c(Math.PI / 2), im), angle) };
};

/** atan z = -i atanh(iz) */
export const atan: ComplexFunction = (m, z) => {
  const t = atanh(m, { re: m.neg(z.im), im: z.re });
  return { re: t.im, im: m.neg(t.re) };
};
