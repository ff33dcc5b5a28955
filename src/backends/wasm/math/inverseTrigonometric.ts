import { angleDouble } from "./double.ts";
import { binary, unary, unaryDouble } from "./lanes.ts";

/** Large enough that no finite float32 has a ratio to it that is not 0, small enough to stay finite. */
const BEYOND = 2 ** 700;

/** In float64: the angle of (1, |x|), with the sign of x. */
export const emitAtan = unary((scope, x) => {
  const { s } = scope;
  const y = scope.viaDouble([x], (inner, xd) => angleDouble(inner, inner.d.pmin(inner.d.abs(xd), BEYOND), 1));
  const angle = s.let(s.copysign(y, x));
  return s.select(s.eq(x, x), angle, x);
});

/** In float64: the angle of (|x|, |y|), reflected into the quadrant of (x, y). */
export const emitAtan2 = binary((scope, y, x) => {
  const { s } = scope;
  const angle = scope.viaDouble([y, x], (inner, yd, xd) => {
    const { d, l } = inner;
    const first = d.let(angleDouble(inner, d.pmin(d.abs(yd), BEYOND), d.pmin(d.abs(xd), BEYOND)));
    // The sign bit, not a comparison: atan2(0, -0) is pi.
    const left = l.let(l.sub(0, l.shrU(xd, 63)));
    return d.select(left, d.sub(Math.PI, first), first);
  });
  const result = s.let(s.copysign(angle, y));
  const sum = s.let(s.add(x, y));
  const ordered = scope.i.and(s.eq(x, x), s.eq(y, y));
  return s.select(ordered, result, sum);
});

/** In float64: the angle of (sqrt(1 - x^2), |x|), with the sign of x; NaN outside [-1, 1]. */
export const emitAsin = unary((scope, x) => {
  const { s, i } = scope;
  const y = scope.viaDouble([x], (inner, xd) => {
    const { d } = inner;
    const a = d.let(d.pmin(d.abs(xd), 1));
    return angleDouble(inner, a, d.sqrt(d.mul(d.sub(1, a), d.add(a, 1))));
  });
  const angle = s.let(s.copysign(y, x));
  return i.or(angle, i.xor(s.le(s.abs(x), 1), -1));
});

/** In float64: the angle of (x, sqrt(1 - x^2)); NaN outside [-1, 1]. */
export const emitAcos = unaryDouble((scope, x) => {
  const { d, i } = scope;
  const a = d.let(d.abs(x));
  const first = d.let(angleDouble(scope, d.sqrt(d.pmax(d.mul(d.sub(1, a), d.add(a, 1)), 0)), d.pmin(a, 1)));
  const angle = d.let(d.select(d.lt(x, 0), d.sub(Math.PI, first), first));
  return i.or(angle, i.xor(d.le(a, 1), -1));
});
