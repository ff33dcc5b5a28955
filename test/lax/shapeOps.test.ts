import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import { type OpArg, type OpRow, testOps } from "./opTable.ts";

const f = (...shape: number[]): OpArg => ({ shape });
const of = (dtype: OpArg["dtype"], ...shape: number[]): OpArg => ({ shape, dtype });
const ints = (shape: readonly number[], ...values: number[]): OpArg => ({ shape, dtype: "int32", values });
type A = NDArray;

const row = (name: string, fn: OpRow["fn"], ...args: OpArg[]): OpRow => ({ name, fn, args });
/** An operation that moves elements: the same test for all dtypes, and its square for second derivatives. */
const move = (name: string, fn: (...xs: A[]) => A, ...args: OpArg[]): OpRow[] => [
  row(name, (...xs) => lax.square(fn(...xs)), ...args),
  ...(["int32", "uint32", "uint8", "int8", "int16", "uint16", "int64", "bool"] as const).map((dtype) =>
    row(`${name} ${dtype}`, fn, ...args.map((a) => (a.dtype === undefined ? { ...a, dtype } : a))),
  ),
];

const moving: OpRow[] = [
  ...move("broadcastInDim", (x) => lax.broadcastInDim(x, [4, 2, 3], [1, 2]), f(2, 3)),
  ...move("broadcastInDim of units", (x) => lax.broadcastInDim(x, [4, 2, 3], [0, 1]), f(1, 2)),
  ...move("broadcastInDim of a scalar", (x) => lax.broadcastInDim(x, [2, 3], []), f()),
  ...move("broadcastInDim to nothing", (x) => lax.broadcastInDim(x, [0, 3], [1]), f(3)),
  ...move("broadcast", (x) => lax.broadcast(x, [2]), f(3)),
  ...move("expandDims", (x) => lax.expandDims(x, [0, 2]), f(2, 3)),
  ...move("reshape splits", (x) => lax.reshape(x, [2, 3, 1, 4]), f(6, 4)),
  ...move("reshape merges", (x) => lax.reshape(x, [6, 4]), f(2, 3, 4)),
  ...move("reshape regroups", (x) => lax.reshape(x, [4, 6]), f(6, 4)),
  ...move("reshape to units", (x) => lax.reshape(x, [1, 1]), f()),
  ...move("reshape of nothing", (x) => lax.reshape(x, [3, 0]), f(0, 2)),
  ...move("reshape with dimensions", (x) => lax.reshape(x, [8, 3], [2, 0, 1]), f(2, 3, 4)),
  ...move("reshape dimensions into one", (x) => lax.reshape(x, [24], [1, 2, 0]), f(2, 3, 4)),
  ...move("tile", (x) => lax.tile(x, [3, 1, 2]), f(2, 3, 1)),
  ...move("tile to nothing", (x) => lax.tile(x, [0]), f(2)),
  ...move("collapse", (x) => lax.collapse(x, 1), f(2, 3, 4)),
  ...move("transpose", (x) => lax.transpose(x, [2, 0, 1]), f(2, 3, 4)),
  ...move("squeeze", (x) => lax.squeeze(x, [0, -1]), f(1, 3, 1)),
  ...move("slice", (x) => lax.slice(x, [1, 0], [3, 2]), f(4, 3)),
  ...move("slice with strides", (x) => lax.slice(x, [1, 0], [6, 3], [2, 3]), f(7, 4)),
  ...move("slice of nothing", (x) => lax.slice(x, [2], [2]), f(4)),
  ...move("sliceInDim", (x) => lax.sliceInDim(x, -3, null, { stride: 2, axis: 1 }), f(2, 4)),
  ...move("indexInDim", (x) => lax.indexInDim(x, -1, { axis: 1, keepdims: false }), f(2, 4)),
  ...move("rev", (x) => lax.rev(x, [0, 2]), f(2, 3, 4)),
  ...move("concatenate", (x, y, z) => lax.concatenate([x, y, z], 1), f(2, 3), f(2, 0), f(2, 1)),
  ...move("concatenate of one array twice", (x) => lax.concatenate([x, x], 0), f(2, 3)),
  ...move("stack", (x, y) => lax.stack([x, y, x], 1), f(2, 3), f(2, 3)),
  ...move("split", (x) => lax.split(x, [1, 2, 1], 1)[1], f(2, 4)),
  ...move("unstack", (x) => lax.unstack(x, 1)[2], f(2, 4)),
  ...move("dynamicSlice", (x, i) => lax.dynamicSlice(x, [i, 1], [2, 2]), f(4, 3), ints([], 1)),
  ...move("dynamicSlice before", (x, i) => lax.dynamicSlice(x, [i], [2]), f(4), ints([], -9)),
  ...move("dynamicSlice behind", (x, i) => lax.dynamicSlice(x, [i], [2]), f(4), ints([], 9)),
  ...move("dynamicSlice of all", (x, i) => lax.dynamicSlice(x, [i], [4]), f(4), ints([], 2)),
  ...move("dynamicIndexInDim", (x, i) => lax.dynamicIndexInDim(x, i, 1, false), f(4, 3), ints([], -1)),
  ...move(
    "dynamicUpdateSlice",
    (x, u, i) => lax.dynamicUpdateSlice(x, u, [i, 0]),
    f(4, 3),
    f(2, 2),
    ints([], 1),
  ),
  ...move(
    "dynamicUpdateIndexInDim",
    (x, u, i) => lax.dynamicUpdateIndexInDim(x, u, i, 1),
    f(4, 3),
    f(4),
    ints([], 7),
  ),
];

