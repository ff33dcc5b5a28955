import type { ArrayLike, NDArray } from "../../core/array.ts";
import { float32, float64 } from "../../dtypes/index.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { convert } from "../../numpy/promote.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { realArguments, singleOrDouble } from "./arguments.ts";
import { horner, ratio } from "./polynomial.ts";

// Rational approximations of the Cephes library, highest power first.
const sine = [
  [
    -8.391678279103039e-11, 4.625917144270128e-8, -9.757593038436328e-6, 0.0009769454381704354,
    -0.04134703162294066, 1,
  ],
  [
    2.0326926619595193e-12, 1.279978911799433e-9, 4.418278428012189e-7, 9.964121220438756e-5,
    0.01420852393261499, 1,
  ],
];
const cosine = [
  [
    2.0252400238910228e-11, -1.3524950491579076e-8, 3.593250514199931e-6, -0.0004740072068734079,
    0.028915965260755523, -1,
  ],
  [
    4.077460400618806e-12, 3.067809975818878e-9, 1.2321035568588342e-6, 0.00031744202477503275,
    0.051002805623644606, 4,
  ],
];
const f4 = [
  [
    4.236128628922166, 5.4593771716181285, 1.6208328770153833, 0.16700661183132304, 0.006810201324725182,
    0.00010893658065032867, 5.489002234213736e-7,
  ],
  [
    1, 8.16496634205391, 7.308288225055645, 1.867922579501842, 0.1787920529631499, 0.007017106683227897,
    0.00011003435715391573, 5.489002527562557e-7,
  ],
];
const g4 = [
  [
    0.08710016989731142, 0.6113791099522193, 0.3971802963923375, 0.07485277376284691, 0.005388686814621773,
    0.00016199979459893403, 1.9796387414096365e-6, 7.825790407440903e-9,
  ],
  [
    1, 1.6440220241335535, 0.666296701268988, 0.09887717612776888, 0.006223963454417684,
    0.0001732210814741771, 2.0265918208634397e-6, 7.825792189335346e-9,
  ],
];
const f8 = [
  [
    0.4558808734704653, 0.7137152741001467, 0.16030015822231947, 0.01160642294081244, 0.00034955644244785906,
    4.8621543082645475e-6, 3.200927900910049e-8, 9.41779576128513e-11, 9.70507110881952e-14,
  ],
  [
    1, 0.9174636118736841, 0.17868554533207454, 0.012225359477197129, 0.00035869648188185157,
    4.924350643178815e-6, 3.21956939101046e-8, 9.437205903502767e-11, 9.70507110881952e-14,
  ],
];
const g8 = [
  [
    0.6973599534432762, 0.33041097930563207, 0.03848787676499743, 0.001717182390523479, 3.4894116550227946e-5,
    3.471311670841167e-7, 1.7040445278204452e-9, 3.859459254302766e-12, 3.1404009894636335e-15,
  ],
  [
    1, 1.6854889881101165, 0.48785225869530496, 0.04679131942596258, 0.0019028442667439953,
    3.684755044425611e-5, 3.5704322344374083e-7, 1.7269374896631615e-9, 3.878301660239547e-12,
    3.1404009894636335e-15,
  ],
];

const sici_ = customJvp(
  (x: NDArray): [NDArray, NDArray] => {
    const a = lax.abs(x);
    const square = a.mul(a);
    const [s, c] = [lax.sin(a), lax.cos(a)];
    const nearSine = a.mul(ratio(sine[0], sine[1], square));
    const nearCosine = lax
      .log(a)
      .add(0.5772156649015329)
      .add(square.mul(ratio(cosine[0], cosine[1], square)));
    const z = bi.divide(1, square);
    const below8 = a.lt(8);
    const f = where(below8, ratio(f4[0], f4[1], z), ratio(f8[0], f8[1], z)).div(a);
    const g = where(below8, ratio(g4[0], g4[1], z), ratio(g8[0], g8[1], z)).mul(z);
    const farSine = bi.subtract(Math.PI / 2, f.mul(c)).sub(g.mul(s));
    const farCosine = f.mul(s).sub(g.mul(c));
    const infinite = un.isinf(a);
    const lastSine = where(infinite, Math.PI / 2, bi.subtract(Math.PI / 2, c.div(a)));
    const lastCosine = where(infinite, 0, s.div(a));
    const [near, far] = [a.le(4), a.le(1e9)];
    const si = where(near, nearSine, where(far, farSine, lastSine));
    const ci = where(near, nearCosine, where(far, farCosine, lastCosine));
    return [lax.sign(x).mul(si), where(un.isneginf(x), Number.NaN, ci)];
  },
  { name: "sici" },
);
sici_.defjvp(([x], [dot]) => [sici_(x), [un.sinc(x.div(Math.PI)).mul(dot), lax.cos(x).div(x).mul(dot)]]);

