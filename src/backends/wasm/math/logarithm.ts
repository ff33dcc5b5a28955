import type { Local } from "../asm/index.ts";
import { log1pDouble, log2Double } from "./double.ts";
import { LN2_HIGH, LN2_LOW, SIGN } from "./exponential.ts";
import { type Code, type Guarded, type Scope, unary } from "./lanes.ts";

/** (log(1 + f) - f)/f^2 for sqrt(1/2) <= 1 + f < sqrt(2); relative error of the logarithm 2^-27.8. Our own minimax fit. */
const LOG = [
  -0.49999988079071045, 0.3333332416651604, -0.25001607660575864, 0.20002098910471025, -0.16608560908722178,
  0.14178875521852075, -0.13244436416244837, 0.12925272282439404, -0.07644727049833477,
];

/** The bits of 1 and of sqrt(1/2). */
const ONE_BITS = 0x3f800000;
const SQRT_HALF_BITS = 0x3f3504f3;

/** The integer k of u = 2^k m with sqrt(1/2) <= m < sqrt(2), for finite normal u > 0. */
export const exponentOf = (scope: Scope, u: Local): Local =>
  scope.i.let(scope.i.shrS(scope.i.sub(u, SQRT_HALF_BITS), 23));

/** The m of {@link exponentOf}. */
export const mantissaOf = (scope: Scope, u: Local, k: Local): Code => scope.i.sub(u, scope.i.shl(k, 23));

/** log(1 + f) + k ln 2, the integer k in integer lanes. */
function logSum(scope: Scope, f: Local, k: Local): Code {
  const { s } = scope;
  const n = s.let(scope.convert(k));
  const square = s.let(s.mul(f, f));
  const log = s.madd(s.pairs(f, square, LOG), square, f);
  return s.madd(n, LN2_HIGH, s.madd(n, LN2_LOW, log));
}

/** log(u) for finite normal u > 0; minus `extra` ln 2. */
function logNormal(scope: Scope, u: Local, extra?: Code): Code {
  const { s, i } = scope;
  const k = exponentOf(scope, u);
  const f = s.let(s.sub(mantissaOf(scope, u, k), 1));
  return logSum(scope, f, extra === undefined ? k : i.let(i.sub(k, extra)));
}

/** The logarithm `y` of x > 0 completed: log(0) = -inf, log(inf) = inf, NaN for negative x and NaN. */
function logEdges(scope: Scope, x: Local, y: Code | Local): Code {
  const { s, i } = scope;
  const regular = i.let(i.and(s.gt(x, 0), s.lt(x, Number.POSITIVE_INFINITY)));
  // All ones is a NaN: or'ing the mask of x < 0 into x makes one and keeps +inf and NaN.
  const edge = s.let(s.select(s.eq(x, 0), Number.NEGATIVE_INFINITY, i.or(x, s.lt(x, 0))));
  return s.select(regular, y, edge);
}

/** Whether 2^-126 <= x < bound: one comparison, of the bits, moved so that those of 2^-126 are the least of all integers. */
function isNormal({ i }: Scope, x: Local, bound: number): Local {
  const least = 0x00800000 - 0x80000000;
  return i.let(i.lt(i.sub(x, least), (bitsOf(bound) - least) | 0));
}

const bitsOf = (x: number): number => new Int32Array(Float32Array.of(x).buffer)[0];

/** log(x). Subnormal numbers and the edges are looked at only when a lane has one. */
export const log: Guarded = (scope, x) => ({
  y: scope.s.let(logNormal(scope, x)),
  regular: isNormal(scope, x, Number.POSITIVE_INFINITY),
  rest: (inner) => {
    const { s, i } = inner;
    const subnormal = s.let(s.lt(x, 2 ** -126));
    const u = s.let(s.select(subnormal, s.mul(x, 2 ** 23), x));
    return logEdges(inner, x, s.let(logNormal(inner, u, i.and(subnormal, 23))));
  },
});

/** log2(x) in float64: exact at powers of two. */
export const emitLog2 = unary((scope, x) =>
  logEdges(scope, x, scope.s.let(scope.viaDouble([x], (inner, xd) => log2Double(inner, xd)))),
);

/** From here on 1 + x is x. */
const LARGE = 2 ** 60;

/** log(1 + x): of 1 + x = 2^k (1 + f) only k need be right, f = 2^-k x + (2^-k - 1) being rounded once. */
export const log1p: Guarded = (scope, x) => {
  const { s, i } = scope;
  const u = s.let(s.add(x, 1));
  const k = exponentOf(scope, u);
  const scale = i.let(i.sub(ONE_BITS, i.shl(k, 23)));
  const sum = logSum(scope, s.let(s.madd(scale, x, s.sub(scale, 1))), k);
  // The sum loses the sign of -0.
  const y = i.let(i.or(sum, i.and(x, SIGN)));
  const regular = isNormal(scope, u, LARGE);
  return {
    y,
    regular,
    rest: (inner) => inner.s.select(regular, y, logEdges(inner, u, inner.s.let(logNormal(inner, u)))),
  };
};

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