const pads: OpRow[] = [
  [[1, 2, 0]],
  [[0, 0, 2]],
  [[-1, 1, 0]],
  [[2, -1, 1]],
  [[-2, -1, 1]],
  [[-3, 0, 2]],
  [[-5, 6, 0]],
].flatMap((config) => [
  row(`pad ${JSON.stringify(config)}`, (x, v) => lax.square(lax.pad(x, v, config)), f(4), f()),
  row(`pad int ${JSON.stringify(config)}`, (x, v) => lax.pad(x, v, config), of("int32", 4), of("int32")),
]);

const several: OpRow[] = [
  row("split, all pieces", (x) => lax.split(x, [1, 0, 3], 1), f(2, 4)),
  row("unstack, all pieces", (x) => lax.unstack(x), f(3, 2)),
  row("pad of two axes", (x) => lax.square(lax.pad(x, 1, [[1, 0, 1], [0, -1, 0]])), f(2, 3)), // biome-ignore format: short
  row("pad of nothing", (x) => lax.pad(x, 3, [[2, 0, 1]]), of("int32", 0)),
  row("fullLike", (x) => lax.fullLike(x, 3), of("int32", 2)),
  row("full of a traced value", (x) => lax.square(lax.full([2, 3], x)), f()),
].map((r) =>
  r.name.startsWith("split") || r.name.startsWith("unstack") ? { ...r, order: 1 } : r,
) as OpRow[];

// Gather and scatter in their general form.

const gathers: [string, lax.GatherDimensionNumbers, readonly number[], OpArg, OpArg][] = [
  [
    "rows",
    { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] },
    [1, 3],
    f(4, 3),
    ints([5, 1], 0, 3, 3, -1, 4),
  ],
  [
    "elements",
    { offsetDims: [], collapsedSliceDims: [0, 1], startIndexMap: [1, 0] },
    [1, 1],
    f(4, 3),
    ints([3, 2], 2, 0, 1, 3, 3, 1),
  ],
  [
    "windows",
    { offsetDims: [0, 2], collapsedSliceDims: [], startIndexMap: [0] },
    [2, 2],
    f(4, 3),
    ints([2, 1], 1, 3),
  ],
  [
    "one window",
    { offsetDims: [0, 1], collapsedSliceDims: [1], startIndexMap: [1] },
    [2, 1, 2],
    f(2, 3, 2),
    ints([1], 2),
  ],
  [
    "batches",
    {
      offsetDims: [2],
      collapsedSliceDims: [1],
      startIndexMap: [1],
      operandBatchingDims: [0],
      startIndicesBatchingDims: [0],
    },
    [1, 1, 2],
    f(2, 3, 2),
    ints([2, 2, 1], 0, 2, 1, 5),
  ],
];
const modes = ["clip", "fill", "promise_in_bounds"] as const;

