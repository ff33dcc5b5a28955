import { bool, type DType, float64, isWideInteger } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import { selectLanes } from "../math/index.ts";
import { eachLane, type Library } from "./library.ts";
import type { Push } from "./scalarEmit.ts";

/**
 * Vector code of integers of 64 bits, two lanes at a time. WebAssembly has no unsigned comparisons, extremes or quotients of such lanes:
 * the first are signed ones of numbers with the sign bit flipped, the second a comparison and a choice, the last scalar.
 */
export function emitWideOp(
  f: FunctionBuilder,
  lib: Library,
  op: string,
  dtype: DType,
  push: Push,
  constant: (i: number) => number | undefined,
  /** Pushes operand `i` as an i64 where it is the same for all lanes. */
  scalar: (i: number) => boolean,
): void {
  const signed = dtype.kind === "int";
  const both = () => {
    push(0);
    push(1);
  };
  switch (op) {
    case "add":
    case "sub":
    case "mul":
    case "eq":
    case "ne":
      both();
      f.i64x2[op]();
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
      return;
    case "neg":
      push(0);
      f.i64x2.neg();
      return;
    case "abs":
      push(0);
      if (signed) f.i64x2.abs();
      return;
    case "sign":
      withLocal(
        f,
        () => push(0),
        (x) => emitSign(f, x, signed),
      );
      return;
    case "lt":
    case "le":
    case "gt":
    case "ge":
      for (const i of [0, 1]) {
        push(i);
        if (!signed) flipSign(f);
      }
      f.i64x2[`${op}_s`]();
      return;
    case "max":
    case "min":
      withLocal(
        f,
        () => push(0),
        (x) =>
          withLocal(
            f,
            () => push(1),
            (y) => {
              f.get(x).get(y);
              for (const operand of [x, y]) {
                f.get(operand);
                if (!signed) flipSign(f);
              }
              if (op === "max") f.i64x2.gt_s();
              else f.i64x2.lt_s();
              selectLanes(f, "i64x2");
            },
          ),
      );
      return;
    case "div":
    case "rem":
      if (!signed && shiftsForPower(f, op, constant(1), push)) return;
      lanewise(f, push, () => f.call(lib.divideScalar(op, "i64", signed)));
      return;
    case "shift_left":
    case "shift_right_logical":
    case "shift_right_arithmetic":
      emitShift(f, op, push, constant, scalar);
      return;
    case "population_count":
      push(0);
      f.i8x16.popcnt().i16x8.extadd_pairwise_i8x16_u().i32x4.extadd_pairwise_i16x8_u();
      withLocal(f, null, (halves) => {
        f.get(halves).i32.const(32).i64x2.shr_u();
        f.get(halves).i64x2.const(0xffffffffn).v128.and().i64x2.add();
      });
      return;
    case "clz":
      withLocal(
        f,
        () => push(0),
        (x) => eachLane(f, x, null, 2, "i64x2", () => f.i64.clz()),
      );
      return;
  }
  throw new TypeError(`WebAssembly code for ${op} on ${dtype.name} does not exist.`);
}

/** Keeps the vector that `value` pushes (null: the one on the stack) in a local. */
function withLocal(f: FunctionBuilder, value: (() => void) | null, emit: (x: Local) => void): void {
  value?.();
  const x = f.temp("v128");
  f.set(x);
  emit(x);
  f.release(x);
}

/** Flips the sign bits of the lanes on the stack, so that signed order is the order of unsigned numbers. */
function flipSign(f: FunctionBuilder): void {
  f.i64x2.const(-(2n ** 63n)).v128.xor();
}

function emitSign(f: FunctionBuilder, x: Local, signed: boolean): void {
  if (!signed) {
    f.get(x).i64x2.const(0).i64x2.ne().i64x2.neg();
    return;
  }
  f.get(x).i64x2.const(0).i64x2.gt_s().i64x2.neg();
  f.get(x).i32.const(63).i64x2.shr_s().v128.or();
}

