import { grad, jit, jnp, jvp } from "fluxion";
import { expect, test } from "vitest";
import { type Bodies, energy, masses, potential, simulate, start } from "../../examples/planets.ts";

const largest = (x: ReturnType<typeof jnp.abs>) => Number(jnp.abs(x).max());

test("a hundred thousand steps keep the energy and the momentum", () => {
  const [after, energies] = jit((bodies: Bodies) => simulate(bodies, 100_000, 10))(start);
  expect(energies.shape).toEqual([100_000]);
  expect(largest(energies.div(energy(start)).sub(1))).toBeLessThan(1e-5);
  const momentum = ({ velocity }: Bodies) => masses.matmul(velocity);
  expect(largest(momentum(after).sub(momentum(start)))).toBeLessThan(1e-15);
});

test("backwards in time it returns to where it began", () => {
  const fly = jit((bodies: Bodies) => simulate(bodies, 2000, 10)[0]);
  const there = fly(start);
  const back = fly({ position: there.position, velocity: there.velocity.neg() });
  expect(largest(there.position.sub(start.position))).toBeGreaterThan(1);
  expect(largest(back.position.sub(start.position))).toBeLessThan(1e-9);
});

test("the force is the gradient of the potential, written by hand", () => {
  const [x, m] = [start.position.tolist() as number[][], masses.tolist() as number[]];
  const force = x.map((a, i) =>
    [0, 1, 2].map((axis) =>
      x.reduce((sum, b, j) => {
        if (i === j) return sum;
        const r = Math.hypot(...a.map((p, k) => p - b[k]));
        return sum + (2.95912208286e-4 * m[i] * m[j] * (a[axis] - b[axis])) / r ** 3;
      }, 0),
    ),
  );
  expect(largest(grad(potential)(start.position).sub(jnp.float64(force)))).toBeLessThan(1e-18);
});

test("the derivative of a flight is a difference quotient", () => {
  const moved = (by: number): Bodies => ({ ...start, position: start.position.at(1, 0).add(by) });
  const fly = jit((bodies: Bodies) => simulate(bodies, 100, 10)[0].position);
  const [, tangent] = jvp(
    fly,
    [start],
    [
      {
        ...moved(1),
        position: moved(1).position.sub(start.position),
        velocity: jnp.zeros([6, 3], "float64"),
      },
    ],
  );
  const quotient = fly(moved(1e-4))
    .sub(fly(moved(-1e-4)))
    .div(2e-4);
  expect(largest(tangent.sub(quotient))).toBeLessThan(1e-6);
});
