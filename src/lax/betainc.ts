import type { NDArray } from "../core/array.ts";
import type { Primitive } from "../core/primitive.ts";
import { ValueError } from "../errors.ts";
import { abs, max, min, square } from "./arithmetic.ts";
import { standardJvp } from "./families.ts";
import { applyLong, longFunction } from "./incompleteGamma.ts";
import { logExcess, stirlingRest, untilSettled } from "./incompleteGammaMath.ts";
import { betaI } from "./incompleteGammaReference.ts";
import { bitwiseNot, bitwiseOr } from "./logic.ts";
import { constLike } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { lgamma } from "./special.ts";
import { exp, log, log1p, sqrt } from "./transcendental.ts";

const plus = (x: NDArray, c: number): NDArray => ops.add(x, constLike(x, c));
const times = (x: NDArray, c: number): NDArray => ops.mul(x, constLike(x, c));

/** log B(a, b); where one of them is large, its gamma functions by what Stirling's formula leaves of their quotient. */
function logBeta(a: NDArray, b: NDArray): NDArray {
  const [s, l] = [min(a, b), max(a, b)];
  const large = ops.gt(l, constLike(l, 8));
  const n = ops.select(large, l, ops.fullLike(l, 8));
  const sum = ops.add(n, s);
  const powers = ops.add(ops.mul(plus(sum, -0.5), log1p(ops.div(s, n))), ops.mul(s, log(n)));
  const quotient = ops.add(ops.sub(s, powers), ops.sub(stirlingRest(n), stirlingRest(sum)));
  const direct = ops.sub(lgamma(l), lgamma(ops.add(s, l)));
  return ops.add(lgamma(s), ops.select(large, quotient, direct));
}

/** x^a (1 - x)^b / (a B(a, b)); by differences from the maximum where a and b are not small, because there its factors cancel. */
function factor(a: NDArray, b: NDArray, x: NDArray): NDArray {
  const large = ops.gt(min(a, b), constLike(a, 8));
  const [p, q] = [a, b].map((v) => ops.select(large, v, ops.fullLike(v, 8)));
  const n = ops.add(p, q);
  const rest = ops.sub(ops.fullLike(x, 1), x);
  const excess = ops.sub(ops.mul(x, q), ops.mul(rest, p)); // n times the distance of x from a / n
  const part = (v: NDArray, distance: NDArray, ratio: NDArray) =>
    ops.mul(v, ops.mul(square(distance), logExcess(distance, ratio)));
  const ratio = (y: NDArray, v: NDArray) => ops.div(ops.mul(y, n), v);
  const exponent = ops.add(
    part(p, ops.div(excess, p), ratio(x, p)),
    part(q, ops.neg(ops.div(excess, q)), ratio(rest, q)),
  );
  const stirling = ops.sub(stirlingRest(n), ops.add(stirlingRest(p), stirlingRest(q)));
  const size = sqrt(ops.div(q, times(ops.mul(n, p), 2 * Math.PI)));
  const near = ops.mul(size, exp(ops.sub(stirling, exponent)));
  const logs = ops.add(ops.mul(a, log(x)), ops.mul(b, log1p(ops.neg(x))));
  const direct = ops.div(exp(ops.sub(logs, logBeta(a, b))), a);
  return ops.select(large, near, direct);
}

/** The continued fraction of the incomplete beta function; both of its kinds of terms in one step. */
function fraction(a: NDArray, b: NDArray, x: NDArray): NDArray {
  const one = ops.fullLike(x, 1);
  const tiny = ops.fullLike(x, 1e-30);
  const away = (v: NDArray) => ops.select(ops.lt(abs(v), tiny), tiny, v);
  const ab = ops.add(a, b);
  const first = ops.div(one, away(ops.sub(one, ops.div(ops.mul(ab, x), plus(a, 1)))));
  const [, , , h] = untilSettled(
    [one, first, ops.fullLike(x, 2), first],
    6,
    (m, [c, d, , h]) => {
      const a2 = ops.add(a, times(m, 2));
      const even = ops.div(ops.mul(ops.mul(m, ops.sub(b, m)), x), ops.mul(plus(a2, -1), a2));
      const odd = ops.neg(
        ops.div(ops.mul(ops.mul(ops.add(a, m), ops.add(ab, m)), x), ops.mul(a2, plus(a2, 1))),
      );
      let [nextC, nextD, change] = [c, d, one];
      for (const numerator of [even, odd]) {
        nextD = ops.div(one, away(ops.add(one, ops.mul(numerator, nextD))));
        nextC = away(ops.add(one, ops.div(numerator, nextC)));
        change = ops.mul(change, ops.mul(nextC, nextD));
      }
      return [nextC, nextD, change, ops.mul(h, change)];
    },
    ([, , change]) => ops.sub(change, constLike(change, 1)),
  );
  return h;
}

