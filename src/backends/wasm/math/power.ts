import { exp2Double, log2Double } from "./double.ts";
import { binary, unary } from "./lanes.ts";

export const emitSqrt = unary((scope, x) => scope.s.sqrt(x));

export const emitRsqrt = unary((scope, x) => scope.s.div(1, scope.s.sqrt(x)));

/** A third of the exponent by integer arithmetic, then two steps of Halley's iteration in float64 (after FreeBSD cbrtf). */
export const emitCbrt = unary((scope, x) => {
  const { f, s, i } = scope;
  const a = s.let(s.abs(x));
  const subnormal = s.let(s.lt(a, 2 ** -126));
  const bits = s.let(s.select(subnormal, s.mul(a, 2 ** 24), a));
  const third = () => {
    s.push(
      s.mul(() => {
        s.push(bits);
        f.f32x4.convert_i32x4_s();
      }, 1 / 3),
    );
    f.i32x4.trunc_sat_f32x4_s();
  };
  const guess = s.let(i.add(third, 709958130));
  const start = s.let(s.select(subnormal, s.mul(guess, 2 ** -8), guess));
  const y = s.let(
    scope.viaDouble([a, start], (inner, ad, td) => {
      const { d } = inner;
      let t = td;
      for (let step = 0; step < 2; step++) {
        const cube = d.let(d.mul(d.mul(t, t), t));
        t = d.let(d.div(d.mul(t, d.add(d.add(ad, ad), cube)), d.add(ad, d.add(cube, cube))));
      }
      return () => f.get(t);
    }),
  );
  // Zeros, infinities and NaN map to themselves.
  const regular = i.let(i.and(s.gt(a, 0), s.lt(a, Number.POSITIVE_INFINITY)));
  return s.select(regular, s.copysign(y, x), x);
});

/** 2^(y log2 |x|) in float64, then the signs and exceptions of C's pow. */
export const emitPow = binary((scope, x, y) => {
  const { s, i } = scope;
  const a = s.let(s.abs(x));
  const magnitude = s.let(
    scope.viaDouble([a, y], (inner, ad, yd) => {
      const { d } = inner;
      const log = d.let(log2Double(inner, ad));
      const atZero = d.select(d.eq(ad, 0), Number.NEGATIVE_INFINITY, log);
      const log2 = d.let(d.select(d.lt(ad, Number.POSITIVE_INFINITY), atZero, ad));
      const z = d.let(d.pmax(d.pmin(d.mul(yd, log2), 200), -200));
      return exp2Double(inner, z);
    }),
  );
  // A NaN argument leaves the bits of a NaN exponent to chance: it is put back here.
  const ordered = s.let(i.and(s.eq(x, x), s.eq(y, y)));
  const number = s.let(s.select(ordered, magnitude, s.add(x, y)));
  const isInteger = s.let(s.eq(s.trunc(y), y));
  const half = s.let(s.mul(y, 0.5));
  const odd = s.let(i.and(isInteger, s.ne(s.trunc(half), half)));
  const signed = s.let(s.xorSign(number, i.and(x, odd)));
  // A finite negative number to a power that is not an integer.
  const invalid = i.and(
    i.and(s.lt(x, 0), s.gt(x, Number.NEGATIVE_INFINITY)),
    i.andnot(s.eq(y, y), isInteger),
  );
  const result = s.let(i.or(signed, invalid));
  // 1^y and x^0 are 1 even for NaN; (-1)^(+-inf) is 1.
  const infinite = s.eq(s.abs(y), Number.POSITIVE_INFINITY);
  const one = i.or(i.or(s.eq(x, 1), s.eq(y, 0)), i.and(s.eq(x, -1), infinite));
  return s.select(one, 1, result);
});
