import { describe, expect, test } from "vitest";
import "../../src/index.ts";
import type { NDArray } from "../../src/core/array.ts";
import { NotImplementedError } from "../../src/errors.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { array, elements, firstDifference } from "./host.ts";
import { draw, type OpArg, type OpRow, randomNumbers, testOps } from "./opTable.ts";

// Products with a dimension that is divided into groups.

const sizes = (...values: number[]): OpArg => ({ shape: [values.length], dtype: "int32", values });
const cube = (x: NDArray) => lax.integerPow(x, 3);

testOps([
  {
    name: "rows in groups, some of them empty, and rows of none",
    fn: (x, y, g) => cube(lax.raggedDot(x, y, g)),
    args: [{ shape: [7, 3] }, { shape: [4, 3, 2] }, sizes(2, 0, 3, 1)],
    gradTolerance: 1e-4,
  },
  {
    name: "a contracting dimension in groups",
    fn: (x, y, g) =>
      cube(
        lax.raggedDotGeneral(x, y, g, {
          dotDimensionNumbers: [
            [[0], [0]],
            [[], []],
          ],
          lhsRaggedDimensions: [0],
          rhsGroupDimensions: [],
        }),
      ),
    args: [{ shape: [7, 2] }, { shape: [7, 3] }, sizes(1, 4, 0)],
    gradTolerance: 1e-4,
  },
  {
    name: "batch and several dimensions of each kind, in any order",
    fn: (x, y, g) =>
      lax.raggedDotGeneral(x, y, g, {
        dotDimensionNumbers: [
          [
            [4, 0],
            [1, 3],
          ],
          [[2], [0]],
        ],
        lhsRaggedDimensions: [3],
        rhsGroupDimensions: [2],
      }),
    // lhs: contracting 2, free 3, batch 2, ragged 5, contracting 4.
    args: [{ shape: [2, 3, 2, 5, 4] }, { shape: [2, 4, 3, 2, 2] }, sizes(2, 2, 1)],
    order: 1,
  },
  {
    name: "several contracting dimensions, one in groups, and a batch",
    fn: (x, y, g) =>
      lax.raggedDotGeneral(x, y, g, {
        dotDimensionNumbers: [
          [
            [2, 1],
            [0, 3],
          ],
          [[0], [1]],
        ],
        lhsRaggedDimensions: [1],
        rhsGroupDimensions: [],
      }),
    // lhs: batch 2, ragged 5, contracting 3, free 2; rhs: contracting 3, batch 2, free 2, ragged 5.
    args: [{ shape: [2, 5, 3, 2] }, { shape: [3, 2, 2, 5] }, sizes(3, 1)],
  },
  {
    name: "group sizes that differ by batch",
    fn: (x, y, g) =>
      lax.raggedDotGeneral(x, y, g, {
        dotDimensionNumbers: [
          [[2], [2]],
          [[0], [0]],
        ],
        lhsRaggedDimensions: [1],
        rhsGroupDimensions: [1],
      }),
    args: [
      { shape: [2, 5, 3] },
      { shape: [2, 2, 3, 2] },
      { shape: [2, 2], dtype: "int32", values: [1, 4, 3, 1] },
    ],
    vmap: false,
  },
  {
    name: "a batch dimension in groups",
    fn: (x, y, g) =>
      lax.raggedDotGeneral(x, y, g, {
        dotDimensionNumbers: [
          [[2], [1]],
          [[0], [0]],
        ],
        lhsRaggedDimensions: [0],
        rhsGroupDimensions: [],
      }),
    args: [{ shape: [3, 2, 4] }, { shape: [3, 4, 2] }, sizes(1, 2)],
    wrt: [],
  },
] satisfies OpRow[]);

test("many rows: tiles of each group, against a loop over rows", () => {
  const random = randomNumbers("ragged");
  for (const [rows, groups] of [
    [200, [37, 0, 1, 100, 33]],
    [300, [150, 200]],
    [64, [0, 0, 64]],
    [1, [1]],
  ] as const) {
    const x = draw({ shape: [rows, 5] }, random);
    const y = draw({ shape: [groups.length, 5, 3] }, random);
    const [xs, ys] = [elements(x), elements(y)];
    const owners = groups.flatMap((n, g) => new Array<number>(n).fill(g)).slice(0, rows);
    const expected = Array.from({ length: rows * 3 }, (_, i) => {
      const [r, c] = [Math.floor(i / 3), i % 3];
      const g = owners[r];
      if (g === undefined) return 0;
      return [0, 1, 2, 3, 4].reduce((sum, k) => sum + xs[r * 5 + k] * ys[(g * 5 + k) * 3 + c], 0);
    });
    const out = lax.raggedDot(x, y, array([...groups], [groups.length], "int32"));
    expect(firstDifference(elements(out), expected, 1e-5, 1e-5)).toBeNull();
  }
});

