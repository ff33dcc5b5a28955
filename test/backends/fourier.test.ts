import { config, jit, jnp, lax, type NDArray, random } from "fluxion";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { splitting } from "../../src/backends/wasm/codegen/split.ts";

// Kernels of Fourier transforms: every way to take lines in blocks, cut into pieces however small they are, against the interpreter.
const usual = { ...splitting };
beforeEach(() => {
  config.update("enableChecks", true);
  Object.assign(splitting, { pieceNanoseconds: 1, leastUnits: 1 });
});
afterEach(() => {
  Object.assign(splitting, usual);
  config.update("enableChecks", false);
  config.update("evaluator", "wasm");
  config.update("numThreads", "auto");
});

const largest = (x: NDArray): number => Number(jnp.abs(x).max());

/** Shapes and the axis to transform: columns with and without a block that overlaps, rows, lines of both, one line, lengths cut in two. */
const cases: readonly (readonly [shape: readonly number[], axis: number])[] = [
  [[2, 6, 8], 1],
  [[1, 5, 13], 1],
  [[2, 12, 25], 1],
  [[3, 7, 2], 1],
  [[2, 6, 5], 1],
  [[9, 30], 1],
  [[4, 16], 1],
  [[1, 4], 1],
  [[1, 36], 0],
  [[1, 64], 1],
  [[1, 154], 1],
  [[3, 72], 1],
  [[1, 66, 2], 1],
  [[1, 74], 1],
  [[2, 37, 3], 1],
];

describe.each(["complex64", "complex128"] as const)("%s", (dtype) => {
  test.each(cases)("[%j] along %i", (shape, axis) => {
    const x = random.normal(random.key(shape.length + axis), shape, dtype);
    const tolerance = dtype === "complex64" ? 3e-5 : 1e-13;
    for (const [name, f] of [
      ["forward", (z: NDArray) => jnp.fft.fft(z, { axis })],
      ["inverse", (z: NDArray) => jnp.fft.ifft(z, { axis })],
    ] as const) {
      config.update("evaluator", "reference");
      const expected = jit((z: NDArray) => f(z))(x);
      config.update("evaluator", "wasm");
      for (const numThreads of [1, 2]) {
        config.update("numThreads", numThreads);
        const error = largest(jit((z: NDArray) => f(z))(x).sub(expected));
        expect(error, `${name}, ${numThreads} threads`).toBeLessThan(tolerance);
      }
    }
  });
});

test("what a program computes with transforms stays right: operands that are views, results that are used twice", () => {
  const x = random.normal(random.key(1), [6, 10], "complex128");
  const f = (z: NDArray) => {
    const y = lax.fft(z.T.mul(2), "FFT", [6]);
    return y.mul(jnp.conj(y)).add(lax.fft(y, "IFFT", [6]));
  };
  const y = jnp.fft.fft(x, { axis: 0 }).T.mul(2);
  const expected = y.mul(jnp.conj(y)).add(x.T.mul(2));
  expect(largest(jit(f)(x).sub(expected))).toBeLessThan(1e-12);
});
