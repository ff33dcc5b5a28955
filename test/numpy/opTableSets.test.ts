import { jnp } from "fluxion";
import { arg, type OpRow, of, testOps } from "./opRows.ts";

// Sets with a size, searching and selecting, in every transformation.

const few = { shape: [9], dtype: "int32", values: [3, 1, 4, 1, 5, 9, 2, 6, 5] } as const;
const spread = { shape: [6], values: [0.3, -1.2, 2.5, 0.9, -0.4, 1.7] };
const NaNs = { shape: [7], values: [Number.NaN, 1, -0, 0, Number.NaN, 2, 1] };

const rows: OpRow[] = [
  { name: "unique", fn: (x) => jnp.unique(x, { size: 7 }), args: [spread] },
  {
    name: "unique with all",
    fn: (x) =>
      jnp.unique(x, {
        size: 8,
        fillValue: -1,
        returnIndex: true,
        returnInverse: true,
        returnCounts: true,
      }),
    args: [few],
  },
  {
    name: "unique rows",
    fn: (x) => jnp.unique(x, { axis: 0, size: 5 }),
    args: [of("int32", [6, 2], [0, 2])],
  },
  {
    name: "unique columns",
    fn: (x) => jnp.unique(x, { axis: 1, size: 3 }),
    args: [of("uint8", [2, 5], [0, 2])],
  },
  { name: "unique of NaN", fn: (x) => jnp.unique(x, { size: 5, returnCounts: true }), args: [NaNs], wrt: [] },
  {
    name: "unique of unequal NaN",
    fn: (x) => jnp.unique(x, { size: 5, equalNan: false, returnIndex: true }),
    args: [NaNs],
    wrt: [],
  },
  { name: "union1d", fn: (x, y) => jnp.union1d(x, y, { size: 20 }), args: [few, of("int32", [5], [0, 9])] },
  {
    name: "intersect1d",
    fn: (x, y) => jnp.intersect1d(x, y, { size: 6, returnIndices: true }),
    args: [few, of("int32", [5], [0, 9])],
  },
  {
    name: "setdiff1d",
    fn: (x, y) => jnp.setdiff1d(x, y, { size: 5, fillValue: -1 }),
    args: [few, of("int32", [3], [0, 9])],
  },
  { name: "setxor1d", fn: (x, y) => jnp.setxor1d(x, y, { size: 9 }), args: [few, of("int32", [4], [0, 9])] },
  ...(["compare_all", "binary_search", "sort"] as const).map(
    (method): OpRow => ({
      name: `isin ${method}`,
      fn: (x, y) => jnp.isin(x, y, { method }),
      args: [of("int32", [4, 3], [0, 6]), of("int32", [5], [0, 6])],
    }),
  ),
  { name: "isin inverted", fn: (x, y) => jnp.isin(x, y, { invert: true }), args: [few, of("int8", [2])] },
  { name: "where", fn: (m) => jnp.where(m, { size: 5, fillValue: -1 }), args: [of("bool", [3, 4])] },
  { name: "topK", fn: (x) => jnp.topK(x, 3), args: [{ shape: [2, 6], values: spread.values }] },
  {
    name: "topK smallest",
    fn: (x) => jnp.topK(x, 2, { axis: 0, mode: "smallest" }),
    args: [{ shape: [3, 2], values: spread.values }],
  },
  { name: "topK of NaN", fn: (x) => jnp.topK(x, 3, { mode: "smallest" }), args: [NaNs], wrt: [] },
  {
    name: "topK int32",
    fn: (x) => jnp.topK(x, 3, { mode: "smallest", axis: null }),
    args: [of("int32", [3, 3])],
  },
  { name: "topK of many", fn: (x) => jnp.topK(x, 5), args: [arg([300])], wrt: [], vmap: false },
];
testOps(rows);
