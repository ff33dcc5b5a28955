// Golden values to arrays of the library and back: decoding arguments and comparing results.

import { Complex, type DTypeLike, jnp, type NDArray, random } from "fluxion";
import { expect } from "vitest";
import {
  asDType,
  bfloat16,
  type DTypeName,
  decodeFloat,
  encodeFloat,
  float16,
  float32,
  floatFormat,
} from "../../src/dtypes/index.ts";
import { type GoldenArray, type GoldenValue, isGoldenArray } from "./cases.ts";
import { withoutFreedom } from "./freedom.ts";

const special: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

const numberOf = (element: number | boolean | string): number =>
  typeof element === "string" ? (special[element] as number) : Number(element);

const typedArrays = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float16: Float64Array,
  bfloat16: Float64Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** A weakly typed float32 of any value; a lone integer-valued number would be a weak int32. */
export function weakFloat(value: number): number | NDArray {
  return Number.isInteger(value) ? jnp.multiply(0.5, 2 * value) : value;
}

/** A weakly typed golden scalar: a lone number where that has the right type. */
function decodeWeak({ dtype, data }: GoldenArray): number | NDArray | Complex {
  if (dtype === "complex64") {
    const [re, im] = (data[0] as (number | string)[]).map(numberOf);
    return new Complex(re, im);
  }
  const value = numberOf(data[0] as number);
  if (dtype === "int32") return value;
  if (dtype === "float32") return weakFloat(value);
  throw new Error(`cannot make a weakly typed ${dtype}`);
}

/** The array that a golden array describes, or a lone number where that is the weakly typed scalar. */
export function decodeArray(golden: GoldenArray): NDArray | number | Complex {
  return golden.weak ? decodeWeak(golden) : decodeStrong(golden);
}

function decodeStrong({ dtype, shape, data }: GoldenArray): NDArray {
  if (isWide(dtype)) {
    const Wide = dtype === "int64" ? BigInt64Array : BigUint64Array;
    return jnp.reshape(jnp.array(Wide.from((data as string[]).map(BigInt))), shape);
  }
  if (dtype === "key<fry>")
    return random.wrapKeyData(decodeStrong({ dtype: "uint32", shape: [...shape, 2], data }));
  const make = typedArrays[dtype as keyof typeof typedArrays];
  if (make === undefined) throw new Error(`cannot make an array of dtype ${dtype}`);
  const elements = make.from(data.flat().map(numberOf));
  // The parts of complex numbers lie side by side.
  if (dtype.startsWith("complex")) return jnp.reshape(jnp.array(elements).view(dtype as DTypeLike), shape);
  return jnp.reshape(jnp.array(elements, { dtype: dtype as DTypeLike }), shape);
}

/** Integers of 64 bits are written as strings. */
function isWide(dtype: string): boolean {
  return dtype === "int64" || dtype === "uint64";
}

/** A golden value as an argument. `onArray` makes each array. */
export function decode(
  value: GoldenValue,
  onArray: (array: GoldenArray) => unknown = decodeArray,
  resolve: (name: string) => unknown = () => undefined,
): unknown {
  if (typeof value === "string") return special[value] ?? value;
  if (Array.isArray(value)) return value.map((item) => decode(item, onArray, resolve));
  if (value === null || typeof value !== "object") return value;
  if (isGoldenArray(value)) return onArray(value);
  if (typeof value.function === "string") return resolve(value.function);
  if (Array.isArray(value.bytes)) return Uint8Array.from(value.bytes as number[]);
  if (Array.isArray(value.slice)) {
    const [start, stop, step] = value.slice as (number | null)[];
    return { start, stop, step };
  }
  if (value.tree !== undefined) return decodeFields(value.tree, onArray, resolve);
  for (const record of ["GatherDimensionNumbers", "ScatterDimensionNumbers"]) {
    if (value[record] !== undefined) return decodeFields(value[record] as GoldenValue, onArray, resolve);
  }
  throw new Error(`cannot decode ${JSON.stringify(value)}`);
}

function decodeFields(
  value: GoldenValue,
  ...rest: [(array: GoldenArray) => unknown, (name: string) => unknown]
) {
  const fields = Object.entries(value as { [key: string]: GoldenValue });
  return Object.fromEntries(fields.map(([key, field]) => [key, decode(field, ...rest)]));
}

interface Tolerance {
  rtol: number;
  atol: number;
}

const isArray = (value: unknown): value is NDArray =>
  typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "dataSync" in value;

