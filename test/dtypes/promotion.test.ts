import { describe, expect, test } from "vitest";
import {
  asDType,
  type DType,
  type DTypeName,
  isInexact,
  isInteger,
  promoteEntries,
  promoteTypes,
  realDType,
  type TypeEntry,
  toComplexDType,
  toFloatingDType,
  toInexactDType,
  toNumericDType,
} from "../../src/dtypes/index.ts";
import { TypePromotionError, ValueError } from "../../src/errors.ts";
import { readGolden } from "../support/goldens.ts";
import { type GoldenArray, isGoldenArray } from "./goldenArray.ts";

/** `"int32*"` is a weak int32. */
function entryOf(text: string): TypeEntry {
  const weakType = text.endsWith("*");
  return { dtype: asDType((weakType ? text.slice(0, -1) : text) as DTypeName), weakType };
}
const textOf = ({ dtype, weakType }: TypeEntry) => dtype.name + (weakType ? "*" : "");

function promoted(texts: readonly string[]): string | null {
  try {
    return textOf(promoteEntries(texts.map(entryOf)));
  } catch (error) {
    if (error instanceof TypePromotionError) return null;
    throw error;
  }
}

describe("against JAX", async () => {
  const golden = await readGolden<{
    pairs: readonly (readonly [string, string, string | null])[];
    lists: readonly (readonly [readonly string[], string | null])[];
  }>("promotion_pairs");

  test("every pair, in both orders, twice (the second answer comes from the table)", () => {
    expect(golden.pairs.length).toBe(2016);
    for (const [a, b, expected] of golden.pairs) {
      for (const pair of [
        [a, b],
        [b, a],
        [a, b],
      ])
        expect([...pair, promoted(pair)]).toEqual([...pair, expected]);
    }
  });
  test("longer lists", () => {
    for (const [list, expected] of golden.lists)
      expect([...list, promoted(list)]).toEqual([...list, expected]);
  });
});

/** How each function of the golden file finds its result type from the promoted type of its arguments. */
type Rule = (promoted: TypeEntry, c: Case, entries: readonly TypeEntry[]) => TypeEntry | string | null;
interface Case {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
}

const strong = (dtype: DType): TypeEntry => ({ dtype, weakType: false });
const keep: Rule = (p) => p;
const inexact: Rule = ({ dtype, weakType }) => ({ dtype: toInexactDType(dtype), weakType });
const floating: Rule = ({ dtype, weakType }) => ({ dtype: toFloatingDType(dtype), weakType });
const real: Rule = ({ dtype, weakType }) => ({ dtype: realDType(dtype), weakType });
const int32: Rule = () => strong(asDType("int32"));
/** Predicates; as in JAX the flag of a boolean result is that of its argument. */
const boolean: Rule = ({ weakType }) => ({ dtype: asDType("bool"), weakType });
const strongBoolean: Rule = () => strong(asDType("bool"));
/** Sums and products: small integers are widened to 32 bits unless told not to. */
const accumulate: Rule = ({ dtype }, c) => {
  if (c.kwargs?.["promoteIntegers"] === false) return strong(toNumericDType(dtype));
  if (isInexact(dtype)) return strong(dtype);
  return strong(asDType(dtype.kind === "uint" ? "uint32" : "int32"));
};
/** Integer powers are made by multiplication, which loses weak types; bools count as int32. */
const power: Rule = (p, _, entries) => {
  const exponent = entries[1] as TypeEntry;
  const integerPower = isInteger(exponent.dtype) && !exponent.weakType;
  const base = (entries[0] as TypeEntry).dtype;
  if (integerPower && isInexact(base)) return strong(base);
  return isInexact(p.dtype) ? p : strong(toNumericDType(p.dtype));
};

const rules: Readonly<Record<string, Rule>> = {
  add: keep,
  multiply: keep,
  maximum: keep,
  where: keep,
  select: keep,
  clip: keep,
  stack: keep,
  concatenate: keep,
  divide: inexact,
  power,
  ...Object.fromEntries(
    [
      "sin",
      "sqrt",
      "exp",
      "reciprocal",
      "log1p",
      "cbrt",
      "exp2",
      "deg2rad",
      "rint",
      "mean",
      "median",
      "average",
      "nanmean",
    ].map((name) => [name, inexact]),
  ),
  ...Object.fromEntries(
    [
      "negative",
      "square",
      "sign",
      "floor",
      "round",
      "trunc",
      "invert",
      "conj",
      "positive",
      "max",
      "min",
      "ptp",
      "sort",
    ].map((name) => [name, keep]),
  ),
  ...Object.fromEntries(
    ["cumsum", "cumprod"].map((name) => [name, ((p) => strong(toNumericDType(p.dtype))) as Rule]),
  ),
  ...Object.fromEntries(["sum", "prod", "trace", "nansum"].map((name) => [name, accumulate])),
  ...Object.fromEntries(["abs", "real", "imag"].map((name) => [name, real])),
  ...Object.fromEntries(["angle", "var", "std"].map((name) => [name, floating])),
  ...Object.fromEntries(["argmax", "countNonzero"].map((name) => [name, int32])),
  ...Object.fromEntries(["any", "all", "isnan"].map((name) => [name, strongBoolean])),
  logicalNot: boolean,
};

