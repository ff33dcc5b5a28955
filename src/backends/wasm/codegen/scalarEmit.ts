import { scalarOps } from "../../../compiler/scalarOps.ts";
import { bool, type DType, float32, float64, isNarrowInteger, keyFry } from "../../../dtypes/index.ts";
import type { FunctionBuilder } from "../asm/index.ts";
import { emitVectorMath } from "../math/index.ts";
import type { Library } from "./library.ts";
import { integerBounds, isUnsigned, scalarType, wrapScalar } from "./types.ts";

/** The types of integers in locals. */
type IntegerType = "i32" | "i64";

/** Pushes operand `i`; may be called more than once only where the operand is a local or constant. */
export type Push = (i: number) => void;

/**
 * Emits one scalar operation on operands of `dtype`; the result is on the stack. `constant` gives the value of an operand that is a
 * constant.
 */
export function emitScalarOp(
  f: FunctionBuilder,
  lib: Library,
  op: string,
  dtype: DType,
  push: Push,
  constant: (i: number) => number | undefined,
): void {
  if (op === "select") {
    push(1);
    push(2);
    push(0);
    f.select();
  } else if (dtype === float32 || dtype === float64) {
    floatOp(f, lib, op, dtype === float32 ? "f32" : "f64", push);
  } else if (dtype === keyFry) {
    keyOp(f, op, push);
  } else if (op === "key_pack") {
    push(0);
    f.i64.extend_i32_u();
    push(1);
    f.i64.extend_i32_u().i64.const(32).i64.shl().i64.or();
  } else {
    integerOp(f, lib, op, dtype, push, constant);
  }
}

function unsupported(op: string, dtype: DType | string): never {
  throw new TypeError(`WebAssembly code for ${op} on ${dtype} does not exist.`);
}

function keyOp(f: FunctionBuilder, op: string, push: Push): void {
  push(0);
  switch (op) {
    case "key_word0":
      f.i32.wrap_i64();
      return;
    case "key_word1":
      f.i64.const(32).i64.shr_u().i32.wrap_i64();
      return;
    case "eq":
    case "ne":
      push(1);
      f.i64[op]();
      return;
  }
  unsupported(op, keyFry);
}

const plainFloat = new Set(["add", "sub", "mul", "div", "max", "min", "neg", "abs", "floor", "ceil", "sqrt"]);
const comparisons = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

