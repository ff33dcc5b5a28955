import "../../src/kernels/complex.ts";
import { expect, test } from "vitest";
import "../../src/index.ts";
import { complex64, float32 } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { array, check, kernels } from "./harness.ts";

test("transforms of short axes are one kernel, along any axis", () => {
  expect(kernels((x) => lax.fft(x, "FFT", [12]), array([5, 12], complex64))).toHaveLength(1);
  expect(kernels((x) => lax.fft(x, "IFFT", [6, 8]), array([6, 8], complex64)).length).toBeLessThanOrEqual(3);
  expect(kernels((x) => lax.fft(x, "FFT", [12]), array([5, 12], complex64))[0]).toMatch(
    /fourier_lines -\[5, 4\*3, 1, 1\]/,
  );
});

test("one long line is cut into two kernels, the second of which transposes", () => {
  expect(kernels((x) => lax.fft(x, "FFT", [256]), array([256], complex64))).toHaveLength(2);
});

test("the interpreter agrees with the definition", () => {
  check((x) => lax.fft(x, "FFT", [12]), [array([3, 12], complex64)]);
  check((x) => lax.fft(x, "FFT", [144]), [array([144], complex64)], { tolerance: 1e-4 });
  check((x) => lax.fft(x, "IFFT", [4, 6]), [array([2, 4, 6], complex64)]);
  check((x) => lax.fft(x, "FFT", [37]), [array([37], complex64)], { tolerance: 1e-4 });
  check((x) => lax.fft(x, "RFFT", [10]), [array([3, 10], float32)]);
  check((x) => lax.fft(x, "IRFFT", [10]), [array([3, 6], complex64)]);
});
