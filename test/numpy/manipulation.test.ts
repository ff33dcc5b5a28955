import { grad, jit, jnp, makeJaxpr, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const list = (x: NDArray): unknown => x.tolist();
const lists = (xs: NDArray[]): unknown => xs.map(list);
const m = jnp.arange(6).reshape(2, 3);

describe("shape", () => {
  test("reshape: lists, one unknown size, column-major order", () => {
    expect(jnp.reshape(m, -1).shape).toEqual([6]);
    expect(m.reshape(3, -1).shape).toEqual([3, 2]);
    expect(list(jnp.reshape(m, [3, 2], "F"))).toEqual([
      [0, 4],
      [3, 2],
      [1, 5],
    ]);
    expect(list(jnp.ravel(m, { order: "F" }))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(jnp.reshape(jnp.zeros([0, 3]), [-1, 3]).shape).toEqual([0, 3]);
  });

  test.each([
    [
      () => jnp.reshape(m, [4, 2]),
      TypeError,
      "cannot reshape array of shape (2, 3) (size 6) into shape (4, 2) (size 8)",
    ],
    [() => jnp.reshape(m, [4, -1]), TypeError, "does not evenly divide 6"],
    [() => jnp.reshape(m, [-1, -1]), Error, "can only specify one unknown"],
    [() => jnp.reshape(m, [2, 3], "K" as never), Error, "order must be 'C' (row-major) or 'F'"],
    [
      () => jit((n: NDArray) => jnp.reshape(m, [n as never, 3]))(2),
      TypeError,
      "Shapes must be 1D sequences of concrete",
    ],
    [() => jnp.transpose(m, [0]), TypeError, "transpose permutation isn't a permutation"],
    [() => jnp.swapaxes(m, 0, 2), Error, "index 2 is out of bounds"],
    [() => jnp.moveaxis(m, [0, 1], [0]), Error, "Inconsistent number of elements: 2 vs 1"],
    [() => jnp.squeeze(m, 0), Error, "size not equal to one"],
    [() => jnp.expandDims(m, 4), Error, "axis 4 is out of bounds"],
    [() => jnp.matrixTranspose(jnp.zeros(2)), Error, "at least two-dimensional"],
    [() => jnp.concatenate([]), Error, "Need at least one array to concatenate."],
    [() => jnp.concatenate([1, 2]), Error, "Zero-dimensional arrays cannot be concatenated."],
    [() => jnp.concatenate([jnp.zeros(2), m]), TypeError, "different numbers of dimensions"],
    [
      () => jnp.stack([jnp.zeros(2), jnp.zeros(3)]),
      Error,
      "All input arrays must have the same shape. Got (2,), (3,).",
    ],
    [() => jnp.split(jnp.zeros(5), 2), Error, "array split does not result in an equal division: rest is 1"],
    [() => jnp.broadcastTo(m, [3]), Error, "Cannot broadcast to shape with fewer dimensions"],
    [() => jnp.broadcastTo(m, [4, 3]), Error, "requested type=int32[4,3]"],
    [() => jnp.pad(m, -1), Error, "index can't contain negative values"],
    [() => jnp.pad(m, 1, "mirror" as never), Error, "mode must be one of"],
    [() => jnp.pad(m, [1, 2, 3]), Error, "unsupported shape"],
    [() => jnp.rot90(jnp.zeros(2)), Error, "ndim at least two"],
    [() => jnp.round(m, -1), Error, "decimals < 0"],
    [() => jnp.tril(jnp.zeros(2)), Error, "must be at least 2D"],
    [() => jnp.flip(m, 2), Error, "axis 2 is out of bounds for array of dimension 2"],
  ] as [() => unknown, ErrorConstructor, string][])("%s", (f, type, message) => {
    expect(f).toThrow(type);
    expect(f).toThrow(message);
  });

  test("unknown options are errors", () => {
    expect(() => jnp.stack([m], { axes: 0 } as never)).toThrow("unexpected keyword argument 'axes'");
  });

  test("joining promotes dtypes and accepts lists", () => {
    expect(jnp.concatenate([jnp.int32([1]), jnp.float32([2])]).dtype.name).toBe("float32");
    expect(jnp.concatenate([[1n], [true]]).dtype.name).toBe("int32");
    expect(jnp.stack([1, 2.5]).tolist()).toEqual([1, 2.5]);
    expect(jnp.concatenate([m, m], { axis: 1, dtype: "float32" }).aval.strShort()).toBe("f32[2,6]");
    expect(list(jnp.hstack([1, jnp.int32([2, 3])]))).toEqual([1, 2, 3]);
    expect(jnp.vstack(jnp.zeros([2, 3, 4])).shape).toEqual([6, 4]);
    expect(jnp.columnStack([jnp.zeros(2), jnp.zeros([2, 3])]).shape).toEqual([2, 4]);
    expect(jnp.append(m, [[7n, 8n, 9n]], 0).shape).toEqual([3, 3]);
  });

  test("splitting", () => {
    expect(lists(jnp.split(jnp.arange(5), jnp.int32([1, 3])))).toEqual([[0], [1, 2], [3, 4]]);
    expect(lists(jnp.arraySplit(jnp.arange(5), 3))).toEqual([[0, 1], [2, 3], [4]]);
    expect(lists(jnp.split(m, 3, 1))).toEqual([
      [[0], [3]],
      [[1], [4]],
      [[2], [5]],
    ]);
    expect(lists(jnp.unstack(m, { axis: 1 }))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe("rearranging", () => {
  test("repeat and tile", () => {
    expect(list(jnp.repeat(m, [2, 1], 0))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(list(jnp.repeat(m, 2))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    const f = jit((n: NDArray) => jnp.repeat(jnp.arange(3), n, { totalRepeatLength: 5 }));
    expect(list(f(jnp.int32([1, 0, 2])))).toEqual([0, 2, 2, 2, 2]);
    expect(() => jit((n: NDArray) => jnp.repeat(jnp.arange(3), n))(jnp.int32([1, 1, 1]))).toThrow(
      expect.objectContaining({ name: "ConcretizationTypeError" }),
    );
    expect(() => jnp.repeat(m, [1, 2, 3], 0)).toThrow("3 repeats for an axis of size 2");
    expect(list(jnp.tile(jnp.int32([1, 2]), [2, 2]))).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(jnp.tile(m, 0).shape).toEqual([2, 0]);
  });

  test("roll with static and traced shifts", () => {
    expect(list(jnp.roll(m, 1))).toEqual([
      [5, 0, 1],
      [2, 3, 4],
    ]);
    expect(list(jnp.roll(m, [1, -1], [0, 1]))).toEqual([
      [4, 5, 3],
      [1, 2, 0],
    ]);
    const f = jit((k: NDArray) => jnp.roll(m, k, 1));
    for (const k of [-4, -1, 0, 2, 7]) expect(list(f(jnp.int32(k)))).toEqual(list(jnp.roll(m, k, 1)));
  });

  test("pad in every mode", () => {
    const v = jnp.float32([1, 2, 4]);
    const padded = (mode: string, more = {}): unknown => list(jnp.pad(v, [2, 1], { mode, ...more } as never));
    expect(padded("constant", { constantValues: 9 })).toEqual([9, 9, 1, 2, 4, 9]);
    expect(padded("constant", { constantValues: [8, 9] })).toEqual([8, 8, 1, 2, 4, 9]);
    expect(padded("edge")).toEqual([1, 1, 1, 2, 4, 4]);
    expect(padded("reflect")).toEqual([4, 2, 1, 2, 4, 2]);
    expect(padded("reflect", { reflectType: "odd" })).toEqual([-2, 0, 1, 2, 4, 6]);
    expect(padded("symmetric")).toEqual([2, 1, 1, 2, 4, 4]);
    expect(padded("wrap")).toEqual([2, 4, 1, 2, 4, 1]);
    expect(padded("linear_ramp", { endValues: [0, 8] })).toEqual([0, 0.5, 1, 2, 4, 8]);
    expect(padded("maximum")).toEqual([4, 4, 1, 2, 4, 4]);
    expect(padded("minimum", { statLength: 2 })).toEqual([1, 1, 1, 2, 4, 2]);
    expect(padded("mean", { statLength: 2 })).toEqual([1.5, 1.5, 1, 2, 4, 3]);
    expect(padded("median")).toEqual([2, 2, 1, 2, 4, 2]);
    expect(list(jnp.pad(jnp.arange(3), 5, "reflect"))).toEqual([1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
    expect(() => jnp.pad(jnp.zeros(0), 1, "edge")).toThrow("Cannot apply 'edge' padding to empty axis");
    const gradient = grad((x: NDArray) => jnp.sum(jnp.pad(x, 2, "reflect").mul(jnp.arange(7))))(v);
    expect(list(gradient)).toEqual([8, 9, 4]);
  });

  test("clip, round and nanToNum", () => {
    expect(list(jnp.clip(jnp.arange(4), 1, 2))).toEqual([1, 1, 2, 2]);
    expect(jnp.clip(jnp.arange(4), 0.5).dtype.name).toBe("float32");
    expect(list(jnp.arange(4).clip({ max: 1 }))).toEqual([0, 1, 1, 1]);
    expect(list(grad((x: NDArray) => jnp.sum(jnp.clip(x, 0, 1)))(jnp.float32([-1, 0, 0.3, 1, 2])))).toEqual([
      0, 0.5, 1, 0.5, 0,
    ]);
    expect(list(jnp.round(jnp.float32([0.5, 1.5, -2.5])))).toEqual([0, 2, -2]);
    expect(list(jnp.round(jnp.float32([15, 25, 1234]), -1))).toEqual([20, 20, 1230]);
    expect(
      list(jnp.nanToNum(jnp.float32([Number.NaN, Number.NEGATIVE_INFINITY]), { nan: 5, neginf: -1 })),
    ).toEqual([5, -1]);
  });

  test("delete and insert at known and traced positions", () => {
    const v = jnp.arange(5);
    expect(list(jnp.delete(v, [0, -1, 0]))).toEqual([1, 2, 3]);
    expect(list(jnp.delete(v, jnp.array([true, false, false, true, false])))).toEqual([1, 2, 4]);
    const remove = jit((i: NDArray) => jnp.delete(v, i, { assumeUniqueIndices: true }));
    expect(list(remove(jnp.int32([3, -4])))).toEqual([0, 2, 4]);
    expect(list(jnp.insert(m, 1, [[9], [8]], 1))).toEqual([
      [0, 9, 8, 1, 2],
      [3, 9, 8, 4, 5],
    ]);
    expect(list(jnp.insert(m, [1], [[9], [8]], 1))).toEqual([
      [0, 9, 1, 2],
      [3, 8, 4, 5],
    ]);
    expect(list(jnp.insert(m, [0, 2], 7, 1))).toEqual([
      [7, 0, 1, 7, 2],
      [7, 3, 4, 7, 5],
    ]);
    expect(list(jnp.insert(v, [1, 1, 4], [7, 8, 9]))).toEqual([0, 7, 8, 1, 2, 3, 9, 4]);
    const put = jit((i: NDArray) => jnp.insert(v, i, [7, 8, 9]));
    expect(list(put(jnp.int32([1, 1, 4])))).toEqual([0, 7, 8, 1, 2, 3, 9, 4]);
    expect(() => jit((i: NDArray) => jnp.delete(v, i))(jnp.int32([1]))).toThrow(/assumeUniqueIndices/);
  });

  test("diagonals and triangles", () => {
    const a = jnp.arange(12).reshape(3, 4);
    expect(list(jnp.diagonal(a, 1))).toEqual([1, 6, 11]);
    expect(list(jnp.diagonal(a, -1))).toEqual([4, 9]);
    expect(list(jnp.diagonal(a, 9))).toEqual([]);
    expect(list(jnp.trace(a))).toBe(15);
    expect(list(jnp.trace(a, { offset: 1 }))).toBe(18);
    expect(jnp.diagonal(jnp.zeros([2, 3, 4, 5]), { axis1: 1, axis2: 3 }).shape).toEqual([2, 4, 3]);
    expect(list(jnp.diag(jnp.int32([1, 2]), -1))).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ]);
    expect(list(jnp.triu(a, 1).add(jnp.tril(a)))).toEqual(list(a));
    expect(
      list(
        grad((x: NDArray) => jnp.trace(x.matmul(x)))(
          jnp.float32([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([
      [2, 6],
      [4, 8],
    ]);
  });

  test("select, choose, meshgrid, indices, diff", () => {
    expect(list(jnp.choose(jnp.int32([3, -1]), [1, 2], { mode: "wrap" }))).toEqual([2, 2]);
    expect(() => jnp.choose(jnp.int32([2]), [1, 2])).toThrow("invalid entry in choice array");
    expect(lists(jnp.meshgrid(jnp.arange(2), jnp.arange(3), { indexing: "ij", sparse: true }))).toEqual([
      [[0], [1]],
      [[0, 1, 2]],
    ]);
    expect(jnp.indices([2, 3], { dtype: "float32" }).aval.strShort()).toBe("f32[2,2,3]");
    expect(list(jnp.diff(jnp.array([true, false, false])))).toEqual([true, false]);
    expect(list(jnp.diff(jnp.arange(3), { prepend: 5, append: jnp.int32([9]) }))).toEqual([-5, 1, 1, 7]);
    expect(list(jnp.diff(m, 1, 0))).toEqual([[3, 3, 3]]);
  });

  test("comparison", () => {
    expect(list(jnp.arrayEqual(m, jnp.arange(6)))).toBe(false);
    expect(
      list(jnp.arrayEqual(jnp.float32([Number.NaN]), jnp.float32([Number.NaN]), { equalNan: true })),
    ).toBe(true);
    expect(list(jnp.arrayEquiv(m, jnp.arange(2)))).toBe(false);
    const inf = Number.POSITIVE_INFINITY;
    expect(list(jnp.isclose([inf, inf, Number.NaN], [inf, -inf, Number.NaN]))).toEqual([true, false, false]);
    expect(list(jnp.allclose([1], [1.1], { rtol: 0.2 }))).toBe(true);
  });

  test("view reads the bytes as another dtype", () => {
    const bytes = jnp.array(new Uint8Array([1, 0, 0, 0, 0, 1, 0, 0]));
    expect(list(bytes.view("int32"))).toEqual([1, 256]);
    expect(list(jnp.int32([1, 256]).view("uint8"))).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
    expect(() => jnp.zeros(3, "uint8").view("int32")).toThrow("divisor");
  });
});

test("these functions work under vmap", () => {
  const xs = jnp.arange(12).reshape(2, 2, 3);
  const rows = (f: (x: NDArray) => NDArray): void => {
    expect(list(vmap(f)(xs))).toEqual([xs.get(0), xs.get(1)].map((x) => list(f(x))));
  };
  rows((x) => jnp.roll(x, 1, 1));
  rows((x) => jnp.flip(x));
  rows((x) => jnp.pad(x, 1, "edge"));
  rows((x) => jnp.concatenate([x, x], 1));
  rows((x) => jnp.stack([x, x], { axis: 1 }));
  rows((x) => jnp.split(x, 3, 1)[1]);
  rows((x) => jnp.unstack(x)[1]);
  rows((x) => jnp.tile(x, [2, 1]));
  rows((x) => jnp.repeat(x, 2, 0));
  rows((x) => jnp.diag(x));
  rows((x) => jnp.tril(x));
  rows((x) => jnp.squeeze(jnp.expandDims(x, 1), 1));
});

test("an array of one more axis joins like a list", () => {
  const text = String(makeJaxpr((x: NDArray) => jnp.concatenate(x, 1))(jnp.zeros([2, 3, 4])));
  expect(text).toContain("reshape[dimensions=(1, 0, 2) new_sizes=(3, 8) sharding=None]");
});
