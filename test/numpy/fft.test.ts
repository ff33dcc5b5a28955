import { jit, jnp, type NDArray, random, scipy } from "fluxion";
import { describe, expect, test } from "vitest";
import { type OpRow, of, testOps } from "./opRows.ts";

const { fft } = jnp;
const real = (seed: number, ...shape: number[]): NDArray => random.normal(random.key(seed), shape, "float64");
const complex = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "complex128");
const largest = (x: NDArray): number => Number(jnp.abs(x).max());

/** The transform of an axis by its definition. */
function byDefinition(x: NDArray, axis: number, sign: number): NDArray {
  const n = x.shape[axis];
  const j = jnp.arange(n, { dtype: "int32" });
  const angles = jnp
    .outer(j, j)
    .mod(n)
    .astype("float64")
    .mul((sign * 2 * Math.PI) / n);
  const matrix = jnp
    .cos(angles)
    .astype("complex128")
    .add(jnp.sin(angles).mul(jnp.complex128(imaginary)));
  return jnp.moveaxis(jnp.tensordot(matrix, x, [[1], [axis]]), 0, axis);
}
const imaginary = jnp.sqrt(jnp.complex64(-1));

const row = (name: string, fn: OpRow["fn"], dtype: "float32" | "complex64", shape: number[]): OpRow => ({
  name,
  fn,
  args: [of(dtype, shape)],
  rtol: 1e-5,
  atol: 1e-5,
  order: 1,
});
testOps([
  row("fft, cut", (x) => fft.fft(x, 4, 0), "complex64", [5, 2]),
  row("ifft, filled up, ortho", (x) => fft.ifft(x, { n: 6, norm: "ortho" }), "complex64", [2, 5]),
  row("rfft", (x) => fft.rfft(x, { axis: 0 }), "float32", [5, 2]),
  row("irfft, forward", (x) => fft.irfft(x, { norm: "forward" }), "complex64", [2, 4]),
  row("hfft", (x) => fft.hfft(x, 5), "complex64", [2, 3]),
  row("ihfft", (x) => fft.ihfft(x), "float32", [2, 5]),
  row("fftn", (x) => fft.fftn(x, { axes: [2, 0] }), "complex64", [2, 3, 3]),
  row("ifft2", (x) => fft.ifft2(x, { s: [2, 5] }), "complex64", [3, 4]),
  row("rfft2", (x) => fft.rfft2(x), "float32", [2, 3, 4]),
  row("irfftn", (x) => fft.irfftn(x), "complex64", [2, 3]),
  row("fftshift", (x) => fft.fftshift(x, 1), "float32", [3, 5]),
  row("ifftshift", (x) => fft.ifftshift(x), "float32", [3, 5]),
  row("dct", (x) => scipy.fft.dct(x), "float32", [2, 5]),
  row("dct, ortho", (x) => scipy.fft.dct(x, { norm: "ortho", axis: 0 }), "float32", [6, 2]),
  row("dct of complex numbers", (x) => scipy.fft.dct(x, 2, 4), "complex64", [2, 5]),
  row("idct", (x) => scipy.fft.idct(x), "float32", [2, 5]),
  row("idct, filled up", (x) => scipy.fft.idct(x, { n: 8 }), "float32", [2, 5]),
  row("dctn", (x) => scipy.fft.dctn(x, { s: [3, 4] }), "float32", [2, 5]),
  row("idctn", (x) => scipy.fft.idctn(x, { axes: [0], norm: "ortho" }), "float32", [4, 2]),
]);

