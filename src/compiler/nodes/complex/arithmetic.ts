import type { Node } from "../../ir.ts";
import type { ComplexFunction } from "./functions.ts";
import type { Pair } from "./pairs.ts";
import type { RealMath } from "./realMath.ts";

/** Arithmetic and comparison of complex numbers. */

export const neg = (m: RealMath, { re, im }: Pair): Pair => ({ re: m.neg(re), im: m.neg(im) });
export const conj = (m: RealMath, { re, im }: Pair): Pair => ({ re, im: m.neg(im) });
export const add: ComplexFunction = (m, x, y) => ({ re: m.add(x.re, y.re), im: m.add(x.im, y.im) });
export const sub: ComplexFunction = (m, x, y) => ({ re: m.sub(x.re, y.re), im: m.sub(x.im, y.im) });
export const mul = (m: RealMath, x: Pair, y: Pair): Pair => ({
  re: m.sub(m.mul(x.re, y.re), m.mul(x.im, y.im)),
  im: m.add(m.mul(x.re, y.im), m.mul(x.im, y.re)),
});

export const scale = (m: RealMath, { re, im }: Pair, by: Node): Pair => ({
  re: m.mul(re, by),
  im: m.mul(im, by),
});
export const choose = (m: RealMath, condition: Node, x: Pair, y: Pair): Pair => ({
  re: m.select(condition, x.re, y.re),
  im: m.select(condition, x.im, y.im),
});
/** The largest of the magnitudes of both parts. */
export const largestPart = (m: RealMath, { re, im }: Pair): Node => m.max(m.abs(re), m.abs(im));

/**
 * Smith's division, with numerator and denominator brought to the middle of the range before (Baudin and Smith). Infinite and
 * zero operands give what C says: a number over zero is infinite, and over an infinite one zero.
 */
export const div = (m: RealMath, x: Pair, y: Pair): Pair => {
  const high = m.c(2 ** (m.maxExponent - 2));
  const low = m.c(2 ** -(m.maxExponent - 2 - 60));
  // By 2^-4 or 2^106, exactly; the quotient is scaled back.
  const scaleOf = (p: Pair) => {
    const size = largestPart(m, p);
    return m.select(m.gt(size, high), m.c(2 ** -4), m.select(m.lt(size, low), m.c(2 ** 106), m.c(1)));
  };
  const [sx, sy] = [scaleOf(x), scaleOf(y)];
  const n = scale(m, x, sx);
  const d = scale(m, y, sy);
  const flat = m.ge(m.abs(d.re), m.abs(d.im));
  const [p, q] = [m.select(flat, d.re, d.im), m.select(flat, d.im, d.re)];
  const ratio = m.div(q, p);
  const whole = m.add(p, m.mul(q, ratio));
  // With the larger part of the denominator first: (a + b r) / whole and (b - a r) / whole, else the same with a and b exchanged.
  const [a, b] = [m.select(flat, n.re, n.im), m.select(flat, n.im, n.re)];
  const re = m.div(m.add(a, timesRatio(m, b, q, p, ratio)), whole);
  const difference = m.div(m.sub(b, timesRatio(m, a, q, p, ratio)), whole);
  const back = m.div(sy, sx);
  const quotient = { re: m.mul(re, back), im: m.mul(m.select(flat, difference, m.neg(difference)), back) };
  return specialQuotient(m, x, y, quotient);
};

/** `x (q / p)`, also where the ratio is too small to be written. */
function timesRatio(m: RealMath, x: Node, q: Node, p: Node, ratio: Node): Node {
  return m.select(m.eq(ratio, 0), m.mul(q, m.div(x, p)), m.mul(x, ratio));
}

/**
 * The quotient in float32, over the square of the denominator: numbers are brought to the middle of the range by powers of two before. Infinite numbers
 * are 1 for infinite parts and 0 for others, times infinity, as in C (there only where NaN would come out otherwise, so that infinite parts of both kinds
 * differ).
 */
