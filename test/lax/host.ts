import { ArrayImpl, type NDArray } from "../../src/core/array.ts";
import { shapedArray, sizeOf } from "../../src/core/aval.ts";
import { arrayFromHost } from "../../src/core/values.ts";
import {
  asDType,
  bfloat16,
  convertHost,
  type DType,
  type DTypeName,
  encodeHalf,
  float16,
  float64,
  type HostData,
  hostArray,
  isWideInteger,
} from "../../src/dtypes/index.ts";

// Arrays from plain numbers and back.

/** An array from its elements in row-major order. */
export function array(
  data: readonly number[],
  shape: readonly number[],
  dtype: DTypeName = "float32",
): NDArray {
  const type = asDType(dtype);
  if (isHalf(type)) return arrayFromHost(encodeHalf(data, type), shapedArray(shape, type));
  const host = hostArray(type, sizeOf(shape));
  const wide = isWideInteger(type);
  data.forEach((v, i) => {
    host[i] = wide ? BigInt(v) : v;
  });
  return arrayFromHost(host, shapedArray(shape, type));
}

/** The elements of a concrete array as numbers; those of 64-bit integers are bigints, which {@link close} compares exactly. */
export function elements(x: NDArray): number[] {
  if (!(x instanceof ArrayImpl)) throw new Error(`not a concrete array: ${x.aval}`);
  const data = isHalf(x.dtype) ? convertHost(x.toHost(), x.dtype, float64) : x.toHost();
  return Array.from(data as Exclude<HostData, BigInt64Array | BigUint64Array>);
}

/** Floats of 16 bits are kept as their bits. */
function isHalf(dtype: DType): boolean {
  return dtype === float16 || dtype === bfloat16;
}

/** Whether two numbers agree: both NaN, the same infinity, or near. */
export function close(actual: number, expected: number, rtol: number, atol: number): boolean {
  if (typeof expected === "bigint") return actual === expected;
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

/** The first place where elements differ, for messages; null when all agree. */
export function firstDifference(
  actual: readonly number[],
  expected: readonly number[],
  rtol: number,
  atol: number,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  const i = expected.findIndex((e, k) => !close(actual[k], e, rtol, atol));
  return i < 0 ? null : `element ${i}: ${actual[i]} instead of ${expected[i]}`;
}
