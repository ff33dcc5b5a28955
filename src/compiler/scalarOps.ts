/**
 * The scalar operations of the kernel IR. Operands and result share one dtype unless noted. Each code generator and the tests read this
 * table; nothing else may list operations.
 */
export type ResultRule = "same" | "bool";

export interface ScalarOp {
  readonly arity: number;
  readonly result: ResultRule;
  /** Kinds of dtype accepted: b(ool), i(nt), u(int), f(loat), k(ey). */
  readonly kinds: string;
  /** Rough cost in simple instructions, for fusion and parallelisation decisions. */
  readonly cost: number;
  readonly commutative?: boolean;
}

const op = (arity: number, kinds: string, cost: number, more: Partial<ScalarOp> = {}): ScalarOp => ({
  arity,
  result: "same",
  kinds,
  cost,
  ...more,
});

export const scalarOps: Readonly<Record<string, ScalarOp>> = {
  // Arithmetic. Integers wrap; integer div truncates with x/0 = -1 (all ones unsigned), rem x%0 = x. Float rem is C's fmod.
  add: op(2, "iuf", 1, { commutative: true }),
  sub: op(2, "iuf", 1),
  mul: op(2, "iuf", 1, { commutative: true }),
  div: op(2, "iuf", 4),
  rem: op(2, "iuf", 12),
  neg: op(1, "iuf", 1),
  abs: op(1, "iuf", 1),
  sign: op(1, "iuf", 3),
  // NaN if either operand is NaN; max(-0, 0) = 0.
  max: op(2, "biuf", 1, { commutative: true }),
  min: op(2, "biuf", 1, { commutative: true }),
  pow: op(2, "f", 40),
  atan2: op(2, "f", 30),
  nextafter: op(2, "f", 8),
  // Rounding: floor, ceil, half away from zero, half to even.
  floor: op(1, "f", 1),
  ceil: op(1, "f", 1),
  round: op(1, "f", 3),
  round_even: op(1, "f", 1),
  sqrt: op(1, "f", 4),
  rsqrt: op(1, "f", 6),
  cbrt: op(1, "f", 25),
  exp: op(1, "f", 12),
  exp2: op(1, "f", 12),
  expm1: op(1, "f", 20),
  log: op(1, "f", 16),
  log2: op(1, "f", 16),
  log1p: op(1, "f", 20),
  sin: op(1, "f", 20),
  cos: op(1, "f", 20),
  tan: op(1, "f", 25),
  asin: op(1, "f", 20),
  acos: op(1, "f", 20),
  atan: op(1, "f", 20),
  sinh: op(1, "f", 25),
  cosh: op(1, "f", 25),
  tanh: op(1, "f", 18),
  asinh: op(1, "f", 30),
  acosh: op(1, "f", 30),
  atanh: op(1, "f", 25),
  logistic: op(1, "f", 16),
  erf: op(1, "f", 24),
  erfc: op(1, "f", 30),
  erf_inv: op(1, "f", 35),
  lgamma: op(1, "f", 50),
  digamma: op(1, "f", 50),
  // Comparison: bool results; comparisons with NaN are false except ne.
  eq: op(2, "biufk", 1, { result: "bool", commutative: true }),
  ne: op(2, "biufk", 1, { result: "bool", commutative: true }),
  lt: op(2, "biuf", 1, { result: "bool" }),
  le: op(2, "biuf", 1, { result: "bool" }),
  gt: op(2, "biuf", 1, { result: "bool" }),
  ge: op(2, "biuf", 1, { result: "bool" }),
  is_finite: op(1, "f", 2, { result: "bool" }),
  // Logic on bool, bitwise on integers. A shift by the width or more gives 0, or the sign for the arithmetic one.
  and: op(2, "biu", 1, { commutative: true }),
  or: op(2, "biu", 1, { commutative: true }),
  xor: op(2, "biu", 1, { commutative: true }),
  not: op(1, "biu", 1),
  shift_left: op(2, "iu", 2),
  shift_right_logical: op(2, "iu", 2),
  shift_right_arithmetic: op(2, "iu", 2),
  population_count: op(1, "iu", 4),
  clz: op(1, "iu", 2),
  // (condition: bool, onTrue, onFalse)
  select: op(3, "biufk", 1),
  // Keys: two uint32 words. key_word0/1: key -> uint32; key_pack: (uint32, uint32) -> key.
  key_word0: op(1, "k", 1),
  key_word1: op(1, "k", 1),
  key_pack: op(2, "u", 1),
  // A pair of real nodes that stands for a complex number (nodes/complex.ts); no operand of a kernel, which stores its parts.
  complex: op(2, "", 0),
};
