import { describe, expect, test } from "vitest";
import {
  asDType,
  bfloat16,
  bool,
  Complex,
  complex64,
  complex128,
  convertHost,
  type DType,
  type DTypeName,
  dtypeOfTypedArray,
  encodeHalf,
  float0,
  float16,
  float32,
  float64,
  fround,
  hostArray,
  int4,
  int8,
  int16,
  int32,
  int64,
  keyFry,
  scalarFromHost,
  scalarToHost,
  uint8,
  uint16,
  uint32,
  uint64,
  wordsPerElement,
} from "../../src/dtypes/index.ts";
import { readGolden } from "../support/goldens.ts";
import { type GoldenArray, hostArrayOf, hostDataOf } from "./goldenArray.ts";

test("storage of every dtype", () => {
  const storage = (d: DType) => `${hostArray(d, 3).constructor.name} ${hostArray(d, 3).length}`;
  expect([bool, int4, uint8, int16, int32, uint32, int64, uint64].map(storage)).toEqual([
    "Uint8Array 3",
    "Int8Array 3",
    "Uint8Array 3",
    "Int16Array 3",
    "Int32Array 3",
    "Uint32Array 3",
    "BigInt64Array 3",
    "BigUint64Array 3",
  ]);
  expect([bfloat16, float16, float32, float64, complex64, complex128, keyFry, float0].map(storage)).toEqual([
    "Uint16Array 3",
    "Uint16Array 3",
    "Float32Array 3",
    "Float64Array 3",
    "Float32Array 6",
    "Float64Array 6",
    "Uint32Array 6",
    "Uint8Array 0",
  ]);
  expect(wordsPerElement(float0)).toBe(0);
});

test("views of a buffer", () => {
  const buffer = Float32Array.of(1, 2, 3, 4, 5).buffer;
  expect(hostArray(float32, buffer, 4, 2)).toEqual(Float32Array.of(2, 3));
  expect(hostArray(float32, buffer, 8)).toEqual(Float32Array.of(3, 4, 5));
  expect(hostArray(complex64, buffer)).toEqual(Float32Array.of(1, 2, 3, 4)); // whole elements only
  expect(hostArray(keyFry, buffer, 4, 1).length).toBe(2);
  expect(hostArray(float0, buffer, 4).length).toBe(0);
  const view = hostArray(float32, buffer, 4, 2);
  view[0] = 7;
  expect(new Float32Array(buffer)[1]).toBe(7);
});

test("dtypes of typed arrays", () => {
  const arrays = [
    new Float32Array(1),
    new Float64Array(1),
    new Int8Array(1),
    new Int16Array(1),
    new Int32Array(1),
    new Uint8Array(1),
    new Uint8ClampedArray(1),
    new Uint16Array(1),
    new Uint32Array(1),
    new BigInt64Array(1),
    new BigUint64Array(1),
  ];
  expect(arrays.map((a) => dtypeOfTypedArray(a).short).join(" ")).toBe(
    "f32 f64 i8 i16 i32 u8 u8 u16 u32 i64 u64",
  );
  expect(() => dtypeOfTypedArray(new DataView(new ArrayBuffer(1)))).toThrow("DataView has no matching dtype");
});

