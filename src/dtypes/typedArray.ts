/**
 * Host storage: which typed array holds the elements of a dtype, and conversion between dtypes.
 *
 * bool is a Uint8Array of 0 and 1; types narrower than a byte take one byte each; bfloat16, float16 and the
 * 8-bit floats are kept as bit patterns; complex numbers are interleaved (re, im) pairs; a key is two
 * uint32 words; float0 has no storage.
 */
import { Complex } from "./complex.ts";
import {
  bfloat16,
  bool,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  isFloating,
  uint8,
  uint16,
  uint32,
  uint64,
} from "./dtype.ts";
import { decodeFloat, encodeFloat, floatFormat } from "./floatFormat.ts";
import { realDType } from "./promotion.ts";

/** The typed arrays that hold array elements on the host. */
export type HostData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type BigData = BigInt64Array | BigUint64Array;
type NumberData = Exclude<HostData, BigData>;

/** `x` rounded to float32. */
export const fround: (x: number) => number = Math.fround;

interface HostConstructor {
  new (length: number): HostData;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): HostData;
  readonly BYTES_PER_ELEMENT: number;
}

function constructorOf(dtype: DType): HostConstructor {
  switch (dtype.kind) {
    case "bool":
      return Uint8Array;
    case "key":
      return Uint32Array;
    case "void":
      return Uint8Array;
    case "complex":
      return dtype === complex64 ? Float32Array : Float64Array;
    case "float":
      if (dtype === float32) return Float32Array;
      if (dtype === float64) return Float64Array;
      return dtype.bits === 16 ? Uint16Array : Uint8Array;
    case "int":
      if (dtype.bits <= 8) return Int8Array;
      if (dtype.bits === 16) return Int16Array;
      return dtype.bits === 32 ? Int32Array : BigInt64Array;
    case "uint":
      if (dtype.bits <= 8) return Uint8Array;
      if (dtype.bits === 16) return Uint16Array;
      return dtype.bits === 32 ? Uint32Array : BigUint64Array;
  }
}

/** Typed-array entries per array element: 2 for complex numbers and keys, 0 for float0, else 1. */
export function wordsPerElement(dtype: DType): number {
  switch (dtype.kind) {
    case "complex":
    case "key":
      return 2;
    case "void":
      return 0;
    default:
      return 1;
  }
}

/**
 * Host storage for `length` elements of a dtype: zeros, or a view of a buffer.
 *
 * @param byteOffset Where the view starts, a multiple of the word size.
 * @param length Elements in the view; by default all that the buffer holds from there.
 * @example
 * hostArray(float32, 3) // => Float32Array [0, 0, 0]
 * hostArray(keyFry, 2).length // => 4
 */
export function hostArray(
  dtype: DType,
  lengthOrBuffer: number | ArrayBufferLike,
  byteOffset = 0,
  length?: number,
): HostData {
  const Data = constructorOf(dtype);
  const words = wordsPerElement(dtype);
  if (typeof lengthOrBuffer === "number") return new Data(lengthOrBuffer * words);
  if (words === 0) return new Data(lengthOrBuffer, byteOffset, 0);
  if (length !== undefined) return new Data(lengthOrBuffer, byteOffset, length * words);
  const stride = words * Data.BYTES_PER_ELEMENT;
  return new Data(
    lengthOrBuffer,
    byteOffset,
    Math.floor((lengthOrBuffer.byteLength - byteOffset) / stride) * words,
  );
}

/**
 * The dtype that a typed array stands for when an array is made from it.
 *
 * @throws TypeError for anything that is not a typed array of a supported kind.
 * @example
 * dtypeOfTypedArray(new Int32Array(2)).name // => "int32"
 */
export function dtypeOfTypedArray(x: ArrayBufferView): DType {
  if (x instanceof Float32Array) return float32;
  if (x instanceof Float64Array) return float64;
  if (x instanceof Int32Array) return int32;
  if (x instanceof Uint32Array) return uint32;
  if (x instanceof Uint8Array || x instanceof Uint8ClampedArray) return uint8;
  if (x instanceof Int8Array) return int8;
  if (x instanceof Int16Array) return int16;
  if (x instanceof Uint16Array) return uint16;
  if (x instanceof BigInt64Array) return int64;
  if (x instanceof BigUint64Array) return uint64;
  const name = Object.prototype.toString.call(x).slice(8, -1);
  throw new TypeError(`${name} has no matching dtype. Use a typed array such as Float32Array or Int32Array.`);
}