/**
 * The sine and cosine integrals, of `sin(t) / t` from 0 to x and of `-cos(t) / t` from x to infinity.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), sici.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.sici(1)[0]); // => "0.94608307"`
 */
export function sici(x: ArrayLike): [si: NDArray, ci: NDArray] {
  return sici_(realArguments("sici", x)[0]);
}

const spencePolynomials = [
  [
    4.6512858607399003e-5, 0.007315890452380947, 0.13384763957830903, 0.8796913117545303, 2.7114985119655346,
    4.256971560081218, 3.297713409852251, 1,
  ],
  [
    0.0006909904889125533, 0.02540437639325444, 0.2829748606025681, 1.4117259775183106, 3.6380053334513707,
    5.03278880143317, 3.547713409852251, 1,
  ],
];

/**
 * Spence's integral, the dilogarithm of `1 - x`; NaN below 0.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), spence.
 *
 * @throws TypeError unless x is float32 or float64
 * @example `String(scipy.special.spence(0)); // => "1.644934"`
 */
export function spence(x: ArrayLike): NDArray {
  const a = singleOrDouble("spence", x);
  const safe = where(bi.logicalOr(a.le(0), a.eq(1)), 2, a);
  const y = where(safe.gt(2), bi.divide(1, safe), safe);
  const [high, low] = [y.gt(1.5), y.lt(0.5)];
  const w = where(high, bi.divide(1, y).sub(1), where(low, y.neg(), y.sub(1)));
  let value = w.neg().mul(ratio(spencePolynomials[0], spencePolynomials[1], w));
  const log = lax.log(y);
  value = where(
    low,
    bi.subtract(Math.PI ** 2 / 6, log.mul(lax.log(bi.subtract(1, where(low, y, 0.5))))).sub(value),
    value,
  );
  value = where(bi.logicalOr(safe.gt(2), high), log.mul(log).mul(-0.5).sub(value), value);
  value = where(a.eq(0), Math.PI ** 2 / 6, where(a.eq(1), 0, value));
  return where(a.lt(0), Number.NaN, value);
}

/** `sin(pi x² / 2)` and `cos(pi x² / 2)`, exact for large x. */
function sinCosHalfPiSquare(x: NDArray): [NDArray, NDArray] {
  const a = lax.abs(x);
  const s = bi.fmod(a, 2);
  // x² / 2 modulo 2, as x = s + 2 k gives x² / 2 = s (x - s / 2) modulo 2.
  const r = bi.fmod(s.mul(a.sub(s.div(2))), 2);
  const sinPi = (y: NDArray): NDArray => lax.sin(y.mul(Math.PI));
  const sin = where(r.lt(0.5), sinPi(r), where(r.gt(1.5), sinPi(r.sub(2)), sinPi(r.sub(1)).neg()));
  const cos = where(r.lt(1), sinPi(r.sub(0.5)).neg(), sinPi(r.sub(1.5)));
  return [sin, where(r.eq(0.5), 0, cos)];
}

