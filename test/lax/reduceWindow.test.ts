import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import { NotImplementedError, ValueError } from "../../src/errors.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { array, elements, firstDifference } from "./host.ts";
import { draw, type OpRow, randomNumbers, testOps } from "./opTable.ts";

// Windows: sums, maxima and minima with their derivatives, and reductions by computations of the caller.

const cube = (x: NDArray) => lax.integerPow(x, 3);
const total = (x: NDArray) => lax.reduceSum(x, [...x.shape.keys()]);
type Windows = Parameters<typeof lax.reduceWindow>[4];
const sum = (x: NDArray, window: number[], more?: Windows) => lax.reduceWindow(x, 0, lax.add, window, more);
const max = (x: NDArray, window: number[], more?: Windows) =>
  lax.reduceWindow(x, -Infinity, lax.max, window, more);
const min = (x: NDArray, window: number[], more?: Windows) =>
  lax.reduceWindow(x, Infinity, lax.min, window, more);
/** Logarithms are unlike their sums, so that mistakes in the order of elements show. */
const concatenated = ([x, n]: NDArray[], [y, m]: NDArray[]) => [lax.add(lax.mul(x, m), y), lax.mul(n, m)];

testOps([
  { name: "sum", fn: (x) => cube(sum(x, [2, 3])), args: [{ shape: [4, 5] }] },
  {
    name: "sum, padded and strided",
    fn: (x) =>
      cube(
        sum(x, [2, 3], {
          windowStrides: [2, 1],
          padding: [
            [1, 0],
            [-1, 2],
          ],
        }),
      ),
    args: [{ shape: [4, 5] }],
  },
  {
    name: "sum, dilated",
    fn: (x) =>
      cube(
        sum(x, [2, 2], {
          windowDilation: [2, 1],
          baseDilation: [1, 3],
          padding: [
            [1, 1],
            [0, 2],
          ],
        }),
      ),
    args: [{ shape: [3, 3] }],
  },
  { name: "max", fn: (x) => cube(max(x, [2, 2], { windowStrides: [2, 2] })), args: [{ shape: [5, 4] }] },
  {
    name: "max, overlapping and padded",
    fn: (x) => cube(max(x, [3, 2], { windowStrides: [2, 1], padding: "SAME" })),
    args: [{ shape: [5, 4] }],
  },
  {
    name: "max, dilated base",
    fn: (x) => cube(max(x, [3, 2], { windowStrides: [1, 2], baseDilation: [2, 1] })),
    args: [{ shape: [4, 4] }],
  },
  {
    name: "min, negative padding",
    fn: (x) =>
      cube(
        min(x, [2, 2], {
          windowStrides: [3, 1],
          padding: [
            [-1, 2],
            [1, -1],
          ],
        }),
      ),
    args: [{ shape: [6, 4] }],
  },
  {
    name: "max of windows far apart",
    fn: (x) => cube(max(x, [2], { windowStrides: [4] })),
    args: [{ shape: [11] }],
  },
  {
    name: "product",
    fn: (x) => lax.reduceWindow(x, 1, lax.mul, [2, 2], { padding: "SAME", windowStrides: [1, 2] }),
    args: [{ shape: [3, 4] }],
    wrt: [],
  },
  {
    name: "several operands, in their order",
    fn: (x, y) =>
      lax.reduceWindow([x, y], [0, 1], concatenated, [2, 2], {
        padding: [
          [0, 1],
          [1, 0],
        ],
      }),
    args: [
      { shape: [3, 4], domain: [0, 1] },
      { shape: [3, 4], domain: [0.5, 2] },
    ],
    wrt: [],
  },
  {
    name: "reduce: product of several axes",
    fn: (x) => lax.reduce(x, 1, (p: NDArray, q: NDArray) => lax.mul(p, q), [0, 2]),
    args: [{ shape: [3, 2, 3] }],
  },
  {
    name: "reduce: several operands, in their order",
    fn: (x, y) => lax.reduce([x, y], [0, 1], concatenated, [1, 2]),
    args: [
      { shape: [2, 3, 2], domain: [0, 1] },
      { shape: [2, 3, 2], domain: [0.5, 2] },
    ],
  },
] satisfies OpRow[]);

/** The compiled operation against the plain loops of the reference rules. */
function expectAsReference(f: (...xs: NDArray[]) => NDArray, xs: readonly NDArray[], rtol: number): void {
  const host = (xs as ArrayImpl[]).map((x) => ({ shape: x.shape, dtype: x.dtype, data: x.toHost() }));
  const [expected] = interpretReference(makeJaxpr(f)(...xs), host);
  expect(
    firstDifference(elements(f(...xs)), Array.from(expected as Float32Array, Number), rtol, rtol),
  ).toBeNull();
}