/**
 * Elements converted to another dtype, as XLA converts: float to integer truncates and saturates with NaN to 0,
 * integers wrap, anything but zero is true (NaN included), complex to real keeps the real part.
 * Always a new array.
 *
 * @throws TypeError between a key or float0 and any other dtype.
 * @example
 * convertHost(Float32Array.of(1.9, -1, 300, NaN), float32, uint8) // => Uint8Array [1, 0, 255, 0]
 */
export function convertHost(data: HostData, from: DType, to: DType): HostData {
  if (from === to) return data.slice();
  if (from.kind === "key" || to.kind === "key" || from.kind === "void" || to.kind === "void") {
    throw new TypeError(`Cannot convert elements of dtype ${from.name} to ${to.name}.`);
  }
  if (from.kind === "complex") return convertComplex(data as Float32Array | Float64Array, from, to);
  if (to.kind === "complex") return toComplex(data, from, to);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return fromBig(data, to);
  return fromNumbers(numbersOf(data, from), from, to);
}

/** The elements as plain numbers: bit patterns decoded, everything else as it is. */
function numbersOf(data: NumberData, dtype: DType): NumberData {
  if (!isFloating(dtype) || dtype === float32 || dtype === float64) return data;
  const f = floatFormat(dtype);
  const out = new Float32Array(data.length); // every narrow float is exact in float32
  for (let i = 0; i < out.length; i++) out[i] = decodeFloat(data[i] as number, f);
  return out;
}

function fromNumbers(x: NumberData, from: DType, to: DType): HostData {
  if (to === float32) return new Float32Array(x);
  if (to === float64) return new Float64Array(x);
  const n = x.length;
  const out = hostArray(to, n);
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    if (isFloating(from)) for (let i = 0; i < n; i++) out[i] = saturateToWide(x[i] as number, to);
    else for (let i = 0; i < n; i++) out[i] = BigInt(x[i] as number);
    return out;
  }
  if (to.kind === "bool") {
    for (let i = 0; i < n; i++) out[i] = x[i] !== 0 ? 1 : 0;
  } else if (to.kind === "float") {
    const f = floatFormat(to);
    for (let i = 0; i < n; i++) out[i] = encodeFloat(x[i] as number, f);
  } else if (isFloating(from)) {
    const [low, high] = intRange(to);
    for (let i = 0; i < n; i++) {
      const v = x[i] as number;
      out[i] = v >= high ? high : v <= low ? low : Math.trunc(v); // a typed array stores NaN as 0
    }
  } else if (to.bits >= 8) {
    out.set(x); // typed arrays wrap integers
  } else {
    for (let i = 0; i < n; i++) out[i] = wrapSmall(x[i] as number, to);
  }
  return out;
}

/** The low bits of an integer, sign-extended for signed types narrower than a byte. */
function wrapSmall(v: number, to: DType): number {
  const shift = 32 - to.bits;
  return to.kind === "int" ? (v << shift) >> shift : (v << shift) >>> shift;
}

function fromBig(x: BigData, to: DType): HostData {
  const n = x.length;
  const out = hostArray(to, n);
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    for (let i = 0; i < n; i++) out[i] = x[i] as bigint; // wraps
  } else if (to.kind === "bool") {
    for (let i = 0; i < n; i++) out[i] = x[i] !== 0n ? 1 : 0;
  } else if (to === float64) {
    for (let i = 0; i < n; i++) out[i] = Number(x[i]);
  } else if (to.kind === "float") {
    const f = floatFormat(to);
    for (let i = 0; i < n; i++) {
      const v = roundToOdd(x[i] as bigint);
      out[i] = to === float32 ? v : encodeFloat(v, f);
    }
  } else {
    for (let i = 0; i < n; i++) out[i] = wrapSmall(Number(BigInt.asIntN(32, x[i] as bigint)), widest32(to));
  }
  return out;
}

/** 32-bit shifts by zero wrap nothing, so 8- and 16-bit stores wrap by themselves. */
function widest32(to: DType): DType {
  return to.bits < 8 ? to : to.kind === "int" ? int32 : uint32;
}

