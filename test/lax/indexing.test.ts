import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import "../../src/numpy/methods.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jit } from "../../src/transforms/jit.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { array, elements } from "./host.ts";

// Values that JAX gives at the edges: windows out of bounds, duplicates, keys, shared literals.

const zeros = array([0, 0, 0], [3]);
const v = array([0, 1, 2], [3]);
const at = (...i: number[]): NDArray => array(i, [i.length], "int32");
const window = { offsetDims: [0], collapsedSliceDims: [], startIndexMap: [0] };
const update = { updateWindowDims: [0], insertedWindowDims: [], scatterDimsToOperandDims: [0] };
const ones = array([1, 1], [2]);
const element = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };

describe("windows out of bounds", () => {
  test("gather", () => {
    const read = (i: NDArray, mode: "fill" | "clip" | "promise_in_bounds"): number[] =>
      elements(lax.gather(v, i, window, [2], { mode }));
    expect(read(at(2), "fill")).toEqual([NaN, NaN]);
    expect(read(at(2), "promise_in_bounds")).toEqual([1, 2]);
    expect(read(at(-5), "clip")).toEqual([0, 1]);
    expect(read(array([4294967295], [1], "uint32"), "clip")).toEqual([1, 2]);
    expect(read(array([4294967295], [1], "uint32"), "fill")).toEqual([NaN, NaN]);
  });
  test("scatter drops whole windows, or clips", () => {
    const add = (i: NDArray, mode: "drop" | "clip" | "promise_in_bounds"): number[] =>
      elements(lax.scatterAdd(zeros, i, ones, update, { mode }));
    expect(add(at(2), "drop")).toEqual([0, 0, 0]);
    expect(add(at(-1), "drop")).toEqual([0, 0, 0]);
    expect(add(at(2), "promise_in_bounds")).toEqual([0, 0, 0]);
    expect(add(at(2), "clip")).toEqual([0, 1, 1]);
    expect(add(array([4294967295], [1], "uint32"), "clip")).toEqual([0, 1, 1]);
    expect(add(at(0), "drop")).toEqual([1, 1, 0]);
  });
  test("default fill values", () => {
    const fill = (x: NDArray): number[] => elements(lax.gather(x, at(9), window, [1], { mode: "fill" }));
    expect(fill(array([1], [1], "int32"))).toEqual([-2147483648]);
    expect(fill(array([1], [1], "uint32"))).toEqual([4294967295]);
    expect(fill(array([1], [1], "uint8"))).toEqual([255]);
    expect(fill(array([0], [1], "bool"))).toEqual([1]);
    expect(
      elements(lax.randomUnwrap(lax.gather(lax.randomSeed(at(1)), at(9), window, [1], { mode: "fill" }))),
    ).toEqual([4294967295, 4294967295]);
  });
});

describe("duplicates", () => {
  const twice = array([1, 1, 0], [3, 1], "int32");
  const values = array([5, 7, -2], [3]);
  test.each([
    ["scatter", lax.scatter, [-2, 7, 2]],
    ["scatterAdd", lax.scatterAdd, [-2, 13, 2]],
    ["scatterSub", lax.scatterSub, [2, -11, 2]],
    ["scatterMul", lax.scatterMul, [-0, 35, 2]],
    ["scatterMin", lax.scatterMin, [-2, 1, 2]],
    ["scatterMax", lax.scatterMax, [0, 7, 2]],
  ] as const)("%s applies updates in order", (_name, f, expected) => {
    expect(elements(f(v, twice, values, element))).toEqual(expected);
    expect(elements(jit((x: NDArray) => f(x, twice, values, element))(v))).toEqual(expected);
  });
  test("indices are any integers", () => {
    const places = array([2], [1, 1], "uint8");
    expect(elements(lax.scatter(v, places, array([9], [1]), element))).toEqual([0, 1, 9]);
  });
});

test("scatterApply", () => {
  const apply = (i: NDArray): number[] =>
    elements(lax.scatterApply(v, i, (x) => lax.add(x, 10), element, { uniqueIndices: true }));
  expect(apply(array([2, 0], [2, 1], "int32"))).toEqual([10, 1, 12]);
  expect(apply(array([7, 0], [2, 1], "int32"))).toEqual([10, 1, 2]);
  expect(elements(lax.scatterApply(v, array([1], [1, 1], "int32"), lax.neg, element))).toEqual([0, -1, 2]);
});