test("a NaN in one group stays there", () => {
  const x = array([1, 2, Number.NaN, 4], [4, 1], "float32");
  const g = array([2, 1, 1], [3], "int32");
  const y = array([1, 10, 100], [3, 1, 1], "float32");
  expect(elements(lax.raggedDot(x, y, g))).toEqual([1, 2, Number.NaN, 400]);
  const bar = grad((w: NDArray) => lax.reduceSum(lax.raggedDot(x, w, g), [0, 1]))(y);
  expect(elements(bar)).toEqual([3, Number.NaN, 4]);
});

test.each(["int32", "bfloat16", "float64"] as const)("%s", (dtype) => {
  const x = array([1, 2, 3, 4], [2, 2], dtype);
  const y = array([1, 1, 2, 2], [2, 2, 1], dtype);
  const out = lax.raggedDot(x, y, array([1, 1], [2], "uint8"), { preferredElementType: "float64" });
  expect([out.dtype.name, elements(out)]).toEqual(["float64", [3, 14]]);
  expect(lax.raggedDot(x, y, array([1, 1], [2], "int32")).dtype.name).toBe(dtype);
});

test("as JAX prints them", () => {
  const [x, y] = [lax.full([6, 3], 1, "float32"), lax.full([2, 3, 4], 1, "float32")];
  const g = array([2, 3], [2], "int32");
  const f = (p: NDArray, q: NDArray) => lax.reduceSum(lax.raggedDot(p, q, g), [0, 1]);
  expect(String(makeJaxpr(grad(f, { argnums: [0, 1] }))(x, y))).toMatchInlineSnapshot(`
    "{ lambda a:i32[2]; b:f32[6,3] c:f32[2,3,4]. let
        d:f32[6,4] = ragged_dot_general[
          group_offset=None
          out_sharding=None
          precision=None
          preferred_element_type=None
          ragged_dot_dimension_numbers=RaggedDotDimensionNumbers(dot_dimension_numbers=(((1,), (1,)), ((), ())), lhs_ragged_dimensions=(0,), rhs_group_dimensions=(0,))
        ] b c a
        _:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] d
        e:f32[6,4] = broadcast_in_dim 1.0:f32[]
        f:f32[2,3,4] = ragged_dot_general[
          group_offset=None
          out_sharding=None
          precision=None
          preferred_element_type=None
          ragged_dot_dimension_numbers=RaggedDotDimensionNumbers(dot_dimension_numbers=(((0,), (0,)), ((), ())), lhs_ragged_dimensions=(0,), rhs_group_dimensions=())
        ] b e a
        g:f32[6,3] = ragged_dot_general[
          group_offset=None
          out_sharding=None
          precision=None
          preferred_element_type=None
          ragged_dot_dimension_numbers=RaggedDotDimensionNumbers(dot_dimension_numbers=(((1,), (2,)), ((), ())), lhs_ragged_dimensions=(0,), rhs_group_dimensions=(0,))
        ] e c a
      in (g, f) }"
  `);
});

describe("errors", () => {
  const [x, y] = [lax.full([6, 3], 1, "float32"), lax.full([2, 3, 4], 1, "float32")];
  const ints = (...values: number[]) => array(values, [values.length], "int32");
  const general = (lhsRaggedDimensions: number[], rhsGroupDimensions: number[]) =>
    lax.raggedDotGeneral(x, y, ints(2, 4), {
      dotDimensionNumbers: [
        [[1], [1]],
        [[], []],
      ],
      lhsRaggedDimensions,
      rhsGroupDimensions,
    });
  test.each([
    [
      "group count",
      () => lax.raggedDot(x, y, ints(1, 2, 3)),
      /expected rhs group dimension size to be 3, got 2/,
    ],
    [
      "float sizes",
      () => lax.raggedDot(x, y, array([1, 2], [2], "float32")),
      /group_sizes.dtype is subtype of np.integer/,
    ],
    [
      "contracting sizes",
      () => lax.raggedDot(lax.full([6, 4], 1, "float32"), y, ints(2, 4)),
      /contracting dimensions/,
    ],
    ["no ragged dimension", () => general([], [0]), /exactly one lhs ragged dimension/],
    [
      "ragged dimension out of range",
      () => general([2], [0]),
      /lhs ragged dimension numbers to be nonnegative/,
    ],
    ["no group dimension", () => general([0], []), /exactly one rhs group dimension/],
    ["group dimension is contracting", () => general([0], [1]), /distinct from contracting and batch/],
    ["group dimension without need", () => general([1], [0]), /zero group dimensions in the rhs/],
    ["scalar sizes", () => lax.raggedDot(x, y, array([2], [], "int32")), /rank of group_sizes to be >=1/],
  ])("%s", (_name, f, message) => {
    expect(f).toThrow(TypeError);
    expect(f).toThrow(message);
  });
  test("group offset", () => {
    expect(() => lax.raggedDot(x, y, ints(2, 4), { groupOffset: ints(0) })).toThrow(NotImplementedError);
  });
});