describe("windows of any size and kind", () => {
  const choose = randomNumbers("windows");
  const upTo = (n: number) => Math.floor(choose() * n);
  const rows = Array.from({ length: 60 }, (_, i) => {
    const long = i % 3 === 0;
    const shape = long ? [120 + upTo(60), 1 + upTo(3)] : [3 + upTo(20), 3 + upTo(22)];
    const window = shape.map((n) => 1 + upTo(long ? Math.min(n, 70) : Math.min(n, 9)));
    return {
      shape,
      window,
      windowStrides: window.map((k) => 1 + upTo(i % 2 === 0 ? 3 : k + 2)),
      padding: window.map(() => [upTo(5) - 1, upTo(5) - 1] as [number, number]),
      windowDilation: window.map(() => (i % 4 === 3 ? 1 + upTo(2) : 1)),
    };
  });
  test.each(rows.map((row) => [JSON.stringify(row), row] as const))(
    "%s",
    (name, { shape, window, ...more }) => {
      const random = randomNumbers(name);
      const x = draw({ shape, domain: [-3, 3], dtype: "float32" }, random);
      // Few different values: ties are decided by the order of the elements.
      const ties = lax.convertElementType(
        draw({ shape, domain: [-2, 2], dtype: "int32" }, random),
        "float32",
      );
      const t = draw({ shape, domain: [-3, 3], dtype: "float32" }, random);
      expectAsReference((y) => sum(y, window, more), [x], 2e-6);
      expectAsReference((y) => max(y, window, more), [x], 0);
      expectAsReference((y, s) => jvp((z: NDArray) => min(z, window, more), [y], [s])[1], [ties, t], 0);
      if (more.windowDilation.every((d) => d === 1)) {
        expectAsReference((y) => grad((z: NDArray) => total(cube(max(z, window, more))))(y), [ties], 2e-6);
      }
    },
  );
});

test("large windows combine in the order of the elements", () => {
  const [x, y] = [
    array(
      [...Array(170).keys()].map((i) => (i * 7) % 3),
      [170],
      "int32",
    ),
    lax.full([170], 2, "int32"),
  ];
  const run = (window: number, windowStrides: number[]) =>
    lax.reduceWindow([x, y], [0, 1], concatenated, [window], { windowStrides })[0];
  for (const [k, stride] of [
    [65, 1],
    [80, 3],
    [100, 40],
    [170, 1],
  ]) {
    const expected: number[] = [];
    for (let o = 0; o + k <= 170; o += stride) {
      let acc = 0;
      for (let i = 0; i < k; i++) acc = (acc * 2 + (((o + i) * 7) % 3)) | 0;
      expected.push(acc);
    }
    expect(elements(run(k, [stride]))).toEqual(expected);
  }
});

test.each([
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float16",
  "bfloat16",
  "float64",
] as const)("%s", (dtype) => {
  const x = draw({ shape: [30, 3], dtype, domain: [0, 100] }, randomNumbers(dtype));
  const single = (y: NDArray) => lax.convertElementType(y, "float32");
  for (const k of [2, 21]) {
    const rounding = dtype === "float16" ? 1e-3 : dtype === "bfloat16" ? 8e-3 : 1e-6;
    expectAsReference((y) => single(sum(y, [k, 2])), [x], rounding);
    const lowest = lax.reduceMax(lax.full([0], 0, dtype), [0]);
    expectAsReference((y) => single(lax.reduceWindow(y, lowest, lax.max, [k, 1])), [x], 0);
    expect(sum(x, [k, 2]).dtype.name).toBe(dtype);
  }
  const computed = lax.reduce(x, lax.full([], 1, dtype), (p: NDArray, q: NDArray) => lax.max(p, q), [0]);
  expect(elements(computed)).toEqual(elements(lax.max(lax.reduceMax(x, [0]), lax.full([3], 1, dtype))));
});

test("complex numbers", () => {
  const z = lax.complex(array([1, 2, 3], [3], "float32"), array([4, 5, 6], [3], "float32"));
  const parts = (x: NDArray) => [elements(lax.real(x)), elements(lax.imag(x))];
  expect(parts(sum(z, [2]))).toEqual([
    [3, 5],
    [9, 11],
  ]);
  expect(parts(lax.reduce(z, 0, lax.add, [0]))).toEqual([[6], [15]]);
  const one = lax.complex(array([1], [], "float32"), array([0], [], "float32"));
  expect(parts(lax.reduce(z, one, lax.mul, [0]))).toEqual([[-132], [-69]]);
});

