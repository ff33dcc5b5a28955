import type { NDArray } from "fluxion";
import { expect } from "vitest";

/** An array as the golden file writes it. */
export interface Arr {
  dtype: "float32";
  shape: number[];
  data: number[];
}

/** Compares shapes, dtypes and values. */
export function expectClose(actual: readonly NDArray[], expected: readonly Arr[], atol = 2e-6): void {
  expect(actual.map((x) => x.shape)).toEqual(expected.map((x) => x.shape));
  expect(actual.map((x) => x.dtype.name)).toEqual(expected.map((x) => x.dtype));
  actual.forEach((x, k) => {
    const values = x.ravel().tolist() as number[];
    const worst = Math.max(0, ...values.map((v, i) => error(v, Number(expected[k].data[i]), atol)));
    expect(worst, `array ${k}: ${values} is to be ${expected[k].data}`).toBeLessThanOrEqual(1);
  });
}

/** The difference in units of what is allowed. */
function error(v: number, expected: number, atol: number): number {
  if (Object.is(v, expected)) return 0;
  const e = Math.abs(v - expected) / (atol + 5e-6 * Math.abs(expected));
  return Number.isNaN(e) ? Number.POSITIVE_INFINITY : e;
}
