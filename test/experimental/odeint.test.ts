import { experimental, grad, jacrev, jit, jnp, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { expectClose as close } from "../transforms/helpers.ts";

const { odeint } = experimental.ode;
type A = NDArray;
const expectClose = (actual: A, expected: A, tolerance: number) =>
  close(actual, expected.tolist(), tolerance);
const f64 = (x: number | number[] | number[][]) => jnp.array(x, "float64");
const times = () => f64([0, 0.3, 1, 1.5]);

describe("odeint in float64", () => {
  const oscillator = ({ x, v }: { x: A; v: A }, t: A, k: A) => ({ x: v, v: x.mul(k).neg().add(jnp.sin(t)) });
  const start = () => ({ x: f64([1, -0.5]), v: f64([0, 2]) });

  test("exponential decay", () => {
    const y = odeint((y: A, _: A, rate: A) => y.mul(rate.neg()), f64(3), times(), f64(2));
    expectClose(y, jnp.exp(times().mul(-2)).mul(3), 1e-7);
  });

  test("a state that is a tree, under jit and vmap", () => {
    const solve = (k: A) => odeint(oscillator, start(), times(), k);
    const each = [1.5, 4].map((k) => solve(f64(k)));
    expect(each[0].x.shape).toEqual([4, 2]);
    const both = jit(vmap(solve))(f64([1.5, 4]));
    each.forEach((one, i) => {
      expectClose(both.x.get(i), one.x, 1e-7);
      expectClose(both.v.get(i), one.v, 1e-7);
    });
  });

  test("derivatives by the adjoint method equal finite differences", () => {
    const closed = f64(0.7);
    const loss = (x0: A, ts: A, k: A, c: A) => {
      const ys = odeint(
        (s: { x: A; v: A }, t: A, k: A) => ({
          x: s.v,
          v: s.x
            .mul(k)
            .neg()
            .add(jnp.sin(t.mul(c))),
        }),
        { x: x0, v: f64(2) },
        ts,
        k,
        { rtol: 1e-10, atol: 1e-10 },
      );
      return jnp.sum(ys.x.mul(f64([0.3, 1, 2, -1]))).add(ys.v.get(2));
    };
    const inputs = [f64(1), times(), f64(1.5), closed] as const;
    const gradients = grad(loss, { argnums: [0, 1, 2, 3] })(...inputs);
    const h = 1e-5;
    inputs.forEach((x, i) => {
      const flat = jnp.ravel(x);
      for (let j = 0; j < flat.size; j++) {
        const moved = (d: number) => {
          const args = [...inputs] as [A, A, A, A];
          args[i] = flat.at(j).add(d).reshape(x.shape);
          return loss(...args).item() as number;
        };
        const expected = (moved(h) - moved(-h)) / (2 * h);
        expect(jnp.ravel(gradients[i]).get(j).item()).toBeCloseTo(expected, 5);
      }
    });
  });

  test("a jacobian of a linear system is the matrix exponential", () => {
    const a = f64([
      [0, 1],
      [-2, -0.3],
    ]);
    const flow = (y0: A) => odeint((y: A) => a.matmul(y), y0, f64([0, 0.8])).get(-1);
    expectClose(jacrev(flow)(f64([1, 0.5])), expm(a.mul(0.8)), 1e-6);
  });

  /** The Taylor series, which converges for a small matrix. */
  const expm = (a: A): A => {
    let [sum, term] = [jnp.eye(2, { dtype: "float64" }), jnp.eye(2, { dtype: "float64" })];
    for (let i = 1; i < 25; i++) {
      term = term.matmul(a).div(i);
      sum = sum.add(term);
    }
    return sum;
  };
});

test("one time gives the start; bad times raise", () => {
  const f = (y: A) => y.neg();
  expectClose(odeint(f, jnp.array([1, 2]), jnp.array([0])), jnp.array([[1, 2]]), 0);
  expect(() => odeint(f, jnp.array(1), jnp.array([0, 1], "int32"))).toThrow(/array of floats/);
  expect(() => odeint(f, jnp.array(1), jnp.array(1))).toThrow(/vector of times/);
  expect(() => odeint(f, jnp.array(1), jnp.array([]))).toThrow(/vector of times/);
});
