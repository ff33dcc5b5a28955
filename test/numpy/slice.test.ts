import fc from "fast-check";
import { jnp, slice } from "fluxion";
import { expect, test } from "vitest";
import { sliceIndices } from "../../src/numpy/slice.ts";

/** The positions of a slice by stepping, as its definition says. */
function positions(n: number, start: number | null, stop: number | null, step: number): number[] {
  const at = (i: number): number => (i < 0 ? i + n : i);
  const inside: number[] = [];
  let i = start === null ? (step > 0 ? 0 : n - 1) : at(start);
  // Beyond the ends a slice starts at the end that it comes from.
  if (step > 0) i = Math.max(i, 0);
  else i = Math.min(i, n - 1);
  const last = stop === null ? (step > 0 ? n : -1) : at(stop);
  for (; step > 0 ? i < Math.min(last, n) : i > Math.max(last, -1); i += step) inside.push(i);
  return inside;
}

const bound = fc.option(fc.integer({ min: -9, max: 9 }));
const step = fc.integer({ min: -4, max: 4 }).filter((s) => s !== 0);

test("a slice selects the positions that stepping gives, as object and as text", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), bound, bound, step, (n, start, stop, by) => {
      const want = positions(n, start, stop, by);
      const x = jnp.arange(n);
      expect(x.get(slice(start, stop, by)).tolist()).toEqual(want);
      expect(x.get(`${start ?? ""}:${stop ?? ""}:${by}`).tolist()).toEqual(want);
    }),
    { numRuns: 300 },
  );
});

test("bounds are clamped as by Python's slice.indices", () => {
  expect(sliceIndices(slice(null, null, -1), 5)).toEqual([4, -1, -1]);
  expect(sliceIndices(slice(-9, 9), 5)).toEqual([0, 5, 1]);
  expect(sliceIndices(slice(9, -9, -2), 5)).toEqual([4, -1, -2]);
});

test("what slice() takes", () => {
  expect(slice(jnp.int32(2))).toEqual(slice(null, 2, null));
  expect(slice(1n, 3n)).toEqual(slice(1, 3));
  expect(() => slice(0.5, 2)).toThrow(TypeError);
  expect(() => slice(0, 2, 0)).toThrow("slice step cannot be zero");
});
