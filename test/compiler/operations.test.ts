import { describe, it } from "vitest";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import { bool, type DType, float32, float64, int32, keyFry, uint8, uint32 } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { array, check, type F } from "./harness.ts";

/** Programs of one or a few operations; each is compiled, validated, interpreted and compared with the reference. */
const f32 = (...shape: number[]) => array(shape, float32, shape.length + 7);
const i32 = (...shape: number[]) => array(shape, int32, shape.length + 11);
const of = (dtype: DType, ...shape: number[]) => array(shape, dtype, 5);

type Row = readonly [name: string, f: F, ...args: ArrayImpl[]];

const rows: readonly Row[] = [
  // Elementwise, with implicit broadcasting and literals.
  ["add", (x, y) => lax.add(x, y), f32(3, 5), f32(3, 5)],
  ["add of a scalar", (x, y) => lax.add(x, y), f32(3, 5), f32()],
  ["mul by size-1 axes", (x, y) => lax.mul(x, y), f32(3, 1), f32(1, 5)],
  ["scalar arithmetic", (x, y) => lax.div(lax.add(x, y), lax.sub(x, 7)), f32(), f32()],
  ["integer division", (x, y) => [lax.div(x, y), lax.rem(x, y)], i32(40), array([40], int32, 3)],
  ["uint8", (x, y) => [lax.mul(x, y), lax.sub(x, y), lax.bitwiseNot(x)], of(uint8, 9), of(uint8, 9)],
  [
    "shifts",
    (x, y) => [lax.shiftLeft(x, y), lax.shiftRightLogical(x, y), lax.shiftRightArithmetic(x, y)],
    i32(20),
    i32(20),
  ],
  ["float64", (x) => lax.sin(lax.mul(x, x)), of(float64, 4, 4)],
  ["comparisons", (x, y) => [lax.lt(x, y), lax.ge(x, y), lax.ne(x, y)], f32(7), array([7], float32, 3)],
  ["select", (p, x, y) => lax.select(p, x, y), of(bool, 4, 3), f32(4, 3), array([4, 3])],
  ["clamp", (x) => lax.clamp(-1, x, 1), f32(4, 3)],
  [
    "conversions",
    (x) => [
      lax.convertElementType(x, int32),
      lax.convertElementType(x, bool),
      lax.convertElementType(x, uint8),
    ],
    f32(20),
  ],
  ["bitcasts", (x) => [lax.bitcastConvertType(x, uint32), lax.bitcastConvertType(x, uint8)], f32(6)],
  ["bitcast from bytes", (x) => lax.bitcastConvertType(x, float32), of(uint8, 3, 4)],
  ["transcendental", (x) => lax.log(lax.add(lax.exp(x), lax.tanh(x))), f32(11)],
  ["integer powers", (x) => lax.integerPow(x, 5), f32(6)],
  // Views.
  ["transpose", (x) => lax.transpose(x, [2, 0, 1]), f32(2, 3, 4)],
  ["transpose twice", (x) => lax.transpose(lax.transpose(x, [1, 0]), [1, 0]), f32(2, 3)],
  ["reshape", (x) => lax.reshape(x, [4, 6]), f32(2, 3, 4)],
  ["reshape of a transpose", (x) => lax.reshape(lax.transpose(x, [2, 0, 1]), [6, 4]), f32(2, 3, 4)],
  [
    "reshapes that need division",
    (x) => lax.neg(lax.reshape(lax.transpose(lax.reshape(x, [5, 6]), [1, 0]), [3, 10])),
    f32(2, 15),
  ],
  ["slice", (x) => lax.slice(x, [1, 0], [4, 5], [2, 1]), f32(5, 6)],
  ["reverse", (x) => lax.rev(x, [0, 1]), f32(3, 4)],
  ["broadcast", (x) => lax.broadcastInDim(x, [2, 3, 4], [1]), f32(3)],
  [
    "pad",
    (x) =>
      lax.pad(x, 9, [
        [1, 2, 0],
        [0, 1, 2],
      ]),
    f32(3, 4),
  ],
  [
    "negative padding",
    (x) =>
      lax.pad(x, 9, [
        [-1, 2, 0],
        [-1, -1, 1],
      ]),
    f32(3, 4),
  ],
  ["concatenate", (x, y, z) => lax.concatenate([x, y, z], 1), f32(2, 3), f32(2, 0), array([2, 2])],
  ["split", (x) => lax.split(x, [1, 0, 3], 1), f32(2, 4)],
  [
    "iota",
    () => [lax.broadcastedIota("int32", [2, 3], 1), lax.iota("float32", 4), lax.eye("float32", [3, 4], 1)],
  ],
  ["squeeze and expand", (x) => lax.expandDims(lax.reshape(x, [3]), [0, 2]), f32(1, 3, 1)],
  // Dynamic indexing.
  ["dynamic slice", (x, i, j) => lax.dynamicSlice(x, [i, j], [2, 3]), f32(5, 6), i32(), array([], int32, 9)],
  ["dynamic update slice", (x, u, i) => lax.dynamicUpdateSlice(x, u, [i, 1]), f32(5, 6), f32(2, 3), i32()],
  [
    "gather",
    (x, i) =>
      lax.gather(x, i, { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }, [1, 3], {
        mode: "fill",
      }),
    f32(4, 3),
    i32(6, 1),
  ],
  [
    "scatter-add",
    (x, i, u) =>
      lax.scatterAdd(x, i, u, {
        updateWindowDims: [1],
        insertedWindowDims: [0],
        scatterDimsToOperandDims: [0],
      }),
    f32(4, 3),
    i32(6, 1),
    f32(6, 3),
  ],
  [
    "scatter into zeros",
    (i, u) =>
      lax.scatter(lax.full([7], 0, "float32"), i, lax.exp(u), {
        updateWindowDims: [],
        insertedWindowDims: [0],
        scatterDimsToOperandDims: [0],
      }),
    i32(6, 1),
    f32(6),
  ],
  // Reductions and scans.
  [
    "sums",
    (x) => [
      lax.reduceSum(x, [0]),
      lax.reduceSum(x, [1, 2]),
      lax.reduceSum(x, [0, 1, 2]),
      lax.reduceSum(x, []),
    ],
    f32(2, 3, 4),
  ],
  ["extremes", (x) => [lax.reduceMax(x, [1]), lax.reduceMin(x, [0, 2])], f32(2, 3, 4)],
  ["products", (x) => lax.reduceProd(x, [1]), f32(3, 5)],
  ["logic", (x) => [lax.reduceAnd(x, [0]), lax.reduceOr(x, [1]), lax.reduceXor(x, [0, 1])], of(bool, 3, 4)],
  [
    "integer reductions",
    (x) => [lax.reduceSum(x, [0]), lax.reduceMax(x, [0, 1]), lax.reduceXor(x, [1])],
    i32(3, 4),
  ],
  ["argmax", (x) => [lax.argmax(x, 1, "int32"), lax.argmin(x, 0, "uint8")], f32(3, 5)],
  ["argmax of a single element", (x) => lax.argmax(x, 1, "int32"), f32(3, 1)],
  ["sum over axes of one", (x) => lax.reduceSum(x, [0, 2]), f32(1, 3, 1)],
  [
    "sum of nothing",
    (x) => [lax.reduceSum(x, [1]), lax.reduceMax(x, [1]), lax.reduceProd(x, [0])],
    f32(2, 0),
  ],
  [
    "running sums",
    (x) => [lax.cumsum(x, 0), lax.cumsum(x, 1, true), lax.cummax(x, 2), lax.cumprod(x, 1)],
    f32(2, 3, 4),
  ],
  ["cumlogsumexp", (x) => lax.cumlogsumexp(x, 1), f32(2, 6)],
  ["cumsum of one", (x) => lax.cumsum(x, 1), f32(3, 1)],
  // Contractions.
  ["matrix product", (x, y) => lax.dot(x, y), f32(4, 6), f32(6, 3)],
  ["matrix times vector", (x, y) => lax.dot(x, y), f32(4, 6), f32(6)],
  ["inner product", (x, y) => lax.dot(x, y), f32(6), array([6])],
  [
    "outer product",
    (x, y) =>
      lax.dotGeneral(x, y, [
        [[], []],
        [[], []],
      ]),
    f32(4),
    array([6]),
  ],
  ["batched", (x, y) => lax.batchMatmul(x, y), f32(5, 2, 3), f32(5, 3, 4)],
  [
    "batches in the middle",
    (x, y) =>
      lax.dotGeneral(x, y, [
        [[0], [2]],
        [[1], [1]],
      ]),
    f32(3, 5, 2),
    f32(4, 5, 3),
  ],
  [
    "two contracted dimensions",
    (x, y) =>
      lax.dotGeneral(x, y, [
        [
          [1, 2],
          [0, 1],
        ],
        [[], []],
      ]),
    f32(2, 3, 4),
    array([3, 4, 5]),
  ],
  [
    "contracted in another order",
    (x, y) =>
      lax.dotGeneral(x, y, [
        [
          [1, 2],
          [1, 0],
        ],
        [[], []],
      ]),
    f32(2, 3, 4),
    array([4, 3, 5]),
  ],
  [
    "free dimensions around",
    (x, y) =>
      lax.dotGeneral(x, y, [
        [[1], [1]],
        [[], []],
      ]),
    f32(2, 3, 4),
    array([5, 3, 2]),
  ],
  ["integers", (x, y) => lax.dot(x, y), i32(3, 4), array([4, 2], int32)],
  ["contraction of nothing", (x, y) => lax.dot(x, y), f32(3, 0), f32(0, 2)],
  ["transposed result", (x, y) => lax.transpose(lax.dot(x, y), [1, 0]), f32(4, 6), f32(6, 3)],
  [
    "transposed batched result",
    (x, y) => lax.neg(lax.transpose(lax.batchMatmul(x, y), [0, 2, 1])),
    f32(5, 2, 3),
    f32(5, 3, 4),
  ],
  [
    "result with permuted batches",
    (x, y) => lax.transpose(lax.batchMatmul(x, y), [1, 0, 2]),
    f32(5, 2, 3),
    f32(5, 3, 4),
  ],
  [
    "computed operands",
    (x, y) => lax.dot(lax.exp(lax.transpose(x, [1, 0])), lax.broadcastInDim(y, [6, 4], [0])),
    f32(6, 5),
    f32(6),
  ],
  // Sorting.
  ["sort", (x) => lax.sort(x), f32(3, 7)],
  ["sort of the first dimension", (x) => lax.sort(x, 0), f32(7, 3)],
  [
    "sort with payload",
    (x, y) => lax.sort([x, y], { dimension: 0, numKeys: 1 } as never) as unknown as NDArray[],
    i32(9, 2),
    f32(9, 2),
  ],
  ["sort of a computed value", (x) => lax.sort(lax.neg(x), 1), f32(2, 4, 3)],
  ["top k", (x) => lax.topK(x, 2) as unknown as NDArray[], f32(3, 6)],
  // Keys.
  ["random bits", (k) => lax.randomBits(k, 32, [3, 4]), of(keyFry)],
  [
    "key data",
    (k) => [lax.randomUnwrap(k), lax.randomSplit(k, [2]), lax.transpose(k, [1, 0])],
    of(keyFry, 2, 3),
  ],
  ["fold in", (k, i) => lax.randomFoldIn(k, i), of(keyFry, 4), of(uint32, 4)],
  // Nothing at all, and results that are no computation.
  ["empty arrays", (x) => [lax.exp(x), lax.transpose(x, [1, 0]), lax.reduceSum(x, [1])], f32(0, 3)],
  [
    "arguments and constants",
    (x) => [x, x, lax.full([2], 1, "float32"), lax.neg(x), lax.neg(x), lax.reshape(x, [6])],
    f32(2, 3),
  ],
];

describe("compiled operations", () => {
  for (const [name, f, ...args] of rows) {
    it(name, () => {
      check(f, args);
      // Inputs of one element along each axis have loops of no axes.
      check(f, args, { donated: args.map(() => true) });
    });
  }
});
