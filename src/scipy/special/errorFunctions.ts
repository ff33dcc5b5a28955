import type { ArrayLike, NDArray } from "../../core/array.ts";
import { finfo, float32, float64, isComplex } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { convert, promoteArgsInexact } from "../../numpy/promote.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { singleOrDouble } from "./arguments.ts";
import { complexErfcx } from "./faddeeva.ts";
import { horner, ratio } from "./polynomial.ts";

/** The error function. @example `String(scipy.special.erf(0)); // => "0.0"` */
export function erf(x: ArrayLike): NDArray {
  return lax.erf(promoteArgsInexact("erf", x)[0]);
}

/** 1 minus the error function, accurate for large x. @example `String(scipy.special.erfc(0)); // => "1.0"` */
export function erfc(x: ArrayLike): NDArray {
  return lax.erfc(promoteArgsInexact("erfc", x)[0]);
}

/** The inverse of {@link erf}. @example `String(scipy.special.erfinv(0)); // => "0.0"` */
export function erfinv(x: ArrayLike): NDArray {
  return lax.erfInv(promoteArgsInexact("erfinv", x)[0]);
}

/** The asymptotic series of erfcx in 1 / x², highest power first. */
const asymptotic = [7918.06640625, -1055.7421875, 162.421875, -29.53125, 6.5625, -1.875, 0.75, -0.5, 1];

const erfcx_ = customJvp(
  (x: NDArray): NDArray => {
    const work = x.dtype === float64 ? float64 : float32;
    const a = convert(x, work);
    const large = a.gt(Math.sqrt(Math.log(Number(finfo(work).max))));
    const safe = where(large, 1, a);
    const direct = lax.exp(safe.mul(safe)).mul(lax.erfc(safe));
    const series = horner(asymptotic.slice(work === float64 ? 0 : 4), bi.divide(1, a.mul(a)));
    return convert(where(large, series.div(a.mul(Math.sqrt(Math.PI))), direct), x.dtype);
  },
  { name: "erfcx" },
);
erfcx_.defjvps((dot, value, x) =>
  dot.mul(
    x
      .mul(2)
      .mul(value)
      .sub(2 / Math.sqrt(Math.PI)),
  ),
);

/**
 * The scaled complementary error function, `exp(x²) erfc(x)`, for complex numbers too.
 *
 * @example `String(scipy.special.erfcx(0)); // => "1.0"`
 */
export function erfcx(x: ArrayLike): NDArray {
  const [a] = promoteArgsInexact("erfcx", x);
  return isComplex(a.dtype) ? complexErfcx(a) : erfcx_(a);
}

/** The distribution function of the standard normal distribution. @throws TypeError unless x is float32 or float64 @example `String(scipy.special.ndtr(0)); // => "0.5"` */
export function ndtr(x: ArrayLike): NDArray {
  return normalDistribution(singleOrDouble("ndtr", x));
}

function normalDistribution(x: NDArray): NDArray {
  const w = x.mul(Math.SQRT1_2);
  const z = lax.abs(w);
  const tail = lax.erfc(z);
  const value = where(z.lt(Math.SQRT1_2), lax.erf(w).add(1), where(w.gt(0), bi.subtract(2, tail), tail));
  return value.mul(0.5);
}

// Rational approximations of the Cephes library.
const central = [
  [-59.96335010141079, 98.00107541859997, -56.67628574690703, 13.931260938727968, -1.2391658386738125],
  [
    1, 1.9544885833814176, 4.676279128988815, 86.36024213908905, -225.46268785411937, 200.26021238006066,
    -82.03722561683334, 15.90562251262117, -1.1833162112133,
  ],
];
const middle = [
  [
    4.0554489230596245, 31.525109459989388, 57.16281922464213, 44.08050738932008, 14.684956192885803,
    2.1866330685079025, -0.1402560791713545, -0.03504246268278482, -0.0008574567851546854,
  ],
  [
    1, 15.779988325646675, 45.39076351288792, 41.3172038254672, 15.04253856929075, 2.504649462083094,
    -0.14218292285478779, -0.03808064076915783, -0.0009332594808954574,
  ],
];
const extreme = [
  [
    3.2377489177694603, 6.915228890689842, 3.9388102529247444, 1.3330346081580755, 0.20148538954917908,
    0.012371663481782003, 0.00030158155350823543, 2.6580697468673755e-6, 6.239745391849833e-9,
  ],
  [
    1, 6.02427039364742, 3.6798356385616087, 1.3770209948908132, 0.21623699359449663, 0.013420400608854318,
    0.00032801446468212774, 2.8924786474538068e-6, 6.790194080099813e-9,
  ],
];

