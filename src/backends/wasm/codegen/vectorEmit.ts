import { scalarOps } from "../../../compiler/scalarOps.ts";
import {
  bool,
  type DType,
  float32,
  float64,
  int32,
  isNarrowInteger,
  isWideInteger,
  uint32,
} from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import { emitVectorMath, selectLanes } from "../math/index.ts";
import { eachLane, type Library } from "./library.ts";
import type { Push } from "./scalarEmit.ts";
import { integerBounds, wrapVector } from "./types.ts";
import { emitWideCast, emitWideOp } from "./vectorWide.ts";

/**
 * Vector code, four lanes of 32 bits or two of 64 (integers of which are in vectorWide.ts). A bool is a mask of all ones or zeros as wide as a lane; a narrow integer is
 * zero-extended to its lane. Keys never reach this file.
 */
export type Lanes = 2 | 4;

export function emitVectorOp(
  f: FunctionBuilder,
  lib: Library,
  op: string,
  dtype: DType,
  lanes: Lanes,
  push: Push,
  constant: (i: number) => number | undefined,
  /** Pushes operand `i` as a scalar where it is the same for all lanes. */
  scalar: (i: number) => boolean,
): void {
  if (op === "select") {
    push(1);
    push(2);
    push(0);
    selectLanes(f, lanes === 4 ? "i32x4" : "i64x2");
  } else if (dtype === float32 || dtype === float64) {
    const type = dtype === float32 ? "f32x4" : "f64x2";
    if ((op === "max" || op === "min") && boundByConstant(f, op, type, push, constant)) return;
    floatOp(f, lib, op, type, push);
  } else if (dtype === bool) {
    maskOp(f, op, push);
  } else if (isWideInteger(dtype)) {
    emitWideOp(f, lib, op, dtype, push, constant, scalar);
  } else {
    if (lanes !== 4) throw new Error(`${op} on ${dtype.name} has no code of two lanes`);
    integerOp(f, lib, op, dtype, push, constant, scalar);
  }
}

function withLocals(f: FunctionBuilder, push: Push, count: number, emit: (x: Local, y: Local) => void): void {
  const x = f.temp("v128");
  push(0);
  f.set(x);
  const y = count === 2 ? f.temp("v128") : x;
  if (count === 2) {
    push(1);
    f.set(y);
  }
  emit(x, y);
  f.release(x);
  if (count === 2) f.release(y);
}

const plainFloat = new Set(["add", "sub", "mul", "div", "max", "min", "neg", "abs", "floor", "ceil", "sqrt"]);
const comparisons = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

function floatOp(f: FunctionBuilder, lib: Library, op: string, type: "f32x4" | "f64x2", push: Push): void {
  const ns = f[type];
  const { arity } = scalarOps[op];
  if (plainFloat.has(op) || comparisons.has(op)) {
    push(0);
    if (arity === 2) push(1);
    ns[op as "add"]();
    return;
  }
  /** Magnitude of `one` with the sign of x: both are bit patterns. */
  const signBit = () => ns.const(-0);
  switch (op) {
    case "sign":
      withLocals(f, push, 1, (x) => {
        ns.const(1).get(x);
        signBit().v128.and().v128.or().get(x).get(x);
        ns.abs();
        ns.const(0)[type].gt();
        selectLanes(f, type === "f32x4" ? "i32x4" : "i64x2");
      });
      return;
    case "round":
      withLocals(f, push, 1, (x) => {
        const whole = f.temp("v128");
        f.get(x)[type].trunc().tee(whole);
        ns.const(1).get(x);
        signBit().v128.and().v128.or();
        f.get(x).get(whole)[type].sub()[type].abs();
        ns.const(0.5)[type].ge().v128.and();
        ns.add();
        // The sum loses the sign of -0, which trunc kept.
        f.get(x);
        signBit().v128.and().v128.or().release(whole);
      });
      return;
    case "round_even":
      push(0);
      ns.nearest();
      return;
    case "rsqrt":
      ns.const(1);
      push(0);
      f[type].sqrt()[type].div();
      return;
    case "is_finite":
      push(0);
      ns.abs();
      ns.const(Number.POSITIVE_INFINITY)[type].lt();
      return;
  }
  if (type === "f32x4") {
    push(0);
    if (arity === 2) push(1);
    emitVectorMath(lib.mb, f, op);
  } else {
    withLocals(f, push, arity, (x, y) => {
      eachLane(f, x, arity === 2 ? y : null, 2, "f64x2", () => f.call(lib.f64(op, arity)));
    });
  }
}

/**
 * Maximum or minimum with a constant: one compare-and-take, which keeps a NaN in its first operand, instead of the eight
 * instructions that two unknown operands take. False where a zero's sign would be lost.
 */
