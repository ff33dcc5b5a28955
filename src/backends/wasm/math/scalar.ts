import * as scalar from "../../../core/scalarMath.ts";

/** A float64 operation that WebAssembly lacks, imported from JavaScript. */
export interface ScalarFunction {
  readonly arity: 1 | 2;
  readonly call: (x: number, y: number) => number;
}

const unary = /* @__NO_SIDE_EFFECTS__ */ (call: (x: number) => number): ScalarFunction => ({
  arity: 1,
  call,
});
const binary = /* @__NO_SIDE_EFFECTS__ */ (call: (x: number, y: number) => number): ScalarFunction => ({
  arity: 2,
  call,
});

/** The float64 versions of {@link vectorMath}, by the same names. */
export const scalarMath: Readonly<Record<string, ScalarFunction>> = {
  exp: unary(Math.exp),
  exp2: unary(scalar.exp2),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log2: unary(Math.log2),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  asin: unary(Math.asin),
  acos: unary(Math.acos),
  atan: unary(Math.atan),
  atan2: binary(Math.atan2),
  sinh: unary(Math.sinh),
  cosh: unary(Math.cosh),
  tanh: unary(Math.tanh),
  asinh: unary(Math.asinh),
  acosh: unary(Math.acosh),
  atanh: unary(Math.atanh),
  logistic: unary(scalar.logistic),
  sqrt: unary(Math.sqrt),
  rsqrt: unary(scalar.rsqrt),
  cbrt: unary(Math.cbrt),
  pow: binary(scalar.pow),
  erf: unary(scalar.erf),
  erfc: unary(scalar.erfc),
  erf_inv: unary(scalar.erfInv),
  lgamma: unary(scalar.lgamma),
  digamma: unary(scalar.digamma),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(scalar.roundHalfAway),
  round_even: unary(scalar.roundHalfEven),
  sign: unary(scalar.sign),
  rem: binary(scalar.rem),
  nextafter: binary(scalar.nextafter),
};
