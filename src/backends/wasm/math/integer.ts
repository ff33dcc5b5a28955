import type { Local } from "../asm/index.ts";
import { binary, type Code, type Scope, unary } from "./lanes.ts";

/**
 * Quotients of 32-bit integers in float64: the rounded quotient cannot cross an integer, because quotients that are no
 * integers are at least 2^-32 of themselves away from one.
 */
function quotient(scope: Scope, a: Local, b: Local, signed: boolean): Local {
  const { f, d } = scope;
  const [low, high] = ([0, 1] as const).map((half) => {
    const convert = (x: Local) => () => {
      f.get(x);
      if (half === 1) f.get(x).i32x4.shuffle(2, 3, 2, 3);
      if (signed) f.f64x2.convert_low_i32x4_s();
      else f.f64x2.convert_low_i32x4_u();
    };
    return scope.nested(() => () => {
      d.push(d.div(convert(a), convert(b)));
      if (signed) f.i32x4.trunc_sat_f64x2_s_zero();
      else f.i32x4.trunc_sat_f64x2_u_zero();
    });
  }) as [Local, Local];
  return scope.let(() => f.get(low).get(high).i64x2.shuffle(0, 2));
}

/** The quotient with XLA's edges: x/0 = -1, and INT_MIN/-1 wraps to INT_MIN. */
function divide(scope: Scope, a: Local, b: Local, signed: boolean): Code {
  const { i } = scope;
  const q = quotient(scope, a, b, signed);
  const whole = i.let(i.or(q, i.eq(b, 0)));
  if (!signed) return () => scope.f.get(whole);
  // Dividing by -1 is negation, which wraps.
  return i.select(i.eq(b, -1), i.sub(0, a), whole);
}

/** a - (a/b) b: x%0 = x and INT_MIN%-1 = 0 come out by themselves. */
function remainder(scope: Scope, a: Local, b: Local, signed: boolean): Code {
  const { i } = scope;
  return i.sub(a, i.mul(divide(scope, a, b, signed), b));
}

export const emitDivS = binary((scope, a, b) => divide(scope, a, b, true));
export const emitDivU = binary((scope, a, b) => divide(scope, a, b, false));
export const emitRemS = binary((scope, a, b) => remainder(scope, a, b, true));
export const emitRemU = binary((scope, a, b) => remainder(scope, a, b, false));

/** Conversions: truncation saturates and takes NaN to 0; integers round to the nearest float, halves to even. */
export const emitFloatToInt = unary((scope, x) => () => scope.f.get(x).i32x4.trunc_sat_f32x4_s());
export const emitFloatToUint = unary((scope, x) => () => scope.f.get(x).i32x4.trunc_sat_f32x4_u());
export const emitIntToFloat = unary((scope, x) => () => scope.f.get(x).f32x4.convert_i32x4_s());
export const emitUintToFloat = unary((scope, x) => () => scope.f.get(x).f32x4.convert_i32x4_u());
