import fc from "fast-check";
import { jit, jnp, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const list = (x: NDArray): unknown => x.tolist();
const lists = (xs: NDArray[]): unknown => xs.map(list);
const nan = Number.NaN;

describe("sort and argsort", () => {
  test("axes, direction, NaN", () => {
    const x = jnp.float32([
      [3, nan, 1],
      [0, 2, -1],
    ]);
    expect(list(jnp.sort(x))).toEqual([
      [1, 3, nan],
      [-1, 0, 2],
    ]);
    expect(list(jnp.sort(x, 0))).toEqual([
      [0, 2, -1],
      [3, nan, 1],
    ]);
    expect(list(jnp.sort(x, null))).toEqual([-1, 0, 1, 2, 3, nan]);
    expect(list(x.sort({ axis: 1, descending: true }))).toEqual([
      [nan, 3, 1],
      [2, 0, -1],
    ]);
    expect(list(x.argsort())).toEqual([
      [2, 0, 1],
      [2, 0, 1],
    ]);
    expect(() => jnp.sort(x, 2)).toThrow("axis 2 is out of bounds for array of dimension 2");
    expect(() => jnp.sort(x, { reverse: true } as never)).toThrow("unexpected keyword argument 'reverse'");
  });

  test("equal elements keep their order in both directions", () => {
    const x = jnp.int32([1, 0, 1, 0, 1]);
    expect(list(jnp.argsort(x))).toEqual([1, 3, 0, 2, 4]);
    expect(list(jnp.argsort(x, { descending: true }))).toEqual([0, 2, 4, 1, 3]);
  });

  test("lexsort sorts by the last key first", () => {
    const keys = [jnp.int32([2, 1, 2, 1]), jnp.int32([1, 1, 0, 0])];
    expect(list(jnp.lexsort(keys))).toEqual([3, 2, 1, 0]);
    expect(list(jnp.lexsort(jnp.stack(keys)))).toEqual([3, 2, 1, 0]);
    expect(() => jnp.lexsort([jnp.zeros(2), jnp.zeros(3)])).toThrow("all keys need to be the same shape");
  });
});

describe("searchsorted", () => {
  const methods = ["scan", "sort", "compare_all"] as const;
  test("every method finds the place that counting finds", () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(nan));
    const order = (p: number, q: number): number => (Number.isNaN(p) ? 1 : Number.isNaN(q) ? -1 : p - q);
    const precedes = (p: number, q: number): boolean => p < q || (!Number.isNaN(p) && Number.isNaN(q));
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 9 }),
        fc.array(value, { maxLength: 4 }),
        fc.constantFrom(...methods),
        fc.constantFrom("left" as const, "right" as const),
        (values, queries, method, side) => {
          const a = values.sort(order);
          const want = queries.map(
            (v) => a.filter((x) => (side === "left" ? precedes(x, v) : !precedes(v, x))).length,
          );
          const [x, v] = [jnp.array(Float32Array.from(a)), jnp.array(Float32Array.from(queries))];
          expect(jnp.searchsorted(x, v, { side, method }).tolist()).toEqual(want);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("shapes, dtypes, sorter", () => {
    const a = jnp.float32([1, 2, 3]);
    expect(jnp.searchsorted(a, jnp.zeros([2, 3])).aval.strShort()).toBe("i32[2,3]");
    expect(list(jnp.searchsorted(a, 2))).toBe(1);
    expect(list(jnp.searchsorted(jnp.float32([3, 1, 2]), 2.5, { sorter: jnp.int32([1, 2, 0]) }))).toBe(2);
    expect(list(vmap((v: NDArray) => jnp.searchsorted(a, v))(jnp.float32([0, 9])))).toEqual([0, 3]);
    expect(() => jnp.searchsorted(jnp.zeros([1, 1]), 0)).toThrow("a should be 1-dimensional");
    expect(() => jnp.searchsorted(a, 0, "middle" as never)).toThrow("invalid value for keyword 'side'");
  });

  test("digitize", () => {
    const x = jnp.float32([0.2, 6.4, 3, 1.6, 1]);
    expect(list(jnp.digitize(x, jnp.float32([0, 1, 2.5, 4, 10])))).toEqual([1, 4, 3, 2, 2]);
    expect(list(jnp.digitize(x, jnp.float32([0, 1, 2.5, 4, 10]), true))).toEqual([1, 4, 3, 2, 1]);
    expect(list(jnp.digitize(x, jnp.float32([4, 1, 0])))).toEqual([2, 0, 1, 1, 1]);
    expect(list(jnp.digitize(x, jnp.float32([])))).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("positions", () => {
  const m = jnp.int32([
    [0, 5, 0],
    [7, 0, 9],
  ]);
  test("nonzero, flatnonzero, argwhere", () => {
    expect(lists(jnp.nonzero(m))).toEqual([
      [0, 1, 1],
      [1, 0, 2],
    ]);
    expect(list(jnp.flatnonzero(m))).toEqual([1, 3, 5]);
    expect(list(jnp.argwhere(m))).toEqual([
      [0, 1],
      [1, 0],
      [1, 2],
    ]);
    expect(jnp.argwhere(5).shape).toEqual([1, 0]);
    expect(() => jnp.nonzero(5)).toThrow("0d arrays is not allowed");
  });

  test("with a size, also when traced", () => {
    const find = jit((x: NDArray) => jnp.nonzero(x, { size: 4, fillValue: -1 }));
    expect(lists(find(m))).toEqual([
      [0, 1, 1, -1],
      [1, 0, 2, -1],
    ]);
    expect(lists(jit((x: NDArray) => jnp.nonzero(x, { size: 2 }))(m))).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(list(jit((x: NDArray) => jnp.flatnonzero(x, { size: 4 }))(m))).toEqual([1, 3, 5, 0]);
    expect(() => jit((x: NDArray) => jnp.nonzero(x))(m)).toThrow(
      expect.objectContaining({ name: "ConcretizationTypeError" }),
    );
  });

  test("extract and bincount", () => {
    expect(list(jnp.extract(m.gt(5), m))).toEqual([7, 9]);
    const picked = jit((x: NDArray) => jnp.extract(x.gt(5), x, { size: 3, fillValue: -1 }));
    expect(list(picked(m))).toEqual([7, 9, -1]);
    expect(list(jnp.bincount(jnp.int32([1, 1, 3]), { minlength: 6 }))).toEqual([0, 2, 0, 1, 0, 0]);
    expect(list(jnp.bincount(jnp.int32([1, 1, -3]), jnp.float32([0.5, 1, 2])))).toEqual([2, 1.5]);
    expect(list(jit((x: NDArray) => jnp.bincount(x, { length: 2 }))(jnp.int32([1, 5, 0])))).toEqual([1, 1]);
    expect(() => jnp.bincount(jnp.zeros(2))).toThrow("must have an integer type");
  });
});