function boundByConstant(
  f: FunctionBuilder,
  op: "max" | "min",
  type: "f32x4" | "f64x2",
  push: Push,
  constant: (i: number) => number | undefined,
): boolean {
  const position = constant(1) !== undefined ? 1 : 0;
  const bound = constant(position);
  if (bound === undefined || Number.isNaN(bound) || (op === "min" && Object.is(bound, -0))) return false;
  push(1 - position);
  // max(-0, 0) is 0, but neither is less than the other. Added after the maximum, the zero would take longer.
  if (op === "max" && Object.is(bound, 0)) {
    f[type].const(0);
    f[type].add();
  }
  push(position);
  if (op === "min") f[type].pmin();
  else f[type].pmax();
  return true;
}

function maskOp(f: FunctionBuilder, op: string, push: Push): void {
  const binary = (a: number, b: number) => {
    push(a);
    push(b);
  };
  switch (op) {
    case "and":
    case "min":
      binary(0, 1);
      f.v128.and();
      return;
    case "or":
    case "max":
      binary(0, 1);
      f.v128.or();
      return;
    case "xor":
    case "ne":
      binary(0, 1);
      f.v128.xor();
      return;
    case "eq":
      binary(0, 1);
      f.v128.xor().v128.not();
      return;
    case "not":
      push(0);
      f.v128.not();
      return;
    // x < y is y and not x.
    case "lt":
      binary(1, 0);
      f.v128.andnot();
      return;
    case "gt":
      binary(0, 1);
      f.v128.andnot();
      return;
    case "le":
      binary(0, 1);
      f.v128.andnot().v128.not();
      return;
    case "ge":
      binary(1, 0);
      f.v128.andnot().v128.not();
      return;
  }
  throw new TypeError(`WebAssembly code for ${op} on bool does not exist.`);
}

function integerOp(
  f: FunctionBuilder,
  lib: Library,
  op: string,
  dtype: DType,
  push: Push,
  constant: (i: number) => number | undefined,
  scalar: (i: number) => boolean,
): void {
  const signed = dtype.kind === "int";
  const wrap = () => wrapVector(f, dtype);
  const both = () => {
    push(0);
    push(1);
  };
  switch (op) {
    case "add":
    case "sub":
    case "mul":
      both();
      f.i32x4[op]();
      wrap();
      return;
    case "div":
    case "rem": {
      const divisor = constant(1);
      if (divisor !== undefined && divideByConstant(f, op, divisor, signed, push)) return;
      both();
      emitVectorMath(lib.mb, f, `${op}_${signed ? "s" : "u"}`);
      wrap();
      return;
    }
    case "neg":
      push(0);
      f.i32x4.neg();
      wrap();
      return;
    case "abs":
      push(0);
      if (signed) f.i32x4.abs();
      return;
    case "sign":
      withLocals(f, push, 1, (x) => {
        if (signed)
          f.get(x).i32x4.const(0).i32x4.gt_s().i32x4.neg().get(x).i32.const(31).i32x4.shr_s().v128.or();
        else f.get(x).i32x4.const(0).i32x4.ne().i32x4.neg();
      });
      return;
    case "max":
    case "min":
      both();
      f.i32x4[`${op}_${signed ? "s" : "u"}`]();
      return;
    case "eq":
    case "ne":
      both();
      f.i32x4[op]();
      return;
    case "lt":
    case "le":
    case "gt":
    case "ge":
      both();
      f.i32x4[`${op}_${signed ? "s" : "u"}`]();
      return;
    case "and":
    case "or":
    case "xor":
      both();
      f.v128[op]();
      return;
    case "not":
      push(0);
      f.v128.not();
      wrap();
      return;
    case "shift_left":
    case "shift_right_logical":
    case "shift_right_arithmetic":
      shift(f, op, push, constant, scalar);
      return;
    case "population_count":
      push(0);
      f.i8x16.popcnt().i16x8.extadd_pairwise_i8x16_u().i32x4.extadd_pairwise_i16x8_u();
      return;
    case "clz":
      withLocals(f, push, 1, (x) => {
        eachLane(f, x, null, 4, "i32x4", () => f.i32.clz());
      });
      return;
  }
  throw new TypeError(`WebAssembly code for ${op} on ${dtype.name} does not exist.`);
}

