import { describe, expect, test } from "vitest";
import {
  asDType,
  type DTypeName,
  decodeFloat,
  encodeFloat,
  type FInfo,
  finfo,
  floatFormat,
  iinfo,
} from "../../src/dtypes/index.ts";
import { readGolden } from "../support/goldens.ts";

interface InfoGolden {
  readonly finfo: Readonly<Record<DTypeName, Readonly<Record<string, number | string>>>>;
  readonly iinfo: Readonly<Record<DTypeName, Readonly<Record<string, number | string>>>>;
  readonly codes: Readonly<Record<DTypeName, readonly (number | string)[]>>;
  readonly rounding: Readonly<Record<DTypeName, readonly [readonly (number | string)[], readonly number[]]>>;
}

const golden = await readGolden<InfoGolden>("dtype_info");
const entries = <T>(record: Readonly<Record<DTypeName, T>>) => Object.entries(record) as [DTypeName, T][];
const number = (text: number | string) =>
  text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text === "nan" ? NaN : text);

describe("finfo", () => {
  test.each(entries(golden.finfo))("%s", (name, expected) => {
    const info = finfo(name);
    for (const [key, value] of Object.entries(expected)) {
      if (key === "repr" || key === "str") continue;
      const ours = info[key.replace(/_(.)/g, (_, c: string) => c.toUpperCase()) as keyof FInfo];
      if (key === "dtype") expect(String(ours)).toBe(value);
      else expect([key, ours]).toEqual([key, value]);
    }
    expect(String(info)).toBe(expected["repr"]);
    expect(finfo(name)).toBe(info);
  });
  test("refuses integers", () => {
    expect(() => finfo("int32")).toThrow("data type int32 not inexact");
    expect(() => finfo("bool")).toThrow("not inexact");
    expect(() => finfo("key<fry>")).toThrow("not inexact");
  });
});

describe("iinfo", () => {
  test.each(entries(golden.iinfo))("%s", (name, expected) => {
    const info = iinfo(name);
    const { repr, ...fields } = expected;
    expect({
      ...info,
      min: String(info.min),
      max: String(info.max),
      dtype: info.dtype.name,
      toString: undefined,
    }).toEqual({ ...fields, toString: undefined });
    expect(String(info)).toBe(repr);
    expect(typeof info.max).toBe(info.bits === 64 ? "bigint" : "number");
  });
  test("refuses the rest", () => {
    expect(() => iinfo("float32")).toThrow(`Invalid integer data type 'float32'; use finfo("float32").`);
    expect(() => iinfo("bool")).toThrow("Invalid integer data type 'bool'.");
  });
});

describe("narrow float bit patterns", () => {
  test.each(entries(golden.codes))("%s decodes every pattern, and encodes it back", (name, values) => {
    const f = floatFormat(asDType(name));
    values.forEach((value, code) => {
      const x = decodeFloat(code, f);
      if (value === "nan") expect(x).toBeNaN();
      else if (number(value) === 0)
        expect(x === 0).toBe(true); // the sign is checked by the round trip
      else expect(x).toBe(number(value));
      if (!Number.isNaN(x)) expect(encodeFloat(x, f)).toBe(code);
    });
  });
  test.each(entries(golden.rounding))("%s rounds to nearest even", (name, [values, codes]) => {
    const f = floatFormat(asDType(name));
    values.forEach((value, i) => {
      expect([value, encodeFloat(number(value), f)]).toEqual([value, codes[i]]);
    });
  });
  test.each(["bfloat16", "float16"] as const)("%s round trips every pattern", (name) => {
    const f = floatFormat(asDType(name));
    for (let code = 0; code < 65536; code++) {
      const x = decodeFloat(code, f);
      if (!Number.isNaN(x) && encodeFloat(x, f) !== code) throw new Error(`${name} ${code} -> ${x}`);
    }
  });
});
