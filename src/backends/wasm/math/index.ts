import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { emitErf, emitErfc, erfInv } from "./errorFunctions.ts";
import * as exponential from "./exponential.ts";
import { emitDigamma, emitLgamma } from "./gamma.ts";
import * as integer from "./integer.ts";
import * as inverse from "./inverseTrigonometric.ts";
import { type Emit, emitGuarded, type Guarded, guarded } from "./lanes.ts";
import * as logarithm from "./logarithm.ts";
import * as power from "./power.ts";
import * as rounding from "./rounding.ts";
import * as trigonometric from "./trigonometric.ts";

export { type Emit, selectLanes } from "./lanes.ts";
export { type ScalarFunction, scalarMath } from "./scalar.ts";

/** A function of four lanes at once. */
export interface VectorFunction {
  readonly arity: 1 | 2;
  /** Takes the operands from the stack and leaves the result, both v128. */
  readonly emit: Emit;
  /** Small enough to be repeated in every loop; the others are better called ({@link emitVectorMath} decides). */
  readonly inline: boolean;
  /** For functions that look at irregular arguments apart: see {@link emitTogether}. */
  readonly guarded?: Guarded;
}

const inlined = /* @__NO_SIDE_EFFECTS__ */ (emit: Emit): VectorFunction => ({ arity: 1, emit, inline: true });
const called = /* @__NO_SIDE_EFFECTS__ */ (emit: Emit): VectorFunction => ({ arity: 1, emit, inline: false });
const apart = /* @__NO_SIDE_EFFECTS__ */ (fn: Guarded): VectorFunction => ({
  ...inlined(guarded(fn)),
  guarded: fn,
});
const inlined2 = /* @__NO_SIDE_EFFECTS__ */ (emit: Emit): VectorFunction => ({
  arity: 2,
  emit,
  inline: true,
});
const called2 = /* @__NO_SIDE_EFFECTS__ */ (emit: Emit): VectorFunction => ({
  arity: 2,
  emit,
  inline: false,
});

/**
 * Functions of float32 lanes, by the names of the scalar operations: within 2 units in the last place of the exact result, and no lane
 * depends on its neighbours. Where the engine has relaxed SIMD, products and sums are fused, so last digits can differ between machines.
 */
export const vectorMath: Readonly<Record<string, VectorFunction>> = {
  exp: inlined(exponential.emitExp),
  exp2: inlined(exponential.emitExp2),
  expm1: inlined(exponential.emitExpm1),
  log: apart(logarithm.log),
  log2: called(logarithm.emitLog2),
  log1p: apart(logarithm.log1p),
  sin: apart(trigonometric.sin),
  cos: apart(trigonometric.cos),
  tan: called(trigonometric.emitTan),
  asin: inlined(inverse.emitAsin),
  acos: inlined(inverse.emitAcos),
  atan: called(inverse.emitAtan),
  atan2: called2(inverse.emitAtan2),
  sinh: called(exponential.emitSinh),
  cosh: called(exponential.emitCosh),
  tanh: inlined(exponential.emitTanh),
  asinh: called(logarithm.emitAsinh),
  acosh: called(logarithm.emitAcosh),
  atanh: called(logarithm.emitAtanh),
  logistic: inlined(exponential.emitLogistic),
  sqrt: inlined(power.emitSqrt),
  rsqrt: inlined(power.emitRsqrt),
  cbrt: called(power.emitCbrt),
  pow: called2(power.emitPow),
  erf: inlined(emitErf),
  erfc: inlined(emitErfc),
  erf_inv: apart(erfInv),
  lgamma: called(emitLgamma),
  digamma: called(emitDigamma),
  floor: inlined(rounding.emitFloor),
  ceil: inlined(rounding.emitCeil),
  round: inlined(rounding.emitRound),
  round_even: inlined(rounding.emitRoundEven),
  sign: inlined(rounding.emitSign),
  rem: called2(rounding.emitRem),
  nextafter: inlined2(rounding.emitNextafter),
};

/** Operations of 32-bit integer lanes that are no single instruction, and conversions between them and float32. */
export const vectorIntegerMath: Readonly<Record<string, VectorFunction>> = {
  div_s: called2(integer.emitDivS),
  div_u: called2(integer.emitDivU),
  rem_s: called2(integer.emitRemS),
  rem_u: called2(integer.emitRemU),
  float_to_int: inlined(integer.emitFloatToInt),
  float_to_uint: inlined(integer.emitFloatToUint),
  int_to_float: inlined(integer.emitIntToFloat),
  uint_to_float: inlined(integer.emitUintToFloat),
};

function lookUp(name: string): VectorFunction {
  const found = vectorMath[name] ?? vectorIntegerMath[name];
  if (found === undefined) throw new Error(`no vector function is called ${name}`);
  return found;
}

/** The function as one of the module's, made once. */
export function vectorMathFunction(mb: ModuleBuilder, name: string): FuncRef {
  const { arity, emit } = lookUp(name);
  return mb.shared(`math.${name}`, () =>
    mb.function(`math.${name}`, arity === 1 ? ["v128"] : ["v128", "v128"], ["v128"], (f, ...operands) => {
      for (const operand of operands) f.get(operand);
      emit(f, mb);
    }),
  );
}

/** Applies the function to the operands on the stack of `f`: in place when it is small, else by a call. */
export function emitVectorMath(mb: ModuleBuilder, f: FunctionBuilder, name: string): void {
  const entry = lookUp(name);
  if (entry.inline) entry.emit(f, mb);
  else f.call(vectorMathFunction(mb, name));
}

/** Whether several vectors of an operation's operand are better given to {@link emitTogether}. */
export function goTogether(name: string): boolean {
  return vectorMath[name]?.guarded !== undefined;
}

/** Applies such a function to all of the vectors in some locals, in place. */
export function emitTogether(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  name: string,
  xs: readonly Local[],
): void {
  emitGuarded(f, mb, vectorMath[name].guarded as Guarded, xs);
}
