import type { ShapedArray } from "../core/aval.ts";
import { shapesEqual, sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { wrap } from "../core/wideIntegers.ts";
import {
  convertHost,
  type DType,
  float32,
  float64,
  type HostData,
  hostArray,
  isInteger,
  isWideInteger,
} from "../dtypes/index.ts";

/** Elements that read and write as plain numbers. */
export type Numbers = Exclude<HostData, BigInt64Array | BigUint64Array>;

/** The elements as numbers, narrow floats decoded. 64-bit integers are not exact as numbers and are refused, and so are complex numbers. */
export function numbersOf(x: HostArray): Numbers {
  const { data, dtype } = x;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array || dtype.kind === "complex") {
    throw new TypeError(`Evaluation of operations on ${dtype.name} is not supported.`);
  }
  if (dtype.kind !== "float" || dtype === float32 || dtype === float64) return data;
  return convertHost(data, dtype, float64) as Float64Array;
}

/** The elements of an array of 64-bit integers. */
export function bigintsOf({ data, dtype }: HostArray): BigInt64Array | BigUint64Array {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return data;
  throw new TypeError(`elements of dtype ${dtype.name} are not bigints.`);
}

/** An element of a dtype: a bigint for integers of 64 bits, else a number. */
export type Element = number | bigint;

/** The elements in whichever form they have. */
export function valuesOf(x: HostArray): ArrayLike<Element> {
  return isWideInteger(x.dtype) ? bigintsOf(x) : numbersOf(x);
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

/** A result whose elements `fill` writes one by one, rounded or wrapped to its dtype. */
export function writeElements(
  out: ShapedArray,
  fill: (write: (i: number, value: Element) => void) => void,
): HostData {
  if (isWideInteger(out.dtype)) {
    const result = hostArray(out.dtype, out.size);
    fill((i, value) => {
      result[i] = value;
    });
    return result;
  }
  const result = resultBuffer(out.dtype, out.size);
  fill((i, value) => {
    result[i] = value as number;
  });
  return finish(result, out.dtype);
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
  forEachElement(inputs, inputs.map(numbersOf), out, f, (i, value) => {
    result[i] = Number(value);
  });
  return finish(result, out.dtype);
}

/** {@link mapElements} for operands that are integers of 64 bits. Results of that width wrap. */
export function mapWide(
  inputs: readonly HostArray[],
  out: ShapedArray,
  f: (...args: bigint[]) => bigint | boolean,
): HostData {
  const result = hostArray(out.dtype, out.size);
  forEachElement(inputs, inputs.map(bigintsOf), out, f, (i, value) => {
    result[i] = typeof value === "boolean" ? Number(value) : value;
  });
  return result;
}

/** Calls `write` with each position of the result and the value of `f` there. */
function forEachElement<T, R>(
  inputs: readonly HostArray[],
  data: readonly ArrayLike<T>[],
  out: ShapedArray,
  f: (...args: T[]) => R,
  write: (i: number, value: R) => void,
): void {
  const at = inputs.map((x) => broadcastOffsets(x.shape, out.shape));
  if (inputs.length === 1 && at[0] === null) {
    const [x] = data;
    for (let i = 0; i < out.size; i++) write(i, f(x[i]));
  } else if (inputs.length === 2) {
    const [x, y] = data;
    const [ix, iy] = at;
    for (let i = 0; i < out.size; i++) {
      write(i, f(x[ix === null ? i : ix[i]], y[iy === null ? i : iy[i]]));
    }
  } else {
    for (let i = 0; i < out.size; i++) {
      write(i, f(...data.map((x, k) => x[(at[k] as Int32Array | null)?.[i] ?? i])));
    }
  }
}

/** A product in float64, or of integers modulo 2^32. */
export function product(x: number, y: number, dtype: DType): number {
  return isInteger(dtype) ? Math.imul(x, y) : x * y;
}

/** `sum + u * v` in a dtype: float64 for floats, and integers wrap at every step. */
export function sumOfProducts(dtype: DType): {
  readonly zero: Element;
  readonly add: (sum: Element, u: Element, v: Element) => Element;
} {
  if (isWideInteger(dtype)) {
    const add = (sum: bigint, u: bigint, v: bigint) => wrap(sum + u * v, dtype);
    return { zero: 0n, add: add as (...xs: Element[]) => Element };
  }
  const add = isInteger(dtype)
    ? (sum: number, u: number, v: number) => (sum + Math.imul(u, v)) | 0
    : (sum: number, u: number, v: number) => sum + u * v;
  return { zero: 0, add: add as (...xs: Element[]) => Element };
}