/** Checks a result against a golden value: dtype, shape, weak type and every element. */
export function expectMatch(
  actual: unknown,
  expected: GoldenValue,
  tolerance: Tolerance,
  path = "result",
): void {
  if (isGoldenArray(expected)) {
    expectArray(actual, expected, tolerance, path);
  } else if (Array.isArray(expected)) {
    const items = Array.isArray(actual) ? actual : undefined;
    expect(items, `${path} is a list`).toBeDefined();
    expect(items?.length, `length of ${path}`).toBe(expected.length);
    for (const [i, item] of expected.entries()) expectMatch(items?.[i], item, tolerance, `${path}[${i}]`);
  } else if (expected !== null && typeof expected === "object") {
    const fields = (expected.tree ?? expected) as { [key: string]: GoldenValue };
    for (const [key, field] of Object.entries(fields)) {
      expectMatch((actual as Record<string, unknown>)[key], field, tolerance, `${path}.${key}`);
    }
  } else if (typeof expected === "number" && !Number.isInteger(expected)) {
    expect(
      close(Number(actual), expected, { rtol: 1e-6, atol: 1e-45 }),
      `${path}: ${actual} for ${expected}`,
    ).toBe(true);
  } else if (typeof expected === "string") {
    expect(String(actual), path).toBe(expected);
  } else {
    expect(actual, path).toBe(expected);
  }
}

function expectArray(actual: unknown, expected: GoldenArray, { rtol, atol }: Tolerance, path: string): void {
  if (!isArray(actual)) throw new Error(`${path} is not an array: ${actual}`);
  const describe = (dtype: unknown, shape: readonly number[], weak: boolean) =>
    `${dtype}[${shape.join(",")}]${weak ? " weak" : ""}`;
  expect(describe(actual.dtype, actual.shape, actual.weakType), `type of ${path}`).toBe(
    describe(expected.dtype, expected.shape, expected.weak ?? false),
  );
  if (isWide(expected.dtype)) {
    expect([...(actual.dataSync() as BigInt64Array)].map(String), path).toEqual(expected.data);
    return;
  }
  const data = expected.dtype.startsWith("key<") ? random.keyData(actual).dataSync() : actual.dataSync();
  const got = Array.from(data as ArrayLike<number | bigint | boolean>, Number);
  // The files give the shortest decimals that round to the float32.
  const want = expected.data.flat().map(numberOf).map(roundTo(expected.dtype));
  expect(got.length, `size of ${path}`).toBe(want.length);
  const wrong = want.flatMap((e, i) => (close(got[i] as number, e, { rtol, atol }) ? [] : [i]));
  if (wrong.length > 0) {
    const shown = wrong.slice(0, 8).map((i) => `  [${i}] ${got[i]} for ${want[i]}`);
    throw new Error(
      [
        `${path}: ${wrong.length} of ${want.length} elements differ (rtol ${rtol}, atol ${atol})`,
        ...shown,
      ].join("\n"),
    );
  }
}

function close(a: number, e: number, { rtol, atol }: Tolerance): boolean {
  if (Number.isNaN(e)) return Number.isNaN(a);
  if (!Number.isFinite(e)) return a === e;
  return Math.abs(a - e) <= atol + rtol * Math.abs(e);
}

/** {@link expectMatch} for results with a freedom, of signs say, which are brought to one form first. */
export function expectMatchUpTo(
  actual: unknown,
  expected: GoldenValue,
  tolerance: Tolerance & { readonly upTo?: string | undefined },
): void {
  // Factors have zeros in the triangle that may hold anything, as JAX's have.
  if (tolerance.upTo === undefined || tolerance.upTo === "other triangle") {
    expectMatch(actual, expected, tolerance);
    return;
  }
  const sides = withoutFreedom(tolerance.upTo, actual, expected);
  sides.expected.forEach((want, i) => {
    const got = sides.actual[i];
    expect(`${got.dtype}[${got.shape}]`, `type of result ${i}`).toBe(`${want.dtype}[${want.shape}]`);
    const wrong = want.data.flatMap((e, k) => (close(Number(got.data[k]), Number(e), tolerance) ? [] : [k]));
    const shown = wrong.slice(0, 8).map((k) => `[${k}] ${got.data[k]} for ${want.data[k]}`);
    expect(shown, `elements of result ${i}`).toEqual([]);
  });
}

/** Goldens are written in decimal; a few digits less than a float has bits. */
function roundTo(name: string): (x: number) => number {
  const dtype = asDType(name as DTypeName);
  if (dtype === float32) return Math.fround;
  if (dtype !== float16 && dtype !== bfloat16) return (x) => x;
  const format = floatFormat(dtype);
  return (x) => decodeFloat(encodeFloat(x, format), format);
}
