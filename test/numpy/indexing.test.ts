import { grad, IndexError, jit, jnp, makeJaxpr, type NDArray, random, slice, vmap } from "fluxion";
import { describe, expect, test, vi } from "vitest";

const list = (x: NDArray): unknown => x.tolist();
const x = jnp.arange(12).reshape(3, 4);

describe("reading", () => {
  test("integers drop their axis, negative ones count from the end", () => {
    expect(list(x.get(1))).toEqual([4, 5, 6, 7]);
    expect(list(x.get(-1, -2))).toBe(10);
    expect(list(x.get(1n, 2))).toBe(6);
  });

  test("slices are objects or texts", () => {
    expect(list(x.get(slice(1, null), slice(null, null, -2)))).toEqual([
      [7, 5],
      [11, 9],
    ]);
    expect(list(x.get(" 1 : ", "::-2"))).toEqual(list(x.get(slice(1, null), slice(null, null, -2))));
    expect(list(x.get(slice(2), 0))).toEqual([0, 4]);
    expect(String(slice(1, null, 2))).toBe("slice(1, None, 2)");
  });

  test("numbers in a list are integers", () => {
    expect(list(x.get([0, -1], [1, 1]))).toEqual([1, 9]);
    expect(list(x.get([[0], [2]], [1, 3]))).toEqual([
      [1, 3],
      [9, 11],
    ]);
    expect(x.get([]).shape).toEqual([0, 4]);
    expect(list(x.get(new Uint8Array([2]), "...", 0))).toEqual([8]);
    const i = jnp.int32(1);
    expect(list(x.get([i, 0], 0))).toEqual([4, 0]);
  });

  test("masks select true positions, boolean scalars add an axis", () => {
    expect(list(x.get(x.gt(9)))).toEqual([10, 11]);
    expect(list(x.get([true, false, true], 0))).toEqual([0, 8]);
    expect(x.get(true).shape).toEqual([1, 3, 4]);
    expect(x.get(null, false).shape).toEqual([1, 0, 3, 4]);
  });

  test("index arrays apart from each other come first", () => {
    const y = jnp.zeros([2, 3, 4, 5]);
    expect(y.get([0, 1], ":", [0, 1]).shape).toEqual([2, 3, 5]);
    expect(y.get(":", [0, 1], [0, 1]).shape).toEqual([2, 2, 5]);
    expect(y.get(":", [0, 1], null, [0, 1]).shape).toEqual([2, 2, 1, 5]);
    expect(y.get(0, ":", [[0, 1, 2]]).shape).toEqual([1, 3, 3, 5]);
  });

  test("out of bounds: clamp, or what the mode says", () => {
    expect(list(x.get(7))).toEqual([8, 9, 10, 11]);
    expect(list(x.get([7, -7], 0))).toEqual([8, 0]);
    expect(list(x.at([0, 3], 0).get({ mode: "fill", fillValue: -1 }))).toEqual([0, -1]);
    expect(list(x.astype("float32").at(3, 0).get({ mode: "fill" }))).toBeNaN();
    expect(list(x.at(-1, 0).get({ mode: "clip", wrapNegativeIndices: false }))).toBe(0);
  });

  test("random keys", () => {
    const keys = random.split(random.key(0), 3);
    const data = (k: NDArray): unknown => list(random.keyData(k));
    expect(data(keys.get(1))).toEqual(list(random.keyData(keys).get(1)));
    expect(data(keys.get([2, 0]))).toEqual(list(random.keyData(keys).get([2, 0])));
    const [first] = keys;
    expect(data(first)).toEqual(data(keys.get(0)));
  });

  test("iteration gives rows", () => {
    expect([...x].map(list)).toEqual(list(x));
    expect(() => [...jnp.float32(1)]).toThrow("iteration over a 0-d array");
    expect(list(jit((y: NDArray) => [...y][2])(x))).toEqual([8, 9, 10, 11]);
  });
});

