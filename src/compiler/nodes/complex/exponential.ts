import type { Node } from "../../ir.ts";
import type { ComplexFunction } from "./functions.ts";
import type { Pair } from "./pairs.ts";
import type { RealMath } from "./realMath.ts";

/** The exponential function and what is made of it, by real and imaginary part. */

/** An odd function's value where its argument is zero is that zero, even if the other factor is infinite or NaN. */
const odd = (m: RealMath, argument: Node, value: Node): Node => m.select(m.eq(argument, 0), argument, value);

/** exp(x) times a number of magnitude at most 1: in two steps, as exp(x) alone may overflow. */
function expTimes(m: RealMath, x: Node, factor: Node): Node {
  const root = m.call("exp", m.half(x));
  return m.select(m.eq(root, 0), m.c(0), m.mul(m.mul(root, factor), root));
}

/** From here on exp(-x) is lost in exp(x), and long before that overflows. */
const large = (m: RealMath) => (m.maxExponent === 127 ? 40 : 350);

function coshTimes(m: RealMath, x: Node, factor: Node): Node {
  const size = m.abs(x);
  const far = m.half(expTimes(m, size, factor));
  return m.select(m.gt(size, large(m)), overflowing(m, size, factor, far), m.mul(m.call("cosh", x), factor));
}
function sinhTimes(m: RealMath, x: Node, factor: Node): Node {
  const size = m.abs(x);
  const signed = m.select(m.lt(x, 0), m.neg(factor), factor);
  const far = overflowing(m, size, signed, m.half(expTimes(m, size, signed)));
  return m.select(m.gt(size, large(m)), far, m.mul(m.call("sinh", x), factor));
}
/** Half of exp(x) times a factor, where the whole of it may be infinite already. */
function overflowing(m: RealMath, x: Node, factor: Node, far: Node): Node {
  const root = m.call("exp", m.half(x));
  return m.select(m.isInfinite(far), m.mul(m.mul(m.half(root), factor), root), far);
}

export const exp = (m: RealMath, { re, im }: Pair): Pair => ({
  re: expTimes(m, re, m.call("cos", im)),
  im: odd(m, im, expTimes(m, re, m.call("sin", im))),
});

export const exp2: ComplexFunction = (m, { re, im }) => {
  const ln2 = m.c(Math.LN2);
  return exp(m, { re: m.mul(re, ln2), im: m.mul(im, ln2) });
};

export const sinh: ComplexFunction = (m, { re, im }) => ({
  re: odd(m, re, sinhTimes(m, re, m.call("cos", im))),
  im: odd(m, im, coshTimes(m, re, m.call("sin", im))),
});
export const cosh: ComplexFunction = (m, { re, im }) => ({
  re: coshTimes(m, re, m.call("cos", im)),
  im: m.select(m.or(m.eq(re, 0), m.eq(im, 0)), m.c(0), sinhTimes(m, re, m.call("sin", im))),
});
export const sin: ComplexFunction = (m, { re, im }) => ({
  re: odd(m, re, coshTimes(m, im, m.call("sin", re))),
  im: odd(m, im, sinhTimes(m, im, m.call("cos", re))),
});
export const cos: ComplexFunction = (m, { re, im }) => ({
  re: coshTimes(m, im, m.call("cos", re)),
  im: m.select(m.or(m.eq(re, 0), m.eq(im, 0)), m.c(0), m.neg(sinhTimes(m, im, m.call("sin", re)))),
});

/**
 * Kahan's: with t = tan y and s = sinh x, tanh(x + iy) = (s sqrt(1 + s^2) (1 + t^2) + it) / (1 + s^2 (1 + t^2)), written with cosines so that
 * no pole of the tangent is in the way: (s c + i sin y cos y) / (cos^2 y + s^2) with c = cosh x.
 */
export const tanh = (m: RealMath, { re, im }: Pair): Pair => {
  const far = m.gt(m.abs(re), large(m) / 2);
  const x = m.select(far, m.c(0), re);
  const [s, c] = [m.call("sinh", x), m.call("cosh", x)];
  const [sine, cosine] = [m.call("sin", im), m.call("cos", im)];
  const size = m.add(m.square(cosine), m.square(s));
  const product = m.mul(sine, cosine);
  // Far from the axis the real part is 1 and the imaginary 4 sin y cos y exp(-2|x|).
  const decay = m.call("exp", m.neg(m.twice(m.abs(re))));
  const tail = m.mul(m.c(4), product, decay);
  const one = m.select(m.lt(re, 0), m.c(-1), m.c(1));
  return {
    re: m.select(far, one, m.div(m.mul(s, c), size)),
    im: odd(m, im, m.select(far, m.select(m.eq(decay, 0), m.c(0), tail), m.div(product, size))),
  };
};

/** tan z = -i tanh(iz) */
export const tan: ComplexFunction = (m, z) => {
  const t = tanh(m, { re: m.neg(z.im), im: z.re });
  return { re: t.im, im: m.neg(t.re) };
};
