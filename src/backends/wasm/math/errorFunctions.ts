import { expDouble, logDouble, rationalDouble } from "./double.ts";
import { unary } from "./lanes.ts";

/** erf(x)/x in x^2 for |x| <= 3.92, where erf rounds to 1; relative error 2^-28. Our own rational fits, as are those below. */
const ERF_NUMERATOR = [
  1.1283791696327892, 0.1850602965101525, 0.0543086670706127, 0.0038453527791364596, 0.0003799653040900994,
  4.696177960052993e-6, -1.324339275292404e-8,
];
const ERF_DENOMINATOR = [
  1, 0.4973388388282113, 0.11390885171112063, 0.015454540679178735, 0.0013072222419058847,
  6.322458545074535e-5,
];

export const emitErf = unary((scope, x) => {
  const { s } = scope;
  const y = scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    const square = d.let(d.pmin(d.mul(xd, xd), 15.4));
    return d.mul(xd, rationalDouble(inner, square, ERF_NUMERATOR, ERF_DENOMINATOR));
  });
  return s.pmax(s.pmin(y, 1), -1);
});

/** exp(x^2) erfc(x) on [0, 10.2]; relative error 2^-28. */
const ERFCX_NUMERATOR = [
  1.0000000026533662, 1.19343777799078, 0.6864773150379939, 0.2083311691344629, 0.028612912195721152,
  -4.894504327721647e-8,
];
const ERFCX_DENOMINATOR = [
  1, 2.3218172232431327, 2.3063628082575103, 1.241249596268065, 0.36933260979306765, 0.05071120615699775,
];

export const emitErfc = unary((scope, x) =>
  scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    const a = d.let(d.pmin(d.abs(xd), 10.2));
    const gaussian = expDouble(inner, d.let(d.neg(d.mul(a, a))));
    const tail = d.let(d.mul(gaussian, rationalDouble(inner, a, ERFCX_NUMERATOR, ERFCX_DENOMINATOR)));
    return d.select(d.lt(xd, 0), d.sub(2, tail), tail);
  }),
);

/** erfInv(x)/x in w = -log(1 - x^2), for every float32 below 1; relative error 2^-28. (The variable is Giles's.) */
const ERFINV_NUMERATOR = [
  0.8862269237818425, 0.3136195000473854, 0.06294390492225048, 0.00852627402132705, 0.0007552884687935019,
  3.634680669368231e-5, 9.360791882689153e-8,
];
const ERFINV_DENOMINATOR = [
  1, 0.09208226373199094, 0.033885762997229535, 0.002183921752179322, 0.0002265096291616189,
  2.9726203128452433e-6,
];

export const emitErfInv = unary((scope, x) => {
  const { s, i } = scope;
  const y = s.let(
    scope.viaDouble([x], (inner, xd) => {
      const { d } = inner;
      const u = d.let(d.mul(d.sub(1, xd), d.add(xd, 1)));
      const w = d.let(d.neg(logDouble(inner, u)));
      return d.mul(xd, rationalDouble(inner, w, ERFINV_NUMERATOR, ERFINV_DENOMINATOR));
    }),
  );
  const a = s.let(s.abs(x));
  // x/0 is infinite, and all ones, a NaN, where |x| is not 1.
  const edge = i.or(s.div(x, 0), s.ne(a, 1));
  return s.select(s.lt(a, 1), y, edge);
});