describe("errors", () => {
  test.each([
    [() => x.get(0, 0, 0), IndexError, "Too many indices: array is 2-dimensional, but 3 were indexed"],
    [() => x.get("...", "..."), IndexError, "an index can only have a single ellipsis"],
    [() => x.get(1.5), TypeError, "Indexer must have integer or boolean type"],
    [() => x.get([0.5]), TypeError, "Indexer must have integer or boolean type"],
    [() => x.get(jnp.float32([0])), TypeError, "got indexer with type float32"],
    [() => x.get("one"), TypeError, "JAX does not support string indexing; got idx='one'"],
    [() => x.get({} as never), IndexError, "valid indices"],
    [() => x.get("::0"), Error, "slice step cannot be zero"],
    [() => x.get([true, false]), IndexError, "boolean index did not match shape of indexed array in index 0"],
    [() => jnp.zeros([0, 2]).get(0), IndexError, "index is out of bounds for axis 0 with size 0"],
    [() => x.at(0).set([1, 2, 3]), Error, "Incompatible types for broadcasting"],
    [() => x.at(0, 0).set([1, 2]), Error, "Cannot broadcast to shape with fewer dimensions"],
    [() => x.at(0).get({ mode: "fill", fillValue: [1] as never }), TypeError, "fillValue"],
  ] as const)("%s", (f, type, message) => {
    expect(f).toThrow(type);
    expect(f).toThrow(message);
  });

  test("what cannot be traced says what to do instead", () => {
    const mask = jit((y: NDArray) => y.get(y.gt(0)));
    expect(() => mask(x)).toThrow(expect.objectContaining({ name: "NonConcreteBooleanIndexError" }));
    expect(() => mask(x)).toThrow(/jnp.where\(mask, x, 0\)/);
    const bounds = jit((y: NDArray, n: NDArray) => y.get(slice(0, n)));
    expect(() => bounds(x, jnp.int32(2))).toThrow(/Slice entries must be static integers.*lax.dynamicSlice/s);
  });
});

describe("updates", () => {
  test("set, arithmetic, min, max and apply", () => {
    const y = jnp.float32([1, 2, 3, 4]);
    expect(list(y.at("1:3").set(0))).toEqual([1, 0, 0, 4]);
    expect(list(y.at("::-1").set([1, 2, 3, 4]))).toEqual([4, 3, 2, 1]);
    expect(list(y.at([0, 0]).add(1))).toEqual([3, 2, 3, 4]);
    expect(list(y.at([0, 0]).subtract(1))).toEqual([-1, 2, 3, 4]);
    expect(list(y.at(1).multiply(3))).toEqual([1, 6, 3, 4]);
    expect(list(y.at(1).divide(4))).toEqual([1, 0.5, 3, 4]);
    expect(list(y.at(-1).power(2))).toEqual([1, 2, 3, 16]);
    expect(list(y.at(":2").min(1.5))).toEqual([1, 1.5, 3, 4]);
    expect(list(y.at(y.gt(2)).max(3.5))).toEqual([1, 2, 3.5, 4]);
    expect(list(y.at("1:3").apply((v) => v.mul(10)))).toEqual([1, 20, 30, 4]);
    expect(list(y)).toEqual([1, 2, 3, 4]);
  });

  test("the dtype and weak type of the array stay", () => {
    expect(jnp.int32([1, 2]).at(0).set(7).dtype.name).toBe("int32");
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(list(jnp.int32([1, 2]).at(":").set([3, 4]))).toEqual([3, 4]);
    expect(warn).not.toHaveBeenCalled();
    expect(list(jnp.uint8([1, 2]).at(0).set(7.9))).toEqual([7, 2]);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("cannot safely cast"));
    warn.mockRestore();
  });

  test("out of bounds is dropped, or clamped on request", () => {
    const y = jnp.zeros(3);
    expect(list(y.at(5).set(1))).toEqual([0, 0, 0]);
    expect(list(y.at(5).set(1, { mode: "clip" }))).toEqual([0, 0, 1]);
    expect(list(y.at([-1, -4]).add(1))).toEqual([0, 0, 1]);
  });

  test("in a jitted function with a traced index", () => {
    const f = jit((y: NDArray, i: NDArray) => y.at(i, "1:").set(i));
    expect(list(f(x, jnp.int32(2)).get(2))).toEqual([8, 2, 2, 2]);
    expect(list(f(x, jnp.int32(-1)).get(2))).toEqual([8, -1, -1, -1]);
  });
});