describe("conversion", async () => {
  const { cases } = await readGolden<{
    cases: { id: string; fn: string; args: [GoldenArray, DTypeName]; expected: GoldenArray }[];
  }>("promotion");
  test.each(cases.filter((c) => c.fn === "jnp.astype"))("$id", ({ args: [x, name], expected }) => {
    const { data, dtype } = hostArrayOf(x);
    const to = asDType(name);
    expect(convertHost(data, dtype, to)).toEqual(hostDataOf(expected.data, to));
  });

  const special = Float32Array.of(
    Number.NaN,
    Infinity,
    -Infinity,
    1e30,
    -1e30,
    2.9,
    -2.9,
    0.5,
    -0,
    4294967040,
  );
  test("float to integer truncates and saturates; NaN is 0", () => {
    expect(convertHost(special, float32, int32)).toEqual(
      Int32Array.of(0, 2147483647, -2147483648, 2147483647, -2147483648, 2, -2, 0, 0, 2147483647),
    );
    expect(convertHost(special, float32, uint32)).toEqual(
      Uint32Array.of(0, 4294967295, 0, 4294967295, 0, 2, 0, 0, 0, 4294967040),
    );
    expect(convertHost(special, float32, int64)).toEqual(
      BigInt64Array.of(
        0n,
        2n ** 63n - 1n,
        -(2n ** 63n),
        2n ** 63n - 1n,
        -(2n ** 63n),
        2n,
        -2n,
        0n,
        0n,
        4294967040n,
      ),
    );
    expect(convertHost(special, float32, uint64)).toEqual(
      BigUint64Array.of(0n, 2n ** 64n - 1n, 0n, 2n ** 64n - 1n, 0n, 2n, 0n, 0n, 0n, 4294967040n),
    );
    expect(convertHost(special, float32, int4)).toEqual(Int8Array.of(0, 7, -8, 7, -8, 2, -2, 0, 0, 7));
  });
  test("anything but zero is true", () => {
    expect(convertHost(special, float32, bool)).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 1));
    expect(convertHost(Int32Array.of(256, 0, -1), int32, bool)).toEqual(Uint8Array.of(1, 0, 1));
    expect(convertHost(BigInt64Array.of(1n << 40n, 0n), int64, bool)).toEqual(Uint8Array.of(1, 0));
    expect(convertHost(Float32Array.of(0, 1, 0, 0), complex64, bool)).toEqual(Uint8Array.of(1, 0));
  });
  test("integers wrap", () => {
    const wide = Int32Array.of(300, -1, 128, -129, 9);
    expect(convertHost(wide, int32, uint8)).toEqual(Uint8Array.of(44, 255, 128, 127, 9));
    expect(convertHost(wide, int32, int8)).toEqual(Int8Array.of(44, -1, -128, 127, 9));
    expect(convertHost(wide, int32, int4)).toEqual(Int8Array.of(-4, -1, 0, -1, -7));
    expect(convertHost(wide, int32, asDType("uint4"))).toEqual(Uint8Array.of(12, 15, 0, 15, 9));
    expect(convertHost(wide, int32, uint32)).toEqual(Uint32Array.of(300, 4294967295, 128, 4294967167, 9));
    expect(convertHost(wide, int32, uint64)).toEqual(
      BigUint64Array.of(300n, 2n ** 64n - 1n, 128n, 2n ** 64n - 129n, 9n),
    );
    expect(convertHost(Uint32Array.of(4294967295), uint32, int32)).toEqual(Int32Array.of(-1));
    expect(convertHost(BigInt64Array.of(-1n, 1n << 35n, 300n), int64, int32)).toEqual(
      Int32Array.of(-1, 0, 300),
    );
    expect(convertHost(BigUint64Array.of(2n ** 64n - 1n, 300n), uint64, uint8)).toEqual(
      Uint8Array.of(255, 44),
    );
    expect(convertHost(BigUint64Array.of(2n ** 64n - 1n, 9n), uint64, int4)).toEqual(Int8Array.of(-1, -7));
    expect(convertHost(BigUint64Array.of(2n ** 64n - 1n), uint64, int64)).toEqual(BigInt64Array.of(-1n));
    expect(convertHost(Uint8Array.of(0, 1), bool, int32)).toEqual(Int32Array.of(0, 1));
  });
  test("to float rounds once, ties to even", () => {
    expect(convertHost(Int32Array.of(16777217, 16777219), int32, float32)).toEqual(
      Float32Array.of(16777216, 16777220),
    );
    // Rounding by way of float64 would lose the last bit and then round down.
    const tie = (1n << 60n) + (1n << 36n) + 1n;
    expect(convertHost(BigInt64Array.of(tie, -tie, 5n), int64, float32)).toEqual(
      Float32Array.of(2 ** 60 + 2 ** 37, -(2 ** 60 + 2 ** 37), 5),
    );
    expect(convertHost(BigUint64Array.of(2n ** 64n - 1n), uint64, float64)).toEqual(Float64Array.of(2 ** 64));
    expect(convertHost(Float64Array.of(1 + 2 ** -8 + 2 ** -40), float64, bfloat16)).toEqual(
      Uint16Array.of(0x3f81),
    );
    expect(convertHost(Float64Array.of(1 + 2 ** -8), float64, bfloat16)).toEqual(Uint16Array.of(0x3f80));
    expect(convertHost(BigInt64Array.of(tie), int64, bfloat16)).toEqual(encodeHalf([2 ** 60], bfloat16));
    expect(convertHost(Float64Array.of(0.1), float64, float32)).toEqual(Float32Array.of(fround(0.1)));
  });
  test("narrow floats and complex numbers", () => {
    const half = encodeHalf([1, -2.5, Infinity], float16);
    expect(half).toEqual(Uint16Array.of(0x3c00, 0xc100, 0x7c00));
    expect(convertHost(half, float16, float32)).toEqual(Float32Array.of(1, -2.5, Infinity));
    expect(convertHost(half, float16, bfloat16)).toEqual(encodeHalf([1, -2.5, Infinity], bfloat16));
    expect(convertHost(half, float16, int32)).toEqual(Int32Array.of(1, -2, 2147483647));
    expect(convertHost(half, float16, complex128)).toEqual(Float64Array.of(1, 0, -2.5, 0, Infinity, 0));
    expect(convertHost(Float32Array.of(1.5, 2, 3, 4), complex64, complex128)).toEqual(
      Float64Array.of(1.5, 2, 3, 4),
    );
    expect(convertHost(Float64Array.of(1.5, 2, 3, 4), complex128, complex64)).toEqual(
      Float32Array.of(1.5, 2, 3, 4),
    );
    expect(convertHost(Float32Array.of(1.5, 2, 3, 4), complex64, int32)).toEqual(Int32Array.of(1, 3));
    expect(() => encodeHalf([1], float32)).toThrow("float32 is not a 16-bit float");
  });
  test("the same dtype is a copy", () => {
    const x = Float32Array.of(1, 2);
    const y = convertHost(x, float32, float32);
    expect(y).toEqual(x);
    expect(y).not.toBe(x);
    expect(convertHost(Uint32Array.of(1, 2), keyFry, keyFry)).toEqual(Uint32Array.of(1, 2));
  });
  test("keys and float0 do not convert", () => {
    expect(() => convertHost(Uint32Array.of(1, 2), keyFry, uint32)).toThrow(
      "Cannot convert elements of dtype key<fry> to uint32",
    );
    expect(() => convertHost(new Uint8Array(0), float0, float32)).toThrow(TypeError);
    expect(() => convertHost(Float32Array.of(1), float32, keyFry)).toThrow(TypeError);
  });
});

