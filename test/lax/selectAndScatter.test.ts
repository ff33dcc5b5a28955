import { grad, jit, jnp, lax, makeJaxpr, type NDArray } from "fluxion";
import { expect, test } from "vitest";
import { type OpRow, testOps } from "./opTable.ts";

// What JAX 0.10.2 gives for its select_and_scatter.

const product = (x: NDArray, source: NDArray) =>
  lax.selectAndScatter(x, lax.ge, [3], [1], [[1, 1]], source, 2, lax.mul);

test("elements that several windows select are combined in turn", () => {
  const result = product(jnp.array([1, 3, 2, 5, 4]), jnp.array([1, 2, 3, 4, 5]));
  expect(result.tolist()).toEqual([2, 4, 2, 120, 2]);
});

test("windows act in row-major order, and padding is never selected", () => {
  const last = (_a: NDArray, b: NDArray) => b;
  const x = jnp.array([7, 0, 0]);
  const result = lax.selectAndScatter(x, lax.ge, [2], [1], [[2, 2]], jnp.array([1, 2, 3, 4, 5, 6]), 0, last);
  // The first window and the last see only padding; the second and the third select the 7.
  expect(result.tolist()).toEqual([3, 4, 5]);
});

test("NaN is selected as the computation says", () => {
  const x = jnp.array([1, Number.NaN, 2]);
  const of = (select: typeof lax.ge) =>
    lax.selectAndScatter(x, select, [3], [1], "VALID", jnp.array([9]), 0, lax.add).tolist();
  expect([of(lax.ge), of(lax.gt)]).toEqual([
    [0, 0, 9],
    [0, 0, 9],
  ]);
  const keepsFirst = (a: NDArray, _b: NDArray) => lax.eq(a, a);
  expect(of(keepsFirst as typeof lax.ge)).toEqual([9, 0, 0]);
});

test("the program, and what it cannot do", () => {
  const [x, s] = [jnp.ones(5), jnp.ones(5)];
  expect(String(makeJaxpr(product)(x, s))).toBe(`{ lambda ; a:f32[5] b:f32[5]. let
    c:f32[5] = select_and_scatter[
      padding=((1, 1),)
      scatter_consts=()
      scatter_jaxpr={ lambda ; d:f32[] e:f32[]. let f:f32[] = mul d e in (f,) }
      select_consts=()
      select_jaxpr={ lambda ; g:f32[] h:f32[]. let i:bool[] = ge g h in (i,) }
      window_dimensions=(3,)
      window_strides=(1,)
    ] a b 2.0:f32[]
  in (c,) }`);
  expect(() => grad((y: NDArray) => product(y, s).sum())(x)).toThrow(
    "Differentiation rule for 'select_and_scatter' not implemented",
  );
  expect(() => product(x, jnp.ones(4))).toThrow(/one element for each window.*\(4,\).*\(5,\)/);
  expect(() => lax.selectAndScatter(x, lax.add, [3], [1], "SAME", s, 0, lax.add)).toThrow(
    /select must return.*bool/,
  );
  expect(() =>
    lax.selectAndScatter(x, lax.ge, [3], [1], "SAME", jnp.int32([1, 1, 1, 1, 1]), 0, lax.add),
  ).toThrow(/arguments to have/);
  expect(() => lax.selectAndScatter(x, lax.ge, [3, 1], [1, 1], "SAME", s, 0, lax.add)).toThrow(TypeError);
});

const rows: OpRow[] = [
  {
    name: "selectAndScatter in one dimension",
    fn: product,
    args: [{ shape: [5] }, { shape: [5] }],
    wrt: [],
  },
  {
    name: "selectAndScatter in two dimensions, strided",
    fn: (x, s) => lax.selectAndScatter(x, lax.le, [2, 3], [2, 1], "SAME", s, 1, lax.max),
    args: [{ shape: [5, 4] }, { shape: [3, 4] }],
    wrt: [],
  },
  {
    name: "selectAndScatter with long windows",
    fn: (x, s) => lax.selectAndScatter(x, lax.gt, [20], [7], [[3, 4]], s, 0, lax.sub),
    args: [{ shape: [30] }, { shape: [3] }],
    wrt: [],
  },
  {
    name: "selectAndScatter int64",
    fn: (x, s) => lax.selectAndScatter(x, lax.ge, [2, 2], [1, 1], "VALID", s, 3, lax.add),
    args: [
      { shape: [3, 3], dtype: "int64" },
      { shape: [2, 2], dtype: "int64" },
    ],
  },
  {
    name: "selectAndScatter without windows",
    fn: (x, s) => lax.selectAndScatter(x, lax.ge, [3], [1], "VALID", s, 3, lax.add),
    args: [{ shape: [2] }, { shape: [0] }],
    wrt: [],
  },
];
// Compiled once per type: an eager call traces its computations anew.
testOps(rows.map((row) => ({ ...row, fn: jit(row.fn) as OpRow["fn"] })));
