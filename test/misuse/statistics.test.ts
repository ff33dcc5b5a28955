import { jit, jnp, type NDArray } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("statistics", () => {
  const rows: Mistake[] = [
    ["quantile of complex numbers", () => jnp.quantile(jnp.complex64([1]), 0.5), "ValueError", /complex/],
    ["quantile of no number", () => jnp.quantile(u("a"), 0.5), "TypeError", /quantile.*string/],
    ["a method of quantile", () => jnp.quantile(A(3), 0.5, u({ method: "mean" })), "ValueError", /mean/],
    ["quantile of nothing", () => jnp.quantile(A(0), 0.5), "TypeError", /no elements.*\(0,\)/],
    ["quantile of an axis", () => jnp.quantile(A(3), 0.5, 1), "ValueError", /axis 1/],
    ["a matrix of quantiles", () => jnp.percentile(A(3), A(1, 1)), "ValueError", /rank.*\(1, 1\)/],
    [
      "weights of quantiles",
      () => jnp.quantile(A(3), 0.5, { weights: A(3) }),
      "NotImplementedError",
      /inverted_cdf/,
    ],
    [
      "the shape of weights",
      () => jnp.quantile(A(2, 3), 0.5, 1, { weights: A(2), method: "inverted_cdf" }),
      "ValueError",
      /\(2,\).*\(3,\)/,
    ],
    ["an option of quantile", () => jnp.quantile(A(3), 0.5, u({ keepDims: true })), "TypeError", /keepdims/],
    ["median of two axes alike", () => jnp.median(A(2, 2), [0, -2]), "ValueError", /duplicate/],
    ["nanmax of nothing", () => jnp.nanmax(A(0)), "ValueError", /identity/],
    ["nanmax with a mask", () => jnp.nanmax(A(2), { where: [true, false] }), "ValueError", /initial/],
    ["nanmax with a dtype", () => jnp.nanmax(A(2), u({ dtype: "int32" })), "TypeError", /dtype/],
    ["nansum with a mask of numbers", () => jnp.nansum(A(2), { where: [1, 0] }), "ValueError", /boolean/],
    ["nanvar of integers", () => jnp.nanvar(A(2), { dtype: "int32" } as never), "ValueError", /inexact/],
    [
      "nanvar of complex numbers as reals",
      () => jnp.nanvar(jnp.complex64([1]), { dtype: "float32" }),
      "ValueError",
      /complex/,
    ],
    ["nanargmax of nothing", () => jnp.nanargmax(A(0)), "ValueError", /empty/],
    ["cumulativeSum of a scalar", () => jnp.cumulativeSum(1), "ValueError", /non-scalar/],
    ["cumulativeSum of a matrix", () => jnp.cumulativeSum(A(2, 2)), "ValueError", /rank 2.*axis/],
    ["cov of a stack", () => jnp.cov(A(2, 2, 2)), "ValueError", /2 dimensions/],
    ["cov with y", () => jnp.cov(A(2, 3), A(2, 4)), "TypeError", /\(2, 3\).*\(2, 4\)/],
    ["cov with weights", () => jnp.cov(A(2, 3), { aweights: A(2) }), "RuntimeError", /aweights.*3.*2/],
    ["cov with frequencies", () => jnp.cov(A(2, 3), { fweights: A(3) }), "TypeError", /fweights.*float32/],
    ["cov of a dtype", () => jnp.cov(A(3), { dtype: "int32" }), "ValueError", /cov.*int32/],
    ["corrcoef of a dtype", () => jnp.corrcoef(A(3), { dtype: "int32" }), "ValueError", /corrcoef.*int32/],
    ["average over other axes", () => jnp.average(A(2, 3), { weights: A(3) }), "ValueError", /Axis must be/],
    ["average with weights", () => jnp.average(A(2, 3), 0, A(3)), "ValueError", /consistent/],
  ];
  mistakes(rows);
});

describe("histograms", () => {
  const rows: Mistake[] = [
    ["weights", () => jnp.histogram(A(3), { weights: A(2) }), "ValueError", /\(2,\).*\(3,\)/],
    ["a rule for bins", () => jnp.histogram(A(3), u("auto")), "NotImplementedError", /string/],
    ["a fraction of bins", () => jnp.histogram(A(3), 2.5), "TypeError", /integer.*2\.5/],
    ["fewer than no bins", () => jnp.histogram(A(3), -1), "ValueError", /-1/],
    ["a matrix of edges", () => jnp.histogram(A(3), A(2, 2)), "TypeError", /vector.*float32\[2,2\]/],
    ["traced bins", () => jit((n: NDArray) => jnp.histogram(A(3), n)[0])(3), "TypeError", /tracing/],
    ["a range", () => jnp.histogram(A(3), 2, u([0, 1, 2])), "ValueError", /range.*3/],
    ["nothing", () => jnp.histogram(A(0)), "ValueError", /identity/],
    ["an option", () => jnp.histogram(A(3), u({ bin: 3 })), "TypeError", /did you mean 'bins'/],
    ["histogram2d lengths", () => jnp.histogram2d(A(3), A(2)), "ValueError", /\(3,\).*\(2,\)/],
    ["histogramdd rank", () => jnp.histogramdd(A(3)), "ValueError", /matrix.*\(3,\)/],
    ["histogramdd bins", () => jnp.histogramdd(A(3, 2), [3]), "ValueError", /2, got 1/],
    ["histogramdd ranges", () => jnp.histogramdd(A(3, 2), { range: [null] }), "ValueError", /2 pairs.*1/],
    ["histogramdd weights", () => jnp.histogramdd(A(3, 2), { weights: A(2) }), "ValueError", /\(2,\)/],
  ];
  mistakes(rows);
});

describe("interpolation and differences", () => {
  const rows: Mistake[] = [
    ["interp lengths", () => jnp.interp(0, A(3), A(2)), "ValueError", /\(3,\).*\(2,\)/],
    ["interp without points", () => jnp.interp(0, A(0), A(0)), "TypeError", /empty/],
    ["interp of complex numbers", () => jnp.interp(jnp.complex64(1), A(2), A(2)), "ValueError", /complex/],
    ["interp beyond", () => jnp.interp(0, A(2), A(2), u("nearest")), "ValueError", /left.*nearest/],
    [
      "interp with periods",
      () => jnp.interp(0, A(2), A(2), { period: A(2) }),
      "ValueError",
      /period.*\(2,\)/,
    ],
    ["gradient of one number", () => jnp.gradient(A(1)), "ValueError", /at least 2.*\(1,\)/],
    ["gradient of an axis", () => jnp.gradient(A(2), { axis: 1 }), "ValueError", /axis 1/],
    ["gradient spacings", () => jnp.gradient(A(2, 2), 1, 2, 3), "TypeError", /spacing.*3/],
    ["gradient coordinates", () => jnp.gradient(A(2), A(3)), "ValueError", /length.*2.*3/],
    ["gradient edges", () => jnp.gradient(A(3), u({ edgeOrder: 2 })), "NotImplementedError", /edgeOrder/],
    ["trapezoid of an axis", () => jnp.trapezoid(A(3), { axis: 1 }), "ValueError", /axis 1/],
    ["trapezoid coordinates", () => jnp.trapezoid(A(3), A(5)), "TypeError", /\(4,\).*\(2,\)/],
    ["unwrap of complex numbers", () => jnp.unwrap(jnp.complex64([1])), "ValueError", /complex/],
    ["unwrap of an axis", () => jnp.unwrap(A(3), { axis: 2 }), "ValueError", /axis 2/],
  ];
  mistakes(rows);
});
