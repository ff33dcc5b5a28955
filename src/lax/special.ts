import type { NDArray } from "../core/array.ts";
import type { Expr, ExprBuilder } from "../core/lowering.ts";
import { notDifferentiable } from "../core/primitive.ts";
import * as reference from "../core/scalarMath.ts";
import { square } from "./arithmetic.ts";
import { applyBinary, applyUnary, binary, type TangentRule, unary } from "./families.ts";
import { constLike, floating } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { exp } from "./transcendental.ts";

const special = /* @__NO_SIDE_EFFECTS__ */ (name: string, f: (x: number) => number, jvp: TangentRule) =>
  unary(name, { accepts: floating, reference: (x) => f(x), cost: "expensive", jvp });

const erfPrimitive = special("erf", reference.erf, (g, _ans, [x]) =>
  ops.mul(constLike(x, 2 / Math.sqrt(Math.PI)), ops.mul(g, exp(ops.neg(square(x))))),
);
/**
 * Elementwise error function.
 * @throws TypeError unless the dtype is real floating.
 * @example
 * lax.erf(jnp.array([0, 1])) // => Array([0.       , 0.8427008], dtype=float32)
 */
export function erf(x: LaxOperand): NDArray {
  return applyUnary(erfPrimitive, x, floating);
}

const erfcPrimitive = special("erfc", reference.erfc, (g, _ans, [x]) =>
  ops.mul(constLike(x, -2 / Math.sqrt(Math.PI)), ops.mul(g, exp(ops.neg(square(x))))),
);
/**
 * Elementwise complementary error function `1 - erf(x)`, accurate where it is small.
 * @example
 * lax.erfc(jnp.array([0, 3])) // => Array([1.0000000e+00, 2.2090497e-05], dtype=float32)
 */
export function erfc(x: LaxOperand): NDArray {
  return applyUnary(erfcPrimitive, x, floating);
}

const erfInvPrimitive = special("erf_inv", reference.erfInv, (g, ans, [x]) =>
  ops.mul(constLike(x, Math.sqrt(Math.PI) / 2), ops.mul(g, exp(square(ans)))),
);
/**
 * Elementwise inverse of the error function; infinite at -1 and 1, NaN outside.
 * @example
 * lax.erfInv(jnp.array([0, 0.5])) // => Array([0.        , 0.47693628], dtype=float32)
 */
export function erfInv(x: LaxOperand): NDArray {
  return applyUnary(erfInvPrimitive, x, floating);
}

const lgammaPrimitive = special("lgamma", reference.lgamma, (g, _ans, [x]) => ops.mul(g, digamma(x)));
/**
 * Elementwise logarithm of the absolute value of the gamma function; infinite at the poles.
 * @example
 * lax.lgamma(jnp.array([1, 5])) // => Array([0.       , 3.1780539], dtype=float32)
 */
export function lgamma(x: LaxOperand): NDArray {
  return applyUnary(lgammaPrimitive, x, floating);
}

const digammaPrimitive = special("digamma", reference.digamma, (g, _ans, [x]) =>
  ops.mul(g, polygamma(constLike(x, 1), x)),
);
/**
 * Elementwise derivative of {@link lgamma}; NaN at the poles.
 * @example
 * lax.digamma(jnp.array([1, 2])) // => Array([-0.5772157 ,  0.42278433], dtype=float32)
 */
export function digamma(x: LaxOperand): NDArray {
  return applyUnary(digammaPrimitive, x, floating);
}

// The Hurwitz zeta function by the Euler-Maclaurin formula, on numbers or on expressions of kernels.

interface Algebra<T> {
  constant(value: number): T;
  op(name: "add" | "sub" | "mul" | "div" | "pow", x: T, y: T): T;
  apply(name: "neg" | "floor" | "exp" | "lgamma" | "digamma", x: T): T;
  compare(name: "lt" | "le" | "eq" | "ne", x: T, y: T): T;
  choose(cond: T, onTrue: T, onFalse: T): T;
}

const onNumbers: Algebra<number> = {
  constant: (v) => v,
  op: (name, x, y) => {
    if (name === "pow") return reference.pow(x, y);
    return name === "add" ? x + y : name === "sub" ? x - y : name === "mul" ? x * y : x / y;
  },
  apply: (name, x) =>
    ({ ...Math, ...reference, neg: (v: number) => -v, exp: Math.exp, floor: Math.floor })[name](x),
  compare: (name, x, y) =>
    Number(name === "lt" ? x < y : name === "le" ? x <= y : name === "eq" ? x === y : x !== y),
  choose: (cond, p, q) => (cond ? p : q),
};
const onExpressions = (b: ExprBuilder, like: Expr): Algebra<Expr> => ({
  constant: (v) => b.const(v, like.dtype),
  op: (name, x, y) => b.op(name, x, y),
  apply: (name, x) => b.op(name, x),
  compare: (name, x, y) => b.op(name, x, y),
  choose: (cond, p, q) => b.select(cond, p, q),
});