const gathering: OpRow[] = gathers.flatMap(([name, numbers, sizes, x, i]) =>
  modes.flatMap((mode) => {
    const fn = (y: A, j: A): A => lax.gather(y, j, numbers, sizes, { mode, fillValue: 7 });
    return [
      // In mode promise_in_bounds the derivative is right only when the promise is kept.
      {
        ...row(`gather ${name} ${mode}`, (y, j) => lax.square(fn(y, j)), x, i),
        ...(mode === "promise_in_bounds" && { wrt: [] }),
      },
      row(`gather ${name} ${mode} int32`, fn, { ...x, dtype: "int32" }, i),
      row(`gather ${name} ${mode} bool`, fn, { ...x, dtype: "bool" }, i),
      row(`gather ${name} ${mode} uint8 indices`, fn, { ...x, dtype: "uint32" }, { ...i, dtype: "uint8" }),
      row(`gather ${name} ${mode} int64 indices`, fn, { ...x, dtype: "uint64" }, { ...i, dtype: "int64" }),
      row(`gather ${name} ${mode} uint32 indices`, fn, { ...x, dtype: "uint8" }, { ...i, dtype: "uint32" }),
    ];
  }),
);

/** The scatter that mirrors a gather. */
function mirrored(n: lax.GatherDimensionNumbers): lax.ScatterDimensionNumbers {
  return {
    updateWindowDims: n.offsetDims,
    insertedWindowDims: n.collapsedSliceDims,
    scatterDimsToOperandDims: n.startIndexMap,
    operandBatchingDims: n.operandBatchingDims,
    scatterIndicesBatchingDims: n.startIndicesBatchingDims,
  };
}
const updateShapes: Record<string, readonly number[]> = {
  rows: [5, 3],
  elements: [3],
  windows: [2, 2, 2],
  "one window": [2, 2],
  batches: [2, 2, 2],
};
const scatters = {
  scatter: lax.scatter,
  scatterAdd: lax.scatterAdd,
  scatterSub: lax.scatterSub,
  scatterMul: lax.scatterMul,
  scatterMin: lax.scatterMin,
  scatterMax: lax.scatterMax,
};
const scattering: OpRow[] = gathers.flatMap(([name, numbers, , x, i]) =>
  Object.entries(scatters).flatMap(([title, f_]) =>
    modes.flatMap((mode) => {
      const updates = { shape: updateShapes[name] };
      const fn = (y: A, j: A, u: A): A => f_(y, j, u, mirrored(numbers), { mode });
      const extremal = title === "scatterMin" || title === "scatterMax";
      // Products are differentiable for unique indices only, and a broken promise spoils derivatives.
      const smooth = title !== "scatterMul" && mode !== "promise_in_bounds";
      return [
        {
          ...row(`${title} ${name} ${mode}`, (y, j, u) => lax.square(fn(y, j, u)), x, i, updates),
          ...(!smooth && { wrt: [] }),
        },
        row(`${title} ${name} ${mode} int32`, fn, { ...x, dtype: "int32" }, i, {
          ...updates,
          dtype: "int32",
        }),
        row(`${title} ${name} ${mode} uint32`, fn, { ...x, dtype: "uint32" }, i, {
          ...updates,
          dtype: "uint32",
        }),
        ...(title === "scatter" || extremal
          ? [row(`${title} ${name} bool`, fn, { ...x, dtype: "bool" }, i, { ...updates, dtype: "bool" })]
          : []),
      ];
    }),
  ),
);

