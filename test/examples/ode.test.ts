import { jit, jnp, type NDArray } from "fluxion";
import { expect, test } from "vitest";
import { fitRates, lotkaVolterra, type Rates, solveAdaptive, solveFixed } from "../../examples/ode.ts";

const rates = (birth: number, eaten: number, growth: number, death: number): Rates => ({
  birth: jnp.float64(birth),
  eaten: jnp.float64(eaten),
  growth: jnp.float64(growth),
  death: jnp.float64(death),
});
const decay = (y: NDArray) => y.neg();
const one = jnp.float64([1]);

test("fixed steps are of fourth order", () => {
  const error = (substeps: number) =>
    Math.abs(Number(solveFixed(decay, one, 1, 2, substeps).get(-1).get(0)) - Math.exp(-2));
  expect(error(2) / error(4)).toBeGreaterThan(14);
  expect(error(4) / error(8)).toBeGreaterThan(14);
});

test("adaptive steps keep to the tolerance, and take more steps for a smaller one", () => {
  const solve = (tolerance: number) => solveAdaptive(decay, one, 2, tolerance);
  const [coarse, fine] = [solve(1e-4), solve(1e-8)];
  expect(Math.abs(Number(coarse.y.get(0)) - Math.exp(-2))).toBeLessThan(1e-3);
  expect(Math.abs(Number(fine.y.get(0)) - Math.exp(-2))).toBeLessThan(1e-7);
  expect(Number(fine.steps)).toBeGreaterThan(5 * Number(coarse.steps));
});

test("the rates are found again", () => {
  const truth = rates(1.1, 0.4, 0.1, 0.4);
  const y0 = jnp.float64([10, 5]);
  const observed = jit((r: Rates) => solveFixed(lotkaVolterra(r), y0, 0.5, 20))(truth);
  const { y } = jit((r: Rates) => solveAdaptive(lotkaVolterra(r), y0, 10, 1e-8))(truth);
  expect(Number(jnp.abs(observed.get(-1).sub(y)).max())).toBeLessThan(1e-4);
  const found = fitRates(rates(1, 0.35, 0.12, 0.45), y0, observed, 0.5, 1500);
  expect(found.losses[1499]).toBeLessThan(found.losses[0] / 1000);
  for (const name of Object.keys(truth) as (keyof Rates)[]) {
    expect(Number(found.rates[name].div(truth[name]))).toBeCloseTo(1, 1);
  }
});
