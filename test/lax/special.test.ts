import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import { ValueError } from "../../src/errors.ts";
import {
  betaI,
  gammaP,
  gammaPGradA,
  gammaQ,
  gammaSampleGrad,
} from "../../src/lax/incompleteGammaReference.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { array, elements, firstDifference } from "./host.ts";
import { type OpRow, testOps } from "./opTable.ts";

// Bessel, incomplete gamma and incomplete beta functions.

const positive = [0.1, 12] as const;
testOps([
  { name: "besselI0e", fn: lax.besselI0e, args: [{ shape: [3, 5], domain: [-12, 12] }] },
  { name: "besselI1e", fn: lax.besselI1e, args: [{ shape: [3, 5], domain: [-12, 12] }] },
  {
    name: "igamma",
    fn: lax.igamma,
    args: [
      { shape: [7], domain: positive },
      { shape: [7], domain: positive },
    ],
    order: 1,
    rtol: 1e-5,
  },
  {
    name: "igammac in x",
    fn: lax.igammac,
    args: [
      { shape: [2, 4], domain: positive },
      { shape: [1, 4], domain: positive },
    ],
    wrt: [1],
    rtol: 1e-5,
  },
  {
    name: "igammac in a",
    fn: lax.igammac,
    args: [
      { shape: [6], domain: positive },
      { shape: [6], domain: positive },
    ],
    wrt: [0],
    order: 1,
    rtol: 1e-5,
  },
  ...(
    [
      ["igammaGradA", lax.igammaGradA],
      ["randomGammaGrad", lax.randomGammaGrad],
    ] as const
  ).map(
    ([name, fn]): OpRow => ({
      name,
      fn,
      args: [
        { shape: [6], domain: positive },
        { shape: [6], domain: positive },
      ],
      wrt: [],
      rtol: 1e-5,
    }),
  ),
  {
    name: "betainc",
    fn: lax.betainc,
    args: [
      { shape: [5], domain: [0.5, 20] },
      { shape: [5], domain: [0.5, 20] },
      { shape: [5], domain: [0.05, 0.95] },
    ],
    wrt: [2],
    rtol: 1e-5,
  },
] satisfies OpRow[]);

/** Pairs of a shape and an argument below, at and above it. */
const shapes = [1e-3, 0.1, 0.5, 1, 2, 7.9, 8.1, 30, 1000, 9999, 10001, 1e5];
const pairs = shapes.flatMap((a) => [0.1, 0.5, 0.9, 1, 1.01, 1.1, 2].map((r) => [a, a * r] as const));

describe.each([
  ["float32", 2e-5],
  ["float64", 3e-9],
] as const)("%s, from small arguments to large", (dtype, tolerance) => {
  const columns = [0, 1].map((i) =>
    array(
      pairs.map((p) => p[i]),
      [pairs.length],
      dtype,
    ),
  );
  // The arguments as they were rounded.
  const [as, xs] = columns.map(elements);
  const [a, x] = columns;
  const known = (f: (a: number, x: number) => number) => as.map((v, i) => f(v, xs[i]));
  test.each([
    ["igamma", lax.igamma, gammaP],
    ["igammac", lax.igammac, gammaQ],
  ] as const)("%s", (_name, f, reference) => {
    expect(firstDifference(elements(f(a, x)), known(reference), tolerance, 1e-30)).toBeNull();
  });
  test("igammaGradA and randomGammaGrad", () => {
    const slopes = known((p, q) => (p < 20_000 ? gammaPGradA(p, q) : Number.NaN));
    const got = elements(lax.igammaGradA(a, x)).map((v, i) => (Number.isNaN(slopes[i]) ? Number.NaN : v));
    expect(firstDifference(got, slopes, 2 * tolerance + 2e-8, 1e-30)).toBeNull();
    // The density underflows in float64 far from the shape.
    const usual = (v: number, i: number) => (as[i] < 2000 && Math.abs(xs[i] / as[i] - 1) < 0.6 ? v : 0);
    const samples = known((p, q) => (p < 2000 ? gammaSampleGrad(p, q) : 0)).map(usual);
    const sampled = elements(lax.randomGammaGrad(a, x)).map(usual);
    expect(firstDifference(sampled, samples, 2 * tolerance + 2e-8, 1e-30)).toBeNull();
    // A sample of large shape moves with it.
    const large = lax.randomGammaGrad(array([1e6, 1e9], [2], dtype), array([1.001e6, 1.00001e9], [2], dtype));
    expect(firstDifference(elements(large), [1.0005, 1.000005], 1e-5, 0)).toBeNull();
  });
});

