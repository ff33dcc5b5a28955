import type { NDArray } from "../core/array.ts";
import { zeroTangent } from "../core/tangents.ts";
import { finfo, int32 } from "../dtypes/index.ts";
import { runJvp } from "../transforms/jvpTrace.ts";
import { abs, square } from "./arithmetic.ts";
import { ne } from "./compare.ts";
import { whileLoop } from "./control/whileLoop.ts";
import { bitwiseNot, bitwiseOr } from "./logic.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";
import { reduceOr } from "./reductions.ts";
import { digamma, erfc, lgamma } from "./special.ts";
import { exp, log, log1p, sqrt } from "./transcendental.ts";

/*
 * The regularized incomplete gamma functions, written in lax for arrays of one shape, float32 or float64.
 *
 * With D = x^a exp(-x) / gamma(a + 1), P = D S and Q = D F: S a power series, which is used for x <= a or x <= 1, and F a continued
 * fraction, used elsewhere. For large a, where both converge slowly, P is a normal distribution with corrections.
 */

const { add, sub, mul, div } = {
  add: (x: NDArray, y: NDArray | number): NDArray => ops.add(x, number(x, y)),
  sub: (x: NDArray, y: NDArray | number): NDArray => ops.sub(x, number(x, y)),
  mul: (x: NDArray, y: NDArray | number): NDArray => ops.mul(x, number(x, y)),
  div: (x: NDArray, y: NDArray | number): NDArray => ops.div(x, number(x, y)),
};
function number(x: NDArray, y: NDArray | number): NDArray {
  return typeof y === "number" ? constLike(x, y) : y;
}
const where = (condition: NDArray, p: NDArray, q: NDArray | number): NDArray =>
  ops.select(condition, p, typeof q === "number" ? ops.fullLike(p, q) : q);
const is = {
  less: (x: NDArray, y: NDArray | number): NDArray => ops.lt(x, number(x, y)),
  more: (x: NDArray, y: NDArray | number): NDArray => ops.gt(x, number(x, y)),
  equal: (x: NDArray, y: NDArray | number): NDArray => ops.eq(x, number(x, y)),
};

/** A polynomial by Horner's rule, the constant first. */
function polynomial(x: NDArray, coefficients: readonly number[]): NDArray {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => add(mul(sum, x), c), ops.fullLike(x, coefficients[coefficients.length - 1]));
}

/** Steps that no argument needs. */
const mostSteps = 100_000;

/** Repeats a step on whole arrays until `change` of what it computes is within so many roundings of zero everywhere. */
export function untilSettled(
  first: readonly NDArray[],
  roundings: number,
  step: (n: NDArray, values: readonly NDArray[]) => readonly NDArray[],
  change: (values: readonly NDArray[]) => NDArray,
): readonly NDArray[] {
  const [like] = first;
  const limit = finfo(like.dtype).eps * roundings;
  const [, ...last] = whileLoop(
    ([i, ...values]: NDArray[]) => {
      const moving = is.more(abs(change(values)), limit);
      const some = reduceOr(moving, [...moving.shape.keys()]);
      return ops.bitwiseAnd(some, ops.lt(i, constLike(i, mostSteps)));
    },
    ([i, ...values]: NDArray[]) => {
      const next = ops.add(i, constLike(i, 1));
      return [next, ...step(ops.convertElementType(next, like.dtype), values)];
    },
    [ops.full([], 0, int32), ...first],
  ) as NDArray[];
  return last;
}

/** x - log(1 + x) without cancellation, divided by x squared; `ratio` is 1 + x, as exactly as it is known. */
export function logExcess(x: NDArray, ratio: NDArray): NDArray {
  const close = is.less(abs(x), 0.3);
  const small = where(close, x, 0);
  // log(1 + x) = 2 atanh(r) for r = x / (2 + x); x - 2r = x r.
  const inverse = div(ops.fullLike(x, 1), add(small, 2));
  const r = mul(small, inverse);
  const tail = polynomial(
    square(r),
    Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 3)),
  );
  const series = sub(inverse, mul(mul(mul(square(inverse), r), tail), 2));
  const [large, whole] = [x, ratio].map((v) => where(close, ops.fullLike(v, 1), v));
  return where(close, series, div(sub(large, log(whole)), square(large)));
}

/** What Stirling's formula leaves of log(gamma(a + 1)), for a of at least 8. */
export function stirlingRest(a: NDArray): NDArray {
  const inverse = div(ops.fullLike(a, 1), a);
  const rest = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
  return mul(inverse, polynomial(square(inverse), rest));
}

/** D, by differences from the maximum where a is not small: there the logarithms of its factors cancel. */
function density(a: NDArray, x: NDArray): NDArray {
  const large = is.more(a, 8);
  const b = where(large, a, 8);
  const distance = div(sub(x, b), b);
  const exponent = ops.neg(
    add(mul(b, mul(square(distance), logExcess(distance, div(x, b)))), stirlingRest(b)),
  );
  const scaled = div(exp(exponent), sqrt(mul(b, 2 * Math.PI)));
  const c = where(large, ops.fullLike(a, 1), a);
  const direct = exp(sub(sub(mul(c, log(x)), x), lgamma(add(c, 1))));
  return where(large, scaled, direct);
}

