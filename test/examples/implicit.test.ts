import { grad, jit, jnp, type NDArray, vmap } from "fluxion";
import { expect, test } from "vitest";
import { eccentricAnomaly, equilibrium } from "../../examples/implicit.ts";

test("Kepler's equation and its derivatives", () => {
  const e = jnp.float64([0, 0.1, 0.6, 0.9]);
  const M = jnp.float64([0.5, 1, 2, 3]);
  const E = vmap(eccentricAnomaly)({ e, M });
  expect(Number(jnp.abs(E.sub(e.mul(jnp.sin(E))).sub(M)).max())).toBeLessThan(1e-11);
  const derivative = jit(vmap(grad(eccentricAnomaly)))({ e, M });
  const slope = jnp.divide(1, jnp.subtract(1, e.mul(jnp.cos(E))));
  expect(Number(jnp.abs(derivative.M.sub(slope)).max())).toBeLessThan(1e-9);
  expect(Number(jnp.abs(derivative.e.sub(slope.mul(jnp.sin(E)))).max())).toBeLessThan(1e-9);
});

test("the derivatives of a layer in equilibrium are difference quotients", () => {
  const W = jnp.float64([
    [0.2, -0.5],
    [0.4, 0.1],
  ]);
  const x = jnp.float64([0.3, -0.7]);
  const f = (W: NDArray, x: NDArray) => equilibrium(W, x).pow(2).sum();
  const z = equilibrium(W, x);
  expect(Number(jnp.abs(jnp.tanh(W.matmul(z).add(x)).sub(z)).max())).toBeLessThan(1e-11);
  const [dW, dx] = grad(f, { argnums: [0, 1] })(W, x);
  const h = 1e-5;
  for (const [i, j] of [
    [0, 1],
    [1, 0],
  ]) {
    const quotient = f(W.at(i, j).add(h), x)
      .sub(f(W.at(i, j).add(-h), x))
      .div(2 * h);
    expect(Number(dW.get(i, j))).toBeCloseTo(Number(quotient), 8);
  }
  const quotient = f(W, x.at(1).add(h))
    .sub(f(W, x.at(1).add(-h)))
    .div(2 * h);
  expect(Number(dx.get(1))).toBeCloseTo(Number(quotient), 8);
});