test("betainc from small arguments to large", () => {
  const triples = [0.01, 0.5, 3, 9, 100, 1000].flatMap((a) =>
    [0.02, 1, 8.5, 1000].flatMap((b) => [0.001, 0.3, 0.5, 0.9, 0.999].map((x) => [a, b, x])),
  );
  for (const [dtype, tolerance] of [
    ["float32", 2e-4],
    ["float64", 1e-9],
  ] as const) {
    const columns = [0, 1, 2].map((i) =>
      array(
        triples.map((t) => t[i]),
        [triples.length],
        dtype,
      ),
    );
    const [as, bs, xs] = columns.map(elements);
    const expected = as.map((a, i) => betaI(a, bs[i], xs[i]));
    const [a, b, x] = columns;
    expect(firstDifference(elements(lax.betainc(a, b, x)), expected, tolerance, 1e-30)).toBeNull();
  }
});

describe("known values", () => {
  const one = (f: (...xs: NDArray[]) => NDArray, ...xs: number[]) =>
    elements(f(...xs.map((v) => array([v], [], "float64"))))[0];
  test.each([
    ["besselI0e(2)", () => one(lax.besselI0e, 2), 0.308508322553671],
    ["besselI0e(9)", () => one(lax.besselI0e, 9), 0.134959524581723],
    ["besselI1e(-2)", () => one(lax.besselI1e, -2), -0.21526928924893768],
    ["igamma(2.5, 1.5)", () => one(lax.igamma, 2.5, 1.5), 0.3000141641213724],
    ["igammac(0.5, 4)", () => one(lax.igammac, 0.5, 4), 0.004677734981047266],
    ["betainc(2, 3, 0.4)", () => one(lax.betainc, 2, 3, 0.4), 0.5248],
  ])("%s", (_name, f, expected) => {
    expect(Math.abs(f() / expected - 1)).toBeLessThan(1e-13);
  });
});

test("ends of the domain", () => {
  const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
  const rows = [
    // a, x, igamma, igammac
    [0, 0, nan, nan],
    [0, 1, 1, 0],
    [1, 0, 0, 1],
    [1, inf, 1, 0],
    [inf, inf, 1, 0],
    [inf, 1, 0, 1],
    [-1, 1, nan, nan],
    [1, -1, nan, nan],
    [nan, 1, nan, nan],
    [1, nan, nan, nan],
  ];
  const [a, x] = [0, 1].map((i) =>
    array(
      rows.map((r) => r[i]),
      [rows.length],
      "float32",
    ),
  );
  expect(elements(lax.igamma(a, x))).toEqual(rows.map((r) => r[2]));
  expect(elements(lax.igammac(a, x))).toEqual(rows.map((r) => r[3]));
  const beta = (p: number, q: number, y: number) =>
    elements(
      lax.betainc(...([p, q, y].map((v) => array([v], [], "float32")) as [NDArray, NDArray, NDArray])),
    )[0];
  expect([
    beta(2, 3, 0),
    beta(2, 3, 1),
    beta(0, 3, 0.5),
    beta(2, 0, 0.5),
    beta(0, 2, 0),
    beta(2, 0, 1),
  ]).toEqual([0, 1, 1, 0, 0, 1]);
  expect([beta(2, 3, -0.1), beta(2, 3, 1.1), beta(-1, 3, 0.5), beta(0, 0, 0.5)]).toEqual([
    nan,
    nan,
    nan,
    nan,
  ]);
});

test("narrow floats are computed in float32 and rounded once", () => {
  const half = (v: number) => array([v], [1], "float16");
  expect(elements(lax.igamma(half(2), half(1)))).toEqual([0.26416015625]);
  expect(lax.betainc(half(2), half(1), half(0.5)).dtype.name).toBe("float16");
});

test("errors and printing", () => {
  const x = array([1], [1], "float32");
  expect(() => lax.igamma(array([1], [1], "int32"), array([1], [1], "int32"))).toThrow(
    /igamma does not accept dtype int32 at position 0/,
  );
  expect(() => lax.betainc(x, x, array([1], [1], "float64"))).toThrow(/same dtypes/);
  expect(() => grad((a: NDArray) => lax.reduceSum(lax.betainc(a, x, x), [0]))(x)).toThrow(ValueError);
  const second = grad((a: NDArray) =>
    lax.reduceSum(grad((b: NDArray) => lax.reduceSum(lax.igamma(b, x), [0]))(a), [0]),
  );
  expect(() => second(x)).toThrow(/Differentiation rule for 'igamma_grad_a' not implemented/);
  const program = (a: NDArray, b: NDArray) => lax.igammac(a, lax.betainc(a, a, b));
  expect(String(makeJaxpr(program)(x, x))).toMatchInlineSnapshot(`
    "{ lambda ; a:f32[1] b:f32[1]. let
        c:f32[1] = regularized_incomplete_beta a a b
        d:f32[1] = igammac a c
      in (d,) }"
  `);
});
