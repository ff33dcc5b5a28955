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

/** The Taylor series of sinh, up to 1. */
function shortSinh(m: RealMath, x: Node): Node {
  const xx = m.square(x);
  const series = [9 * 8, 7 * 6, 5 * 4, 3 * 2].reduce<Node>(
    (sum, n) => m.add(m.c(1), m.mul(xx, m.c(1 / n), sum)),
    m.c(1),
  );
  return m.mul(x, series);
}

/** cosh(x) and sinh(x), each times a number of magnitude at most 1, as the product may be finite where they are not. */
function hyperbolic(m: RealMath, x: Node, forCosh: Node, forSinh: Node): { cosh: Node; sinh: Node } {
  const size = m.abs(x);
  const root = m.call("exp", m.half(size));
  const signed = m.select(m.lt(x, 0), m.neg(forSinh), forSinh);
  const grown = (factor: Node) => m.mul(m.mul(m.half(root), factor), root);
  if (m.maxExponent === 127) {
    const inverse = m.div(m.c(1), root);
    const decayed = (factor: Node) => m.mul(m.mul(m.half(inverse), factor), inverse);
    const sinh = m.sub(grown(signed), decayed(signed));
    return {
      cosh: m.add(grown(forCosh), decayed(forCosh)),
      sinh: m.select(m.lt(size, 1), m.mul(shortSinh(m, x), forSinh), sinh),
    };
  }
  const far = m.gt(size, large(m));
  return {
    cosh: m.select(far, grown(forCosh), m.mul(m.call("cosh", x), forCosh)),
    sinh: m.select(far, grown(signed), m.mul(m.call("sinh", x), forSinh)),
  };
}

export const exp = (m: RealMath, { re, im }: Pair): Pair => ({
  re: expTimes(m, re, m.call("cos", im)),
  im: odd(m, im, expTimes(m, re, m.call("sin", im))),
});

export const exp2: ComplexFunction = (m, { re, im }) => {
  const ln2 = m.c(Math.LN2);
  return exp(m, { re: m.mul(re, ln2), im: m.mul(im, ln2) });
};

export const sinh: ComplexFunction = (m, { re, im }) => {
  const h = hyperbolic(m, re, m.call("sin", im), m.call("cos", im));
  return { re: odd(m, re, h.sinh), im: odd(m, im, h.cosh) };
};
export const cosh: ComplexFunction = (m, { re, im }) => {
  const h = hyperbolic(m, re, m.call("cos", im), m.call("sin", im));
  return { re: h.cosh, im: m.select(m.or(m.eq(re, 0), m.eq(im, 0)), m.c(0), h.sinh) };
};
export const sin: ComplexFunction = (m, { re, im }) => {
  const h = hyperbolic(m, im, m.call("sin", re), m.call("cos", re));
  return { re: odd(m, re, h.cosh), im: odd(m, im, h.sinh) };
};
export const cos: ComplexFunction = (m, { re, im }) => {
  const h = hyperbolic(m, im, m.call("cos", re), m.call("sin", re));
  return { re: h.cosh, im: m.select(m.or(m.eq(re, 0), m.eq(im, 0)), m.c(0), m.neg(h.sinh)) };
};

/**
 * Kahan's: with t = tan y and s = sinh x, tanh(x + iy) = (s sqrt(1 + s^2) (1 + t^2) + it) / (1 + s^2 (1 + t^2)), written with cosines so that
 * no pole of the tangent is in the way: (s c + i sin y cos y) / (cos^2 y + s^2) with c = cosh x.
 */
export const tanh = (m: RealMath, { re, im }: Pair): Pair => {
  const far = m.gt(m.abs(re), large(m) / 2);
  const one = m.c(1);
  const h = hyperbolic(m, m.select(far, m.c(0), re), one, one);
  const [sine, cosine] = [m.call("sin", im), m.call("cos", im)];
  const size = m.add(m.square(cosine), m.square(h.sinh));
  const product = m.mul(sine, cosine);
  // Far from the axis the real part is 1 and the imaginary 4 sin y cos y exp(-2|x|).
  const decay = m.call("exp", m.neg(m.twice(m.abs(re))));
  const tail = m.mul(m.c(4), product, decay);
  return {
    re: m.select(far, m.select(m.lt(re, 0), m.neg(one), one), m.div(m.mul(h.sinh, h.cosh), size)),
    im: odd(m, im, m.select(far, m.select(m.eq(decay, 0), m.c(0), tail), m.div(product, size))),
  };
};

/** tan z = -i tanh(iz) */
export const tan: ComplexFunction = (m, z) => {
  const t = tanh(m, { re: m.neg(z.im), im: z.re });
  return { re: t.im, im: m.neg(t.re) };
};
