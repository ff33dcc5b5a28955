import type { ArrayLike, NDArray } from "../../core/array.ts";
import { Complex, type DType, isComplex, isInteger } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { arange } from "../../numpy/creation.ts";
import { expandDims } from "../../numpy/manipulation.ts";
import { convert, promoteArgsInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { broadcast, realArguments } from "./arguments.ts";

/**
 * The logarithm of the absolute value of the gamma function.
 *
 * @example `String(scipy.special.gammaln(5)); // => "3.1780539"`
 */
export function gammaln(x: ArrayLike): NDArray {
  return lax.lgamma(promoteArgsInexact("gammaln", x)[0]);
}

/**
 * The sign of the gamma function; NaN at the poles.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.gammasgn(jnp.array([-0.5, 0.5]))); // => "[-1.  1.]"`
 */
export function gammasgn(x: ArrayLike): NDArray {
  const [a] = realArguments("gammasgn", x);
  const floor = lax.floor(a);
  const negative = a.lt(0);
  const pole = bi.logicalOr(bi.logicalAnd(negative, a.eq(floor)), un.isnan(a));
  const odd = bi.logicalAnd(negative, bi.notEqual(bi.remainder(floor, 2), 0));
  const minusZero = bi.logicalAnd(a.eq(0), un.signbit(a));
  const sign = where(bi.logicalOr(odd, minusZero), lax.fullLike(a, -1), lax.fullLike(a, 1));
  return where(pole, Number.NaN, sign);
}

/** Lanczos' coefficients for g = 7 and 9 terms. */
const lanczos = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

const complexZero = (dtype: DType, re: number, im = 0): NDArray => lax.full([], new Complex(re, im), dtype);

/** log(gamma(z)) up to a multiple of 2 pi i. */
function complexLogGamma(z: NDArray): NDArray {
  const reflect = lax.real(z).lt(0.5);
  const w = where(reflect, bi.subtract(1, z), z).sub(1);
  const sum = lanczos
    .slice(1)
    .reduce<NDArray>((s, c, k) => s.add(bi.divide(c, w.add(k + 1))), lax.fullLike(w, lanczos[0]));
  const t = w.add(7.5);
  const value = w
    .add(0.5)
    .mul(un.log(t))
    .sub(t)
    .add(un.log(sum))
    .add(0.5 * Math.log(2 * Math.PI));
  const safe = where(reflect, z, complexZero(z.dtype, 0.5));
  const reflected = bi.subtract(Math.log(Math.PI), un.log(un.sin(safe.mul(Math.PI)))).sub(value);
  return where(reflect, reflected, value);
}

/** Where the gamma function has no value. */
function undefinedAt(z: NDArray): NDArray {
  const re = lax.real(z);
  const pole = bi.logicalAnd(lax.imag(z).eq(0), bi.logicalAnd(re.eq(lax.floor(re)), re.le(0)));
  return bi.logicalOr(pole, un.isnan(z));
}

const notANumber = (z: NDArray): NDArray => complexZero(z.dtype, Number.NaN, Number.NaN);

/** The principal branch: z is moved to the right half plane by the recurrence, whose logarithms are added up. */
function principalLogGamma(z: NDArray): NDArray {
  const bad = undefinedAt(z);
  const safe = where(bad, complexZero(z.dtype, 1), z);
  const re = lax.real(safe);
  const steps = bi.maximum(0, lax.ceil(bi.subtract(0.5, re))).astype("int32");
  const [, sum] = lax.whileLoop(
    ([k]: [NDArray, NDArray]) => reductions.any(bi.less(k, steps)),
    ([k, total]: [NDArray, NDArray]): [NDArray, NDArray] => {
      const active = bi.less(k, steps);
      const at = where(active, safe.add(k.astype(re.dtype)), complexZero(z.dtype, 1));
      return [k.add(1), total.add(un.log(at))];
    },
    [lax.full([], 0, "int32"), lax.fullLike(safe, 0)],
  );
  return where(bad, notANumber(z), complexLogGamma(safe.add(steps.astype(re.dtype))).sub(sum));
}

/**
 * The principal branch of the logarithm of the gamma function, for complex numbers too; NaN for negative real numbers.
 *
 * Source: Lanczos, [A Precision Approximation of the Gamma Function](https://doi.org/10.1137/0701008), 1964.
 *
 * @example `String(scipy.special.loggamma(jnp.array([5, -1]))); // => "[3.1780539       nan]"`
 */
export function loggamma(x: ArrayLike): NDArray {
  const [a] = promoteArgsInexact("loggamma", x);
  return isComplex(a.dtype) ? principalLogGamma(a) : where(a.gt(0), lax.lgamma(a), Number.NaN);
}

/**
 * The gamma function, for complex numbers too.
 *
 * @example `String(scipy.special.gamma(jnp.array([5, 0.5]))); // => "[24.         1.7724538]"`
 */
export function gamma(x: ArrayLike): NDArray {
  const [a] = promoteArgsInexact("gamma", x);
  if (!isComplex(a.dtype)) return gammasgn(a).mul(lax.exp(lax.lgamma(a)));
  const bad = undefinedAt(a);
  const value = lax.exp(complexLogGamma(where(bad, complexZero(a.dtype, 1), a)));
  return where(bad, notANumber(a), value);
}

/** `log(gamma(b) / gamma(a + b))` for b of at least 8, from the remainder of Stirling's series. */
function logGammaRatio(a: NDArray, b: NDArray): NDArray {
  const h = a.div(b);
  const x = bi.divide(1, h.add(1));
  const x2 = x.mul(x);
  // Sums of even powers of x, each one longer than the one before.
  const sums = [lax.fullLike(x, 1)];
  for (let k = 0; k < 5; k++) sums.push(x2.mul(sums[k]).add(x).add(1));
  const t = bi.divide(1, b).pow(2);
  const stirling = [
    0.833333333333333e-1, -0.277777777760991e-2, 0.79365066682539e-3, -0.59520293135187e-3,
    0.837308034031215e-3, -0.165322962780713e-2,
  ];
  let w = lax.fullLike(x, 0);
  for (let k = 5; k >= 0; k--) w = w.mul(t).add(sums[k].mul(stirling[k]));
  const rest = w.mul(h.mul(x).div(b));
  const u = a.sub(0.5).add(b).mul(lax.log1p(h));
  const v = a.mul(lax.log(b).sub(1));
  return where(u.le(v), rest.sub(v).sub(u), rest.sub(u).sub(v));
}

/**
 * The logarithm of the absolute value of the beta function.
 *
 * Source: DiDonato and Morris, [Algorithm 708](https://doi.org/10.1145/131766.131776), 1992.
 *
 * @example `String(scipy.special.betaln(2, 3)); // => "-2.4849067"`
 */
export function betaln(a: ArrayLike, b: ArrayLike): NDArray {
  const [x, y] = promoteArgsInexact("betaln", a, b);
  const [least, most] = [bi.minimum(x, y), bi.maximum(x, y)];
  const small = lax.lgamma(least).add(bi.subtract(lax.lgamma(most), lax.lgamma(least.add(most))));
  return where(most.lt(8), small, lax.lgamma(least).add(logGammaRatio(least, most)));
}

/**
 * The beta function, `gamma(a) gamma(b) / gamma(a + b)`.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.beta(2, 3)); // => "0.08333333"`
 */
export function beta(a: ArrayLike, b: ArrayLike): NDArray {
  const [x, y] = realArguments("beta", a, b);
  return gammasgn(x)
    .mul(gammasgn(y))
    .mul(gammasgn(x.add(y)))
    .mul(lax.exp(betaln(x, y)));
}

/**
 * The factorial, `gamma(n + 1)`; 0 for negative numbers.
 *
 * @throws NotImplementedError for `exact`
 * @example `String(jnp.round(scipy.special.factorial(5), 3)); // => "120.0"`
 */
export function factorial(n: ArrayLike, exact: boolean | { exact?: boolean } = false): NDArray {
  if (exact === true || (typeof exact === "object" && exact.exact)) {
    throw new NotImplementedError("factorial with exact=true");
  }
  const [x] = promoteArgsInexact("factorial", n);
  return where(x.lt(0), 0, lax.exp(lax.lgamma(x.add(1))));
}

/**
 * The number of ways to choose k of N things, also for numbers that are not integers; 0 where there is none.
 *
 * @param options.repetition things may be chosen several times
 * @example `String(jnp.round(scipy.special.comb(5, 2), 3)); // => "10.0"`
 */
export function comb(N: ArrayLike, k: ArrayLike, options: { repetition?: boolean } = {}): NDArray {
  const { repetition } = readOptions<{ repetition: boolean }>("comb", [], [options], ["repetition"]);
  const [n, m] = promoteArgsInexact("comb", N, k);
  if (repetition) return where(bi.logicalAnd(m.eq(0), n.ge(0)), 1, comb(n.add(m).sub(1), m));
  const possible = bi.logicalAnd(bi.lessEqual(m, n), bi.logicalAnd(n.ge(0), m.ge(0)));
  const [a, b] = [where(possible, n, 0), where(possible, m, 0)];
  const log = gammaln(a.add(1))
    .sub(gammaln(b.add(1)))
    .sub(gammaln(a.sub(b).add(1)));
  return where(possible, lax.exp(log), 0);
}

/**
 * The derivative of the logarithm of the gamma function.
 *
 * @example `String(scipy.special.digamma(1)); // => "-0.5772157"`
 */
export function digamma(x: ArrayLike): NDArray {
  return lax.digamma(promoteArgsInexact("digamma", x)[0]);
}

/**
 * The derivative of order n of {@link digamma}.
 *
 * @param n integers of at least 0
 * @throws ValueError unless n is of integers
 * @example `String(scipy.special.polygamma(1, 1)); // => "1.644934"`
 */
export function polygamma(n: ArrayLike, x: ArrayLike): NDArray {
  const order = toArray(n, "polygamma");
  if (!isInteger(order.dtype)) {
    throw new ValueError(
      `Argument \`n\` to polygamma must be of integer type. Got dtype ${order.dtype.name}.`,
    );
  }
  const [m, a] = broadcast(realArguments("polygamma", order, x));
  return lax.polygamma(m, a);
}

/**
 * The regularized lower incomplete gamma function.
 *
 * @example `String(scipy.special.gammainc(1, 1)); // => "0.6321205"`
 */
export function gammainc(a: ArrayLike, x: ArrayLike): NDArray {
  const [p, q] = broadcast(promoteArgsInexact("gammainc", a, x));
  return lax.igamma(p, q);
}

/**
 * The regularized upper incomplete gamma function, `1 - gammainc(a, x)`.
 *
 * @example `String(scipy.special.gammaincc(1, 1)); // => "0.3678795"`
 */
export function gammaincc(a: ArrayLike, x: ArrayLike): NDArray {
  const [p, q] = broadcast(promoteArgsInexact("gammaincc", a, x));
  return lax.igammac(p, q);
}

/**
 * The regularized incomplete beta function.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.betainc(1, 1, 0.25)); // => "0.25"`
 */
export function betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike): NDArray {
  const [p, q, r] = broadcast(realArguments("betainc", a, b, x));
  return lax.betainc(p, q, r);
}

