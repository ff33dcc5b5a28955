// The derivative of the solution of an equation, without going through the steps that solved it: implicit differentiation with
// customVjp. The solver is a `lax.whileLoop`, which reverse mode could not differentiate.
//
// If x = f(theta, x), then dx = (I - df/dx)^-1 df/dtheta dtheta, so the cotangent of theta is that of df/dtheta for w, where
// w = ct + w df/dx: another fixed point.

import { customVjp, jit, jnp, lax, type NDArray, vjp } from "fluxion";
import { isScript } from "./script.ts";

/** Repeats `f` until nothing moves by more than `tolerance`. */
function iterate(f: (x: NDArray) => NDArray, x0: NDArray, tolerance: number): NDArray {
  const [, solution] = lax.whileLoop(
    ([before, now]: [NDArray, NDArray]) => jnp.abs(now.sub(before)).max().gt(tolerance),
    ([, now]: [NDArray, NDArray]): [NDArray, NDArray] => [now, f(now)],
    [x0, f(x0)],
  );
  return solution;
}

/**
 * The fixed point x = f(theta, x) of a contraction, found from `x0`; its derivative with respect to `theta` is exact, and costs another such
 * iteration whatever the number of steps.
 *
 * @param f maps parameters (a tree of arrays) and x to the next x, of the same shape and dtype
 */
export function fixedPoint<T>(
  f: (theta: T, x: NDArray) => NDArray,
  theta: T,
  x0: NDArray,
  tolerance = 1e-12,
): NDArray {
  const solve = customVjp((theta: T, x0: NDArray) => iterate((x) => f(theta, x), x0, tolerance));
  solve.defvjp(
    (theta: T, x0: NDArray) => {
      const x = solve(theta, x0);
      return [x, [theta, x]] as [NDArray, [T, NDArray]];
    },
    ([theta, x]: [T, NDArray], ct: NDArray) => {
      const [, transposeX] = vjp((x: NDArray) => f(theta, x), x);
      const w = iterate((w) => ct.add(transposeX(w)[0]), ct, tolerance);
      const [, transposeTheta] = vjp((theta: T) => f(theta, x), theta);
      // Where the iteration starts makes no difference to where it ends.
      return [transposeTheta(w)[0], null];
    },
  );
  return solve(theta, x0);
}

/** Kepler's equation E = M + e sin E: the eccentric anomaly E of an orbit of eccentricity e at the mean anomaly M. */
export function eccentricAnomaly({ e, M }: { e: NDArray; M: NDArray }): NDArray {
  return fixedPoint(({ e, M }, E) => M.add(e.mul(jnp.sin(E))), { e, M }, M);
}

/** A layer that is an equilibrium, z = tanh(W z + x): Bai, Kolter and Koltun, Deep Equilibrium Models, https://arxiv.org/abs/1909.01377. */
export function equilibrium(W: NDArray, x: NDArray): NDArray {
  return fixedPoint(({ W, x }, z) => jnp.tanh(W.matmul(z).add(x)), { W, x }, jnp.zeros(x.shape, x.dtype));
}

if (isScript(import.meta.url)) {
  const orbit = { e: jnp.float64(0.6), M: jnp.float64(1) };
  const [E, pullback] = vjp(eccentricAnomaly, orbit);
  const [derivative] = pullback(jnp.float64(1));
  const slope = 1 / (1 - 0.6 * Math.cos(Number(E)));
  console.log(`E = ${E}, and E - e sin E = ${E.sub(orbit.e.mul(jnp.sin(E)))}`);
  console.log(`dE/dM = ${derivative.M}, by hand ${slope}`);
  console.log(`dE/de = ${derivative.e}, by hand ${Math.sin(Number(E)) * slope}`);
  const W = jnp.float64([
    [0.2, -0.5],
    [0.4, 0.1],
  ]);
  const x = jnp.float64([0.3, -0.7]);
  const total = jit(
    (W: NDArray, x: NDArray) => vjp((W: NDArray) => equilibrium(W, x).sum(), W)[1](jnp.float64(1))[0],
  );
  console.log(`equilibrium ${equilibrium(W, x)}, derivative of its sum by W ${total(W, x)}`);
}