function floatOp(f: FunctionBuilder, lib: Library, op: string, type: "f32" | "f64", push: Push): void {
  const ns = f[type];
  const { arity } = scalarOps[op];
  if (plainFloat.has(op) || comparisons.has(op)) {
    push(0);
    if (arity === 2) push(1);
    ns[op as "add"]();
    return;
  }
  const withTemp = (emit: (x: ReturnType<FunctionBuilder["temp"]>) => void) => {
    const x = f.temp(type);
    push(0);
    f.set(x);
    emit(x);
    f.release(x);
  };
  switch (op) {
    case "sign":
      withTemp((x) => {
        ns.const(1).get(x)[type].copysign().get(x);
        f.get(x)[type].abs();
        ns.const(0)[type].gt().select();
      });
      return;
    case "round":
      withTemp((x) => {
        const whole = f.temp(type);
        f.get(x)[type].trunc().tee(whole);
        ns.const(1).get(x)[type].copysign();
        ns.const(0);
        f.get(x).get(whole)[type].sub()[type].abs();
        ns.const(0.5)[type].ge().select();
        // Adding +0 would lose the sign of -0, which trunc kept.
        ns.add();
        f.get(x)[type].copysign();
        f.release(whole);
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
  if (type === "f64") {
    push(0);
    if (arity === 2) push(1);
    f.call(lib.f64(op, arity));
  } else {
    // The vector function, so that an element does not depend on where it is computed.
    push(0);
    f.f32x4.splat();
    if (arity === 2) {
      push(1);
      f.f32x4.splat();
    }
    emitVectorMath(lib.mb, f, op);
    f.f32x4.extract_lane(0);
  }
}

function integerOp(
  f: FunctionBuilder,
  lib: Library,
  op: string,
  dtype: DType,
  push: Push,
  constant: (i: number) => number | undefined,
): void {
  const signed = dtype.kind === "int";
  const type = scalarType(dtype) as IntegerType;
  const ns = f[type];
  const wrap = () => wrapScalar(f, dtype);
  const both = () => {
    push(0);
    push(1);
  };
  switch (op) {
    case "add":
    case "sub":
    case "mul":
      both();
      ns[op]();
      wrap();
      return;
    case "div":
    case "rem": {
      both();
      const divisor = constant(1);
      if (divisor !== undefined && divisor !== 0 && (!signed || divisor !== -1)) {
        ns[`${op}_${signed ? "s" : "u"}`]();
      } else {
        f.call(lib.divideScalar(op, type, signed));
      }
      wrap();
      return;
    }
    case "neg":
      ns.const(0);
      push(0);
      ns.sub();
      wrap();
      return;
    case "abs":
    case "sign":
      integerAbsSign(f, op, type, signed, push);
      return;
    case "max":
    case "min": {
      if (dtype === bool) {
        both();
        if (op === "max") f.i32.or();
        else f.i32.and();
        return;
      }
      const a = f.temp(type);
      const b = f.temp(type);
      push(0);
      f.set(a);
      push(1);
      f.set(b).get(a).get(b).get(a).get(b);
      ns[`${op === "max" ? "gt" : "lt"}_${signed ? "s" : "u"}`]();
      f.select().release(a, b);
      return;
    }
    case "eq":
    case "ne":
      both();
      ns[op]();
      return;
    case "lt":
    case "le":
    case "gt":
    case "ge":
      both();
      ns[`${op}_${signed ? "s" : "u"}`]();
      return;
    case "and":
    case "or":
    case "xor":
      both();
      ns[op]();
      return;
    case "not":
      push(0);
      if (dtype === bool) f.i32.eqz();
      else ns.const(-1)[type].xor();
      wrap();
      return;
    case "shift_left":
    case "shift_right_logical":
    case "shift_right_arithmetic":
      shift(f, op, type, push, constant);
      return;
    case "population_count":
      push(0);
      ns.popcnt();
      return;
    case "clz":
      push(0);
      ns.clz();
      return;
  }
  unsupported(op, dtype);
}

function integerAbsSign(
  f: FunctionBuilder,
  op: "abs" | "sign",
  type: IntegerType,
  signed: boolean,
  push: Push,
): void {
  const ns = f[type];
  push(0);
  if (!signed) {
    if (op === "sign") extendBit(ns.const(0)[type].ne(), type);
    return;
  }
  const x = f.temp(type);
  const sign = f.temp(type);
  f.tee(x);
  ns.const(bitsOf(type) - 1)
    [type].shr_s()
    .set(sign);
  if (op === "abs") f.get(x).get(sign)[type].xor().get(sign)[type].sub();
  else {
    f.get(sign).get(x);
    extendBit(ns.const(0)[type].ne(), type);
    ns.or();
  }
  f.release(x, sign);
}

/** Brings the i32 on the stack, 0 or 1, to a type. */
function extendBit(f: FunctionBuilder, type: IntegerType): void {
  if (type === "i64") f.i64.extend_i32_u();
}

function bitsOf(type: IntegerType): number {
  return type === "i64" ? 64 : 32;
}

/** Shifts by the width or more (as unsigned amounts) give zero, or the sign for the arithmetic one. */
function shift(
  f: FunctionBuilder,
  op: "shift_left" | "shift_right_logical" | "shift_right_arithmetic",
  type: IntegerType,
  push: Push,
  constant: (i: number) => number | undefined,
): void {
  const ns = f[type];
  const width = bitsOf(type);
  const arithmetic = op === "shift_right_arithmetic";
  const amount = constant(1);
  const apply = () => {
    if (op === "shift_left") ns.shl();
    else if (arithmetic) ns.shr_s();
    else ns.shr_u();
  };
  if (amount !== undefined) {
    const isTooFar = amount < 0 || amount >= width;
    if (isTooFar && !arithmetic) {
      ns.const(0);
      return;
    }
    push(0);
    ns.const(isTooFar ? width - 1 : amount);
    apply();
    return;
  }
  const n = f.temp(type);
  push(0);
  push(1);
  if (arithmetic) {
    f.set(n).get(n);
    ns.const(width - 1).get(n);
    ns.const(width)[type].lt_u().select();
    apply();
  } else {
    f.tee(n);
    apply();
    ns.const(0).get(n);
    ns.const(width)[type].lt_u().select();
  }
  f.release(n);
}

/** Emits a conversion of the scalar on the stack. */
export function emitScalarCast(f: FunctionBuilder, from: DType, to: DType, bits: boolean): void {
  if (from === to) return;
  if (bits) emitScalarBitcast(f, from, to);
  else emitValueCast(f, from, to);
}

function emitScalarBitcast(f: FunctionBuilder, from: DType, to: DType): void {
  const a = scalarType(from);
  const b = scalarType(to);
  if (a === b && a !== "i32") return;
  if (from.bits !== to.bits) unsupported("bitcast", `${from.name} to ${to.name}`);
  if (a === "i32" && b === "i32") {
    if (to === bool) f.i32.const(0).i32.ne();
    else wrapScalar(f, to);
  } else if (a === "f32" && b === "i32") f.i32.reinterpret_f32();
  else if (a === "i32" && b === "f32") f.f32.reinterpret_i32();
  else if (a === "f64" && b === "i64") f.i64.reinterpret_f64();
  else if (a === "i64" && b === "f64") f.f64.reinterpret_i64();
  else unsupported("bitcast", `${from.name} to ${to.name}`);
}

function emitValueCast(f: FunctionBuilder, from: DType, to: DType): void {
  if (from === keyFry || to === keyFry) unsupported("conversion", `${from.name} to ${to.name}`);
  const a = scalarType(from);
  const b = scalarType(to);
  const fromSign = isUnsigned(from) ? "u" : "s";
  const toSign = isUnsigned(to) ? "u" : "s";
  if (to === bool) {
    f[a as "i32"].const(0);
    f[a as "i32"].ne();
  } else if (a === "i32" && b === "i32") {
    if (from !== bool) wrapScalar(f, to);
  } else if (a === "i32" && b === "i64") {
    f.i64[`extend_i32_${fromSign}`]();
  } else if (a === "i64" && b === "i32") {
    f.i32.wrap_i64();
    wrapScalar(f, to);
  } else if (a === "i64" && b === "i64") {
    // The same bits.
  } else if (b === "f32" || b === "f64") {
    if (a === "f32") f.f64.promote_f32();
    else if (a === "f64") f.f32.demote_f64();
    else f[b][`convert_${a as IntegerType}_${fromSign}`]();
  } else {
    f[b as IntegerType][`trunc_sat_${a as "f32" | "f64"}_${toSign}`]();
    if (isNarrowInteger(to)) clamp(f, to);
  }
}

/** Clamps the i32 on the stack to the bounds of a narrow integer. */
function clamp(f: FunctionBuilder, to: DType): void {
  const { low, high } = integerBounds(to);
  const x = f.temp("i32");
  f.tee(x).i32.const(high).get(x).i32.const(high);
  if (to.kind === "uint") {
    f.i32.lt_u().select().release(x);
    return;
  }
  f.i32.lt_s().select();
  f.tee(x).i32.const(low).get(x).i32.const(low).i32.gt_s().select().release(x);
}

/** Loads an element from the address on the stack. */
export function emitScalarLoad(f: FunctionBuilder, dtype: DType, offset: number): void {
  const type = scalarType(dtype);
  if (dtype.itemsize < 4)
    f.i32[`load${dtype.itemsize === 1 ? 8 : 16}_${isUnsigned(dtype) ? "u" : "s"}`](offset);
  else f[type as "f32"].load(offset);
}

/** Stores the element on the stack at the address below it. */
export function emitScalarStore(f: FunctionBuilder, dtype: DType, offset: number): void {
  const type = scalarType(dtype);
  if (dtype.itemsize < 4) f.i32[`store${dtype.itemsize === 1 ? 8 : 16}`](offset);
  else f[type as "f32"].store(offset);
}

export function emitScalarConst(f: FunctionBuilder, value: number | bigint, dtype: DType): void {
  switch (scalarType(dtype)) {
    case "f32":
      f.f32.const(Number(value));
      return;
    case "f64":
      f.f64.const(Number(value));
      return;
    case "i64":
      f.i64.const(BigInt.asIntN(64, BigInt(value)));
      return;
    default:
      f.i32.const(Number(value) | 0);
  }
}