/**
 * The logarithm of the multivariate gamma function of d dimensions.
 *
 * @param d a positive integer
 * @example `String(scipy.special.multigammaln(3, 1)); // => "0.6931472"`
 */
export function multigammaln(a: ArrayLike, d: number): NDArray {
  if (!Number.isInteger(d)) {
    throw new TypeError(
      `multigammaln: d must be an integer that is known when the program is traced, got ${String(d)}.`,
    );
  }
  const [x] = promoteArgsInexact("multigammaln", a);
  const halves = convert(arange(d), x.dtype).div(2);
  const sum = reductions.sum(gammaln(expandDims(x, -1).sub(halves)), -1);
  return sum.add(0.25 * d * (d - 1) * Math.log(Math.PI));
}

const pochhammer = customJvp(
  (z: NDArray, m: NDArray): NDArray => where(m.eq(0), 1, gamma(z.add(m)).div(gamma(z))),
  { name: "poch" },
);
pochhammer.defjvps(
  (zDot, value, z, m) => digamma(z.add(m)).sub(digamma(z)).mul(value).mul(zDot),
  (mDot, value, z, m) => digamma(z.add(m)).mul(value).mul(mDot),
);

/**
 * The Pochhammer symbol, `gamma(z + m) / gamma(z)`: the rising factorial.
 *
 * @throws ValueError for complex numbers
 * @example `String(jnp.round(scipy.special.poch(2, 3), 3)); // => "24.0"`
 */
export function poch(z: ArrayLike, m: ArrayLike): NDArray {
  const [a, b] = broadcast(realArguments("poch", z, m));
  return pochhammer(a, b);
}
