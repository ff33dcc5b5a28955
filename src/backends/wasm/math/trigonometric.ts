import type { Local } from "../asm/index.ts";
import { cosDouble, sinDouble } from "./double.ts";
import { type Code, type Emit, type Guarded, Scope, unary } from "./lanes.ts";

/** Beyond this the three-part pi/2 below is not exact any more. */
const LARGE = 2 ** 20;
const ROUNDER = 1.5 * 2 ** 52;
/** pi/2 in parts of 33, 33 and 53 bits (Cody and Waite; the split of Sun's fdlibm). */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487959506e-21;
/** 2/pi in pieces of 24 bits: the product of each with a float32 is exact. */
const TWO_OVER_PI = [
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163,
].map((piece, i) => piece * 2 ** (-24 * (i + 1)));

/** r + n pi/2 = x with |r| <= pi/4: r as a double, and the low bits of n in those of `rounded`. */
type Reduced = { r: Local; rounded: Local };

function reduceSmall(scope: Scope, x: Local): Reduced {
  const { d } = scope;
  const rounded = d.let(d.add(d.mul(x, 2 / Math.PI), ROUNDER));
  const n = d.let(d.sub(rounded, ROUNDER));
  const r = d.sub(d.sub(d.sub(x, d.mul(n, HALF_PI_1)), d.mul(n, HALF_PI_2)), d.mul(n, HALF_PI_3));
  return { r: d.let(r), rounded };
}

/**
 * For arguments of any size, after Payne and Hanek: whole multiples of 4 are dropped from each partial product of x with
 * the pieces of 2/pi, and the rests, which are exact, are added with a compensation.
 */
function reduceLarge(scope: Scope, x: Local): Reduced {
  const { d } = scope;
  const high = d.let(0);
  const low = d.let(0);
  for (const piece of TWO_OVER_PI) {
    const product = scope.nested((inner) => {
      const y = inner.d.let(inner.d.mul(x, piece));
      return inner.d.sub(y, inner.d.mul(inner.d.nearest(inner.d.mul(y, 0.25)), 4));
    });
    const error = scope.nested((inner) => {
      // Knuth's two-sum.
      const sum = inner.d.let(inner.d.add(high, product));
      const part = inner.d.let(inner.d.sub(sum, high));
      const error = inner.d.let(
        inner.d.add(inner.d.sub(high, inner.d.sub(sum, part)), inner.d.sub(product, part)),
      );
      inner.f.get(sum).set(high);
      return () => inner.f.get(error);
    });
    d.push(d.add(low, error));
    scope.f.set(low);
  }
  const rounded = d.let(d.add(high, ROUNDER));
  const fraction = d.add(d.sub(high, d.sub(rounded, ROUNDER)), low);
  return { r: d.let(d.mul(fraction, Math.PI / 2)), rounded };
}

/** Reduces both halves of x; the slow way runs only when a lane needs it, and only such lanes take its result. */
function reduce(scope: Scope, x: Local): readonly [Reduced, Reduced] {
  const { f, s } = scope;
  const reduced = ([0, 1] as const).map((half) => {
    const r = scope.temp();
    const rounded = scope.temp();
    const inner = new Scope(f, scope.mb);
    const small = reduceSmall(inner, inner.let(inner.promote(x, half)));
    f.get(small.r).set(r).get(small.rounded).set(rounded);
    inner.end();
    return { r, rounded };
  }) as [Reduced, Reduced];
  s.push(s.gt(s.abs(x), LARGE));
  f.v128.any_true().if(() => {
    for (const half of [0, 1] as const) {
      const inner = new Scope(f, scope.mb);
      const xd = inner.let(inner.promote(x, half));
      const large = inner.let(inner.d.gt(inner.d.abs(xd), LARGE));
      const slow = reduceLarge(inner, xd);
      for (const key of ["r", "rounded"] as const) {
        const target = reduced[half][key];
        inner.d.push(inner.d.select(large, slow[key], target));
        f.set(target);
      }
      inner.end();
    }
  });
  return reduced;
}

/** Cephes sinf and cosf: (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2. */
const SIN = [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4];
const COS = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];

/** sin(r + n pi/2), n in the low bits of `quadrant`: the polynomials of Cephes in float32. */
function sinOfReduced(scope: Scope, r: Local, quadrant: Local): Code {
  const { s, i } = scope;
  const z = s.let(s.mul(r, r));
  const sin = s.let(s.madd(s.mul(r, z), s.polynomial(z, SIN), r));
  const cos = s.let(s.madd(s.mul(z, z), s.polynomial(z, COS), s.nmadd(z, 0.5, 1)));
  const odd = i.let(i.shrS(i.shl(quadrant, 31), 31));
  return s.xorSign(s.select(odd, cos, sin), i.shl(quadrant, 30));
}

