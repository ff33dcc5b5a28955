import { jit, jnp, lax, makeJaxpr, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import { type OpRow, testOps } from "./opTable.ts";

// Comparisons in the total order of floats, by their bits.

const orders = { eqTo: lax.eqTo, leTo: lax.leTo, ltTo: lax.ltTo };

/** Bits of numbers in ascending order: -NaN, -Infinity, -1, the largest and smallest below 0, -0, 0, ..., Infinity, two NaNs. */
const ascending = {
  float32: [
    0xffc00000, 0xff800000, 0xbf800000, 0x80000001, 0x80000000, 0, 1, 0x3f800000, 0x7f800000, 0x7f800001,
    0x7fc00000,
  ],
  float16: [0xfe00, 0xfc00, 0xbc00, 0x8001, 0x8000, 0, 1, 0x3c00, 0x7c00, 0x7c01, 0x7e00],
  bfloat16: [0xffc0, 0xff80, 0xbf80, 0x8001, 0x8000, 0, 1, 0x3f80, 0x7f80, 0x7f81, 0x7fc0],
} as const;

describe.each(["float32", "float16", "bfloat16"] as const)("%s", (dtype) => {
  const bits = ascending[dtype];
  const words = dtype === "float32" ? Uint32Array.from(bits) : Uint16Array.from(bits);
  const x = lax.bitcastConvertType(words, dtype);
  const [rows, columns] = [jnp.expandDims(x, 1), jnp.expandDims(x, 0)];
  const expected = {
    eqTo: (i: number, j: number) => i === j,
    leTo: (i: number, j: number) => i <= j,
    ltTo: (i: number, j: number) => i < j,
  };

  test.each(["eqTo", "leTo", "ltTo"] as const)("%s", (name) => {
    const table = bits.map((_, i) => bits.map((__, j) => expected[name](i, j)));
    const f = (a: NDArray, b: NDArray) => orders[name](a, b);
    expect(f(rows, columns).tolist()).toEqual(table);
    expect(jit(f)(rows, columns).tolist()).toEqual(table);
    expect(vmap(f, [0, null])(x, x).tolist()).toEqual(table);
    const host = [rows, columns].map((v) => ({
      shape: v.shape,
      dtype: v.dtype,
      data: (v as ArrayImpl).toHost(),
    }));
    const [reference] = interpretReference(makeJaxpr(f)(rows, columns), host);
    expect(Array.from(reference as Uint8Array)).toEqual(table.flat().map(Number));
  });
});

test("they are printed as JAX prints them", () => {
  expect(String(makeJaxpr(lax.ltTo)(jnp.zeros(5), jnp.zeros(5)))).toBe(
    "{ lambda ; a:f32[5] b:f32[5]. let c:bool[5] = lt_to a b in (c,) }",
  );
});

test("complex numbers and unlike dtypes are refused", () => {
  expect(() =>
    lax.leTo(jnp.array([1], { dtype: "complex64" }), jnp.array([1], { dtype: "complex64" })),
  ).toThrow(/le_to does not accept dtype complex64/);
  expect(() => lax.eqTo(jnp.array([1]), jnp.int32([1]))).toThrow(/eq_to requires arguments to have/);
});

const signed = [-1, 0, -0, 2, Number.NaN, Number.POSITIVE_INFINITY];
testOps(
  Object.entries(orders).flatMap(([name, f]): OpRow[] => [
    {
      name,
      fn: f,
      args: [
        { shape: [6], values: signed },
        { shape: [6], values: [...signed].reverse() },
      ],
      wrt: [],
    },
    ...(["float64", "int8", "int64", "uint16", "bool"] as const).map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: f,
      args: [
        { shape: [6], dtype },
        { shape: [], dtype },
      ],
      wrt: [],
    })),
  ]),
);
