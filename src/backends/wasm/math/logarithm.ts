import type { Local } from "../asm/index.ts";
import { log1pDouble, log2Double } from "./double.ts";
import { keepZero } from "./exponential.ts";
import { type Code, type Scope, unary, type Vector } from "./lanes.ts";

/** (log(1 + f) - f + f^2/2)/f^3 for sqrt(1/2) <= 1 + f < sqrt(2): Cephes logf. */
const LOG = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2,
];

/** The logarithm `y` of x > 0 completed: log(0) = -inf, log(inf) = inf, NaN for negative x and NaN. */
function logEdges(scope: Scope, x: Local, y: Code | Local): Code {
  const { s, i } = scope;
  const regular = i.let(i.and(s.gt(x, 0), s.lt(x, Number.POSITIVE_INFINITY)));
  // All ones is a NaN: or'ing the mask of x < 0 into x makes one and keeps +inf and NaN.
  const edge = s.let(s.select(s.eq(x, 0), Number.NEGATIVE_INFINITY, i.or(x, s.lt(x, 0))));
  return s.select(regular, y, edge);
}

/** log(u) + extra ln 2 for finite normal u > 0: the method of Cephes logf. */
function logNormal(scope: Scope, u: Local, extra: Vector): Code {
  const { s, i } = scope;
  const biased = i.let(i.shrU(i.add(u, 0x3f800000 - 0x3f3504f3), 23));
  const m = i.add(i.sub(u, i.shl(biased, 23)), 0x3f800000);
  const f = s.let(s.sub(m, 1));
  const convert = () => {
    i.push(biased);
    scope.f.f32x4.convert_i32x4_s();
  };
  const k = s.let(s.sub(convert, extra));
  const z = s.let(s.mul(f, f));
  const cubic = s.mul(s.mul(f, z), s.polynomial(f, LOG));
  // k ln 2 in two parts, the small one first.
  const low = s.sub(s.add(cubic, s.mul(k, -2.1219444e-4)), s.mul(z, 0.5));
  return s.add(s.add(f, low), s.mul(k, 0.693359375));
}

/** log(x). Subnormal numbers and the edges are looked at only when a lane has one. */
export const emitLog = unary((scope, x) => {
  const { f, s, i } = scope;
  const y = s.let(logNormal(scope, x, 127));
  i.push(i.and(s.ge(x, 2 ** -126), s.lt(x, Number.POSITIVE_INFINITY)));
  f.i32x4
    .all_true()
    .i32.eqz()
    .if(() => {
      const subnormal = s.let(s.lt(x, 2 ** -126));
      const u = s.let(s.select(subnormal, s.mul(x, 2 ** 23), x));
      const all = s.let(logNormal(scope, u, s.select(subnormal, 127 + 23, 127)));
      s.push(logEdges(scope, x, all));
      f.set(y);
    });
  return () => f.get(y);
});

/** log2(x) in float64: exact at powers of two. */
export const emitLog2 = unary((scope, x) =>
  logEdges(scope, x, scope.s.let(scope.viaDouble([x], (inner, xd) => log2Double(inner, xd)))),
);

/** log(1 + x) in float64. */
export const emitLog1p = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(scope.viaDouble([x], (inner, xd) => log1pDouble(inner, xd)));
  const regular = i.let(i.and(s.gt(x, -1), s.lt(x, Number.POSITIVE_INFINITY)));
  const edge = s.let(s.select(s.eq(x, -1), Number.NEGATIVE_INFINITY, i.or(x, s.lt(x, -1))));
  return keepZero(scope, x, s.let(s.select(regular, y, edge)));
});

/** sign(x) log1p(|x| + x^2/(1 + sqrt(x^2 + 1))) in float64. */
export const emitAsinh = unary((scope, x) => {
  const { s } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const a = d.let(d.abs(xd));
      const square = d.let(d.mul(a, a));
      return log1pDouble(inner, d.let(d.add(a, d.div(square, d.add(d.sqrt(d.add(square, 1)), 1)))));
    }),
  );
  // inf and NaN map to themselves.
  return s.select(s.lt(s.abs(x), Number.POSITIVE_INFINITY), s.copysign(y, x), x);
});

/** log1p(t + sqrt(2t + t^2)) with t = x - 1, in float64. */
export const emitAcosh = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const t = d.let(d.sub(xd, 1));
      return log1pDouble(inner, d.let(d.add(t, d.sqrt(d.mul(t, d.add(t, 2))))));
    }),
  );
  return s.select(s.lt(x, Number.POSITIVE_INFINITY), i.or(y, s.lt(x, 1)), x);
});

/** sign(x) log1p(2|x|/(1 - |x|))/2 in float64. */
export const emitAtanh = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const a = d.let(d.abs(xd));
      return d.mul(log1pDouble(inner, d.let(d.div(d.add(a, a), d.sub(1, a)))), 0.5);
    }),
  );
  const a = s.let(s.abs(x));
  const edge = i.or(s.div(x, 0), s.ne(a, 1));
  return s.select(s.lt(a, 1), s.copysign(y, x), edge);
});
