import { describe, expect, test } from "vitest";
import {
  float16,
  float32,
  formatArrayRepr,
  formatArrayStr,
  formatRepr,
  formatScalar,
  formatStr,
  getPrintOptions,
  type PrintOptions,
  printOptions,
  pythonFloatRepr,
  scalarFromHost,
  setPrintOptions,
} from "../../src/dtypes/index.ts";
import { readGolden } from "../support/goldens.ts";
import { type GoldenArray, hostArrayOf } from "./goldenArray.ts";

interface Case {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly [GoldenArray];
  readonly kwargs?: { readonly precision?: number; readonly maxLineWidth?: number };
  readonly expected: string;
}

/** Printing of dtypes, avals and tracers is tested with the classes that print them. */
const printers: Readonly<Record<string, (c: Case) => string>> = {
  "Array.str": ({ args: [a] }) => {
    const { data, shape, dtype } = hostArrayOf(a);
    return formatStr(data, shape, dtype);
  },
  "Array.repr": ({ args: [a] }) => {
    const { data, shape, dtype, weak } = hostArrayOf(a);
    return formatRepr(data, shape, dtype, weak);
  },
  "jnp.arrayRepr": ({ args: [a], kwargs }) => {
    const { data, shape, dtype } = hostArrayOf(a);
    return formatArrayRepr(data, shape, dtype, kwargs);
  },
  "jnp.arrayStr": ({ args: [a], kwargs }) => {
    const { data, shape, dtype } = hostArrayOf(a);
    return formatArrayStr(data, shape, dtype, kwargs);
  },
};

describe("golden cases", async () => {
  const { cases } = await readGolden<{ cases: Case[] }>("printing");
  const arrays = cases.filter((c) => !c.fn.startsWith("printing."));
  test("every kind of array printing is covered", () => {
    expect(arrays.length).toBe(51);
    expect(cases.length).toBe(62);
  });
  test.each(arrays)("$id", (c) => {
    const print = printers[c.fn];
    if (print === undefined) throw new Error(`no printer for ${c.fn}`);
    expect(print(c)).toBe(c.expected);
  });
});

interface ExtraCase {
  readonly arg: GoldenArray;
  readonly options?: Partial<PrintOptions>;
  readonly str: string;
  readonly repr: string;
  readonly arrayRepr?: string;
  readonly arrayStr?: string;
}

interface Extra {
  readonly cases: readonly ExtraCase[];
  readonly floatRepr: readonly (readonly [number | string, string])[];
  readonly float32Digits: readonly (readonly [number, string])[];
  readonly float16Digits: readonly (readonly [number, string])[];
}

describe("further cases", async () => {
  const extra = await readGolden<Extra>("printing_extra");
  test.each(
    extra.cases.map(
      (c, i) => [`${i} ${c.arg.dtype}[${c.arg.shape}] ${JSON.stringify(c.options ?? {})}`, c] as const,
    ),
  )("%s", (_, c) => {
    const { data, shape, dtype, weak } = hostArrayOf(c.arg);
    printOptions(c.options ?? {}, () => {
      expect(formatStr(data, shape, dtype)).toBe(c.str);
      expect(formatRepr(data, shape, dtype, weak)).toBe(c.repr);
      if (c.arrayRepr !== undefined) expect(formatArrayRepr(data, shape, dtype)).toBe(c.arrayRepr);
      if (c.arrayStr !== undefined) expect(formatArrayStr(data, shape, dtype)).toBe(c.arrayStr);
    });
  });
  test("Python's repr of floats", () => {
    for (const [x, text] of extra.floatRepr) expect(pythonFloatRepr(Number(x))).toBe(text);
  });
  test("shortest digits of float32 and float16", () => {
    for (const [bits, text] of extra.float32Digits) {
      const x = new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
      expect(formatScalar(x, float32)).toBe(text);
    }
    for (const [bits, text] of extra.float16Digits) {
      const x = scalarFromHost(Uint16Array.of(bits), 0, float16) as number;
      expect(formatScalar(x, float16)).toBe(text);
    }
  });
});

test("float0 arrays print their empty elements", () => {
  const { data, shape, dtype } = hostArrayOf({ dtype: "float0", shape: [2], data: [] });
  expect(formatStr(data, shape, dtype)).toBe("[(b'',) (b'',)]");
  expect(formatRepr(data, [], dtype, false)).toBe("Array((b'',), dtype=float0)");
});

test("negative zero as a Python float", () => {
  expect(pythonFloatRepr(-0)).toBe("-0.0");
});

test("print options are checked, set and restored", () => {
  const before = getPrintOptions();
  expect(() => setPrintOptions({ precisoin: 3 } as never)).toThrow("unknown print option 'precisoin'");
  expect(() => setPrintOptions({ precision: -1 })).toThrow("must be an integer >= 0");
  expect(() => setPrintOptions({ sign: "x" as never })).toThrow("sign option");
  expect(() => setPrintOptions({ floatmode: "x" as never })).toThrow("floatmode option");
  expect(() => setPrintOptions({ precision: "3" as never })).toThrow("must be a number");
  expect(() =>
    printOptions({ precision: 2 }, () => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(getPrintOptions()).toBe(before);
  setPrintOptions({ precision: 2, linewidth: undefined as never });
  expect(getPrintOptions()).toEqual({ ...before, precision: 2 });
  setPrintOptions(before);
});
