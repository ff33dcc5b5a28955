import type { ArrayLike, NDArray } from "../../core/array.ts";
import { finfo } from "../../dtypes/index.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { broadcastToShape } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { realArguments } from "./arguments.ts";
import { ratio } from "./polynomial.ts";

const eulerGamma = 0.5772156649015329;

// Rational approximations of Ei on (2 ** k, 2 ** (k + 1)] in 1 / x, from Cephes; the first on (0, 2] in x.
const pieces: readonly (readonly [upTo: number, numerator: number[], denominator: number[]])[] = [
  [
    2,
    [
      -5.350447357812543, 218.50491688166133, -4176.572384826693, 55411.76756393557, -331338.13311781443,
      1592627.1633849454,
    ],
    [
      1, -52.505479591128626, 1259.6161867867906, -17565.495819735348, 149306.2117002726, -729494.9239640528,
      1592627.1633849454,
    ],
  ],
  [
    4,
    [
      0.019818085032596897, -1.2716456259849176, -2.0881603356812284, 2.7555445091879367, -0.44095070487016,
      0.046656238059358916, -0.0015450426796734852, 7.059980605299618e-5,
    ],
    [
      1, 1.4764986709149215, 0.5629177174822436, 0.16990178978793072, 0.02291647179034212,
      0.0044501504397287525, 0.00017274396122065214, 3.953167195549672e-5,
    ],
  ],
  [
    8,
    [
      -1.3732153758712087, -0.7084559133740839, 1.580806855547941, -0.2601500427425623, 0.029946746941137137,
      -0.001038086040188744, 4.371064420753005e-5, 2.141783679522603e-6,
    ],
    [
      1, 0.8585231423622028, 0.4483285822873995, 0.07687932158124476, 0.024498682410218877,
      0.0008832165941927797, 0.00045909522995113536, -4.729848351866523e-6, 2.66519553739071e-6,
    ],
  ],
  [
    16,
    [
      -2.1069346016919166, 1.7327338696646881, -0.2423619178935842, 0.02322724180937566,
      0.00023728804404931798, -8.343219561192553e-5, 1.3634087956052505e-5, -3.655412321999254e-7,
      1.4649417339759612e-8, 6.17640786371036e-10,
    ],
    [
      1, -0.2298062239901678, 0.11050770414740378, -0.015665429666307924, 0.002761106850817353,
      -0.00020891480122840484, 1.7085289388076754e-5, -4.4593117963566865e-7, 1.3946349303538475e-8,
      6.150865933977338e-10,
    ],
  ],
  [
    32,
    [
      -0.24581193676740204, -0.14833822533220778, 0.07248291795735552, -0.013483156873809405,
      0.001342775069788637, -7.942465637159712e-5, 2.644179518984236e-6, -4.239473659313765e-8,
    ],
    [
      1, -0.10442259084438711, -0.26764531281014026, 0.09695000254621984, -0.01601745692712991,
      0.001496414899205908, -8.462452563778485e-5, 2.7289384034767266e-6, -4.239462431819542e-8,
    ],
  ],
  [
    64,
    [
      0.12125611181054567, -0.5823133179043894, 0.2348887314557017, -0.030400343181132484,
      0.0015100821468651906, -2.5231370954995714e-5,
    ],
    [
      1, -1.002252150365854, 0.2928709694872224, -0.03337004338674008, 0.0015605448811273888,
      -2.5231370936032347e-5,
    ],
  ],
  [
    Number.POSITIVE_INFINITY,
    [
      -0.7657847078286127, 0.6886192415566705, -0.2132598113545206, 0.033461075523841935,
      -0.003076541477344756, 0.00017471193164549074, -6.1037116822741705e-6, 1.218032765428652e-7,
      -1.0860761027932903e-9,
    ],
    [
      1, -1.8888028686623086, 1.066691687211409, -0.27519159823063805, 0.039308526882338234,
      -0.003414684558602365, 0.00018668443707035555, -6.345146083130515e-6, 1.239754287483207e-7,
      -1.0860761027931265e-9,
    ],
  ],
];