/**
 * The inverse of {@link ndtr}: the quantile of the standard normal distribution.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), ndtri.
 *
 * @throws TypeError unless p is float32 or float64
 * @example `String(scipy.special.ndtri(0.5)); // => "0.0"`
 */
export function ndtri(p: ArrayLike): NDArray {
  const a = singleOrDouble("ndtri", p);
  const upper = a.gt(-Math.expm1(-2));
  const folded = where(upper, bi.subtract(1, a), a);
  const q = where(folded.eq(0), 0.5, folded);
  const w = q.sub(0.5);
  const ww = w.mul(w);
  const inCentre = w.add(w.mul(ww).mul(ratio(central[0], central[1], ww))).mul(-Math.sqrt(2 * Math.PI));
  const z = lax.sqrt(lax.log(q).mul(-2));
  const first = z.sub(lax.log(z).div(z));
  const inverse = bi.divide(1, z);
  const tail = (c: number[][]): NDArray => first.sub(ratio(c[0], c[1], inverse).div(z));
  const size = where(q.gt(Math.exp(-2)), inCentre, where(z.ge(8), tail(extreme), tail(middle)));
  const value = where(a.gt(1 - Math.exp(-2)), size, size.neg());
  return where(a.eq(0), Number.NEGATIVE_INFINITY, where(a.eq(1), Number.POSITIVE_INFINITY, value));
}

function logTail(x: NDArray, order: number): NDArray {
  const square = x.mul(x);
  let [even, odd] = [lax.fullLike(x, 0), lax.fullLike(x, 0)];
  let [power, factor] = [square, 1];
  for (let n = 1; n <= order; n++) {
    factor *= 2 * n - 1;
    const term = bi.divide(factor, power);
    if (n % 2 === 1) odd = odd.add(term);
    else even = even.add(term);
    power = power.mul(square);
  }
  const series = order === 0 ? lax.fullLike(x, 0) : lax.log(even.add(1).sub(odd));
  return square
    .mul(-0.5)
    .sub(lax.log(x.neg()))
    .sub(0.5 * Math.log(2 * Math.PI))
    .add(series);
}

/**
 * The logarithm of {@link ndtr}, accurate in the lower tail.
 *
 * @param seriesOrder how many terms of the asymptotic series are used there, 0 to 30; default 3
 * @throws TypeError unless x is float32 or float64 and the order an integer
 * @example `String(scipy.special.logNdtr(-20)); // => "-203.91716"`
 */
export function logNdtr(x: ArrayLike, seriesOrder: number | { seriesOrder?: number } = 3): NDArray {
  const order = typeof seriesOrder === "object" ? (seriesOrder.seriesOrder ?? 3) : seriesOrder;
  if (!Number.isInteger(order)) throw new TypeError("seriesOrder must be an integer.");
  if (order < 0) throw new ValueError("seriesOrder must be non-negative.");
  if (order > 30) throw new ValueError("seriesOrder must be <= 30.");
  const a = singleOrDouble("log_ndtr", x);
  const [lower, upper] = a.dtype === float64 ? [-20, 8] : [-10, 5];
  const f = customJvp(
    (y: NDArray): NDArray => {
      const high = y.gt(upper);
      const value = normalDistribution(where(high, y.neg(), bi.maximum(y, lower)));
      const low = logTail(bi.minimum(y, lower), order);
      return where(high, value.neg(), where(y.gt(lower), lax.log(value), low));
    },
    { name: "log_ndtr" },
  );
  f.defjvp(([y], [dot]) => {
    const value = f(y);
    const logDensity = y
      .mul(y)
      .mul(-0.5)
      .sub(0.5 * Math.log(2 * Math.PI));
    return [value, dot.mul(lax.exp(logDensity.sub(value)))];
  });
  return f(a);
}
