import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  allDTypes,
  asDType,
  bfloat16,
  bool,
  complex64,
  complex128,
  computableDTypes,
  type DType,
  float0,
  float8_e4m3fn,
  float16,
  float32,
  float64,
  int4,
  int8,
  int32,
  isBool,
  isComplex,
  isdtype,
  isFloating,
  isInexact,
  isInteger,
  isKey,
  isSigned,
  issubdtype,
  keyFry,
  requireComputable,
  tangentDType,
  uint8,
  uint32,
} from "../../src/dtypes/index.ts";

test("names, short names and sizes", () => {
  const rows = allDTypes.map((d) => `${d.name} ${d.short} ${d.kind} ${d.bits} ${d.itemsize}`);
  expect(rows).toMatchInlineSnapshot(`
    [
      "bool bool bool 8 1",
      "uint1 u1 uint 1 1",
      "uint2 u2 uint 2 1",
      "uint4 u4 uint 4 1",
      "uint8 u8 uint 8 1",
      "uint16 u16 uint 16 2",
      "uint32 u32 uint 32 4",
      "uint64 u64 uint 64 8",
      "int1 i1 int 1 1",
      "int2 i2 int 2 1",
      "int4 i4 int 4 1",
      "int8 i8 int 8 1",
      "int16 i16 int 16 2",
      "int32 i32 int 32 4",
      "int64 i64 int 64 8",
      "float4_e2m1fn f4_e2m1fn float 4 1",
      "float6_e2m3fn f6_e2m3fn float 6 1",
      "float6_e3m2fn f6_e3m2fn float 6 1",
      "float8_e3m4 f8_e3m4 float 8 1",
      "float8_e4m3 f8_e4m3 float 8 1",
      "float8_e8m0fnu f8_e8m0fnu float 8 1",
      "float8_e4m3b11fnuz f8_e4m3b11fnuz float 8 1",
      "float8_e4m3fn f8_e4m3fn float 8 1",
      "float8_e4m3fnuz f8_e4m3fnuz float 8 1",
      "float8_e5m2 f8_e5m2 float 8 1",
      "float8_e5m2fnuz f8_e5m2fnuz float 8 1",
      "bfloat16 bf16 float 16 2",
      "float16 f16 float 16 2",
      "float32 f32 float 32 4",
      "float64 f64 float 64 8",
      "complex64 c64 complex 64 8",
      "complex128 c128 complex 128 16",
      "float0 float0 void 0 0",
      "key<fry> key<fry> key 64 8",
    ]
  `);
});

test("dtypes are interned, frozen and numbered", () => {
  expect(allDTypes.map((d) => d.id)).toEqual(allDTypes.map((_, i) => i));
  for (const d of allDTypes) expect(asDType(d.name)).toBe(d);
  expect(Object.isFrozen(float32)).toBe(true);
});

test("printing", () => {
  expect(`${float32}`).toBe("float32");
  expect(inspect(float32)).toBe("dtype(float32)");
  expect(JSON.stringify({ dtype: bfloat16 })).toBe('{"dtype":"bfloat16"}');
});

describe("asDType", () => {
  test("takes dtypes, names and scalar types", () => {
    const scalarType = Object.assign((x: number) => x, { dtype: int32 });
    expect(asDType(float32)).toBe(float32);
    expect(asDType("key<fry>")).toBe(keyFry);
    expect(asDType(scalarType)).toBe(int32);
  });
  test("refuses the rest", () => {
    const bad = (x: unknown) => () => asDType(x as DType);
    expect(bad("nope")).toThrow(new TypeError("data type 'nope' not understood"));
    expect(bad("f32")).toThrow("data type 'f32' not understood; did you mean 'float32'?");
    expect(bad("Float32")).toThrow("did you mean 'float32'?");
    expect(bad("toString")).toThrow("data type 'toString' not understood");
    for (const x of [undefined, null, 3, {}, { dtype: "float32" }]) expect(bad(x)).toThrow(TypeError);
  });
});

test("predicates", () => {
  const table = (f: (d: DType) => boolean) =>
    [bool, int4, uint8, int32, bfloat16, float64, complex64, float0, keyFry].filter(f).join(" ");
  expect(table(isBool)).toBe("bool");
  expect(table(isInteger)).toBe("int4 uint8 int32");
  expect(table(isSigned)).toBe("int4 int32 bfloat16 float64 complex64");
  expect(table(isFloating)).toBe("bfloat16 float64");
  expect(table(isInexact)).toBe("bfloat16 float64 complex64");
  expect(table(isComplex)).toBe("complex64");
  expect(table(isKey)).toBe("key<fry>");
});

test("issubdtype", () => {
  expect(issubdtype("bfloat16", "floating")).toBe(true);
  expect(issubdtype("bool", "number")).toBe(false);
  expect(issubdtype("bool", "bool")).toBe(true);
  expect(issubdtype("uint8", "integer")).toBe(true);
  expect(issubdtype("uint8", "signedinteger")).toBe(false);
  expect(issubdtype("uint8", "unsignedinteger")).toBe(true);
  expect(issubdtype("complex64", "inexact")).toBe(true);
  expect(issubdtype("complex64", "complexfloating")).toBe(true);
  expect(issubdtype("complex64", "floating")).toBe(false);
  expect(issubdtype("float32", float32)).toBe(true);
  expect(issubdtype("float32", { dtype: float16 })).toBe(false);
  expect(issubdtype(keyFry, "prngKey")).toBe(true);
  expect(issubdtype(keyFry, "extended")).toBe(true);
  expect(issubdtype(keyFry, "number")).toBe(false);
  expect(() => issubdtype("float32", "nope" as never)).toThrow("data type 'nope' not understood");
  expect(() => issubdtype("float32", "toString" as never)).toThrow("data type 'toString' not understood");
});

test("isdtype", () => {
  expect(isdtype("int32", "integral")).toBe(true);
  expect(isdtype("int32", ["real floating", "bool"])).toBe(false);
  expect(isdtype("int32", ["real floating", int32])).toBe(true);
  expect(isdtype("bool", "numeric")).toBe(false);
  expect(isdtype(complex64, "complex floating")).toBe(true);
  expect(isdtype(int8, "signed integer")).toBe(true);
  expect(isdtype(uint32, "unsigned integer")).toBe(true);
});

test("tangents", () => {
  expect(
    [float32, bfloat16, complex128, int32, bool, keyFry, float0].map((d) => tangentDType(d).name),
  ).toEqual(["float32", "bfloat16", "complex128", "float0", "float0", "float0", "float0"]);
});

test("requireComputable names the dtype, the function and the way out", () => {
  for (const d of computableDTypes) expect(() => requireComputable(d, "jnp.zeros")).not.toThrow();
  expect(() => requireComputable(asDType("int4"), "jnp.zeros")).toThrow(
    /^jnp\.zeros: arrays of dtype int4 are not supported yet\. Use int32 instead/,
  );
  const message = (d: DType): string => {
    try {
      requireComputable(d, "f");
      return "";
    } catch (error) {
      return String(error);
    }
  };
  const refused = [asDType("int4"), asDType("uint2"), float8_e4m3fn];
  const advice = refused.map((d) => /Use (\w+) instead/.exec(message(d))?.[1]);
  expect(advice).toEqual(["int32", "uint8", "float32"]);
});