function incompleteBeta(a: NDArray, b: NDArray, x: NDArray): NDArray {
  const [zero, one] = [ops.fullLike(x, 0), ops.fullLike(x, 1)];
  const infinite = ops.fullLike(x, Number.POSITIVE_INFINITY);
  const or = bitwiseOr;
  const aZero = or(ops.eq(a, zero), ops.eq(b, infinite));
  const bZero = or(ops.eq(b, zero), ops.eq(a, infinite));
  const ordered = ops.bitwiseAnd(ops.ge(x, zero), ops.ge(one, x));
  const valid = ops.bitwiseAnd(
    ops.bitwiseAnd(ordered, ops.ge(min(a, b), zero)),
    bitwiseNot(ops.bitwiseAnd(aZero, bZero)),
  );
  const inside = ops.bitwiseAnd(ops.gt(x, zero), ops.lt(x, one));
  const usual = ops.bitwiseAnd(ops.bitwiseAnd(valid, inside), bitwiseNot(or(aZero, bZero)));
  const [p, q] = [a, b].map((v) => ops.select(usual, v, one));
  const y = ops.select(usual, x, ops.fullLike(x, 0.5));
  // The fraction converges where x is below the mean; beyond, the other tail has that form.
  const below = ops.lt(y, ops.div(plus(p, 1), plus(ops.add(p, q), 2)));
  const [c, d] = [ops.select(below, p, q), ops.select(below, q, p)];
  const z = ops.select(below, y, ops.sub(one, y));
  const tail = ops.mul(factor(c, d, z), fraction(c, d, z));
  let result = ops.select(below, tail, ops.sub(one, tail));
  const atOne = ops.eq(x, one);
  result = ops.select(inside, result, ops.select(atOne, one, zero));
  result = ops.select(aZero, ops.select(ops.eq(x, zero), zero, one), result);
  result = ops.select(bZero, ops.select(atOne, one, zero), result);
  return ops.select(valid, result, ops.fullLike(x, Number.NaN));
}

const unsupported = (): never => {
  throw new ValueError("Betainc gradient with respect to a and b not supported.");
};

const betaPrimitive: Primitive = longFunction("regularized_incomplete_beta", {
  write: incompleteBeta,
  reference: betaI,
  jvp: /* @__PURE__ */ standardJvp(
    () => betaPrimitive,
    [
      unsupported,
      unsupported,
      (g, _ans, [a, b, x]) => {
        const left = ops.mul(plus(b, -1), log1p(ops.neg(x)));
        const right = ops.mul(plus(a, -1), log(x));
        const logB = ops.sub(ops.add(lgamma(a), lgamma(b)), lgamma(ops.add(a, b)));
        return ops.mul(exp(ops.sub(ops.add(left, right), logB)), g);
      },
    ],
  ),
});
/**
 * Elementwise regularized incomplete beta function: the probability that a beta-distributed number is below `x`. It is differentiable in
 * `x` alone.
 * @throws TypeError unless the dtypes are one real floating dtype; ValueError for derivatives in `a` or `b`.
 * @example
 * jnp.round(lax.betainc(jnp.array([2]), jnp.array([3]), jnp.array([0.5])), 4) // => Array([0.6875], dtype=float32)
 */
export function betainc(a: LaxOperand, b: LaxOperand, x: LaxOperand): NDArray {
  return applyLong(betaPrimitive, a, b, x);
}