/** S: the sum of x^n / ((a + 1) ... (a + n)). */
function series(a: NDArray, x: NDArray): NDArray {
  const one = ops.fullLike(a, 1);
  const [, sum] = untilSettled(
    [one, one],
    0.25,
    (n, [term, total]) => {
      const next = mul(term, div(x, add(a, n)));
      return [next, add(total, next)];
    },
    ([term, total]) => div(term, total),
  );
  return sum;
}

/** F: a / (x + 1 - a - (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ...))), from the front. */
function fraction(a: NDArray, x: NDArray): NDArray {
  const b = sub(add(x, 1), a);
  const first = div(ops.fullLike(a, 1), b);
  const huge = ops.fullLike(a, 1e30);
  const [, , , h] = untilSettled(
    [huge, first, ops.fullLike(a, 2), first],
    4,
    (n, [c, d, , h]) => {
      const numerator = mul(n, sub(a, n));
      const denominator = add(b, mul(n, 2));
      const nextD = div(ops.fullLike(a, 1), away(add(mul(numerator, d), denominator)));
      const nextC = away(add(denominator, div(numerator, c)));
      const factor = mul(nextC, nextD);
      return [nextC, nextD, factor, mul(h, factor)];
    },
    ([, , factor]) => sub(factor, 1),
  );
  return mul(a, h);
}
/** Keeps denominators away from zero. */
function away(x: NDArray): NDArray {
  return where(is.less(abs(x), 1e-30), ops.fullLike(x, 1e-30), x);
}

/** From here on, in float32, the first two corrections of the normal distribution are exact; float64 is summed for longer. */
const largeA = (a: NDArray): number => (a.dtype.bits === 64 ? 1e8 : 1e4);

/**
 * For large a, Temme's uniform expansion: u and r such that P is (1 - erf(-u)) / 2 - exp(-u^2) r.
 */
function normal(a: NDArray, x: NDArray): [u: NDArray, r: NDArray] {
  const distance = div(sub(x, a), a);
  const eta = mul(distance, sqrt(mul(logExcess(distance, div(x, a)), 2)));
  const close = is.less(abs(eta), 0.5);
  const nearBy = where(close, eta, 0);
  const c0Near = polynomial(nearBy, [
    ...[-1 / 3, 1 / 12, -2 / 135, 1 / 864, 1 / 2835, -139 / 777600, 1 / 25515, -571 / 261273600],
    ...[-281 / 151559100, 163879 / 197522841600],
  ]);
  const [m, e] = [distance, eta].map((v) => where(close, ops.fullLike(v, 1), v));
  const c0 = where(close, c0Near, sub(div(ops.fullLike(m, 1), m), div(ops.fullLike(e, 1), e)));
  const c1 = polynomial(nearBy, [-1 / 540, -1 / 288, 1 / 378, -77 / 77760]);
  return [mul(eta, sqrt(mul(a, 0.5))), div(add(c0, div(c1, a)), sqrt(mul(a, 2 * Math.PI)))];
}

const gaussian = (u: NDArray): NDArray => exp(ops.neg(square(u)));

/** The derivative of P for large a along a direction of a or x, divided by exp(-u^2). */
function normalSlope(a: NDArray, x: NDArray, along: "a" | "x"): NDArray {
  const [[u, r], [du, dr]] = slopes(normal, a, x, along);
  return sub(mul(du, add(mul(mul(u, r), 2), 1 / Math.sqrt(Math.PI))), dr);
}

interface Ways {
  readonly summed: NDArray;
  readonly large: NDArray;
  readonly invalid: NDArray;
}
/** Which way is taken where: the series, the normal distribution, none. */
function waysOf(a: NDArray, x: NDArray): Ways {
  const below = bitwiseOr(is.less(x, 1), ops.ge(a, x));
  const nan = bitwiseOr(ne(a, a), ne(x, x));
  const negative = bitwiseOr(is.less(x, 0), is.less(a, 0));
  const none = ops.bitwiseAnd(is.equal(a, 0), is.equal(x, 0));
  return {
    summed: below,
    large: is.more(a, largeA(a)),
    invalid: bitwiseOr(bitwiseOr(nan, negative), none),
  };
}

/** Arguments for each way; elsewhere those of an easy case. */
function pick(
  condition: NDArray,
  a: NDArray,
  x: NDArray,
  easy: readonly [number, number],
): [NDArray, NDArray] {
  return [where(condition, a, easy[0]), where(condition, x, easy[1])];
}