describe("transformations", () => {
  test("gradients of reading gather back", () => {
    const f = (y: NDArray): NDArray => jnp.sum(y.get([0, 2, 2], "1:").mul(jnp.arange(3)));
    expect(list(grad(f)(jnp.zeros([3, 4])))).toEqual([
      [0, 0, 1, 2],
      [0, 0, 0, 0],
      [0, 0, 2, 4],
    ]);
    expect(list(grad((y: NDArray) => y.get(-1).mul(y.get(0)))(jnp.float32([2, 3, 5])))).toEqual([5, 0, 2]);
    expect(list(grad((y: NDArray) => jnp.sum(y.get(y.gt(1))))(jnp.float32([1, 2, 3])))).toEqual([0, 1, 1]);
  });

  test("gradients of updates reach the array and the values", () => {
    const f = (y: NDArray, v: NDArray): NDArray => jnp.sum(y.at("1:3").set(v).mul(jnp.arange(4)));
    const [dy, dv] = grad(f, { argnums: [0, 1] })(jnp.ones(4), jnp.float32(1));
    expect(list(dy)).toEqual([0, 0, 0, 3]);
    expect(list(dv)).toBe(3);
    const g = (v: NDArray): NDArray =>
      jnp.sum(
        jnp
          .zeros(3)
          .at([0, 0, 1])
          .add(v)
          .mul(jnp.float32([1, 10, 100])),
      );
    expect(list(grad(g)(jnp.ones(3)))).toEqual([1, 1, 10]);
  });

  test("vmap maps over arrays and indices alike", () => {
    const xs = jnp.arange(24).reshape(2, 3, 4);
    const i = jnp.int32([0, 2]);
    const rows = vmap((y: NDArray, k: NDArray) => y.get(k))(xs, i);
    expect(list(rows)).toEqual([xs.get(0, 0), xs.get(1, 2)].map(list));
    const one = vmap((k: NDArray) => x.get(":", k))(i);
    expect(list(one)).toEqual([x.get(":", 0), x.get(":", 2)].map(list));
    const written = vmap((y: NDArray, k: NDArray) => y.at(k, [0, 1]).add(100))(xs, i);
    expect(list(written)).toEqual(
      [xs.get(0).at(0, [0, 1]).add(100), xs.get(1).at(2, [0, 1]).add(100)].map(list),
    );
    const taken = vmap((y: NDArray, k: NDArray) => jnp.take(y, k, 1))(xs, i);
    expect(list(taken)).toEqual([jnp.take(xs.get(0), 0, 1), jnp.take(xs.get(1), 2, 1)].map(list));
  });

  test("reading at known positions is a slice", () => {
    expect(String(makeJaxpr((y: NDArray) => y.get("1:", -1))(x))).toBe(
      `{ lambda ; a:i32[3,4]. let
    b:i32[2,1] = slice[limit_indices=(3, 4) start_indices=(1, 3) strides=None] a
    c:i32[2] = squeeze[dimensions=(1,)] b
  in (c,) }`,
    );
  });
});

describe("take and takeAlongAxis", () => {
  test("take", () => {
    expect(list(jnp.take(x, jnp.int32([0, -1]), 1))).toEqual([
      [0, 3],
      [4, 7],
      [8, 11],
    ]);
    expect(list(jnp.take(x, 13))).toBe(-2147483648);
    expect(list(jnp.take(x, 13, { mode: "wrap" }))).toBe(1);
    expect(list(jnp.take(x, 13, { mode: "clip" }))).toBe(11);
    expect(list(x.take(jnp.int32([13]), { fillValue: 5 }))).toEqual([5]);
    expect(() => jnp.take(x, 0.5)).toThrow(TypeError);
    expect(() => jnp.take(x, 0, { mode: "raise" })).toThrow("Invalid mode 'raise'");
    expect(() => jnp.take(jnp.zeros([0]), 0)).toThrow("empty axis");
  });

  test("takeAlongAxis inverts argsort", () => {
    const y = jnp.float32([
      [3, 1, 2],
      [9, 7, 8],
    ]);
    expect(list(jnp.takeAlongAxis(y, jnp.argsort(y, 1), 1))).toEqual(list(jnp.sort(y, 1)));
    expect(list(jnp.takeAlongAxis(y, jnp.argsort(y, 0), 0))).toEqual(list(jnp.sort(y, 0)));
    expect(list(jnp.takeAlongAxis(y, jnp.int32([5, -1]), null))).toEqual([8, 8]);
    expect(list(jnp.takeAlongAxis(y, jnp.int32([[2], [5]])).get(1))).toEqual([Number.NaN]);
    expect(() => jnp.takeAlongAxis(y, jnp.int32([0]))).toThrow("same number of dimensions");
  });
});
