import { jnp, type NDArray } from "fluxion";
import { arg, type OpRow, of, testOps } from "./opRows.ts";

// Statistics, NaN-ignoring reductions, histograms, interpolation and differences.

const NaN_ = Number.NaN;
/** Numbers without ties, far enough apart for finite differences. */
const spread = [0.3, -1.2, 2.5, 0.9, -0.4, 1.7, -2.1, 3.2, -3.3, 1.1, 0.1, -1.9];
const holes = spread.map((x, i) => (i % 4 === 1 ? NaN_ : x));

const nanReductions: OpRow[] = (
  ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"] as const
).flatMap((name): OpRow[] => [
  { name, fn: (x) => jnp[name](x), args: [{ shape: [3, 4], values: spread }], rtol: 4e-6 },
  {
    name: `${name} of NaN`,
    fn: (x) => jnp[name](x, { axis: 1, keepdims: true }),
    args: [{ shape: [3, 4], values: holes }],
    rtol: 4e-6,
    wrt: [],
  },
  { name: `${name} int32`, fn: (x) => jnp[name](x, 0), args: [of("int32", [4, 2])], rtol: 4e-6 },
]);

const quantiles: OpRow[] = (
  ["linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf"] as const
).flatMap((method): OpRow[] => [
  {
    name: `quantile ${method}`,
    fn: (x, q) => jnp.quantile(x, q, { axis: 1, method }),
    args: [
      { shape: [2, 6], values: spread },
      { shape: [2], values: [0.27, 0.81] },
    ],
    wrt: method === "linear" ? undefined : [0],
  },
  {
    name: `nanquantile ${method}`,
    fn: (x) => jnp.nanquantile(x, 0.4, { axis: 0, method, keepdims: true }),
    args: [{ shape: [6, 2], values: holes }],
    wrt: [],
  },
]);

const moments: OpRow[] = [
  { name: "median", fn: (x) => jnp.median(x, [0, 2]), args: [{ shape: [2, 3, 2], values: spread }] },
  { name: "cov", fn: (x) => jnp.cov(x), args: [arg([3, 5])], rtol: 1e-5 },
  { name: "cov of a vector", fn: (x) => jnp.cov(x), args: [arg([5])], rtol: 1e-5 },
  {
    name: "cov with weights",
    fn: (x, y, f, a) => jnp.cov(x, { y, fweights: f, aweights: a }),
    args: [arg([2, 4]), arg([4]), of("int32", [4], [1, 4]), arg([4], [0.5, 2])],
    rtol: 1e-5,
  },
  { name: "corrcoef", fn: (x) => jnp.corrcoef(x), args: [arg([2, 6])], rtol: 1e-5, wrt: [] },
  {
    name: "average returned",
    fn: (x, w) => jnp.average(x, { axis: 0, weights: w, returned: true }),
    args: [arg([4, 3]), arg([4], [0.5, 2])],
  },
];

const histograms: OpRow[] = [
  { name: "histogram", fn: (x) => jnp.histogram(x, 4), args: [arg([23])], wrt: [] },
  {
    name: "histogram with weights and a range",
    fn: (x, w) => jnp.histogram(x, { bins: 3, range: [-1, 1], weights: w })[0],
    args: [{ shape: [3, 4], values: spread }, arg([3, 4])],
    wrt: [1],
  },
  {
    name: "histogramdd",
    fn: (x) => jnp.histogramdd(x, { bins: [2, 3] })[0],
    args: [arg([20, 2])],
    wrt: [],
  },
];

const lines: OpRow[] = [
  {
    name: "interp",
    fn: (x, f) => jnp.interp(x, jnp.array([-1.55, 0.25, 0.55, 1.35]), f),
    args: [{ shape: [2, 6], values: spread }, arg([4])],
  },
  {
    name: "interp in the coordinates",
    fn: (xp) => jnp.interp(jnp.array([-3, 0.2, 0.7, 9]), xp, jnp.array([1, 5, 2])),
    args: [{ shape: [3], values: [-1, 0.5, 2] }],
  },
  {
    name: "interp with a period",
    fn: (x, f) => jnp.interp(x, jnp.array([2, 0, 1.2]), f, { period: 2.7 }),
    args: [{ shape: [12], values: spread }, arg([3])],
    rtol: 1e-5,
  },
  { name: "gradient", fn: (x) => jnp.gradient(x), args: [arg([4, 3])] },
  {
    name: "gradient along coordinates",
    fn: (x, h) => jnp.gradient(x, h, { axis: 1 }),
    args: [arg([2, 5]), { shape: [5], values: [0, 0.7, 1.9, 2.3, 4] }],
    rtol: 1e-5,
    atol: 1e-5,
    order: 1,
  },
  { name: "trapezoid", fn: (x) => jnp.trapezoid(x, { dx: 0.3 }), args: [arg([3, 4])] },
  {
    name: "trapezoid along coordinates",
    fn: (y, x) => jnp.trapezoid(y, x, 1, 0),
    args: [arg([4, 2]), arg([4])],
  },
  { name: "ediff1d", fn: (x, e) => jnp.ediff1d(x, { toEnd: e, toBegin: e }), args: [arg([2, 3]), arg([2])] },
  {
    name: "unwrap",
    fn: (x) => jnp.unwrap(x, { axis: 0 }),
    args: [arg([7, 2], [-6, 6])],
    rtol: 1e-5,
    atol: 4e-6,
  },
  { name: "unwrap int32", fn: (x) => jnp.unwrap(x, { period: 5 }), args: [of("int32", [9], [-9, 9])] },
];

const running: OpRow[] = (["nancumsum", "nancumprod"] as const).flatMap((name): OpRow[] => [
  { name, fn: (x) => jnp[name](x, 1), args: [arg([2, 5], [0.5, 2])] },
  { name: `${name} of NaN`, fn: (x) => jnp[name](x), args: [{ shape: [12], values: holes }], wrt: [] },
]);
const standard: OpRow[] = (["cumulativeSum", "cumulativeProd"] as const).map((name) => ({
  name,
  fn: (x: NDArray) => jnp[name](x, { axis: 0, includeInitial: true }),
  args: [arg([4, 3], [0.5, 2])],
}));

testOps([
  ...nanReductions,
  ...quantiles,
  ...moments,
  ...histograms,
  ...lines,
  ...running,
  ...standard,
  { name: "nanargmax", fn: (x) => jnp.nanargmax(x, 0), args: [{ shape: [4, 3], values: holes }], wrt: [] },
  { name: "nanargmin", fn: (x) => jnp.nanargmin(x, 1), args: [{ shape: [3, 4], values: holes }], wrt: [] },
]);
