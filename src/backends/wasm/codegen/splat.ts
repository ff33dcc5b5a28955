import { bool, type DType } from "../../../dtypes/index.ts";
import type { FunctionBuilder } from "../asm/index.ts";
import { scalarType } from "./types.ts";

/** Spreads the scalar on the stack over the lanes. */
export function splat(f: FunctionBuilder, dtype: DType, lanes: number): void {
  const type = scalarType(dtype);
  if (dtype === bool) {
    if (lanes === 2) f.i64.extend_i32_u().i64x2.splat().i64x2.neg();
    else f.i32x4.splat().i32x4.neg();
  } else if (type === "f32") f.f32x4.splat();
  else if (type === "f64") f.f64x2.splat();
  else if (lanes === 2 && type === "i64") f.i64x2.splat();
  else if (lanes === 4 && type === "i32") f.i32x4.splat();
  else throw new Error(`${dtype.name} has no code of ${lanes} lanes`);
}

export function splatConst(f: FunctionBuilder, given: number | bigint, dtype: DType, lanes: number): void {
  const type = scalarType(dtype);
  if (lanes === 2 && type === "i64") {
    f.i64x2.const(given);
    return;
  }
  const value = Number(given);
  if (dtype === bool) f.i32x4.const(value !== 0 ? -1 : 0);
  else if (type === "f32") f.f32x4.const(value);
  else if (type === "f64") f.f64x2.const(value);
  else if (lanes === 4 && type === "i32") f.i32x4.const(value | 0);
  else throw new Error(`${dtype.name} has no code of ${lanes} lanes`);
}
