import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { array, elements } from "./host.ts";
import { type OpRow, testOps } from "./opTable.ts";

// Convolutions with a kernel of their own at every place.

const local = (x: NDArray, w: NDArray) =>
  lax.convGeneralDilatedLocal(
    x,
    w,
    [1, 2],
    [
      [0, 0],
      [0, 1],
    ],
    [2, 2],
  );
testOps([
  { name: "two dimensions", fn: local, args: [{ shape: [1, 2, 3, 4] }, { shape: [2, 8, 2, 2] }] },
  {
    name: "one dimension, dilated, channels last",
    fn: (x, w) =>
      lax.convGeneralDilatedLocal(x, w, [1], "SAME", [2], {
        rhsDilation: [2],
        dimensionNumbers: ["NHC", "HIO", "NHC"],
      }),
    args: [{ shape: [2, 4, 1] }, { shape: [4, 2, 3] }],
  },
] satisfies OpRow[]);

const counted = (n: number, modulus: number, shift: number, shape: number[]) =>
  array(
    Array.from({ length: n }, (_, i) => (i % modulus) - shift),
    shape,
    "float32",
  );
/** What JAX 0.10.2 gives: the sum, the sum weighted by place, and the shape. */
const summary = (x: NDArray) => {
  const values = elements(x);
  return [
    values.reduce((p, v) => p + v, 0),
    values.reduce((p, v, i) => p + v * ((i * 7919) % 1009), 0),
    x.shape,
  ];
};

test("agrees with JAX, in any layout", () => {
  const x = counted(120, 11, 5, [2, 3, 4, 5]);
  const w = counted(540, 7, 3, [5, 12, 3, 3]);
  expect(summary(local(x, w))).toEqual([37, 18261, [2, 5, 3, 3]]);
  const other = lax.convGeneralDilatedLocal(
    lax.transpose(x, [0, 3, 1, 2]),
    lax.transpose(w, [2, 0, 3, 1]),
    [1, 2],
    [
      [0, 0],
      [0, 1],
    ],
    [2, 2],
    { dimensionNumbers: ["NWCH", "HOWI", "CWNH"] },
  );
  expect(summary(other)).toEqual([37, 76424, [5, 3, 2, 3]]);
  const printed = String(makeJaxpr(local)(x, w));
  expect(printed.slice(printed.indexOf("dot_general") - 20)).toMatchInlineSnapshot(`
    "   k:f32[3,3,2,5] = dot_general[
          dimension_numbers=(([1], [1]), ([2, 3], [2, 3]))
        ] j b
        l:f32[2,5,3,3] = transpose[permutation=(2, 3, 0, 1)] k
      in (l,) }"
  `);
  expect(() => local(x, counted(540, 7, 3, [5, 12, 9, 1]))).toThrow(/same shape, got \(3, 3\) and \(9, 1\)/);
});
