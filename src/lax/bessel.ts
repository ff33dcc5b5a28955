import type { NDArray } from "../core/array.ts";
import type { Expr, ExprBuilder } from "../core/lowering.ts";
import { finfo, float64 } from "../dtypes/index.ts";
import { abs, sign } from "./arithmetic.ts";
import { applyUnary, type TangentRule, unary } from "./families.ts";
import { constLike, floating } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

/*
 * Modified Bessel functions, scaled by exp(-|x|), as Chebyshev series: of f(x) for |x| <= 8 in the variable x / 4 - 1, and of
 * sqrt(x) f(x) beyond in the variable 16 / x - 1. The coefficients were computed to 17 digits with exact arithmetic.
 */

const order0Near = [
  0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
  -0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.0016394756169413357,
  -0.0005763755745385824, 0.00018850288509584165, -5.754195010082104e-5, 1.6448448070728896e-5,
  -4.4167383584587505e-6, 1.1173875391201037e-6, -2.670793853940612e-7, 6.046995022541919e-8,
  -1.300025009986248e-8, 2.6598237246823866e-9, -5.189795601635263e-10, 9.675809035373237e-11,
  -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13, 7.676185498604936e-14,
  -1.1685332877993451e-14, 1.715391285555133e-15, -2.431279846547955e-16, 3.3307945188222384e-17,
];
const order0Far = [
  0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-5, 2.8913705208347567e-6,
  2.0489185894690638e-7, 2.266668990498178e-8, 3.3962320257083865e-9, 4.94060238822497e-10,
  1.1889147107846439e-11, -3.1499165279632416e-11, -1.3215811840447713e-11, -1.7941785315068062e-12,
  7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14, -4.150569347287222e-14,
  -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15, -3.425485619677219e-16,
  -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17,
];
/** Of f(x) / x. */
const order1Near = [
  0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499, 0.024726449030626516,
  -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532, 0.0005122859561685758,
  -0.00016176081582589674, 4.781565107550054e-5, -1.3273163656039436e-5, 3.4702513081376785e-6,
  -8.568720264695455e-7, 2.0032947535521353e-7, -4.445059128796328e-8, 9.381537386495773e-9,
  -1.8872497517228294e-9, 3.625590281552117e-10, -6.663489723502027e-11, 1.1736186298890901e-11,
  -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14, 7.600684294735408e-15,
  -1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17,
];
const order1Far = [
  0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-6,
  -2.512236237870209e-7, -2.6314688468895196e-8, -3.835380385964237e-9, -5.589743462196584e-10,
  -1.8974958123505413e-11, 3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12,
  -7.198551776245908e-13, -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14,
  1.0420276984128802e-14, -3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16,
  2.96262899764595e-16, -3.209525921993424e-17, -4.650305368489358e-17,
];

/** Coefficients below this do not matter in float32. */
const negligible = 1e-10;

/** What the two evaluations below need: on numbers, and on expressions of kernels. */
interface Arithmetic<T> {
  constant(value: number): T;
  add(x: T, y: T): T;
  sub(x: T, y: T): T;
  mul(x: T, y: T): T;
  div(x: T, y: T): T;
  abs(x: T): T;
  sqrt(x: T): T;
  sign(x: T): T;
  /** `p` where x <= 8, `q` elsewhere. */
  near(x: T, p: T, q: T): T;
  readonly single: boolean;
}

const onNumbers: Arithmetic<number> = {
  constant: (v) => v,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  abs: Math.abs,
  sqrt: Math.sqrt,
  sign: Math.sign,
  near: (x, p, q) => (x <= 8 ? p : q),
  single: false,
};
/** On expressions of float64, of which float32 keeps the rounded result: sums of both signs would lose its last digits. */
const onExpressions = (b: ExprBuilder, single: boolean): Arithmetic<Expr> => {
  const constant = (v: number) => b.const(v, float64);
  return {
    constant,
    add: (x, y) => b.op("add", x, y),
    sub: (x, y) => b.op("sub", x, y),
    mul: (x, y) => b.op("mul", x, y),
    div: (x, y) => b.op("div", x, y),
    abs: (x) => b.op("abs", x),
    sqrt: (x) => b.op("sqrt", x),
    sign: (x) => b.op("sign", x),
    near: (x, p, q) => b.select(b.op("le", x, constant(8)), p, q),
    single,
  };
};

