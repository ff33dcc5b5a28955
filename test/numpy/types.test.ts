// Static types of jnp: results and options. Checked by the type checker; the bodies only have to run.

import { jnp, type NDArray } from "fluxion";
import { expect, expectTypeOf, test } from "vitest";

const x = jnp.array([3, 1, 3]);

test("unique gives one array, or a list of what was asked for", () => {
  expectTypeOf(jnp.unique(x)).toEqualTypeOf<NDArray>();
  expectTypeOf(jnp.unique(x, { size: 3 })).toEqualTypeOf<NDArray>();
  expectTypeOf(jnp.unique(x, { returnIndex: false })).toEqualTypeOf<NDArray>();
  const pair = jnp.unique(x, { returnCounts: true });
  expectTypeOf(pair.length).toEqualTypeOf<2>();
  const all = jnp.unique(x, { returnIndex: true, returnInverse: true, returnCounts: true });
  expectTypeOf(all.length).toEqualTypeOf<4>();
  expectTypeOf(all[3]).toEqualTypeOf<NDArray>();
  expect([pair.length, all.length]).toEqual([2, 4]);
  // @ts-expect-error an option that does not exist
  expect(() => jnp.unique(x, { returnCount: true })).toThrow("returnCounts");
});

test("results of statistics", () => {
  expectTypeOf(jnp.average(x)).toEqualTypeOf<NDArray>();
  expectTypeOf(jnp.average(x, { returned: true })).toEqualTypeOf<[NDArray, NDArray]>();
  expectTypeOf(jnp.histogram(x)).toEqualTypeOf<[NDArray, NDArray]>();
  expectTypeOf(jnp.gradient(x, { axis: 0 })).toEqualTypeOf<NDArray>();
  expectTypeOf(jnp.intersect1d(x, x, { returnIndices: true })).toEqualTypeOf<[NDArray, NDArray, NDArray]>();
  expectTypeOf(jnp.where(x)).toEqualTypeOf<NDArray[]>();
  expectTypeOf(jnp.where(x, 1, 2)).toEqualTypeOf<NDArray>();
  expectTypeOf(jnp.uniqueCounts(x)).toEqualTypeOf<{ values: NDArray; counts: NDArray }>();
  // @ts-expect-error another method
  expect(() => jnp.quantile(x, 0.5, { method: "mean" })).toThrow("method");
  // @ts-expect-error an axis that is a string
  expect(() => jnp.median(x, { axis: "0" })).toThrow("axis");
  // @ts-expect-error q is missing
  expect(() => jnp.quantile(x)).toThrow("quantile");
});
