import type { ShapedArray } from "../core/aval.ts";
import { shapesEqual, sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  convertHost,
  type DType,
  float32,
  float64,
  type HostData,
  hostArray,
  isInteger,
} from "../dtypes/index.ts";

/** Elements that read and write as plain numbers. */
export type Numbers = Exclude<HostData, BigInt64Array | BigUint64Array>;

/** The elements as numbers, narrow floats decoded. 64-bit integers are not exact as numbers and are refused. */
export function numbersOf(x: HostArray): Numbers {
  const { data, dtype } = x;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    throw new TypeError(`Evaluation of operations on ${dtype.name} is not supported.`);
  }
  if (dtype.kind !== "float" || dtype === float32 || dtype === float64) return data;
  return convertHost(data, dtype, float64) as Float64Array;
}

/** A buffer for results: written as numbers, and rounded or wrapped to `dtype` by {@link finish}. */
export function resultBuffer(dtype: DType, size: number): Numbers {
  if (dtype.kind === "float" && dtype !== float32) return new Float64Array(size);
  return hostArray(dtype, size) as Numbers;
}
export function finish(values: Numbers, dtype: DType): HostData {
  return dtype.kind === "float" && dtype !== float32 && dtype !== float64
    ? convertHost(values, float64, dtype)
    : values;
}

/** Row-major strides in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let n = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = n;
    n *= shape[i];
  }
  return strides;
}

/** For every index of `shape` in row-major order, the sum of index times stride. */
export function offsetsOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  const offsets = new Int32Array(sizeOf(shape));
  if (offsets.length === 0) return offsets;
  let filled = 1; // offsets of the axes handled so far, innermost first
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let i = 1; i < shape[axis]; i++) {
      const shift = i * strides[axis];
      for (let j = 0; j < filled; j++) offsets[i * filled + j] = offsets[j] + shift;
    }
    filled *= shape[axis];
  }
  return offsets;
}

/** Where each element of the result reads in an operand that broadcasts to it; null: at its own position. */
export function broadcastOffsets(from: readonly number[], to: readonly number[]): Int32Array | null {
  if (shapesEqual(from, to)) return null;
  if (from.length === 0) return new Int32Array(sizeOf(to));
  const strides = rowMajorStrides(from).map((s, i) => (from[i] === 1 && to[i] !== 1 ? 0 : s));
  return offsetsOf(to, strides);
}

/** Applies a scalar function elementwise with broadcasting; float64 inside, rounded once. */
export function mapElements(
  inputs: readonly HostArray[],
  out: ShapedArray,
  f: (...args: number[]) => number | boolean,
): HostData {
  const result = resultBuffer(out.dtype, out.size);
  const data = inputs.map(numbersOf);
  const at = inputs.map((x) => broadcastOffsets(x.shape, out.shape));
  if (inputs.length === 1 && at[0] === null) {
    const x = data[0];
    for (let i = 0; i < result.length; i++) result[i] = Number(f(x[i]));
  } else if (inputs.length === 2) {
    const [x, y] = data;
    const [ix, iy] = at;
    for (let i = 0; i < result.length; i++) {
      result[i] = Number(f(x[ix === null ? i : ix[i]], y[iy === null ? i : iy[i]]));
    }
  } else {
    for (let i = 0; i < result.length; i++) {
      result[i] = Number(f(...data.map((x, k) => x[(at[k] as Int32Array | null)?.[i] ?? i])));
    }
  }
  return finish(result, out.dtype);
}

/** A product in float64, or of integers modulo 2^32. */
export function product(x: number, y: number, dtype: DType): number {
  return isInteger(dtype) ? Math.imul(x, y) : x * y;
}