test("nothing to reduce, or no windows", () => {
  expect(elements(sum(array([], [0, 2], "float32"), [1, 1]))).toEqual([]);
  expect(elements(sum(array([], [0], "float32"), [2], { padding: [[1, 2]] }))).toEqual([0, 0]);
  expect(elements(max(array([], [0], "float32"), [2], { padding: [[1, 2]] }))).toEqual([
    -Infinity,
    -Infinity,
  ]);
  expect(max(array([1, 2], [2], "float32"), [3]).shape).toEqual([0]);
  expect(elements(grad((x: NDArray) => total(max(x, [3])))(array([1, 2], [2], "float32")))).toEqual([0, 0]);
  const product = (p: NDArray, q: NDArray) => lax.mul(p, q);
  expect(elements(lax.reduce(array([], [2, 0], "float32"), 1, product, [1]))).toEqual([1, 1]);
  expect(elements(lax.reduce(array([], [2, 0], "float32"), 1, product, [0]))).toEqual([]);
});

test("NaN and ties go where JAX sends them", () => {
  const f = (x: NDArray) => max(x, [3], { windowStrides: [1], padding: [[2, 2]] });
  const x = array([NaN, 1, NaN, -Infinity, -Infinity, -Infinity], [6], "float32");
  const [, tangent] = jvp(f, [x], [array([1, 2, 3, 4, 5, 6], [6], "float32")]);
  expect(elements(tangent)).toEqual([1, 2, 3, 4, 4, 0, 0, 0]);
  const weights = array([1, 2, 3, 4, 5, 6, 7, 8], [8], "float32");
  expect(elements(grad((y: NDArray) => total(lax.mul(f(y), weights)))(x))).toEqual([1, 2, 3, 15, 7, 8]);
});

test("windows that are few, many or reach far scatter the same", () => {
  // 40 windows see an element: their sums are scattered. The op table has few.
  const x = draw({ shape: [90] }, randomNumbers("far"));
  const f = (y: NDArray) => grad((z: NDArray) => total(cube(max(z, [40]))))(y);
  expectAsReference(f, [x], 2e-6);
  expectAsReference((y) => vmap(f)(y), [draw({ shape: [2, 70] }, randomNumbers("many"))], 2e-6);
});

