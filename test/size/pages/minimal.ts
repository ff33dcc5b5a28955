import { grad, jit } from "fluxion";

/** The least that a page does: the derivative of a compiled function. */
export function run(): number[] {
  const cube = jit((x) => x.mul(x).mul(x));
  return [Number(grad(cube)(3))];
}
