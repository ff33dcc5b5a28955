import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import { ValueError } from "../../src/errors.ts";
import * as lax from "../../src/lax/index.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { array, elements } from "./host.ts";
import { type OpRow, testOps } from "./opTable.ts";

const cube = (x: NDArray) => lax.integerPow(x, 3);
testOps([
  {
    name: "approxMaxK",
    fn: (x) => {
      const [values, places] = lax.approxMaxK(x, 2);
      return [cube(values), places];
    },
    args: [{ shape: [3, 7] }],
  },
  {
    name: "approxMinK along the first axis",
    fn: (x) => {
      const [values, places] = lax.approxMinK(x, 3, { reductionDimension: 0, recallTarget: 0.5 });
      return [cube(values), places];
    },
    args: [{ shape: [5, 2] }],
  },
] satisfies OpRow[]);

test("ties, NaN, printing and errors", () => {
  const x = array([1, Number.NaN, 3, 3, -1], [5], "float16");
  const [values, places] = lax.approxMaxK(x, 4);
  expect([elements(values), elements(places)]).toEqual([
    [Number.NaN, 3, 3, 1],
    [1, 2, 3, 0],
  ]);
  expect(String(makeJaxpr((y: NDArray) => lax.approxMinK(y, 2, 0, 0.9))(x))).toMatchInlineSnapshot(`
    "{ lambda ; a:f16[5]. let
        b:f16[2] c:i32[2] = approx_top_k[
          aggregate_to_topk=True
          is_max_k=False
          k=2
          recall_target=0.9
          reduction_dimension=0
          reduction_input_size_override=-1
        ] a
      in (b, c) }"
  `);
  expect(() => lax.approxMaxK(x, 0)).toThrow("k must be positive, got 0");
  expect(() => lax.approxMaxK(x, 6)).toThrow("k must be smaller than the size of reduction_dim 5, got 6");
  expect(() => lax.approxMaxK(array([1], [1], "int32"), 1)).toThrow(ValueError);
  expect(() => lax.approxMaxK(array([1], [], "float32"), 1)).toThrow(TypeError);
  expect(() => lax.approxMaxK(x, 1, { reductionDimension: 1 })).toThrow(/axis 1 is out of bounds/);
});
