import { describe, expect, test } from "vitest";
import "../../src/index.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import { key, normal } from "../../src/random/index.ts";
import { elements, firstDifference } from "./host.ts";
import { type OpRow, testOps } from "./opTable.ts";

const { FFT, IFFT, RFFT, IRFFT } = lax.FftType;

const row = (name: string, type: lax.FftType, lengths: number[], shape: number[]): OpRow => ({
  name,
  fn: (x) => lax.fft(x, type, lengths),
  args: [{ shape, dtype: type === RFFT ? "float32" : "complex64" }],
  rtol: 1e-5,
  atol: 1e-5,
  order: 1,
});
testOps([
  row("fft", FFT, [6], [2, 6]),
  row("ifft", IFFT, [5], [5, 2, 5].slice(1)),
  row("rfft of an even length", RFFT, [6], [2, 6]),
  row("rfft of an odd length", RFFT, [5], [2, 5]),
  row("irfft of an even length", IRFFT, [6], [2, 4]),
  row("irfft of an odd length", IRFFT, [5], [2, 3]),
  row("fft of two axes", FFT, [3, 4], [2, 3, 4]),
  row("rfft of three axes", RFFT, [2, 3, 4], [2, 3, 4]),
  row("irfft of two axes", IRFFT, [3, 4], [3, 3]),
]);

/** The transform by its definition, in float64. */
function byDefinition(x: ArrayLike<number>, n: number, sign: number): number[] {
  const out: number[] = [];
  for (let start = 0; start < x.length; start += 2 * n) {
    for (let k = 0; k < n; k++) {
      let [re, im] = [0, 0];
      for (let j = 0; j < n; j++) {
        const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
        const [p, q] = [x[start + 2 * j], x[start + 2 * j + 1]];
        re += p * Math.cos(angle) - q * Math.sin(angle);
        im += p * Math.sin(angle) + q * Math.cos(angle);
      }
      out.push(re, im);
    }
  }
  return out;
}

describe("lengths: short, cut in two, prime, with a large prime", () => {
  const lengths = [1, 2, 3, 31, 32, 33, 48, 64, 67, 74, 97, 210, 243, 262];
  test.each(["complex64", "complex128"] as const)("%s", (dtype) => {
    for (const n of lengths) {
      const z = normal(key(n), [2, n], { dtype });
      const tolerance = (dtype === "complex64" ? 1e-6 : 1e-14) * n;
      const forward = elements(lax.fft(z, "FFT", [n]));
      expect(firstDifference(forward, byDefinition(elements(z), n, -1), 0, tolerance), `n = ${n}`).toBeNull();
      const back = lax.fft(lax.fft(z, "IFFT", [n]), "FFT", [n]);
      expect(firstDifference(elements(back), elements(z), 0, tolerance), `inverse, n = ${n}`).toBeNull();
      const half = lax.fft(lax.real(z), "RFFT", [n]);
      const whole = elements(lax.fft(lax.complex(lax.real(z), lax.fullLike(lax.real(z), 0)), "FFT", [n]));
      const kept = half.shape[1];
      const want = [0, 1].flatMap((r) => whole.slice(2 * n * r, 2 * (n * r + kept)));
      expect(firstDifference(elements(half), want, 0, tolerance), `real, n = ${n}`).toBeNull();
      const real = lax.fft(half, "IRFFT", [n]);
      expect(firstDifference(elements(real), elements(lax.real(z)), 0, tolerance), `n = ${n}`).toBeNull();
    }
  });
});

test("no elements", () => {
  expect(lax.fft(lax.full([0, 4], 1, "complex64"), "FFT", [4]).shape).toEqual([0, 4]);
  expect(lax.fft(lax.full([3, 4], 1, "complex64"), "FFT", []).shape).toEqual([3, 4]);
});

test("errors", () => {
  const x: NDArray = lax.full([2, 6], 1, "complex64");
  expect(() => lax.fft(x, "RFFT", [6])).toThrow("only real valued inputs supported for rfft");
  expect(() => lax.fft(x, "FFT", [5])).toThrow(/minor dimensions must be equal to fft_lengths \(5,\)/);
  expect(() => lax.fft(x, "IRFFT", [6])).toThrow(/IRFFT input shape \(2, 6\)/);
  expect(() => lax.fft(x, "FFT", [1, 2, 6])).toThrow(/at least as many/);
  expect(() => lax.fft(x, "DCT" as never, [6])).toThrow("Unknown FFT type 'DCT'");
  expect(() => lax.fft(x, 7 as never, [6])).toThrow(TypeError);
});