/** sin(x + shift pi/2) for any x: the reduction in float64. */
const sinOfAny = (shift: 0 | 1): Emit =>
  unary((scope, x) => {
    const { f, i } = scope;
    const [low, high] = reduce(scope, x);
    const r = scope.let(() => {
      f.get(low.r).f32x4.demote_f64x2_zero();
      f.get(high.r).f32x4.demote_f64x2_zero().i64x2.shuffle(0, 2);
    });
    const bits = scope.let(() => f.get(low.rounded).get(high.rounded).i32x4.shuffle(0, 2, 4, 6));
    return sinOfReduced(scope, r, shift === 0 ? bits : i.let(i.add(bits, shift)));
  });

/** Up to this magnitude the quadrant is found in float32. */
const MODERATE = 2 ** 16;
const SINGLE_ROUNDER = 1.5 * 2 ** 23;
/** pi/2 in three float32 numbers. */
const SINGLE_HALF_PI_1 = Math.fround(Math.PI / 2);
const SINGLE_HALF_PI_2 = Math.fround(Math.PI / 2 - SINGLE_HALF_PI_1);
const SINGLE_HALF_PI_3 = Math.PI / 2 - SINGLE_HALF_PI_1 - SINGLE_HALF_PI_2 + 6.123233995736766e-17;

/**
 * sin(x + shift pi/2). Where products are not rounded the reduction is in float32: x - n pi/2, with the first part of pi/2, is exact, being a
 * multiple of 2^-24 below 1; the other parts are small beside what is left for any x of moderate size.
 */
const sinShifted = /* @__NO_SIDE_EFFECTS__ */ (
  name: string,
  shift: 0 | 1,
  zeros: (scope: Scope, x: Local, y: Local) => Local,
): Guarded => {
  const callAny = ({ f, mb }: Scope, x: Local) => {
    const any = mb.shared(`math.${name}.any`, () =>
      mb.function(`math.${name}.any`, ["v128"], ["v128"], (g, operand) =>
        sinOfAny(shift)(g.get(operand), mb),
      ),
    );
    f.get(x).call(any);
  };
  return (scope, x) => {
    const { f, s, i } = scope;
    if (!f.relaxedSimd) {
      const y = zeros(
        scope,
        x,
        s.let(() => callAny(scope, x)),
      );
      return { y, regular: i.let(-1), rest: () => () => f.get(y) };
    }
    const rounded = s.let(s.madd(x, 2 / Math.PI, SINGLE_ROUNDER + shift));
    const n = s.let(s.sub(rounded, SINGLE_ROUNDER + shift));
    const first = s.nmadd(n, SINGLE_HALF_PI_1, x);
    const r = s.let(s.nmadd(n, SINGLE_HALF_PI_3, s.nmadd(n, SINGLE_HALF_PI_2, first)));
    const y = zeros(scope, x, s.let(sinOfReduced(scope, r, rounded)));
    const regular = s.let(s.le(s.abs(x), MODERATE));
    return { y, regular, rest: (inner) => inner.s.select(regular, y, () => callAny(inner, x)) };
  };
};

export const cos = sinShifted("cos", 1, (_scope, _x, y) => y);
/** sin(-0) is -0. */
export const sin = sinShifted("sin", 0, ({ s }, x, y) => s.let(s.select(s.eq(x, 0), x, y)));

/** sin/cos, or -cos/sin in odd quadrants, in float64. */
export const emitTan = unary((scope, x) => {
  const { f, s } = scope;
  const [low, high] = reduce(scope, x).map(({ r, rounded }) =>
    scope.nested((inner) => {
      const { d, l } = inner;
      const z = d.let(d.mul(r, r));
      const sin = d.let(sinDouble(inner, r, z));
      const cos = d.let(cosDouble(inner, z));
      // All ones where n is odd.
      const odd = l.let(l.sub(0, l.and(rounded, 1)));
      const quotient = d.div(d.select(odd, cos, sin), d.select(odd, sin, cos));
      const y = d.xorSign(quotient, odd);
      return () => {
        y();
        f.f32x4.demote_f64x2_zero();
      };
    }),
  ) as [Local, Local];
  const y = s.let(() => f.get(low).get(high).i64x2.shuffle(0, 2));
  return s.select(s.eq(x, 0), x, y);
});