export const shortDiv = (m: RealMath, x: Pair, y: Pair): Pair => {
  const [zero, infinity] = [m.c(0), m.c(Number.POSITIVE_INFINITY)];
  const isZero = m.and(m.eq(y.re, 0), m.eq(y.im, 0));
  /** A number as one of moderate size; `by` and `back` are the factor between them and its inverse. */
  const moderate = (z: Pair) => {
    const { by, back } = m.rangeScale(largestPart(m, z));
    const [re, im] = [m.isInfinite(z.re), m.isInfinite(z.im)];
    const isInfinite = m.or(re, im);
    const unit = (isPart: Node, part: Node) => m.copySign(m.select(isPart, m.c(1), zero), part);
    const boxed = { re: unit(re, z.re), im: unit(im, z.im) };
    return { number: choose(m, isInfinite, boxed, scale(m, z, by)), isInfinite, by, back };
  };
  const [n, d] = [moderate(x), moderate(y)];
  const product = mul(m, n.number, conj(m, d.number));
  const size = m.add(m.square(d.number.re), m.square(d.number.im));
  const overZero = scale(m, x, m.copySign(m.c(1), y.re));
  const top = choose(m, isZero, overZero, product);
  const bottom = m.select(isZero, m.c(1), size);
  const byTop = m.select(n.isInfinite, infinity, n.back);
  const byBottom = m.select(isZero, infinity, m.select(d.isInfinite, zero, d.by));
  const back = (part: Node) => m.mul(m.div(part, bottom), byBottom, byTop);
  return { re: back(top.re), im: back(top.im) };
};

/** What C's division gives where both parts came out as NaN. */
function specialQuotient(m: RealMath, x: Pair, y: Pair, found: Pair): Pair {
  const unknown = m.and(m.isNaN(found.re), m.isNaN(found.im));
  const infinity = m.c(Number.POSITIVE_INFINITY);
  const finite = (p: Pair) => m.lt(m.add(m.abs(p.re), m.abs(p.im)), infinity);
  const bothZero = m.and(m.eq(y.re, 0), m.eq(y.im, 0));
  const signed = m.copySign(infinity, y.re);
  const overZero = scale(m, x, signed);
  // Infinite parts count as 1, finite ones as 0.
  const unit = (p: Pair): Pair => {
    const of = (v: Node) => m.copySign(m.select(m.isInfinite(v), m.c(1), m.c(0)), v);
    return { re: of(p.re), im: of(p.im) };
  };
  const infinite = (p: Pair) => m.or(m.isInfinite(p.re), m.isInfinite(p.im));
  const grown = scale(m, mul(m, unit(x), conj(m, y)), infinity);
  const vanished = scale(m, mul(m, x, conj(m, unit(y))), m.c(0));
  let result = choose(m, m.and(infinite(y), finite(x)), vanished, found);
  result = choose(m, m.and(infinite(x), finite(y)), grown, result);
  result = choose(m, bothZero, overZero, result);
  return choose(m, unknown, result, found);
}

export const abs: ComplexFunction = (m, { re, im }) => m.hypot(re, im);

/** The number of length 1 in the same direction; 0 for 0. */
export const sign: ComplexFunction = (m, z) => {
  const length = m.hypot(z.re, z.im);
  const unit = { re: m.div(z.re, length), im: m.div(z.im, length) };
  return choose(m, m.eq(length, 0), { re: m.c(0), im: m.c(0) }, unit);
};

export const eq: ComplexFunction = (m, x, y) => m.and(m.eq(x.re, y.re), m.eq(x.im, y.im));
export const ne: ComplexFunction = (m, x, y) => m.not(m.and(m.eq(x.re, y.re), m.eq(x.im, y.im)));

/** The order of JAX's sort, max and min: by real part, then by imaginary part. */
const isLess = (m: RealMath, x: Pair, y: Pair): Node =>
  m.select(m.eq(x.re, y.re), m.lt(x.im, y.im), m.lt(x.re, y.re));
export const max: ComplexFunction = (m, x, y) => choose(m, isLess(m, y, x), x, y);
export const min: ComplexFunction = (m, x, y) => choose(m, isLess(m, x, y), x, y);
