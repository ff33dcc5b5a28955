import { Complex, jit, jnp, lax } from "fluxion";
import { expect, test } from "vitest";

const c = (re: number, im: number) => new Complex(re, im);
const z = jnp.complex64([c(0, 1), c(0, 0), c(2, -1), c(0, 0)]);
const w = jnp.complex64([c(0, 2), c(Number.NaN, 0), c(1, 5), c(0, -1)]);

test("positions of complex numbers that are not zero", () => {
  expect(jnp.nonzero(z).map(String)).toEqual(["[0 2]"]);
  expect(String(jnp.argwhere(z))).toBe("[[0]\n [2]]");
  expect(String(jit((x: typeof z) => jnp.flatnonzero(x, { size: 3 }))(z))).toBe("[0 2 0]");
});

test("larger and smaller of complex numbers: by real, then by imaginary part, past NaN", () => {
  expect(jnp.fmax(z, w).tolist()).toEqual([c(0, 2), c(0, 0), c(2, -1), c(0, 0)]);
  expect(jnp.fmin(z, w).tolist()).toEqual([c(0, 1), c(0, 0), c(1, 5), c(0, -1)]);
});

test("functions that complex numbers have none of", () => {
  expect(() => jnp.hypot(z, 1)).toThrow(/hypot is not well defined for complex-valued inputs/);
  expect(() => jnp.copysign(z, 1)).toThrow(TypeError);
  expect(() => jnp.ldexp(z, jnp.int32(1))).toThrow("ldexp not supported for input types (complex64, int32)");
  expect(() => lax.topK(z, 2)).toThrow("top_k is not compatible with complex inputs.");
});
