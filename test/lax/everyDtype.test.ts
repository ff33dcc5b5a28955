import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import type { DTypeName } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { array } from "./host.ts";

// Cumulative operations, places of extremes, sorts, selections, bits and products, in every dtype, against the reference rules.

const bools = ["bool"] as const;
const ints = ["int8", "int16", "int32", "uint8", "uint16", "uint32"] as const;
const floats = ["float16", "bfloat16", "float32", "float64"] as const;
const numbers = [...ints, ...floats];
const all = [...bools, ...numbers];

type Row = readonly [string, (x: NDArray) => NDArray | readonly NDArray[], readonly DTypeName[]];
const like = (x: NDArray, value: number) => lax.full([], value, x.dtype);
const rows: readonly Row[] = [
  ["cumsum", (x) => lax.cumsum(x, 1), numbers],
  ["cumprod in reverse", (x) => lax.cumprod(x, 0, true), numbers],
  ["cummax in reverse", (x) => lax.cummax(x, 1, true), numbers],
  ["cummin", (x) => lax.cummin(x, 0), numbers],
  ["cumlogsumexp", (x) => lax.cumlogsumexp(x, 1), floats],
  ["argmax", (x) => [lax.argmax(x, 1, "int8"), lax.argmax(x, 0, "uint32"), lax.argmax(x, 1, "int64")], all],
  ["argmin", (x) => [lax.argmin(x, 1, "uint8"), lax.argmin(x, 0, "int16")], all],
  ["sort", (x) => lax.sort(x, 0), all],
  ["sort by two keys", (x) => lax.sort([lax.rev(x, [0]), x], { dimension: 0, numKeys: 2 }), all],
  ["topK", (x) => [...lax.topK(x, 2), ...lax.topK(x, 3, { axis: 0 })], all],
  ["clamp", (x) => lax.clamp(like(x, 1), x, like(x, 3)), numbers],
  [
    "logical reductions",
    (x) => [lax.reduceXor(x, [0]), lax.reduceAnd(x, [1]), lax.reduceOr(x, [0, 1])],
    [...bools, ...ints],
  ],
  ["reductions", (x) => [lax.reduceMax(x, [0]), lax.reduceMin(x, [0, 1])], all],
  ["sum and product", (x) => [lax.reduceSum(x, [1]), lax.reduceProd(x, [1])], numbers],
  ["dot", (x) => lax.dot(x, lax.transpose(x, [1, 0])), numbers],
  ["bit counts", (x) => [lax.populationCount(x), lax.clz(x)], ints],
  ["reducePrecision", (x) => lax.reducePrecision(x, 4, 3), floats],
  [
    "bits as bytes and back",
    (x) => lax.bitcastConvertType(lax.bitcastConvertType(x, "uint8"), x.dtype),
    numbers,
  ],
  [
    "bits as wider",
    (x) => lax.bitcastConvertType(lax.reshape(x, [3, 2, 2]), "float64"),
    ["int32", "uint32", "float32"],
  ],
  ["bits as narrower", (x) => lax.bitcastConvertType(x, "int32"), ["float64", "float32"]],
  ["nextafter", (x) => lax.nextafter(x, like(x, 0)), floats],
];

describe.each(rows)("%s", (_name, f, dtypes) => {
  test.each(dtypes)("%s", (dtype) => {
    const values = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 8, 7];
    const shift = dtype.startsWith("u") || dtype === "bool" ? 0 : 4;
    const x = array(
      values.map((v) => (dtype === "bool" ? v % 2 : v - shift)),
      [3, 4],
      dtype,
    ) as ArrayImpl;
    const list = (y: NDArray | readonly NDArray[]) => (Array.isArray(y) ? y : [y]) as ArrayImpl[];
    const host = { shape: x.shape, dtype: x.dtype, data: x.toHost() };
    const expected = interpretReference(makeJaxpr((y: NDArray) => list(f(y)))(x), [host]);
    list(f(x)).forEach((y, i) => {
      // Raw elements: of 16-bit floats the bits, which agree.
      const [got, want] = [y.toHost(), expected[i]].map((d) => Array.from(d as Float32Array, Number));
      const loose = y.dtype.kind === "float" ? (y.dtype.bits === 16 ? 0 : 1e-5) : 0;
      got.forEach((v, k) => {
        if (Number.isNaN(v) && Number.isNaN(want[k])) return;
        expect(Math.abs(v - want[k]), `element ${k} of result ${i}`).toBeLessThanOrEqual(
          loose * Math.abs(want[k]),
        );
      });
    });
  });
});