describe("as JAX prints them", () => {
  const x = lax.full([2, 4, 6], 1, "float32");
  const pool = (y: NDArray) => max(y, [1, 2, 2], { windowStrides: [1, 2, 2], padding: "SAME" });
  test("a maximum and its derivatives", () => {
    expect(String(makeJaxpr((y: NDArray, t: NDArray) => jvp(pool, [y], [t]))(x, x))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[2,4,6] b:f32[2,4,6]. let
          c:f32[2,2,3] = reduce_window_max[
            base_dilation=(1, 1, 1)
            padding=((0, 0), (0, 0), (0, 0))
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 2)
          ] a
          d:f32[2,2,3] = select_and_gather_add[
            base_dilation=(1, 1, 1)
            padding=((0, 0), (0, 0), (0, 0))
            select_prim=ge
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 2)
          ] b a
        in (c, d) }"
    `);
    expect(String(makeJaxpr(grad((y: NDArray) => total(pool(y))))(x))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[2,4,6]. let
          b:f32[2,2,3] = reduce_window_max[
            base_dilation=(1, 1, 1)
            padding=((0, 0), (0, 0), (0, 0))
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 2)
          ] a
          _:f32[] = reduce_sum[axes=(0, 1, 2) out_sharding=None] b
          c:f32[2,2,3] = broadcast_in_dim 1.0:f32[]
          d:f32[2,4,6] = select_and_scatter_add[
            padding=((0, 0), (0, 0), (0, 0))
            select_prim=ge
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 2)
          ] c a
        in (d,) }"
    `);
  });
  test("a sum's transpose", () => {
    const f = (y: NDArray) => total(sum(y, [1, 2, 2], { windowStrides: [1, 2, 2], baseDilation: [1, 2, 1] }));
    expect(String(makeJaxpr(grad(f))(x))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[2,4,6]. let
          b:f32[2,3,3] = reduce_window_sum[
            base_dilation=(1, 2, 1)
            padding=((0, 0), (0, 0), (0, 0))
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 2)
          ] a
          _:f32[] = reduce_sum[axes=(0, 1, 2) out_sharding=None] b
          c:f32[2,3,3] = broadcast_in_dim 1.0:f32[]
          d:f32[2,8,7] = pad[
            padding_config=((np.int64(0), np.int64(0), 0), (np.int64(1), np.int64(2), 1), (np.int64(1), np.int64(1), 1))
          ] c 0.0:f32[]
          e:f32[2,4,6] = reduce_window_sum[
            base_dilation=(1, 1, 1)
            padding=((0, 0), (0, 0), (0, 0))
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 2, 1)
          ] d
        in (e,) }"
    `);
  });
  test("a computation of the caller, its tangent, and a reduction", () => {
    const product = (y: NDArray) => lax.reduceWindow(y, 1, lax.mul, [1, 2, 2]);
    expect(
      String(makeJaxpr((y: NDArray, t: NDArray) => jvp(product, [y], [t]))(x, x)),
    ).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[2,4,6] b:f32[2,4,6]. let
          c:f32[2,3,5] d:f32[2,3,5] = reduce_window[
            base_dilation=(1, 1, 1)
            consts=()
            jaxpr={ lambda ; e:f32[] f:f32[] g:f32[] h:f32[]. let
                i:f32[] = mul e g
                j:f32[] = mul f g
                k:f32[] = mul e h
                l:f32[] = add_any j k
              in (i, l) }
            padding=((0, 0), (0, 0), (0, 0))
            window_dilation=(1, 1, 1)
            window_dimensions=(1, 2, 2)
            window_strides=(1, 1, 1)
          ] a b 1.0:f32[] 0.0:f32[]
        in (c, d) }"
    `);
    const total = (y: NDArray) =>
      lax.reduce(
        [y, y],
        [0, 0],
        ([a, b]: NDArray[], [c, d]: NDArray[]) => [lax.add(a, c), lax.max(b, d)],
        [1, 2],
      );
    expect(String(makeJaxpr(total)(x))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[2,4,6]. let
          b:f32[2] c:f32[2] = reduce[
            computation=<lambda>
            dimensions=(1, 2)
            jaxpr={ lambda ; d:f32[] e:f32[] f:f32[] g:f32[]. let
                h:f32[] = add d f
                i:f32[] = max e g
              in (h, i) }
          ] a a 0.0:f32[] 0.0:f32[]
        in (b, c) }"
    `);
  });
});

describe("errors", () => {
  const x = lax.full([4, 5], 1, "float32");
  const rows: [string, () => unknown, unknown, RegExp][] = [
    ["rank", () => sum(x, [2]), TypeError, /wrong number of window_dimensions .* operand shape \(4, 5\)/],
    ["strides", () => sum(x, [2, 2], { windowStrides: [1] }), TypeError, /inconsistent window_strides/],
    [
      "zero window",
      () => sum(x, [0, 2]),
      TypeError,
      /window_dimensions must have every element be strictly positive/,
    ],
    ["zero stride", () => sum(x, [2, 2], { windowStrides: [0, 1] }), TypeError, /strictly positive/],
    ["fraction", () => sum(x, [1.5, 2]), TypeError, /integer type/],
    ["pads", () => sum(x, [2, 2], { padding: [[0, 0]] }), TypeError, /padding must be \[before, after\]/],
    ["bool sum", () => lax.reduceWindow(lax.full([2], true), false, lax.add, [2]), TypeError, /bool/],
    [
      "dtypes",
      () => lax.reduceWindow(x, lax.full([], 1, "int32"), lax.mul, [1, 1]),
      TypeError,
      /reduce_window got inconsistent dtypes .*float32.*int32/,
    ],
    ["trees", () => lax.reduceWindow([x, x], [0], concatenated, [1, 1]), ValueError, /same tree structure/],
    ["no operands", () => lax.reduceWindow([], [], concatenated, [1, 1]), ValueError, /at least one operand/],
    [
      "closes over tracers",
      () =>
        grad((s: NDArray) => lax.reduce(x, 0, (p: NDArray, q: NDArray) => lax.add(p, lax.mul(q, s)), [0, 1]))(
          1,
        ),
      NotImplementedError,
      /can't close over Tracers/,
    ],
    [
      "returns another dtype",
      () => lax.reduce(x, 0, (p: NDArray, q: NDArray) => lax.lt(p, q), [0]),
      TypeError,
      /must return scalars of the dtypes/,
    ],
    [
      "init shape",
      () => lax.reduce(x, lax.full([2], 0, "float32"), (p: NDArray) => p, [0]),
      Error,
      /non-scalar initial value|must return scalars/,
    ],
    ["axis", () => lax.reduce(x, 0, lax.add, [2]), ValueError, /out of range/],
    [
      "window dilation in reverse",
      () => grad((y: NDArray) => total(max(y, [2, 2], { windowDilation: [2, 1] })))(x),
      NotImplementedError,
      /window dilation, got window_dilation=\(2, 1\)/,
    ],
    [
      "general windows in reverse",
      () => grad((y: NDArray) => total(lax.reduceWindow(y, 1, lax.mul, [2, 2])))(x),
      TypeError,
      /no reverse mode; use forward mode/,
    ],
  ];
  test.each(rows)("%s", (_name, f, type, message) => {
    expect(f).toThrow(type as ErrorConstructor);
    expect(f).toThrow(message);
  });
});
