import { describe, expect, test } from "vitest";
import {
  Complex,
  config,
  grad,
  jit,
  jnp,
  jvp,
  makeJaxpr,
  type NDArray,
  random,
  vjp,
  vmap,
} from "../../src/index.ts";
import * as namespace from "../../src/lax/index.ts";
import { elements, firstDifference } from "./host.ts";
import { type OpArg, type OpRow, testOps } from "./opTable.ts";

const lax = { ...namespace };

const z: OpArg = { shape: [3], dtype: "complex64" };
const matrix = (...shape: number[]): OpArg => ({ shape, dtype: "complex64" });
const unary = (name: string, fn: (x: NDArray) => NDArray, more: Partial<OpRow> = {}): OpRow => ({
  name: `complex ${name}`,
  fn,
  args: [z],
  rtol: 5e-6,
  atol: 5e-6,
  order: 1,
  ...more,
});
const binary = (name: string, fn: (x: NDArray, y: NDArray) => NDArray, more: Partial<OpRow> = {}): OpRow => ({
  ...unary(name, fn as never),
  args: [z, { ...z, shape: [] }],
  ...more,
});

testOps([
  ...(
    [
      "neg",
      "sign",
      "square",
      "sqrt",
      "rsqrt",
      "exp",
      "exp2",
      "expm1",
      "log",
      "log1p",
      "sin",
      "cos",
      "tan",
    ] as const
  ).map((name) => unary(name, lax[name], name === "sign" ? { wrt: [] } : {})),
  ...(["asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "logistic"] as const).map(
    // JAX's rule of acosh is that of the right half plane.
    (name) => unary(name, lax[name], name === "acosh" ? { args: [{ ...z, domain: [0.5, 2] }] } : {}),
  ),
  ...(["abs", "real", "imag", "conj"] as const).map((name) => unary(name, lax[name])),
  unary("integerPow", (x) => lax.integerPow(x, -3)),
  binary("add", lax.add),
  binary("sub", lax.sub),
  binary("mul", lax.mul),
  binary("div", lax.div),
  binary("pow", lax.pow),
  binary("atan2", lax.atan2, { gradTolerance: 1e-4 }),
  binary("max", lax.max, { args: [z, z] }),
  binary("eq", lax.eq, { args: [z, z] }),
  { name: "complex of parts", fn: lax.complex, args: [{ shape: [3] }, { shape: [3] }] },
  unary("reduceSum", (x) => lax.reduceSum(x, [0]), { args: [matrix(3, 2)] }),
  unary("reduceProd", (x) => lax.reduceProd(x, [0, 1]), { args: [matrix(3, 2)] }),
  unary("reduceMax", (x) => lax.reduceMax(x, [0]), { args: [matrix(3, 2)] }),
  unary("cumsum", (x) => lax.cumsum(x, 0), { args: [matrix(5, 2)] }),
  unary("cumprod", (x) => lax.cumprod(x, 0, true), { args: [matrix(5, 2)] }),
  unary("cummax", (x) => lax.cummax(x, 0), { args: [matrix(5, 2)], wrt: [] }),
  unary("cumlogsumexp", (x) => lax.cumlogsumexp(x, 0), { args: [matrix(5)], wrt: [] }),
  unary("sort", (x) => lax.sort(x, { dimension: 0 }), { args: [matrix(5, 2)] }),
  unary("reshape and transpose", (x) => lax.transpose(lax.reshape(x, [3, 2]), [1, 0]), { args: [matrix(6)] }),
  unary("pad and reverse", (x) =>
    lax.rev(lax.pad(x, lax.full([], new Complex(1, 2), x.dtype), [[1, 2, 1]]), [0]),
  ),
  binary("matmul", (x, y) => jnp.matmul(x, y), { args: [matrix(2, 3), matrix(3, 4)] }),
  binary("matmul, the left factor smaller", (x, y) => jnp.matmul(x, y), {
    args: [matrix(1, 3), matrix(3, 4)],
  }),
  binary("batched dot", (x, y) => jnp.einsum("bij,bkj->bik", x, y), {
    args: [matrix(2, 2, 3), matrix(2, 4, 3)],
  }),
  binary("conv", (x, y) => lax.convGeneralDilated(x, y, [1, 2], "SAME"), {
    args: [matrix(1, 2, 4, 5), matrix(3, 2, 2, 3)],
  }),
  binary("grouped conv", (x, y) => lax.convGeneralDilated(x, y, [1], "VALID", { featureGroupCount: 2 }), {
    args: [matrix(1, 4, 5), matrix(2, 2, 3)],
    vmap: false,
  }),
  binary("scatter-add", (x, y) => x.at(jnp.int32([2, 0, 2])).add(y), { args: [matrix(4), matrix(3)] }),
  binary("scatter-mul", (x, y) => x.at(jnp.int32([2, 0])).multiply(y, { uniqueIndices: true }), {
    args: [matrix(4), matrix(2)],
  }),
  binary("scatter-mul of rows that repeat", (x, y) => x.at(jnp.int32([1, 0, 1])).multiply(y), {
    args: [matrix(3, 2), matrix(3, 2)],
    wrt: [0],
  }),
  binary("scatter-mul of one element", (x, y) => x.at(jnp.int32([1, 1, 1, 1])).multiply(y), {
    args: [matrix(3), matrix(1)],
    wrt: [0],
  }),
  binary("scatter-min", (x, y) => x.at(jnp.int32([2, 0, 2])).min(y), {
    args: [matrix(4), matrix(3)],
    wrt: [],
  }),
  binary("scatter-max", (x, y) => x.at(jnp.int32([2, 0, 2])).max(y), {
    args: [matrix(4), matrix(3)],
    wrt: [],
  }),
  binary("dynamicUpdateSlice", (x, y) => lax.dynamicUpdateSlice(x, y, [1]), { args: [matrix(4), matrix(2)] }),
  unary("gather", (x) => x.get(jnp.int32([2, 0, 2])), { args: [matrix(4, 2)] }),
]);

const c = (re: number, im: number) => new Complex(re, im);
const parts = (x: NDArray) => elements(x);

describe("large, small and infinite numbers", () => {
  const big = 2 ** 120;
  const huge = 2 ** 1000;
  test.each([
    ["abs", lax.abs(jnp.complex64(c(big, big))), [big * Math.SQRT2]],
    ["abs in float64", lax.abs(jnp.complex128(c(huge, huge))), [huge * Math.SQRT2]],
    ["abs of infinity", lax.abs(jnp.complex64(c(3, -Infinity))), [Infinity]],
    // As in JAX; C says that it is infinite.
    ["abs of infinity and NaN", lax.abs(jnp.complex64(c(Number.NaN, -Infinity))), [Number.NaN]],
    ["quotient", lax.div(jnp.complex64(c(big, big)), jnp.complex64(c(big, big))), [1, 0]],
    ["quotient in float64", lax.div(jnp.complex128(c(huge, huge)), jnp.complex128(c(huge, -huge))), [0, 1]],
    [
      "quotient of small numbers",
      lax.div(jnp.complex128(c(1e-300, 0)), jnp.complex128(c(1e-300, 1e-300))),
      [0.5, -0.5],
    ],
    ["over zero", lax.div(jnp.complex64(c(1, 1)), jnp.complex64(c(0, 0))), [Infinity, Infinity]],
    ["over infinity", lax.div(jnp.complex64(c(1, 1)), jnp.complex64(c(Infinity, 0))), [0, 0]],
    ["square root", lax.sqrt(jnp.complex128(c(0, 2 * huge))), [2 ** 500, 2 ** 500]],
    ["square root below the cut", lax.sqrt(jnp.complex64(c(-4, -0))), [0, -2]],
    ["exp", lax.exp(jnp.complex64(c(89, Math.PI / 4))), [3.1738e38, 3.1738e38]],
    ["tanh", lax.tanh(jnp.complex64(c(-500, 1))), [-1, 0]],
    ["log near the circle", lax.log(jnp.complex128(c(1, 1e-9))), [5e-19, 1e-9]],
    ["acosh", lax.acosh(jnp.complex128(c(huge, 0))), [1000 * Math.LN2 + Math.LN2, 0]],
  ] as const)("%s", (name, got, want) => {
    const tolerance = name === "exp" ? 1e-3 : 1e-6;
    expect(firstDifference(parts(got), want, tolerance, 1e-25)).toBeNull();
  });
});

describe("derivatives as in JAX", () => {
  test("the gradient of |z|^2 is the conjugate of the direction of ascent", () => {
    const g = grad((x: NDArray) => lax.square(lax.abs(x)).sum())(jnp.complex64([c(1, 2), c(0, 0)]));
    expect(parts(g)).toEqual([2, -4, 0, 0]);
  });
  test("holomorphic", () => {
    const g = grad((x: NDArray) => x.mul(x).mul(x), { holomorphic: true })(jnp.complex64(c(1, 1)));
    expect(firstDifference(parts(g as NDArray), [0, 6], 1e-6, 1e-6)).toBeNull();
    expect(() => grad((x: NDArray) => x.mul(x))(jnp.complex64(c(1, 1)))).toThrow(/real-valued outputs/);
    expect(() => grad((x: NDArray) => x.mul(x), { holomorphic: true })(jnp.float32(1))).toThrow(
      /complex dtype/,
    );
  });
  test("transposes conjugate nothing", () => {
    const w = jnp.complex64(c(0, 1));
    const [, pull] = vjp((x: NDArray) => x.mul(w), jnp.complex64(c(1, 0)));
    expect(parts((pull(jnp.complex64(c(1, 0))) as [NDArray])[0])).toEqual([0, 1]);
    const [, tangent] = jvp((x: NDArray) => lax.conj(x), [jnp.complex64(c(1, 2))], [jnp.complex64(c(3, 4))]);
    expect(parts(tangent as NDArray)).toEqual([3, -4]);
  });
});

test("loops, branches, jit and vmap carry complex numbers", () => {
  const steps = (x: NDArray) => lax.foriLoop(0, 5, (_i, s: NDArray) => s.mul(s).add(x), x);
  const x = jnp.complex64([c(0.1, 0.2), c(-0.3, 0.1)]);
  const eager = (v: Complex): Complex => {
    let s = v;
    for (let i = 0; i < 5; i++) s = c(s.re * s.re - s.im * s.im + v.re, 2 * s.re * s.im + v.im);
    return s;
  };
  const want = (x.tolist() as Complex[]).map(eager).flatMap((v) => [v.re, v.im]);
  expect(firstDifference(parts(jit(steps)(x)), want, 1e-5, 1e-6)).toBeNull();
  expect(firstDifference(parts(vmap(steps)(x)), want, 1e-5, 1e-6)).toBeNull();
  const [last, all] = lax.scan((s: NDArray, v: NDArray) => [s.add(v), s.mul(v)], jnp.complex64(c(1, 0)), x);
  expect(firstDifference(parts(last as NDArray), [0.8, 0.3], 1e-6, 1e-6)).toBeNull();
  expect((all as NDArray).shape).toEqual([2]);
  const chosen = lax.cond(
    true,
    (v: NDArray) => v,
    (v: NDArray) => v.neg(),
    x,
  );
  expect(parts(chosen as NDArray)).toEqual(parts(x));
});

test("values of arrays", () => {
  const x = jnp.complex64([[1, c(0, 2)]]);
  expect(x.tolist()).toEqual([[c(1, 0), c(0, 2)]]);
  expect(x.get(0, 1).item()).toEqual(c(0, 2));
  expect(x.dataSync()).toEqual(Float32Array.of(1, 0, 0, 2));
  expect(String(new Complex(1, -2))).toBe("(1-2j)");
  expect(String(new Complex(0, 1))).toBe("1j");
  expect(parts(jnp.float32([1, 2]).view("complex64"))).toEqual([1, 2]);
  expect(parts(jnp.complex64([c(1, 2)]).view("float32"))).toEqual([1, 2]);
  expect(String(makeJaxpr((v: NDArray) => v.mul(c(1, 2)).add(2))(jnp.complex64([1])))).toBe(
    [
      "{ lambda ; a:c64[1]. let",
      "    b:c64[1] = mul a (1+2j):c64[]",
      "    c:c64[1] = add b (2+0j):c64[]",
      "  in (c,) }",
    ].join("\n"),
  );
});

test("programs of complex numbers are valid after every pass", () => {
  config.update("enableChecks", true);
  try {
    const x = random.normal(random.key(0), [5, 7], "complex64");
    const f = jit((x: NDArray) => {
      const e = jnp.exp(x);
      const rows = e.div(e.sum(1, { keepdims: true })).sum(1);
      return [rows, lax.fft(x, "FFT", [7]), x.matmul(x.conj().T), jnp.cumsum(x, 0), x.at(0).add(1)];
    });
    elements(f(x)[0]).forEach((part, i) => {
      expect(part).toBeCloseTo(i % 2 === 0 ? 1 : 0, 5);
    });
    const [, ys] = lax.scan((c: NDArray, z: NDArray) => [c.mul(z), c], lax.complex(1, 0), x.get(0));
    expect(ys.shape).toEqual([7]);
  } finally {
    config.update("enableChecks", false);
  }
});
