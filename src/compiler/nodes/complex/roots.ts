import { choose, div, largestPart, scale } from "./arithmetic.ts";
import type { ComplexFunction } from "./functions.ts";
import type { Pair } from "./pairs.ts";
import type { RealMath } from "./realMath.ts";

/** The root with a real part that is not negative; on the cut below the negative axis its imaginary part has the sign of that of `z`. */
export const sqrt = (m: RealMath, whole: Pair): Pair => {
  const size = largestPart(m, whole);
  const [high, low] = [m.gt(size, 2 ** (m.maxExponent - 2)), m.lt(size, 2 ** -(m.maxExponent - 100))];
  const z = scale(m, whole, m.select(high, m.c(2 ** -4), m.select(low, m.c(2 ** 108), m.c(1))));
  const back = m.select(high, m.c(2 ** 2), m.select(low, m.c(2 ** -54), m.c(1)));
  const t = m.sqrt(m.half(m.add(m.abs(z.re), m.hypot(z.re, z.im))));
  const other = m.div(m.half(m.abs(z.im)), t);
  const right = m.ge(z.re, 0);
  const root = scale(
    m,
    { re: m.select(right, t, other), im: m.copySign(m.select(right, other, t), z.im) },
    back,
  );
  const zero = m.and(m.eq(whole.re, 0), m.eq(whole.im, 0));
  const finite = choose(m, zero, { re: m.c(0), im: whole.im }, root);
  const vertical = { re: m.c(Number.POSITIVE_INFINITY), im: whole.im };
  return choose(m, m.isInfinite(whole.im), vertical, finite);
};

export const rsqrt: ComplexFunction = (m, z) => div(m, { re: m.c(1), im: m.c(0) }, sqrt(m, z));
