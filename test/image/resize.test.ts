// Resizing and segment reductions beyond the goldens: derivatives, vmap, identities and misuse.

import { grad, image, jit, jnp, type NDArray, ops, random, testUtil, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const picture = random.normal(random.key(0), [5, 7, 3]);
const methods = ["nearest", "linear", "lanczos3", "lanczos5", "cubic", "cubic-pytorch", "area"] as const;
const close = (a: NDArray, b: NDArray, atol = 1e-5): boolean =>
  jnp.allclose(a, b, { rtol: 1e-4, atol }).item() as boolean;

describe.each(methods)("%s", (method) => {
  test("constants stay constant, larger and smaller", () => {
    for (const antialias of [true, false]) {
      for (const shape of [
        [11, 4, 3],
        [2, 9, 3],
        [5, 7, 3],
        [1, 1, 3],
      ]) {
        // biome-ignore format: shapes
        const resized = image.resize(jnp.ones([5, 7, 3]), shape, method, antialias);
        expect(resized.shape).toEqual(shape);
        expect(close(resized, jnp.ones(shape))).toBe(true);
      }
    }
  });

  test("linear in the image, the same under jit and vmap", () => {
    const f = (x: NDArray): NDArray => image.resize(x, [3, 10, 3], method);
    testUtil.checkGrads(f, [picture], 1, { modes: ["fwd", "rev"], atol: 1e-2, rtol: 1e-2 });
    expect(close(jit(f)(picture), f(picture))).toBe(true);
    const pictures = jnp.stack([picture, picture.mul(2)]);
    expect(close(vmap(f)(pictures), jnp.stack([f(picture), f(picture).mul(2)]))).toBe(true);
  });
});

test("scaleAndTranslate: resize is a scale, and it is differentiable in scale and translation", () => {
  const scales = jnp.array([2, 0.5]);
  const moved = image.scaleAndTranslate(jnp.ones([4, 6]), [8, 3], [0, 1], scales, jnp.zeros(2), "linear");
  expect(close(moved, image.resize(jnp.ones([4, 6]), [8, 3], "linear"))).toBe(true);
  const shift = (t: NDArray): NDArray =>
    image.scaleAndTranslate(jnp.arange(8), [8], [0], jnp.ones(1), t, "cubic").get(4);
  // A ramp that moves to the right by t is lower by t.
  expect(Number(grad((t: NDArray) => shift(t.reshape([1])))(0.3))).toBeCloseTo(-1, 3);
});

test("integers become floats, except for the nearest", () => {
  expect(image.resize(jnp.array([1, 2], "int32"), [4], "linear").dtype.name).toBe("float32");
  expect(image.resize(jnp.array([1, 2], "uint8"), [4], "nearest").dtype.name).toBe("uint8");
  expect(image.resize(jnp.ones([2, 3]), [0, 3], "linear").shape).toEqual([0, 3]);
});

describe("segments", () => {
  const data = random.normal(random.key(1), [6, 2]);
  const ids = jnp.array([0, 2, 2, -1, 5, 0], "int32");

  test("ids out of bounds are dropped, empty segments have the identity, buckets change nothing", () => {
    const sums = ops.segmentSum(data, ids, 4);
    expect(close(sums.get(2), data.get(1).add(data.get(2)))).toBe(true);
    expect(String(sums.get(1))).toBe("[0. 0.]");
    expect(close(ops.segmentSum(data, ids, { numSegments: 4, bucketSize: 2 }), sums)).toBe(true);
    expect(String(ops.segmentMax(jnp.array([1, 2]), jnp.array([0, 0], "int32"), 2))).toBe("[  2. -inf]");
    expect(String(ops.segmentMin(jnp.array([1], "int8"), jnp.array([1], "int32"), 2))).toBe("[127   1]");
    expect(String(ops.segmentProd(jnp.array([2, 3]), jnp.array([1, 1], "int32")))).toBe("[1. 6.]");
  });

  test("derivatives and batches", () => {
    for (const f of [ops.segmentSum, ops.segmentMax, ops.segmentMin]) {
      const g = (x: NDArray): NDArray => f(x, ids, 3).get(jnp.array([0, 2], "int32"));
      testUtil.checkGrads(g, [data], 1, { modes: ["fwd", "rev"], atol: 1e-2, rtol: 1e-2 });
      const batch = vmap(g)(jnp.stack([data, data.mul(-1)]));
      expect(close(batch.get(1), g(data.mul(-1)))).toBe(true);
    }
  });
});

test.each<[string, () => unknown, string]>([
  ["a shape of another rank", () => image.resize(jnp.ones([2, 2]), [4], "linear"), "length equal"],
  ["an unknown method", () => image.resize(jnp.ones(2), [4], "quadratic" as never), "Unknown resize method"],
  [
    "nearest in scaleAndTranslate",
    () => image.scaleAndTranslate(jnp.ones(2), [2], [0], jnp.ones(1), jnp.ones(1), "nearest"),
    "not currently supported",
  ],
  [
    "scales that do not fit",
    () => image.scaleAndTranslate(jnp.ones(2), [2], [0], jnp.ones(2), jnp.ones(1), "linear"),
    "one scale",
  ],
  [
    "an unknown option",
    () => image.resize(jnp.ones(2), [4], "linear", { antialiasing: true } as never),
    "antialiasing",
  ],
  [
    "traced ids without a number",
    () => jit((i: NDArray) => ops.segmentSum(jnp.ones(2), i))(jnp.array([0, 1])),
    "pass numSegments",
  ],
  [
    "a negative number of segments",
    () => ops.segmentSum(jnp.ones(2), jnp.zeros(2, "int32"), -1),
    "non-negative",
  ],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