/** Bernoulli numbers B(2k) over (2k)!, k = 1 ...: the corrections of the Euler-Maclaurin formula. */
const corrections = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
  -174611 / 802857662698291200000,
  5.50900282836023e-18,
  -1.395446468581252e-19,
];
const terms = 9;

function hurwitzZeta<T>(a: Algebra<T>, s: T, q: T): T {
  const c = (v: number) => a.constant(v);
  const minusS = a.apply("neg", s);
  let sum = a.op("pow", q, minusS);
  let point = q;
  for (let k = 1; k < terms; k++) {
    point = a.op("add", point, c(1));
    sum = a.op("add", sum, a.op("pow", point, minusS));
  }
  const end = a.op("add", point, c(1));
  const power = a.op("pow", end, minusS);
  sum = a.op("add", sum, a.op("div", a.op("mul", power, end), a.op("sub", s, c(1))));
  sum = a.op("add", sum, a.op("mul", power, c(0.5)));
  // Corrections: B(2k)/(2k)! s (s+1) ... (s+2k-2) end^(-s-2k+1)
  let factor = a.op("div", a.op("mul", s, power), end);
  corrections.forEach((coefficient, k) => {
    sum = a.op("add", sum, a.op("mul", factor, c(coefficient)));
    for (const j of [2 * k + 1, 2 * k + 2]) {
      factor = a.op("div", a.op("mul", factor, a.op("add", s, c(j))), end);
    }
  });
  const integerQ = a.compare("eq", q, a.apply("floor", q));
  const integerS = a.compare("eq", s, a.apply("floor", s));
  // Poles at q = 0, -1, ...; elsewhere left of 0 real only for integer s.
  const left = a.choose(integerQ, c(Infinity), a.choose(integerS, sum, c(Number.NaN)));
  const value = a.choose(a.compare("le", q, c(0)), left, sum);
  const atOne = a.choose(a.compare("eq", s, c(1)), c(Infinity), value);
  return a.choose(a.compare("lt", s, c(1)), c(Number.NaN), atOne);
}

/** (-1)^(m+1) m! zeta(m+1, x) for m = 1, 2, ...; digamma for m = 0; NaN for other m. */
function polygammaOf<T>(a: Algebra<T>, m: T, x: T): T {
  const c = (v: number) => a.constant(v);
  const next = a.op("add", m, c(1));
  const size = a.op("mul", a.apply("exp", a.apply("lgamma", next)), hurwitzZeta(a, next, x));
  const half = a.op("mul", m, c(0.5));
  const even = a.compare("eq", half, a.apply("floor", half));
  const signed = a.choose(even, a.apply("neg", size), size);
  const general = a.choose(a.compare("eq", m, c(0)), a.apply("digamma", x), signed);
  const valid = a.choose(a.compare("eq", m, a.apply("floor", m)), general, c(Number.NaN));
  return a.choose(a.compare("lt", m, c(0)), c(Number.NaN), valid);
}

const zetaPrimitive = binary("zeta", {
  accepts: floating,
  reference: (s, q) => hurwitzZeta(onNumbers, s, q),
  cost: "expensive",
  emit: (b, [s, q]) => hurwitzZeta(onExpressions(b, s), s, q),
  jvp: /* @__PURE__ */ notDifferentiable("the derivatives of the zeta function are not available"),
});
/**
 * Elementwise Hurwitz zeta function, the sum of `(q + k) ** -x` over k = 0, 1, ...
 * @example
 * lax.zeta(jnp.array([2]), jnp.array([1])) // => Array([1.644934], dtype=float32)
 */
export function zeta(x: LaxOperand, q: LaxOperand): NDArray {
  return applyBinary(zetaPrimitive, x, q);
}

const polygammaPrimitive = binary("polygamma", {
  accepts: floating,
  reference: (m, x) => polygammaOf(onNumbers, m, x),
  cost: "expensive",
  emit: (b, [m, x]) => polygammaOf(onExpressions(b, m), m, x),
  jvp: [
    () => {
      throw new TypeError("polygamma gradient with respect to m is not supported");
    },
    (g, _ans, [m, x]) => ops.mul(g, polygamma(ops.add(m, constLike(m, 1)), x)),
  ],
});
/**
 * Elementwise derivative of order `m` of {@link digamma}.
 * @example
 * lax.polygamma(jnp.array([1]), jnp.array([1])) // => Array([1.644934], dtype=float32)
 */
export function polygamma(m: LaxOperand, x: LaxOperand): NDArray {
  return applyBinary(polygammaPrimitive, m, x);
}