test("dynamic slices clamp, and negative indices wrap once", () => {
  const read = (i: number | NDArray): number[] => elements(lax.dynamicSlice(v, [i], [2]));
  const scalar = (i: number): NDArray => array([i], [], "int32");
  expect([0, 1, 2, 9, -1, -2, -9].map(read)).toEqual([
    [0, 1],
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
    [0, 1],
  ]);
  for (const i of [0, 1, 2, 9, -1, -2, -9]) expect(read(scalar(i))).toEqual(read(i));
  expect(elements(lax.dynamicUpdateSlice(v, ones, [-1]))).toEqual([0, 1, 1]);
  expect(elements(lax.dynamicUpdateIndexInDim(v, 9, -1, 0))).toEqual([0, 1, 9]);
  expect(elements(lax.indexTake(v, [at(-1, 4)], [0]))).toEqual([2, 1]);
});

test("a number that is its own result is not a shared literal", () => {
  for (const make of [
    () => lax.full([], 2),
    () => lax.broadcast(2, []),
    () => lax.broadcastInDim(2, [], []),
    () => lax.expandDims(2, []),
    () => lax.squeeze(2, []),
    () => lax.transpose(2, []),
    () => lax.zerosLike(2),
  ]) {
    const [first, second] = [make(), make()];
    expect(first === second).toBe(false);
  }
});

test("parameters are copied", () => {
  const order = [1, 0];
  const f = jit((x: NDArray) => lax.transpose(x, order));
  const x = array([1, 2, 3, 4, 5, 6], [2, 3]);
  const lowered = f.lower(x);
  order.reverse();
  expect(lowered.asText()).toContain("permutation=(1, 0)");
});

describe("at(...).apply with indices that repeat", () => {
  const f = (x: NDArray): NDArray => lax.sin(lax.mul(x, 1.5));
  const x = array(
    Array.from({ length: 12 }, (_, i) => i / 4 - 1),
    [4, 3],
  );
  /** What a loop over the named elements makes. */
  function expected(rows: readonly number[]): number[][] {
    const result = x.tolist() as number[][];
    for (const r of rows) {
      if (r < 0 || r > 3) continue;
      result[r] = result[r].map((v) => Math.sin(1.5 * v));
    }
    return result;
  }
  const few = [1, 3, 1, 1, 7];
  const many = Array.from({ length: 40 }, (_, i) => [0, 2, 2, 9, 3][i % 5]);

  test.each([
    ["few", few],
    ["many", many],
  ])("%s: values, traced or not, and derivatives", (_, rows) => {
    const i = array(rows, [rows.length], "int32");
    const run = (y: NDArray, j: NDArray): NDArray => y.at(j).apply(f);
    const close = (y: NDArray): void => {
      const flat = expected(rows).flat();
      elements(y).forEach((v, k) => {
        expect(v).toBeCloseTo(flat[k], 5);
      });
    };
    close(run(x, i));
    close(jit(run)(x, i));
    const mapped = vmap(run, [null, 0])(x, array([...rows, ...rows.toReversed()], [2, rows.length], "int32"));
    close(mapped.get(0));
    close(mapped.get(1));
    const direction = lax.fullLike(x, 1);
    const [, eager] = jvp((y: NDArray) => run(y, i), [x], [direction]) as [NDArray, NDArray];
    const [, traced] = jit((y: NDArray, t: NDArray, j: NDArray) => jvp((z: NDArray) => run(z, j), [y], [t]))(
      x,
      direction,
      i,
    ) as [NDArray, NDArray];
    const step = 1e-3;
    const ahead = elements(run(lax.add(x, step), i));
    const behind = elements(run(lax.sub(x, step), i));
    elements(eager).forEach((t, k) => {
      expect(t).toBeCloseTo((ahead[k] - behind[k]) / (2 * step), 2);
    });
    expect(elements(traced)).toEqual(elements(eager).map((t) => expect.closeTo(t, 5)));
    const g = grad((y: NDArray) => run(y, i).sum())(x);
    expect(elements(g)).toEqual(elements(eager).map((t) => expect.closeTo(t, 5)));
  });

  test("windows that overlap", () => {
    const y = lax.scatterApply(
      array([1, 2, 3, 4], [4]),
      array([0, 1, 1], [3, 1], "int32"),
      (v) => lax.mul(v, 10),
      { updateWindowDims: [1], insertedWindowDims: [], scatterDimsToOperandDims: [0] },
      { updateShape: [3, 2] },
    );
    expect(elements(y)).toEqual([10, 2000, 300, 4]);
  });
});