const rows = { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
const uniqueRows = ints([3, 1], 2, 0, 5);
const unique: OpRow[] = [
  row(
    "scatter unique",
    (x, i, u) => lax.square(lax.scatter(x, i, u, rows, { uniqueIndices: true })),
    f(4, 2),
    uniqueRows,
    f(3, 2),
  ),
  row(
    "scatterMul unique",
    (x, i, u) => lax.scatterMul(x, i, u, rows, { uniqueIndices: true }),
    f(4, 2),
    uniqueRows,
    f(3, 2),
  ),
  ...([lax.scatterMin, lax.scatterMax] as const).map((fn, k) => ({
    ...row(
      k === 0 ? "scatterMin smooth" : "scatterMax smooth",
      (x: A, i: A, u: A) => lax.square(fn(x, i, u, rows)),
      f(4, 2),
      ints([4, 1], 2, 0, 0, 3),
      f(4, 2),
    ),
  })),
];

// Random keys, made of words so that they can be compared and mapped.

const words = (...shape: number[]): OpArg => ({
  shape: [...shape, 2],
  dtype: "uint32",
  domain: [0, 2 ** 32],
});
const keys: OpRow[] = [
  row("randomSeed int32", (s) => lax.randomUnwrap(lax.randomSeed(s)), ints([4], 0, 42, -1, -2147483648)),
  row("randomSeed uint8", (s) => lax.randomUnwrap(lax.randomSeed(s)), of("uint8", 3)),
  row("randomWrap", (w) => lax.randomUnwrap(lax.randomWrap(w)), words(3)),
  row("randomSplit", (w) => lax.randomUnwrap(lax.randomSplit(lax.randomWrap(w), [2, 3])), words(2)),
  row("randomBits 32", (w) => lax.randomBits(lax.randomWrap(w), 32, [2, 3]), words(2)),
  row("randomBits 8", (w) => lax.randomBits(lax.randomWrap(w), 8, [5]), words(2)),
  row("randomBits of one number", (w) => lax.randomBits(lax.randomWrap(w), 32, []), words(2)),
  row(
    "randomFoldIn",
    (w, d) => lax.randomUnwrap(lax.randomFoldIn(lax.randomWrap(w), d)),
    words(2, 1),
    ints([1, 3], 7, -1, 2147483647),
  ),
  row(
    "randomFoldIn one",
    (w, d) => lax.randomUnwrap(lax.randomFoldIn(lax.randomWrap(w), d)),
    words(),
    ints([3], 1),
  ),
  row(
    "threefry2x32",
    (a, b, c, d) => lax.threefry2x32(a, b, c, d),
    of("uint32"),
    of("uint32"),
    { shape: [3], dtype: "uint32", domain: [0, 2 ** 32] },
    { shape: [3], dtype: "uint32", domain: [0, 2 ** 32] },
  ),
  ...(["transpose", "rev", "gather", "pad", "concatenate", "dynamicUpdateSlice", "scatter"] as const).map(
    (name) =>
      row(
        `keys move: ${name}`,
        (w, v) => {
          const k = lax.randomWrap(w);
          const one = lax.randomWrap(v);
          const column = { offsetDims: [], collapsedSliceDims: [0, 1], startIndexMap: [0, 1] };
          const moved = {
            transpose: () => lax.transpose(k, [1, 0]),
            rev: () => lax.rev(k, [1]),
            gather: () => lax.gather(k, lax.full([3, 2], 1, "int32"), column, [1, 1], { mode: "fill" }),
            pad: () => lax.pad(k, one, [[1, 0, 1], [0, 1, 0]]), // biome-ignore format: short
            concatenate: () => lax.concatenate([k, lax.broadcast(one, [2, 1])], 1),
            dynamicUpdateSlice: () => lax.dynamicUpdateSlice(k, lax.broadcast(one, [1, 2]), [1, 1]),
            scatter: () => lax.scatter(k, lax.full([1, 1], 1, "int32"), lax.broadcast(one, [1, 3]), rows),
          }[name]();
          return lax.randomUnwrap(moved);
        },
        words(2, 3),
        words(),
      ),
  ),
];

testOps([...moving, ...pads, ...several, ...gathering, ...scattering, ...unique, ...keys]);
