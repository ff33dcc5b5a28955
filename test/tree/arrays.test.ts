import { jit, jnp, type NDArray, ravelPytree, tree, vmap } from "fluxion";
import { expect, test } from "vitest";

// Cases of the golden tree.json that need arrays.
test("map/arrays", () => {
  const doubled = tree.map((x: NDArray) => x.mul(2), { a: jnp.arange(3), b: jnp.ones([2, 1]) });
  expect(Object.keys(doubled)).toEqual(["a", "b"]);
  expect([doubled.a.dtype.name, doubled.a.tolist()]).toEqual(["int32", [0, 2, 4]]);
  expect([doubled.b.dtype.name, doubled.b.tolist()]).toEqual(["float32", [[2], [2]]]);
});

test("ravel/order", () => {
  const [flat] = ravelPytree({ b: jnp.array([3, 4]), a: 1 });
  expect(flat.tolist()).toEqual([1, 3, 4]);
});

test("error/vmap_in_axes_length", () => {
  const add = vmap((x: NDArray, _y: NDArray) => x, { inAxes: [0] });
  expect(() => add(jnp.ones(3), jnp.ones(3))).toThrow(/got len\(inAxes\)=1, len\(args\)=2/);
});

test("ravelPytree goes back, mixes dtypes and works under jit", () => {
  const params = {
    w: jnp.array([
      [1, 2],
      [3, 4],
    ]),
    n: jnp.int32([5, 6]),
    empty: jnp.zeros(0),
  };
  const [flat, unravel] = ravelPytree(params);
  expect([flat.dtype.name, flat.tolist()]).toEqual(["float32", [5, 6, 1, 2, 3, 4]]);
  const back = unravel(flat.mul(2));
  expect([back.n.dtype.name, back.n.tolist(), back.w.tolist()]).toEqual([
    "int32",
    [10, 12],
    [
      [2, 4],
      [6, 8],
    ],
  ]);
  expect(jit((p: typeof params) => ravelPytree(p)[0])(params).tolist()).toEqual(flat.tolist());
  expect(() => unravel(jnp.ones(3))).toThrow("expected an array of shape (6,), got (3,)");
  expect(ravelPytree([])[0].shape).toEqual([0]);
});
