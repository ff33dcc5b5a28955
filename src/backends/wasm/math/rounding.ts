import { binary, unary } from "./lanes.ts";

export const emitFloor = unary((scope, x) => () => scope.f.get(x).f32x4.floor());
export const emitCeil = unary((scope, x) => () => scope.f.get(x).f32x4.ceil());
export const emitRoundEven = unary((scope, x) => scope.s.nearest(x));

/** Halves away from zero: adding the largest number below 1/2 cannot round up what is less than a half. */
export const emitRound = unary((scope, x) => {
  const { s } = scope;
  return s.trunc(s.add(x, s.copysign(0.5 - 2 ** -25, x)));
});

/** -1, 0 or 1; keeps NaN and the sign of zero. */
export const emitSign = unary((scope, x) => {
  const { s } = scope;
  return s.select(s.gt(s.abs(x), 0), s.copysign(1, x), x);
});

/**
 * The remainder of truncating division, exact as C's fmodf. In float64 the product of a quotient below 2^28 and y is exact; a
 * larger quotient is taken off 27 bits at a time: fmod(fmod(x, 2^k y), y) = fmod(x, y).
 */
export const emitRem = binary((scope, x, y) => {
  const { s, i } = scope;
  const rest = s.let(
    scope.viaDouble([x, y], (inner, xd, yd) => {
      const { f, d, l } = inner;
      const r = d.let(d.abs(xd));
      const divisor = d.let(d.abs(yd));
      // Lanes that have no remainder must not keep the loop running.
      const regular = d.let(inner.i.and(d.gt(divisor, 0), d.lt(r, Number.POSITIVE_INFINITY)));
      d.push(d.select(regular, r, 0));
      f.set(r);
      d.push(d.pmin(divisor, 2 ** 200));
      f.set(divisor);
      const step = inner.temp();
      const quotient = inner.temp();
      f.loop((again) => {
        // The step is y times a power of two, at least 1 and at most the quotient / 2^27.
        d.push(d.div(r, divisor));
        f.set(quotient);
        const power = d.pmax(l.and(d.mul(quotient, 2 ** -27), 0x7ff0000000000000n), 1);
        d.push(d.mul(divisor, power));
        f.set(step);
        d.push(d.sub(r, d.mul(d.trunc(d.div(r, step)), step)));
        f.set(r);
        // The rounded quotient may be one too large, or one too small.
        d.push(d.add(r, inner.i.and(d.lt(r, 0), step)));
        f.set(r);
        d.push(d.sub(r, inner.i.and(d.ge(r, step), step)));
        f.set(r);
        inner.i.push(inner.i.and(d.ge(r, divisor), regular));
        f.v128.any_true().brIf(again);
      });
      return () => f.get(r);
    }),
  );
  // NaN for infinite or NaN x, and for zero or NaN y: x * 0 and 0/0-like sums make one.
  const valid = i.and(s.lt(s.abs(x), Number.POSITIVE_INFINITY), s.gt(s.abs(y), 0));
  return s.select(valid, s.copysign(rest, x), Number.NaN);
});

/** The next float32 after x in the direction of y; y itself when they are equal. Counting in the bits. */
export const emitNextafter = binary((scope, x, y) => {
  const { s, i } = scope;
  // +1 away from zero, -1 towards it: masks are -1.
  const outward = s.eq(0, 0);
  const away = s.let(i.xor(i.xor(s.gt(y, x), s.gt(x, 0)), outward));
  const next = i.add(x, i.or(i.and(away, 1), i.xor(away, -1)));
  const fromZero = i.or(i.and(y, -0x80000000), 1);
  const moved = s.let(s.select(s.eq(x, 0), fromZero, next));
  const unequal = s.let(s.select(s.eq(x, y), y, moved));
  const sum = s.let(s.add(x, y));
  return s.select(i.and(s.eq(x, x), s.eq(y, y)), unequal, sum);
});