describe("against the definition", () => {
  test("transforms of every axis, and of five", () => {
    const x = complex(1, 2, 3, 4, 3, 2);
    for (const axis of [0, 1, 2, 3, 4])
      expect(largest(fft.fft(x, { axis }).sub(byDefinition(x, axis, -1)))).toBeLessThan(1e-13);
    const all = [0, 1, 2, 3, 4].reduce((y, axis) => byDefinition(y, axis, -1), x);
    expect(largest(fft.fftn(x).sub(all))).toBeLessThan(1e-12);
    expect(largest(fft.ifftn(all).sub(x))).toBeLessThan(1e-13);
    expect(largest(fft.irfftn(fft.rfftn(jnp.real(x))).sub(jnp.real(x)))).toBeLessThan(1e-13);
  });
  test("norms", () => {
    const x = complex(2, 3, 6);
    for (const [norm, forward] of [
      ["backward", 1],
      ["ortho", 1 / Math.sqrt(18)],
      ["forward", 1 / 18],
    ] as const) {
      const whole = fft.fft2(x);
      expect(largest(fft.fft2(x, { norm }).sub(whole.mul(forward)))).toBeLessThan(1e-14 * 18);
      expect(largest(fft.ifft2(fft.fft2(x, { norm }), { norm }).sub(x))).toBeLessThan(1e-14);
      const r = jnp.real(x);
      expect(largest(fft.irfft(fft.rfft(r, { norm }), { norm }).sub(r))).toBeLessThan(1e-14);
      expect(largest(fft.hfft(fft.ihfft(r, { norm }), { norm }).sub(r))).toBeLessThan(1e-14);
    }
  });
  test("cosine transforms of odd, even and single lengths", () => {
    for (const n of [1, 2, 3, 4, 7, 10]) {
      const x = real(n, 2, n);
      const [j, k] = [jnp.arange(n, { dtype: "float64" }), jnp.arange(n, { dtype: "float64" })];
      const angles = jnp.outer(j.mul(2).add(1), k).mul(Math.PI / (2 * n));
      const expected = x.matmul(jnp.cos(angles)).mul(2);
      expect(largest(scipy.fft.dct(x).sub(expected)), `n = ${n}`).toBeLessThan(1e-13);
      expect(largest(scipy.fft.idct(expected).sub(x)), `n = ${n}`).toBeLessThan(1e-13);
      const unit = scipy.fft.dctn(x, { norm: "ortho" });
      expect(Math.abs(Number(jnp.sum(unit.pow(2)).sub(jnp.sum(x.pow(2)))))).toBeLessThan(1e-12);
      expect(largest(scipy.fft.idctn(unit, { norm: "ortho" }).sub(x))).toBeLessThan(1e-13);
    }
  });
});

test("dtypes", () => {
  const dtypes = (f: (x: NDArray) => NDArray) =>
    ["int32", "float16", "bfloat16", "float32", "float64"].map(
      (d) => f(jnp.ones(4, { dtype: d as "int32" })).dtype.name,
    );
  const complexes = ["complex64", "complex64", "complex64", "complex64", "complex128"];
  const reals = ["float32", "float32", "float32", "float32", "float64"];
  expect(dtypes(fft.fft)).toEqual(complexes);
  // As in JAX.
  expect(() => fft.rfft(jnp.ones(4, { dtype: "float16" }))).toThrow(
    "RFFT input must be float32 or float64, got float16",
  );
  expect(dtypes(fft.irfft)).toEqual(reals);
  expect(dtypes(scipy.fft.dct)).toEqual(reals);
  expect(dtypes(scipy.fft.idct)).toEqual(reals);
  expect(fft.fftfreq(4, 1, { dtype: "int32" }).tolist()).toEqual([0, 0, 0, 0]);
  expect(fft.rfftfreq(4, { dtype: "float16" }).dtype.name).toBe("float16");
});

test("no elements, no axes, no frequencies", () => {
  expect(fft.fft(jnp.zeros([0])).shape).toEqual([0]);
  expect(fft.irfft(jnp.ones(1)).shape).toEqual([0]);
  expect(fft.hfft(jnp.ones(1)).shape).toEqual([0]);
  expect(fft.fftn(3).tolist()).toEqual(fft.fftn(3).astype("complex64").tolist());
  expect(fft.fftn(jnp.ones([2, 3]), { axes: [] }).dtype.name).toBe("complex64");
  expect(fft.fft(jnp.ones([2, 0])).shape).toEqual([2, 0]);
  expect(fft.fftfreq(0).shape).toEqual([0]);
  expect(fft.fftfreq(-3).shape).toEqual([0]);
  expect(fft.rfftfreq(0).tolist()).toEqual([Number.NaN]);
  expect(scipy.fft.dct(jnp.zeros([0, 3])).shape).toEqual([0, 3]);
  expect(scipy.fft.dctn(jnp.float32(3)).tolist()).toBe(3);
});

test("frequencies: odd and even, steps that are traced", () => {
  expect(fft.fftfreq(5, 0.2).tolist()).toEqual([0, 1, 2, -2, -1]);
  expect(fft.fftfreq(4, { d: 0.25 }).tolist()).toEqual([0, 1, -2, -1]);
  expect(fft.rfftfreq(5, 0.2).tolist()).toEqual([0, 1, 2]);
  expect(jit((d: NDArray) => fft.rfftfreq(4, d))(0.5).tolist()).toEqual([0, 0.5, 1]);
  expect(fft.ifftshift(fft.fftshift(jnp.arange(5))).tolist()).toEqual([0, 1, 2, 3, 4]);
});