/** P, the regularized lower incomplete gamma function, or Q = 1 - P. */
export function incompleteGamma(a: NDArray, x: NDArray, upper: boolean): NDArray {
  const { summed, large, invalid } = waysOf(a, x);
  const small = bitwiseNot(bitwiseOr(large, invalid));
  const finite = is.less(x, Number.POSITIVE_INFINITY);
  const bySeries = ops.bitwiseAnd(small, summed);
  const byFraction = ops.bitwiseAnd(ops.bitwiseAnd(small, bitwiseNot(summed)), finite);
  const s = pick(bySeries, a, x, [1, 0]);
  const f = pick(byFraction, a, x, [1, 2]);
  const [n0, n1] = pick(ops.bitwiseAnd(large, finite), a, x, [1, 1]);
  const p = mul(density(...s), series(...s));
  const q = mul(density(...f), fraction(...f));
  const [u, r] = normal(n0, n1);
  const rest = mul(gaussian(u), r);
  const byNormal = upper ? add(mul(erfc(u), 0.5), rest) : sub(mul(erfc(ops.neg(u)), 0.5), rest);
  const one = ops.fullLike(x, 1);
  const flip = (v: NDArray) => sub(one, v);
  let result = upper ? where(summed, flip(p), q) : where(summed, p, flip(q));
  result = where(large, byNormal, result);
  // At the ends.
  const [none, all] = upper ? [1, 0] : [0, 1];
  result = where(
    bitwiseOr(is.equal(x, 0), is.equal(a, Number.POSITIVE_INFINITY)),
    ops.fullLike(x, none),
    result,
  );
  result = where(bitwiseOr(bitwiseNot(finite), is.equal(a, 0)), ops.fullLike(x, all), result);
  return where(invalid, ops.fullLike(x, Number.NaN), result);
}

/** The derivative of P in `a`; divided by that in x, and negated, that of a sample of the distribution. */
export function incompleteGammaGradA(a: NDArray, x: NDArray, ofSample: boolean): NDArray {
  const { summed, large, invalid } = waysOf(a, x);
  const inside = ops.bitwiseAnd(is.more(x, 0), is.less(x, Number.POSITIVE_INFINITY));
  const small = ops.bitwiseAnd(inside, bitwiseNot(bitwiseOr(large, invalid)));
  const s = pick(ops.bitwiseAnd(small, summed), a, x, [1, 0.5]);
  const f = pick(ops.bitwiseAnd(small, bitwiseNot(summed)), a, x, [1, 2]);
  /** The factor of D in the derivative of D g. */
  const derivative = (g: (a: NDArray, x: NDArray) => NDArray, [b, y]: [NDArray, NDArray]): NDArray => {
    const [[value], [slope]] = slopes((...args) => [g(...args)], b, y, "a");
    return add(mul(value, logSlope(b, y)), slope);
  };
  const factor = where(summed, derivative(series, s), ops.neg(derivative(fraction, f)));
  const safe = pick(small, a, x, [1, 1]);
  // D a / x is the density of the distribution.
  const scale = ofSample ? ops.neg(div(safe[1], safe[0])) : density(...safe);
  const n = pick(ops.bitwiseAnd(large, inside), a, x, [1, 1]);
  const inA = normalSlope(...n, "a");
  const byNormal = ofSample ? ops.neg(div(inA, normalSlope(...n, "x"))) : mul(inA, gaussian(normal(...n)[0]));
  let result = where(large, byNormal, mul(factor, scale));
  result = where(inside, result, 0);
  return where(bitwiseOr(invalid, is.equal(a, 0)), ops.fullLike(x, Number.NaN), result);
}

/** The derivative of log D in a: log(x) - digamma(a + 1), whose parts are nearly equal for large a. */
function logSlope(a: NDArray, x: NDArray): NDArray {
  const large = is.more(a, 8);
  const b = where(large, a, 8);
  const inverse = div(ops.fullLike(b, 1), b);
  const squared = square(inverse);
  const rest = mul(squared, polynomial(squared, [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132]));
  const distance = div(sub(x, b), b);
  const close = is.less(abs(distance), 0.3);
  const ratio = where(close, log1p(where(close, distance, 0)), log(div(x, b)));
  const direct = sub(log(x), digamma(add(where(large, ops.fullLike(a, 1), a), 1)));
  return where(large, add(sub(ratio, mul(inverse, 0.5)), rest), direct);
}

/** A function's values and their derivatives in one of the arguments. */
function slopes(
  g: (a: NDArray, x: NDArray) => NDArray[],
  a: NDArray,
  x: NDArray,
  along: "a" | "x",
): [NDArray[], NDArray[]] {
  const one = ops.fullLike(a, 1);
  const tangents = along === "a" ? [one, zeroTangent(x)] : [zeroTangent(a), one];
  const [values, derivatives] = runJvp(
    ([b, y]) => g(b, y),
    [a, x],
    tangents,
    "differentiating a gamma function",
  );
  return [values, derivatives as NDArray[]];
}