/** Multiplication by a reciprocal of 32 + s bits, exact for magnitudes up to 2^31. */
function divideByConstant(
  f: FunctionBuilder,
  op: "div" | "rem",
  divisor: number,
  signed: boolean,
  push: Push,
): boolean {
  const d = signed ? divisor : divisor >>> 0;
  const power = Number.isInteger(Math.log2(d)) && d > 0;
  if (!signed && power) {
    push(0);
    if (op === "div") f.i32.const(Math.log2(d)).i32x4.shr_u();
    else f.i32x4.const((d - 1) | 0).v128.and();
    return true;
  }
  if (d < 2 || !signed) return false;
  const x = f.temp("v128");
  const q = f.temp("v128");
  push(0);
  f.set(x).get(x);
  f.i32x4.abs();
  if (power) {
    f.i32.const(Math.log2(d)).i32x4.shr_u().set(q);
  } else {
    const s = 31 - Math.clz32(d);
    const reciprocal = Number((1n << BigInt(32 + s)) / BigInt(d) + 1n);
    f.set(q)
      .get(q)
      .i32x4.const(reciprocal | 0)
      .i64x2.extmul_low_i32x4_u();
    f.get(q)
      .i32x4.const(reciprocal | 0)
      .i64x2.extmul_high_i32x4_u();
    f.i32x4.shuffle(1, 3, 5, 7).i32.const(s).i32x4.shr_u().set(q);
  }
  const sign = f.temp("v128");
  f.get(x).i32.const(31).i32x4.shr_s().tee(sign).get(q).v128.xor().get(sign).i32x4.sub().set(q).release(sign);
  if (op === "div") f.get(q);
  else f.get(x).get(q).i32x4.const(d).i32x4.mul().i32x4.sub();
  f.release(x, q);
  return true;
}

function shift(
  f: FunctionBuilder,
  op: "shift_left" | "shift_right_logical" | "shift_right_arithmetic",
  push: Push,
  constant: (i: number) => number | undefined,
  scalar: (i: number) => boolean,
): void {
  const width = 32;
  const arithmetic = op === "shift_right_arithmetic";
  const apply = () => {
    if (op === "shift_left") f.i32x4.shl();
    else if (arithmetic) f.i32x4.shr_s();
    else f.i32x4.shr_u();
  };
  const amount = constant(1);
  if (amount !== undefined) {
    if (amount >>> 0 >= width && !arithmetic) {
      f.i32x4.const(0);
      return;
    }
    push(0);
    f.i32.const(Math.min(amount >>> 0, width - 1));
    apply();
    return;
  }
  const n = f.temp("i32");
  push(0);
  if (scalar(1)) {
    f.set(n);
    if (arithmetic) {
      f.get(n)
        .i32.const(width - 1)
        .get(n)
        .i32.const(width)
        .i32.lt_u()
        .select();
      apply();
    } else {
      f.get(n);
      apply();
      f.i32.const(-1).i32.const(0).get(n).i32.const(width).i32.lt_u().select().i32x4.splat().v128.and();
    }
  } else {
    const x = f.temp("v128");
    const amounts = f.temp("v128");
    f.set(x);
    push(1);
    if (arithmetic) f.i32x4.const(width - 1).i32x4.min_u();
    f.set(amounts);
    eachLane(f, x, amounts, 4, "i32x4", () => {
      if (op === "shift_left") f.i32.shl();
      else if (arithmetic) f.i32.shr_s();
      else f.i32.shr_u();
    });
    if (!arithmetic) f.get(amounts).i32x4.const(width).i32x4.lt_u().v128.and();
    f.release(x, amounts);
  }
  f.release(n);
}

/** Emits a conversion of the vector on the stack. */
export function emitVectorCast(
  f: FunctionBuilder,
  from: DType,
  to: DType,
  bits: boolean,
  lanes: Lanes,
): void {
  if (from === to) return;
  const is32 = (t: DType) => t === float32 || t === int32 || t === uint32;
  if (bits && is32(from) && is32(to)) return;
  if (bits && lanes === 2 && from.bits === 64 && to.bits === 64) return;
  if (bits && (from.bits !== to.bits || from.itemsize > 2)) {
    throw new TypeError(`WebAssembly code for bitcast on ${from.name} to ${to.name} does not exist.`);
  }
  if (lanes === 2) {
    if (from === bool && to === float64) f.f64x2.const(1).v128.and();
    else if (from === float64 && to === bool) f.f64x2.const(0).f64x2.ne();
    else emitWideCast(f, from, to);
    return;
  }
  if (from === bool) {
    if (to === float32) f.f32x4.const(1).v128.and();
    else f.i32x4.const(1).v128.and();
  } else if (to === bool) {
    if (from === float32) f.f32x4.const(0).f32x4.ne();
    else f.i32x4.const(0).i32x4.ne();
  } else if (from === float32) {
    if (to.kind === "int") f.i32x4.trunc_sat_f32x4_s();
    else f.i32x4.trunc_sat_f32x4_u();
    if (isNarrowInteger(to)) clamp(f, to);
  } else if (to === float32) {
    if (from === uint32) f.f32x4.convert_i32x4_u();
    else f.f32x4.convert_i32x4_s();
  } else {
    wrapVector(f, to);
  }
}

/** Clamps the lanes on the stack to the bounds of a narrow integer. */
function clamp(f: FunctionBuilder, to: DType): void {
  const { low, high } = integerBounds(to);
  if (to.kind === "uint") f.i32x4.const(high).i32x4.min_u();
  else f.i32x4.const(high).i32x4.min_s().i32x4.const(low).i32x4.max_s();
}