/** A float64 that rounds to any narrower float as the integer itself does (no double rounding). */
export function roundToOdd(v: bigint): number {
  const magnitude = v < 0n ? -v : v;
  if (magnitude < 1n << 53n) return Number(v);
  const sticky = (magnitude & 2047n) === 0n ? 0n : 1n;
  const kept = Number((magnitude >> 11n) | sticky) * 2048;
  return v < 0n ? -kept : kept;
}

function intRange(to: DType): readonly [number, number] {
  const values = 2 ** to.bits;
  return to.kind === "int" ? [-values / 2, values / 2 - 1] : [0, values - 1];
}

/** A float as a 64-bit integer: truncated, saturated, NaN as 0. */
export function saturateToWide(v: number, to: DType): bigint {
  if (Number.isNaN(v)) return 0n;
  const high = to === int64 ? 2 ** 63 : 2 ** 64;
  if (v >= high) return BigInt(high) - 1n;
  const low = to === int64 ? -(2 ** 63) : 0;
  return BigInt(v <= low ? low : Math.trunc(v));
}

function toComplex(data: HostData, from: DType, to: DType): HostData {
  const re = convertHost(data, from, realDType(to)) as Float32Array | Float64Array;
  const out = hostArray(to, re.length) as Float32Array | Float64Array;
  for (let i = 0; i < re.length; i++) out[2 * i] = re[i] as number;
  return out;
}

function convertComplex(data: Float32Array | Float64Array, from: DType, to: DType): HostData {
  if (to.kind === "complex") return to === complex64 ? new Float32Array(data) : new Float64Array(data);
  const n = data.length / 2;
  const real = realDType(from);
  if (to === bool) {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) out[i] = data[2 * i] !== 0 || data[2 * i + 1] !== 0 ? 1 : 0;
    return out;
  }
  const re = hostArray(real, n) as Float32Array | Float64Array;
  for (let i = 0; i < n; i++) re[i] = data[2 * i] as number;
  return to === real ? re : convertHost(re, real, to);
}

/**
 * One element of host storage from a JavaScript scalar. An integer-valued number or a bigint wraps like an integer, any
 * other number converts like a float; complex dtypes get a zero imaginary part. Of a complex number real dtypes get the real part.
 *
 * @example
 * scalarToHost(2.5, int32) // => Int32Array [2]
 * scalarToHost(-1, uint8) // => Uint8Array [255]
 */
export function scalarToHost(value: number | bigint | boolean | Complex, dtype: DType): HostData {
  if (dtype.kind === "void") return hostArray(dtype, 1);
  if (value instanceof Complex) return convertHost(Float64Array.of(value.re, value.im), complex128, dtype);
  if (typeof value === "boolean") return convertHost(Uint8Array.of(value ? 1 : 0), bool, dtype);
  if (typeof value === "bigint") {
    return value >= 1n << 63n
      ? convertHost(BigUint64Array.of(value), uint64, dtype)
      : convertHost(BigInt64Array.of(value), int64, dtype);
  }
  const integral = Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31 && !Object.is(value, -0);
  return integral
    ? convertHost(Int32Array.of(value), int32, dtype)
    : convertHost(Float64Array.of(value), float64, dtype);
}

/**
 * The element at a storage position as a JavaScript scalar: boolean for bool, bigint for 64-bit integers, a
 * {@link Complex} for complex numbers, the two words of a key, 0 for float0, else a number.
 *
 * @example
 * scalarFromHost(Uint16Array.of(0x3f80), 0, bfloat16) // => 1
 */
export function scalarFromHost(
  data: HostData,
  index: number,
  dtype: DType,
): number | bigint | boolean | Complex | [number, number] {
  if (dtype.kind === "void") return 0;
  if (wordsPerElement(dtype) === 2) {
    const [first, second] = [data[2 * index] as number, data[2 * index + 1] as number];
    return dtype.kind === "complex" ? new Complex(first, second) : [first, second];
  }
  const v = data[index] as number | bigint;
  if (dtype === bool) return v !== 0;
  if (isFloating(dtype) && dtype !== float32 && dtype !== float64) {
    return decodeFloat(v as number, floatFormat(dtype));
  }
  return v;
}

/** bfloat16 and float16 bit patterns from numbers, rounded to nearest even. */
export function encodeHalf(values: ArrayLike<number>, dtype: DType): Uint16Array {
  if (dtype !== bfloat16 && dtype !== float16) throw new TypeError(`${dtype.name} is not a 16-bit float`);
  const f = floatFormat(dtype);
  return Uint16Array.from(values, (v) => encodeFloat(v, f));
}