test("scalars to storage", () => {
  expect(scalarToHost(2.5, int32)).toEqual(Int32Array.of(2));
  expect(scalarToHost(-1, uint8)).toEqual(Uint8Array.of(255));
  expect(scalarToHost(300.5, uint8)).toEqual(Uint8Array.of(255));
  expect(scalarToHost(4294967290, uint32)).toEqual(Uint32Array.of(4294967290));
  expect(scalarToHost(true, float32)).toEqual(Float32Array.of(1));
  expect(scalarToHost(-0, float32)).toEqual(Float32Array.of(-0));
  expect(scalarToHost(2n ** 64n - 1n, uint64)).toEqual(BigUint64Array.of(2n ** 64n - 1n));
  expect(scalarToHost(-(2n ** 63n), int64)).toEqual(BigInt64Array.of(-(2n ** 63n)));
  expect(scalarToHost(0.1, float64)).toEqual(Float64Array.of(0.1));
  expect(scalarToHost(1.5, complex64)).toEqual(Float32Array.of(1.5, 0));
  expect(scalarToHost(Number.NaN, bool)).toEqual(Uint8Array.of(1));
});

test("scalars from storage", () => {
  expect(scalarFromHost(Uint8Array.of(0, 1), 1, bool)).toBe(true);
  expect(scalarFromHost(Float32Array.of(1, 2, 3, 4), 1, complex64)).toEqual(new Complex(3, 4));
  expect(scalarFromHost(Uint32Array.of(1, 2), 0, keyFry)).toEqual([1, 2]);
  expect(scalarFromHost(encodeHalf([0.5], bfloat16), 0, bfloat16)).toBe(0.5);
  expect(scalarFromHost(BigInt64Array.of(-7n), 0, int64)).toBe(-7n);
  expect(scalarFromHost(Uint16Array.of(7), 0, uint16)).toBe(7);
});