const fresnelSingle = {
  s: [
    1.6476294637887e-9, -1.522754752581096e-7, 8.4247488085024e-6, -0.0003120693124703272,
    0.007244727626597022, -0.09228055941124598, 0.5235987735681432,
  ],
  c: [
    1.416802502367354e-8, -1.157231412229871e-6, 5.387223446683264e-5, -0.001604381798862293,
    0.02818489036795073, -0.2467398198317899, 0.9999999760004487,
  ],
  f: [
    -1903009855649.792, 135594238805.0252, -4158143148.511033, 73438484.63587323, -873235.6681548485,
    8.56051546627547e3, -103.2877601091159, 2.999401847870011,
  ],
  g: [
    -1.86084399762465e11, 12783506733.93208, -377938771.3202229, 6492611.570598858, -77877.89623358162,
    860.2931494734327, -14.93439396592284, 0.9999841934744914,
  ],
};
const fresnelDouble = {
  s: [
    [
      -2991.8191940101983, 708840.0452577386, -62974148.62058625, 2548908805.7337637, -44297951805.96978,
      318016297876.5678,
    ],
    [
      1, 281.3762688899943, 45584.78108065326, 5173438.887700964, 419320245.8981112, 22441179564.534092,
      607366389490.0846,
    ],
  ],
  c: [
    [
      -4.9884311457357354e-8, 9.504280628298596e-6, -0.0006451914356839651, 0.018884331939670384,
      -0.20552590095501388, 1,
    ],
    [
      3.99982968972496e-12, 9.154392157746574e-10, 1.2500186247959882e-7, 1.2226278902417902e-5,
      0.0008680295429417843, 0.04121420907221998, 1,
    ],
  ],
  f: [
    [
      0.4215435550436775, 0.1434079197807589, 0.011522095507358577, 0.000345017939782574,
      4.6361374928786735e-6, 3.055689837902576e-8, 1.0230451416490724e-10, 1.7201074326816183e-13,
      1.3428327623306275e-16, 3.763297112699879e-20,
    ],
    [
      1, 0.7515863983533789, 0.11688892585919138, 0.0064405152650885865, 0.00015593440916415301,
      1.8462756734893055e-6, 1.1269922476399903e-8, 3.6014002958937136e-11, 5.887545336215784e-14,
      4.5200143407412973e-17, 1.2544323709001127e-20,
    ],
  ],
  g: [
    [
      0.5044420736433832, 0.1971028335255234, 0.018764858409257526, 0.0006840793809153931,
      1.1513882611188428e-5, 9.828524436884223e-8, 4.4534441586175015e-10, 1.0826804113902088e-12,
      1.375554606332618e-15, 8.363544356306774e-19, 1.8695871016278324e-22,
    ],
    [
      1, 1.4749575992512833, 0.33774898912002, 0.02536037414203388, 0.0008146791071843061,
      1.2754507566772912e-5, 1.0431458965757199e-7, 4.6068072814652043e-10, 1.1027321506624028e-12,
      1.3879653125957886e-15, 8.391588162831187e-19, 1.8695871016278324e-22,
    ],
  ],
};

function fresnelOf(x: NDArray): [NDArray, NDArray] {
  const single = x.dtype === float32;
  const a = lax.abs(x);
  const x2 = a.mul(a);
  const t = x2.mul(x2);
  const [p, q] = [fresnelSingle, fresnelDouble];
  const of = (key: "s" | "c" | "f" | "g", y: NDArray): NDArray =>
    single ? horner(p[key], y) : ratio(q[key][0], q[key][1], y);
  const [smallS, smallC] = [a.mul(x2).mul(of("s", t)), a.mul(of("c", t))];
  const [sin, cos] = sinCosHalfPiSquare(a);
  const reach = a.mul(Math.PI);
  const [largeS, largeC] = single
    ? [lax.fullLike(a, 0.5), lax.fullLike(a, 0.5)]
    : [bi.subtract(0.5, cos.div(reach)), bi.add(0.5, sin.div(reach))];
  const inverse = bi.divide(1, x2.mul(Math.PI));
  const u = inverse.mul(inverse);
  const f = bi.subtract(1, u.mul(of("f", u)));
  const g = inverse.mul(of("g", u));
  const otherS = bi.subtract(0.5, f.mul(cos).add(g.mul(sin)).div(reach));
  const otherC = bi.add(0.5, f.mul(sin).sub(g.mul(cos)).div(reach));
  const choose = (small: NDArray, large: NDArray, other: NDArray): NDArray => {
    const value = where(x2.lt(2.5625), small, where(a.gt(36974), large, other));
    const signed = where(un.isinf(x), 0.5, value);
    return where(x.lt(0), signed.neg(), signed);
  };
  return [choose(smallS, largeS, otherS), choose(smallC, largeC, otherC)];
}

const fresnel_ = customJvp(
  (x: NDArray): [NDArray, NDArray] => {
    const work = x.dtype === float64 ? float64 : float32;
    const [s, c] = fresnelOf(convert(x, work));
    return [convert(s, x.dtype), convert(c, x.dtype)];
  },
  { name: "fresnel" },
);
fresnel_.defjvp(([x], [dot]) => {
  const [sin, cos] = sinCosHalfPiSquare(x);
  return [fresnel_(x), [sin.mul(dot), cos.mul(dot)]];
});

/**
 * The Fresnel integrals, of `sin(pi t² / 2)` and `cos(pi t² / 2)` from 0 to x.
 *
 * Source: Moshier, the [Cephes library](https://www.netlib.org/cephes/), fresnl.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.fresnel(1)[0]); // => "0.43825915"`
 */
export function fresnel(x: ArrayLike): [s: NDArray, c: NDArray] {
  return fresnel_(realArguments("fresnel", x)[0]);
}