/** Clenshaw's recurrence; `twice` is twice the variable. */
function chebyshev<T>(a: Arithmetic<T>, twice: T, coefficients: readonly number[]): T {
  const last = a.single
    ? coefficients.findLastIndex((c) => Math.abs(c) > negligible)
    : coefficients.length - 1;
  let [b1, b2] = [a.constant(coefficients[last]), a.constant(0)];
  for (let j = last - 1; j > 0; j--) {
    const next = a.add(a.sub(a.mul(twice, b1), b2), a.constant(coefficients[j]));
    [b1, b2] = [next, b1];
  }
  return a.add(a.sub(a.mul(a.mul(twice, a.constant(0.5)), b1), b2), a.constant(coefficients[0]));
}

function scaledBessel<T>(a: Arithmetic<T>, order: 0 | 1, x: T): T {
  const size = a.abs(x);
  const half = a.sub(a.mul(size, a.constant(0.5)), a.constant(2));
  const inverse = a.sub(a.div(a.constant(32), size), a.constant(2));
  const near = chebyshev(a, half, order === 0 ? order0Near : order1Near);
  const far = a.div(chebyshev(a, inverse, order === 0 ? order0Far : order1Far), a.sqrt(size));
  if (order === 0) return a.near(size, near, far);
  return a.near(size, a.mul(near, x), a.mul(far, a.sign(x)));
}

const bessel = /* @__NO_SIDE_EFFECTS__ */ (name: string, order: 0 | 1, jvp: TangentRule) =>
  unary(name, {
    accepts: floating,
    reference: (x) => scaledBessel(onNumbers, order, x),
    cost: "expensive",
    emit: (b, [x]) => {
      const { dtype } = x;
      if (dtype === float64) return scaledBessel(onExpressions(b, false), order, x);
      return b.cast(scaledBessel(onExpressions(b, true), order, b.cast(x, float64)), dtype);
    },
    jvp,
  });

const order0Primitive = bessel("bessel_i0e", 0, (g, ans, [x]) =>
  ops.mul(g, ops.sub(besselI1e(x), ops.mul(sign(x), ans))),
);
/**
 * Elementwise modified Bessel function of the first kind and order 0, scaled: `exp(-|x|) * i0(x)`.
 * @example
 * jnp.round(lax.besselI0e(jnp.array([1, 2])), 4) // => Array([0.4658, 0.3085], dtype=float32)
 */
export function besselI0e(x: LaxOperand): NDArray {
  return applyUnary(order0Primitive, x, floating);
}

const order1Primitive = bessel("bessel_i1e", 1, (g, ans, [x]) => {
  // Close to 0 the slope is 1/2; beyond, what the quotient loses is small.
  const { eps } = finfo(x.dtype);
  const far = ops.gt(abs(x), constLike(x, eps));
  const safe = ops.select(far, x, ops.fullLike(x, eps));
  const slope = ops.sub(besselI0e(safe), ops.mul(ans, ops.add(sign(safe), ops.div(constLike(x, 1), safe))));
  return ops.mul(g, ops.select(far, slope, ops.fullLike(x, 0.5)));
});
/**
 * Elementwise modified Bessel function of the first kind and order 1, scaled: `exp(-|x|) * i1(x)`.
 * @example
 * jnp.round(lax.besselI1e(jnp.array([1, 2])), 4) // => Array([0.2079, 0.2153], dtype=float32)
 */
export function besselI1e(x: LaxOperand): NDArray {
  return applyUnary(order1Primitive, x, floating);
}
