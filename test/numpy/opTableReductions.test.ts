import { jnp, type NDArray, nn } from "fluxion";
import { arg, type OpRow, of, testOps } from "./opRows.ts";

// Reductions, running sums, sorting and searching.

type Options = { axis?: number | readonly number[] | null; keepdims?: boolean };
type Reduction = (x: NDArray, options?: Options) => NDArray;
const functions = jnp as unknown as Record<string, Reduction>;

const axes: [string, readonly number[], Options][] = [
  ["all of a matrix", [3, 5], {}],
  ["axis 0", [3, 5], { axis: 0 }],
  ["axis -1, keepdims", [3, 5], { axis: -1, keepdims: true }],
  ["axes 0 and 2", [2, 3, 4], { axis: [0, 2] }],
  ["no axes", [2, 3], { axis: [] }],
  ["a scalar", [], {}],
  ["an axis of one", [4, 1], { axis: 1 }],
  ["nothing left", [0, 3], { axis: 1 }],
];
const floats: OpRow[] = ["sum", "prod", "max", "min", "mean", "var", "std", "ptp"].flatMap((name) =>
  axes
    // The derivative of the deviation of one number is not finite.
    .filter(([what]) => name !== "std" || !/scalar|one|no axes/.test(what))
    .map(([what, shape, options]) => ({
      name: `${name} of ${what}`,
      fn: (x: NDArray) => functions[name](x, options),
      args: [arg(shape, [0.5, 2])],
    })),
);
const long: OpRow[] = ["sum", "prod", "max", "min", "mean", "var", "argmax", "argmin"].flatMap((name) =>
  [
    [1000, 0],
    [3, 131],
  ].map(([m, n]) => ({
    name: `${name} of many ${n === 0 ? "" : "rows"}`,
    fn: (x: NDArray) => functions[name](x, { axis: -1 }),
    args: [arg(n === 0 ? [m] : [m, n], [0.95, 1.05])],
    rtol: 1e-5,
    wrt: [],
    vmap: n === 0,
  })),
);
const whole: OpRow[] = (
  ["int32", "uint32", "uint8", "int8", "int16", "uint16", "int64", "uint64", "bool"] as const
).flatMap((dtype) =>
  ["sum", "prod", "max", "min", "mean", "any", "all", "countNonzero", "argmax", "argmin"].map((name) => ({
    name: `${name} ${dtype}`,
    fn: (x: NDArray) => functions[name](x, { axis: 1 }),
    args: [of(dtype, [3, 7])],
    rtol: 4e-6,
  })),
);
const more: OpRow[] = [
  { name: "sum of nothing", fn: (x) => jnp.sum(x, { axis: 1 }), args: [arg([3, 0])] },
  { name: "prod of nothing", fn: (x) => jnp.prod(x), args: [arg([0])] },
  { name: "max with initial", fn: (x) => jnp.max(x, { axis: 0, initial: 0.3 }), args: [arg([4, 3])] },
  { name: "max of nothing", fn: (x) => jnp.max(x, { axis: 0, initial: 0.3 }), args: [arg([0, 3])], wrt: [] },
  {
    name: "sum where",
    fn: (x, m) => jnp.sum(x, { axis: 0, where: m }),
    args: [arg([3, 4]), of("bool", [3, 4])],
  },
  {
    name: "mean where",
    fn: (x) => jnp.mean(x, { where: jnp.array([true, false, true]) }),
    args: [arg([2, 3])],
  },
  { name: "sum to float64", fn: (x) => jnp.sum(x, { dtype: "float64" }), args: [arg([5])] },
  { name: "var ddof", fn: (x) => jnp.var(x, { axis: 0, ddof: 1 }), args: [arg([4, 3])] },
  {
    name: "average weighted",
    fn: (x, w) => jnp.average(x, { axis: 0, weights: w }),
    args: [arg([4, 3]), arg([4], [0.5, 2])],
  },
  {
    name: "max of ties",
    fn: (x) => jnp.max(x, { axis: 1 }),
    args: [{ shape: [2, 3], values: [1, 1, 0] }],
    wrt: [],
  },
  {
    name: "min of NaN",
    fn: (x) => jnp.min(x, { axis: 1 }),
    args: [{ shape: [2, 3], values: [1, Number.NaN, 0, -1, 4, 5] }],
    wrt: [],
  },
  {
    name: "argmax of NaN and ties",
    fn: (x) => jnp.argmax(x, 1),
    args: [{ shape: [2, 4], values: [1, 3, 3, 0, 1, Number.NaN, 7, Number.NaN] }],
    wrt: [],
  },
  { name: "argmin flat", fn: (x) => jnp.argmin(x), args: [arg([3, 4])], wrt: [] },
  { name: "logsumexp", fn: (x) => nn.logsumexp(x, { axis: 1 }), args: [arg([3, 5])], rtol: 4e-6 },
  { name: "trace", fn: (x) => jnp.trace(x), args: [arg([3, 4])] },
  { name: "trace of others", fn: (x) => jnp.trace(x, 1, 2, 0), args: [arg([3, 2, 4])] },

  ...(["cumsum", "cumprod"] as const).flatMap((name): OpRow[] => [
    { name, fn: (x) => jnp[name](x), args: [arg([2, 3], [0.5, 2])] },
    { name: `${name} axis`, fn: (x) => jnp[name](x, 0), args: [arg([4, 3], [0.5, 2])] },
    {
      name: `${name} long`,
      fn: (x) => jnp[name](x, -1),
      args: [arg([2, 67], [0.9, 1.1])],
      wrt: [],
      rtol: 2e-5,
    },
    { name: `${name} of nothing`, fn: (x) => jnp[name](x, 1), args: [arg([2, 0])] },
    { name: `${name} int32`, fn: (x) => jnp[name](x, 0), args: [of("int32", [7, 2])] },
    { name: `${name} bool`, fn: (x) => jnp[name](x), args: [of("bool", [9])] },
  ]),
  { name: "diff", fn: (x) => jnp.diff(x), args: [arg([2, 5])] },
  { name: "diff twice", fn: (x) => jnp.diff(x, 2, 0), args: [arg([4, 3])] },
  { name: "diff with ends", fn: (x) => jnp.diff(x, { prepend: 0, append: 1 }), args: [arg([4])] },
  { name: "diff bool", fn: (x) => jnp.diff(x), args: [of("bool", [5])] },

  { name: "sort", fn: (x) => jnp.sort(x), args: [arg([2, 7])] },
  { name: "sort axis 0", fn: (x) => jnp.sort(x, 0), args: [arg([5, 3])] },
  { name: "sort flat", fn: (x) => jnp.sort(x, null), args: [arg([3, 3])] },
  { name: "sort descending", fn: (x) => jnp.sort(x, { descending: true }), args: [arg([6])] },
  { name: "sort long", fn: (x) => jnp.sort(x), args: [arg([133])], wrt: [] },
  { name: "sort nothing", fn: (x) => jnp.sort(x), args: [arg([2, 0])] },
  ...(
    ["int32", "uint32", "uint8", "int8", "int16", "uint16", "int64", "uint64", "bool", "float64"] as const
  ).map((dtype) => ({
    name: `sort ${dtype}`,
    fn: (x: NDArray) => jnp.sort(x),
    args: [of(dtype, [3, 6])],
    wrt: [],
  })),
  {
    name: "sort of NaN, zeros and infinities",
    fn: (x) => jnp.sort(x),
    args: [
      { shape: [7], values: [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY, 2] },
    ],
    wrt: [],
  },
  {
    name: "argsort",
    fn: (x) => jnp.argsort(x),
    args: [{ shape: [3, 5], values: [2, 1, 2, 0, 1, 1] }],
    wrt: [],
  },
  {
    name: "argsort descending",
    fn: (x) => jnp.argsort(x, { descending: true }),
    args: [{ shape: [6], dtype: "int32", values: [2, 1, 2, 0] }],
  },
  {
    name: "lexsort",
    fn: (x, y) => jnp.lexsort([x, y]),
    args: [of("int32", [6]), { shape: [6], dtype: "int32", values: [1, 0] }],
  },
  ...(["left", "right"] as const).flatMap((side) =>
    (["scan", "sort", "compare_all"] as const).map((method) => ({
      name: `searchsorted ${side} ${method}`,
      fn: (v: NDArray) => jnp.searchsorted(jnp.array([-1.5, -0.5, 0, 0, 1, 1.5]), v, { side, method }),
      args: [{ shape: [2, 4], values: [-2, -1.5, 0, 0.2, 1, 1.5, 3, Number.NaN] }],
      wrt: [],
    })),
  ),
  { name: "digitize", fn: (x) => jnp.digitize(x, jnp.array([-1, 0, 1])), args: [arg([7])], wrt: [] },
  {
    name: "bincount",
    fn: (x) => jnp.bincount(x, { length: 6 }),
    args: [of("int32", [9], [0, 6])],
  },
  {
    name: "bincount weighted",
    fn: (x, w) => jnp.bincount(x, { weights: w, length: 4 }),
    args: [of("int32", [9], [0, 6]), arg([9])],
  },
  {
    name: "nonzero of a size",
    fn: (x) => jnp.nonzero(x, { size: 4, fillValue: -1 }),
    args: [of("bool", [3, 3])],
  },
];

testOps([...floats, ...long, ...whole, ...more]);
