import type { HostData } from "../../src/dtypes/index.ts";

/** Whether two results agree: exactly for integers, within a tolerance (relative above 0.05) for floats; NaN equals NaN. */
export function expectSame(
  actual: HostData,
  expected: HostData,
  tolerance: number,
  context: () => string,
): void {
  if (actual.length !== expected.length)
    throw new Error(`length ${actual.length} instead of ${expected.length}\n${context()}`);
  const float = expected instanceof Float32Array || expected instanceof Float64Array;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    if (Object.is(a, e)) continue;
    const near = float && Math.abs(a - e) <= tolerance * Math.max(Math.abs(e), Math.abs(a), 0.05);
    const zeros = tolerance > 0 && a === 0 && e === 0;
    if (!near && !zeros)
      throw new Error(`element ${i} of ${expected.length}: ${a} instead of ${e}\n${context()}`);
  }
}
