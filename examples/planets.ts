// The outer planets over 2,700 years: 100,000 steps of ten days in one `lax.scan`, by the leapfrog method, which keeps the energy
// for all time. The derivative of the whole flight with respect to where it began is one `jvp` away.
//
// Positions (AU), velocities (AU per day) and masses (of the Sun) of 5 September 1994: Hairer, Lubich and Wanner, Geometric Numerical
// Integration, section I.2.4.

import { grad, jit, jnp, jvp, lax, type NDArray } from "fluxion";
import { isScript } from "./script.ts";

const gravitation = 2.95912208286e-4;
export const names = ["Sun", "Jupiter", "Saturn", "Uranus", "Neptune", "Pluto"];
export const masses = jnp.float64([
  1.00000597682,
  0.000954786104043,
  0.000285583733151,
  0.0000437273164546,
  0.0000517759138449,
  1 / 1.3e8,
]);

/** Where the bodies are and how fast they move, both [bodies, 3]. */
export interface Bodies {
  position: NDArray;
  velocity: NDArray;
}

export const start: Bodies = {
  position: jnp.float64([
    [0, 0, 0],
    [-3.5023653, -3.8169847, -1.5507963],
    [9.0755314, -3.0458353, -1.6483708],
    [8.310142, -16.2901086, -7.2521278],
    [11.4707666, -25.7294829, -10.8169456],
    [-15.5387357, -25.2225594, -3.1902382],
  ]),
  velocity: jnp.float64([
    [0, 0, 0],
    [0.00565429, -0.0041249, -0.00190589],
    [0.00168318, 0.00483525, 0.00192462],
    [0.00354178, 0.00137102, 0.00055029],
    [0.0028893, 0.00114527, 0.00039677],
    [0.00276725, -0.00170702, -0.00136504],
  ]),
};

/** The energy of all pairs, each counted once. */
export function potential(position: NDArray): NDArray {
  const n = position.shape[0];
  const apart = position.reshape(n, 1, 3).sub(position);
  // The diagonal gets a distance of its own, so that no derivative there is infinite.
  const squares = apart
    .pow(2)
    .sum(-1)
    .add(jnp.eye(n, { dtype: "float64" }));
  const pairs = masses
    .reshape(n, 1)
    .mul(masses)
    .mul(jnp.tri(n, n, -1, { dtype: "float64" }));
  return pairs.div(jnp.sqrt(squares)).sum().mul(-gravitation);
}

export function energy({ position, velocity }: Bodies): NDArray {
  return masses.mul(velocity.pow(2).sum(-1)).sum().div(2).add(potential(position));
}

/** One step of the leapfrog method; forces are the gradient of the potential. */
export function leapfrog({ position, velocity }: Bodies, h: number): Bodies {
  const kick = (x: NDArray) =>
    grad(potential)(x)
      .div(masses.reshape(-1, 1))
      .mul(-h / 2);
  const half = velocity.add(kick(position));
  const next = position.add(half.mul(h));
  return { position: next, velocity: half.add(kick(next)) };
}

/** The bodies after `steps` steps of `h` days, and the energy after each. */
export function simulate(bodies: Bodies, steps: number, h: number): [after: Bodies, energies: NDArray] {
  return lax.scan(
    (now: Bodies) => {
      const next = leapfrog(now, h);
      return [next, energy(next)];
    },
    bodies,
    null,
    { length: steps },
  );
}

if (isScript(import.meta.url)) {
  const steps = 100_000;
  const fly = jit((bodies: Bodies) => simulate(bodies, steps, 10));
  const began = performance.now();
  const [after, energies] = fly(start);
  after.position.blockUntilReady();
  const seconds = (performance.now() - began) / 1000;
  const years = Math.round((steps * 10) / 365.25);
  console.log(`${years} years in ${seconds.toFixed(2)} s`);
  const relative = energies.div(energy(start)).sub(1);
  console.log(`energy: relative change within ${jnp.min(relative)} and ${jnp.max(relative)}`);
  const distances = jnp.sqrt(after.position.sub(after.position.get(0)).pow(2).sum(1)).tolist() as number[];
  for (const [i, name] of names.entries()) {
    if (i > 0) console.log(`${name}: ${distances[i].toFixed(2)} AU from the Sun`);
  }
  // How far Pluto ends from where it would, per AU that Jupiter starts further out.
  const nudge: Bodies = {
    position: jnp.zeros([6, 3], "float64").at(1, 0).set(1),
    velocity: jnp.zeros([6, 3], "float64"),
  };
  const [, moved] = jit((bodies: Bodies) => jvp((b: Bodies) => simulate(b, 1000, 10)[0], [bodies], [nudge]))(
    start,
  );
  console.log(`sensitivity of Pluto after 27 years to Jupiter's start: ${moved.position.get(5)}`);
}