function positiveExpi(x: NDArray): NDArray {
  const inverse = bi.divide(1, x);
  const [[, p0, q0], ...rest] = pieces;
  let fraction = lax.fullLike(x, 0);
  for (const [upTo, p, q] of [...rest].reverse()) {
    fraction = where(x.le(upTo), ratio(p, q, inverse), fraction);
  }
  const far = lax.exp(x).mul(inverse).mul(inverse.mul(fraction).add(1));
  const near = x
    .mul(ratio(p0, q0, x))
    .add(eulerGamma)
    .add(lax.log(x));
  return where(x.le(2), near, far);
}

const expi_ = customJvp(
  (x: NDArray): NDArray => {
    const negative = x.lt(0);
    const below = expn_(lax.fullLike(x, 1), where(negative, x.neg(), 1)).neg();
    const above = positiveExpi(where(negative, 1, x));
    return where(x.eq(0), Number.NaN, where(negative, below, above));
  },
  { name: "expi" },
);
expi_.defjvps((dot, _value, x) => lax.exp(x).div(x).mul(dot));

/**
 * The exponential integral Ei, the principal value of the integral of `exp(t) / t` from minus infinity to x; NaN at 0.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), ei.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.expi(1)); // => "1.8951179"`
 */
export function expi(x: ArrayLike): NDArray {
  return expi_(realArguments("expi", x)[0]);
}

/** A state for each element; the loop goes on while any of them has not settled. */
type Terms = Record<string, NDArray>;

function untilSettled(start: Terms, active: (s: Terms) => NDArray, step: (s: Terms) => Terms): Terms {
  return lax.whileLoop(
    (s: Terms) => reductions.any(active(s)),
    (s: Terms): Terms => {
      const on = active(s);
      const next = step(s);
      return Object.fromEntries(Object.keys(s).map((key) => [key, where(on, next[key], s[key])]));
    },
    start,
  );
}

/** The power series, for x of at most 1. */
function bySeries(n: NDArray, x: NDArray): NDArray {
  const eps = Number(finfo(x.dtype).eps);
  const one = lax.fullLike(x, 1);
  const harmonic = untilSettled(
    { i: one, sum: lax.fullLike(x, 0) },
    ({ i }) => i.lt(n),
    ({ i, sum }) => ({ i: i.add(1), sum: sum.add(bi.divide(1, i)) }),
  );
  const psi = harmonic.sum.sub(eulerGamma).sub(lax.log(x));
  const isOne = n.eq(1);
  const start = {
    k: lax.fullLike(x, 0),
    term: one,
    denominator: bi.subtract(1, n),
    sum: where(isOne, 0, bi.divide(1, bi.subtract(1, where(isOne, 2, n)))),
    change: lax.fullLike(x, Number.POSITIVE_INFINITY),
  };
  const { sum } = untilSettled(
    start,
    ({ change }) => bi.logicalAnd(x.gt(0), change.gt(eps)),
    ({ k, term, denominator, sum: old }) => {
      const next = { k: k.add(1), term: term.mul(x.neg()).div(k.add(1)), denominator: denominator.add(1) };
      const total = old.add(where(next.denominator.ne(0), next.term.div(next.denominator), 0));
      return { ...next, sum: total, change: where(total.ne(0), un.absolute(next.term.div(total)), 1) };
    },
  );
  return x
    .neg()
    .pow(n.sub(1))
    .mul(psi)
    .div(lax.exp(lax.lgamma(n)))
    .sub(sum);
}

