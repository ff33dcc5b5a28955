// Minimization: known minima, JAX's numbers, transformations and misuse.

import { grad, jit, jnp, type NDArray, scipy, tree, vmap } from "fluxion";
import { expect, test } from "vitest";

const { minimize } = scipy.optimize;
const rosenbrock = (x: NDArray): NDArray => {
  const [a, b] = [x.get("0:-1"), x.get("1:")];
  return jnp.sum(b.sub(a.pow(2)).pow(2).mul(100).add(jnp.subtract(1, a).pow(2)));
};
const himmelblau = (p: NDArray): NDArray => {
  const [x, y] = [p.get(0), p.get(1)];
  return x
    .pow(2)
    .add(y)
    .sub(11)
    .pow(2)
    .add(x.add(y.pow(2)).sub(7).pow(2));
};

test("minima of test functions", () => {
  for (const n of [2, 5]) {
    const result = minimize(rosenbrock, jnp.zeros(n).astype("float64"), { method: "BFGS" });
    expect(result.success.item()).toBe(true);
    expect(Number(result.status)).toBe(0);
    expect(jnp.allclose(result.x, 1, { atol: 1e-5 }).item()).toBe(true);
    expect(Number(jnp.abs(result.jac).max())).toBeLessThan(1e-5);
  }
  const near = minimize(himmelblau, jnp.array([1, 1]), { method: "BFGS" });
  expect(jnp.allclose(near.x, jnp.array([3, 2]), { atol: 1e-3 }).item()).toBe(true);
});

test("as many iterations as JAX makes", () => {
  // jax.scipy.optimize.minimize(himmelblau, jnp.array([1., 1.]), method="BFGS", options={"maxiter": 4})
  const result = minimize(himmelblau, jnp.array([1, 1]), { method: "BFGS", options: { maxiter: 4 } });
  expect([result.nit, result.nfev, result.status].map(Number)).toEqual([4, 9, 1]);
  expect(jnp.allclose(result.x, jnp.array([2.9958375, 1.9927408]), { rtol: 1e-3 }).item()).toBe(true);
});

test("arguments, jit, vmap, forward derivatives, and the result as a tree", () => {
  const shifted = (x: NDArray, centre: NDArray): NDArray => jnp.sum(x.sub(centre).pow(2));
  const solve = (c: NDArray): NDArray => minimize(shifted, jnp.zeros(2), [c], { method: "BFGS" }).x;
  const centre = jnp.array([2, -1]);
  expect(jnp.allclose(jit(solve)(centre), centre, { atol: 1e-4 }).item()).toBe(true);
  const centres = jnp.array([[1, 2], [3, -4], [0, 0]]); // biome-ignore format: points
  expect(jnp.allclose(vmap(solve)(centres), centres, { atol: 1e-4 }).item()).toBe(true);
  const result = jit((c: NDArray) => minimize(shifted, jnp.zeros(2), [c], { method: "BFGS" }))(centre);
  expect(result).toBeInstanceOf(scipy.optimize.OptimizeResults);
  expect(tree.leaves(result)).toHaveLength(9);
  expect(() => grad((c: NDArray) => solve(c).sum())(centre)).toThrow("while");
});

test("too few iterations are told", () => {
  const result = minimize(rosenbrock, jnp.zeros(4), { method: "BFGS", options: { maxiter: 3 } });
  expect([result.success.item(), Number(result.status), Number(result.nit)]).toEqual([false, 1, 3]);
});

test.each<[string, () => unknown, string]>([
  [
    "another method",
    () => minimize(rosenbrock, jnp.zeros(2), { method: "Nelder-Mead" as never }),
    "not recognized",
  ],
  ["no method", () => minimize(rosenbrock, jnp.zeros(2), {} as never), "not recognized"],
  ["a matrix", () => minimize(rosenbrock, jnp.zeros([2, 2]), { method: "BFGS" }), "must be a vector"],
  [
    "arguments that are no list",
    () => minimize(rosenbrock as never, jnp.zeros(2), 3 as never, { method: "BFGS" }),
    "must be a list",
  ],
  [
    "an unknown setting",
    () => minimize(rosenbrock, jnp.zeros(2), { method: "BFGS", options: { maxIter: 3 } as never }),
    "maxIter",
  ],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