/** The typed arguments: arrays, lists of arrays, and bare numbers, which are weak. */
function entriesOf(args: readonly unknown[]): TypeEntry[] {
  return args.flatMap((arg): TypeEntry[] => {
    if (isGoldenArray(arg)) return [{ dtype: asDType(arg.dtype), weakType: arg.weak ?? false }];
    if (Array.isArray(arg)) return entriesOf(arg);
    if (typeof arg === "number") return [entryOf(Number.isInteger(arg) ? "int32*" : "float32*")];
    return [];
  });
}

describe("golden cases", async () => {
  const { cases } = await readGolden<{ cases: Case[] }>("promotion");
  const made = ["jnp.array", "jnp.asarray", "jnp.arange"]; // creation from Python scalars has no promotion to test
  const byFunction = groupCases(cases);

  test.each([...byFunction].filter(([fn]) => !made.includes(fn)))("%s", (fn, group) => {
    for (const c of group) {
      const name = fn.slice("jnp.".length);
      if (name === "promoteTypes") {
        expect([c.id, promoteTypes(c.args[0] as DTypeName, c.args[1] as DTypeName).name]).toEqual([
          c.id,
          c.expected,
        ]);
        continue;
      }
      const expected = c.expected as GoldenArray;
      if (name === "astype") {
        expect([c.id, asDType(c.args[1] as DTypeName).name]).toEqual([c.id, expected.dtype]);
        continue;
      }
      const rule = rules[name];
      if (rule === undefined) throw new Error(`no dtype rule for ${fn}`);
      const condition = name === "where" || name === "select" ? 1 : 0;
      const entries = entriesOf(c.args.slice(condition));
      const result = rule(promoteEntries(entries), c, entries) as TypeEntry;
      expect([c.id, textOf(result)]).toEqual([c.id, expected.dtype + (expected.weak ? "*" : "")]);
    }
  });
});

function groupCases(cases: readonly Case[]): Map<string, Case[]> {
  const groups = new Map<string, Case[]>();
  for (const c of cases) groups.set(c.fn, [...(groups.get(c.fn) ?? []), c]);
  return groups;
}

describe("errors", () => {
  test("8-bit floats and narrow integers say how to cast", () => {
    expect(() => promoteTypes("float8_e4m3fn", "float32")).toThrow(
      "Input dtypes ('float8_e4m3fn', 'float32') have no available implicit dtype promotion path. " +
        "To avoid unintended promotion, 8-bit floats do not support implicit promotion.",
    );
    expect(() => promoteTypes("float4_e2m1fn", "float32")).toThrow("4-bit floats do not support");
    expect(() => promoteTypes("float6_e2m3fn", "float32")).toThrow("6-bit floats do not support");
    expect(() => promoteTypes("int4", "int32")).toThrow(
      "1-bit, 2-bit and 4-bit integers do not support implicit promotion. If you'd like your inputs to be " +
        "promoted to another type, you can do so explicitly using e.g. x.astype('int32')",
    );
    expect(() => promoted(["int4", "key<fry>"])).toThrow(
      "dtype=key<fry> is not a valid dtype for JAX type promotion",
    );
    const failure = (() => {
      try {
        return promoteEntries([entryOf("float32*"), entryOf("int4")]);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(TypePromotionError);
    expect(failure).toBeInstanceOf(ValueError);
    expect(String(failure)).toContain("TypePromotionError: Input dtypes ('weakly typed float', 'int4')");
  });
  test("an empty list", () => {
    expect(() => promoteEntries([])).toThrow("at least one array or dtype is required");
  });
});

test("one entry, and keys among themselves, are left alone", () => {
  expect(promoted(["int16*"])).toBe("int16*");
  expect(promoted(["key<fry>", "key<fry>"])).toBe("key<fry>");
  expect(promoted(["float0", "float0", "float0"])).toBe("float0");
  expect(promoted(["bool"])).toBe("bool");
});

test("computing dtypes", () => {
  const names = [
    "bool",
    "int8",
    "uint64",
    "int64",
    "bfloat16",
    "float64",
    "complex64",
    "complex128",
  ] as const;
  expect(names.map((n) => toInexactDType(asDType(n)).short)).toEqual([
    "f32",
    "f32",
    "f64",
    "f64",
    "bf16",
    "f64",
    "c64",
    "c128",
  ]);
  expect(names.map((n) => toFloatingDType(asDType(n)).short)).toEqual([
    "f32",
    "f32",
    "f64",
    "f64",
    "bf16",
    "f64",
    "f32",
    "f64",
  ]);
  expect(names.map((n) => toComplexDType(asDType(n)).short)).toEqual([
    "c64",
    "c64",
    "c128",
    "c128",
    "c64",
    "c128",
    "c64",
    "c128",
  ]);
});