/** The continued fraction, for x above 1. */
function byFraction(n: NDArray, x: NDArray): NDArray {
  const big = 1.4411518807585587e17;
  const eps = Number(finfo(x.dtype).eps);
  const one = lax.fullLike(x, 1);
  const start = {
    k: one,
    p2: one,
    q2: x,
    p1: one,
    q1: x.add(n),
    value: bi.divide(1, x.add(n)),
    change: lax.fullLike(x, Number.POSITIVE_INFINITY),
  };
  const { value } = untilSettled(
    start,
    ({ change }) => bi.logicalAnd(x.gt(0), change.gt(eps)),
    (s) => {
      const k = s.k.add(1);
      const odd = bi.equal(bi.remainder(k, 2), 1);
      const y = where(odd, 1, x);
      const z = where(odd, n.add(k.sub(1).div(2)), k.div(2));
      const p = s.p1.mul(y).add(s.p2.mul(z));
      const q = s.q1.mul(y).add(s.q2.mul(z));
      const fine = q.ne(0);
      const r = p.div(q);
      const shrink = where(un.absolute(p).gt(big), 1 / big, 1);
      return {
        k,
        p2: s.p1.mul(shrink),
        q2: s.q1.mul(shrink),
        p1: p.mul(shrink),
        q1: q.mul(shrink),
        value: where(fine, r, s.value),
        change: where(fine, un.absolute(s.value.sub(r).div(r)), 1),
      };
    },
  );
  return value.mul(lax.exp(x.neg()));
}

/** The asymptotic series, for orders of at least 5000. */
function byOrder(n: NDArray, x: NDArray): NDArray {
  const sum = x.add(n);
  const y = bi.divide(1, sum.mul(sum));
  const cubic = x.mul(x).mul(6).sub(n.mul(x).mul(8)).add(n.mul(n));
  let value = y.mul(n).mul(cubic);
  value = y.mul(value.add(n.mul(n.sub(x.mul(2)))));
  value = y.mul(value.add(n));
  return value.add(1).mul(lax.exp(x.neg())).div(sum);
}

const expn_ = customJvp(
  (n: NDArray, x: NDArray): NDArray => {
    const zero = x.eq(0);
    const outside = bi.logicalOr(n.lt(0), x.lt(0));
    const huge = n.ge(5000);
    const plain = bi.logicalOr(bi.logicalOr(outside, zero), bi.logicalOr(huge, n.eq(0)));
    const useFraction = bi.logicalAnd(x.gt(1), un.logicalNot(plain));
    const useSeries = bi.logicalAnd(x.le(1), un.logicalNot(plain));
    // Elements that go another way get arguments with which the loops end at once.
    const series = bySeries(where(useSeries, n, 1), where(useSeries, x, 0.5));
    const fraction = byFraction(where(useFraction, n, 1), where(useFraction, x, 50));
    const order0 = lax.exp(x.neg()).div(x);
    const at0 = where(n.lt(2), Number.POSITIVE_INFINITY, bi.divide(1, n.sub(1)));
    let value = where(x.gt(1), fraction, series);
    value = where(huge, byOrder(n, x), value);
    value = where(n.eq(0), order0, value);
    value = where(zero, at0, value);
    return where(bi.logicalOr(outside, un.isnan(x)), Number.NaN, value);
  },
  { name: "expn" },
);
expn_.defjvp(([n, x], [, dot]) => [expn_(n, x), dot.mul(expn_(n.sub(1), x)).neg()]);

/**
 * The generalized exponential integral, the integral of `exp(-x t) / t ** n` from 1 to infinity. It is not differentiated in n.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), expn.
 *
 * @param n orders of at least 0
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.expn(2, 1)); // => "0.14849555"`
 */
export function expn(n: ArrayLike, x: ArrayLike): NDArray {
  const [a, b] = realArguments("expn", n, x);
  const shape = lax.broadcastShapes(a.shape, b.shape);
  return expn_(lax.stopGradient(broadcastToShape(a, shape)), broadcastToShape(b, shape));
}

/**
 * The exponential integral E1, {@link expn} of order 1.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.exp1(1)); // => "0.21938396"`
 */
export function exp1(x: ArrayLike): NDArray {
  return expn(1, realArguments("exp1", x)[0]);
}