/** The quotient or remainder of unsigned numbers by a power of two; false for other divisors. */
function shiftsForPower(
  f: FunctionBuilder,
  op: "div" | "rem",
  divisor: number | undefined,
  push: Push,
): boolean {
  // Other numbers may have been rounded, but not to a smaller power of two than 2^53.
  if (divisor === undefined || !(divisor > 0 && divisor < 2 ** 53)) return false;
  const log2 = Math.round(Math.log2(divisor));
  if (2 ** log2 !== divisor) return false;
  push(0);
  if (op === "div") f.i32.const(log2).i64x2.shr_u();
  else f.i64x2.const(BigInt(divisor) - 1n).v128.and();
  return true;
}

/** Applies scalar code to each pair of lanes. */
function lanewise(f: FunctionBuilder, push: Push, emit: () => void): void {
  withLocal(
    f,
    () => push(0),
    (x) =>
      withLocal(
        f,
        () => push(1),
        (y) => eachLane(f, x, y, 2, "i64x2", emit),
      ),
  );
}

function emitShift(
  f: FunctionBuilder,
  op: "shift_left" | "shift_right_logical" | "shift_right_arithmetic",
  push: Push,
  constant: (i: number) => number | undefined,
  scalar: (i: number) => boolean,
): void {
  const width = 64;
  const arithmetic = op === "shift_right_arithmetic";
  const apply = (ns: "i64" | "i64x2") => {
    if (op === "shift_left") f[ns].shl();
    else if (arithmetic) f[ns].shr_s();
    else f[ns].shr_u();
  };
  const amount = constant(1);
  if (amount !== undefined) {
    const isTooFar = amount < 0 || amount >= width;
    if (isTooFar && !arithmetic) {
      f.i64x2.const(0);
      return;
    }
    push(0);
    f.i32.const(isTooFar ? width - 1 : amount);
    apply("i64x2");
    return;
  }
  push(0);
  if (scalar(1)) {
    const n = f.temp("i64");
    const isNear = () => f.get(n).i64.const(width).i64.lt_u();
    f.set(n);
    if (arithmetic) {
      f.get(n).i64.const(width - 1);
      isNear();
      f.select().i32.wrap_i64();
      apply("i64x2");
    } else {
      f.get(n).i32.wrap_i64();
      apply("i64x2");
      f.i64.const(-1).i64.const(0);
      isNear();
      f.select().i64x2.splat().v128.and();
    }
    f.release(n);
    return;
  }
  withLocal(f, null, (x) =>
    withLocal(
      f,
      () => push(1),
      (amounts) => {
        const n = f.temp("i64");
        eachLane(f, x, amounts, 2, "i64x2", () => {
          f.set(n);
          if (arithmetic) {
            f.get(n)
              .i64.const(width - 1)
              .get(n)
              .i64.const(width)
              .i64.lt_u()
              .select();
            apply("i64");
          } else {
            f.get(n);
            apply("i64");
            f.i64.const(0).get(n).i64.const(width).i64.lt_u().select();
          }
        });
        f.release(n);
      },
    ),
  );
}

/** Emits a conversion of the two lanes on the stack between dtypes of 64 bits, or from or to bool. */
export function emitWideCast(f: FunctionBuilder, from: DType, to: DType): void {
  if (isWideInteger(from) && isWideInteger(to)) return;
  if (from === bool) {
    f.i64x2.const(1).v128.and();
    return;
  }
  if (to === bool) {
    f.i64x2.const(0).i64x2.ne();
    return;
  }
  if (from !== float64 && to !== float64) {
    throw new Error(`conversion of ${from.name} to ${to.name} has no code of two lanes`);
  }
  withLocal(f, null, (x) => {
    const result = f.temp("v128");
    for (const lane of [0, 1]) {
      if (lane === 1) f.get(result);
      if (to === float64) {
        f.get(x).i64x2.extract_lane(lane);
        f.f64[`convert_i64_${from.kind === "int" ? "s" : "u"}`]();
        if (lane === 0) f.f64x2.splat();
        else f.f64x2.replace_lane(1);
      } else {
        f.get(x).f64x2.extract_lane(lane);
        f.i64[`trunc_sat_f64_${to.kind === "int" ? "s" : "u"}`]();
        if (lane === 0) f.i64x2.splat();
        else f.i64x2.replace_lane(1);
      }
      if (lane === 0) f.set(result);
    }
    f.release(result);
  });
}
