import {
  ConcretizationTypeError,
  grad,
  jit,
  jnp,
  lax,
  type NDArray,
  NonConcreteBooleanIndexError,
  RuntimeError,
  random,
  TracerArrayConversionError,
  ValueError,
} from "fluxion";
import { expect, test } from "vitest";

// Methods that arrays have besides operators and reductions; values computed by JAX.

const x = jnp.array([
  [3, 1, 2],
  [0, 5, 4],
]);
const i = x.astype("int32");
const list = (y: NDArray | readonly NDArray[]): unknown =>
  Array.isArray(y) ? y.map(list) : (y as NDArray).tolist();

test("trace and diagonal", () => {
  expect(x.trace().item()).toBe(8);
  expect(i.trace(1).item()).toBe(5);
  expect(i.trace({ offset: -1, dtype: "float32" }).item()).toBe(0);
  expect(i.trace({ offset: -1, dtype: "float32" }).dtype.name).toBe("float32");
  expect(list(x.diagonal(1))).toEqual([1, 4]);
  expect(list(grad((y: NDArray) => y.trace())(x))).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  expect(jit((y: NDArray) => y.trace().add(y.diagonal().sum()))(x).item()).toBe(16);
});

test("nonzero and searchsorted", () => {
  const at = [
    [0, 0, 0, 1, 1],
    [0, 1, 2, 1, 2],
  ];
  expect(list(x.nonzero())).toEqual(at);
  expect(list(x.nonzero({ size: 3 }))).toEqual(at.map((c) => c.slice(0, 3)));
  expect(list(jit((y: NDArray) => y.nonzero({ size: 7, fillValue: -1 }))(x))).toEqual(
    at.map((c) => [...c, -1, -1]),
  );
  const sorted = jnp.array([1, 2, 4]);
  expect(list(sorted.searchsorted(jnp.array([0, 2, 9])))).toEqual([0, 1, 3]);
  expect(sorted.searchsorted(2, "right").item()).toBe(2);
  expect(sorted.searchsorted(2, { side: "right" }).item()).toBe(2);
});

test("partitions", () => {
  const bytes = jnp.uint8([3, 0, 2, 255]);
  expect(list(x.argpartition(1))).toEqual([
    [1, 2, 0],
    [0, 2, 1],
  ]);
  expect(list(x.argpartition(0, 0))).toEqual([
    [1, 0, 0],
    [0, 1, 1],
  ]);
  expect(list(jnp.uint8([3, 0, 2, 1]).argpartition(2))).toEqual([1, 3, 2, 0]);
  expect(list(jnp.partition(bytes, 1))).toEqual([0, 2, 255, 3]);
  expect(list(jnp.partition(x, 1))).toEqual([
    [1, 2, 3],
    [0, 4, 5],
  ]);
  expect(list(jnp.partition(x, -1, { axis: 0 }))).toEqual([
    [0, 1, 2],
    [3, 5, 4],
  ]);
  expect(list(jnp.partition(jnp.int32([3, 0, -2, 1]), 2))).toEqual([-2, 0, 1, 3]);
  const many = random.randint(random.key(0), [200], 0, 40);
  for (const kth of [0, 7, 100, 199]) {
    const order = jnp.argpartition(many, kth);
    expect(list(order.sort())).toEqual(Array.from({ length: 200 }, (_, k) => k));
    const values = list(many.get(order)) as number[];
    const pivot = (list(many.sort()) as number[])[kth];
    expect(values[kth]).toBe(pivot);
    expect(Math.max(...values.slice(0, kth), -1)).toBeLessThanOrEqual(pivot);
    expect(Math.min(...values.slice(kth), 99)).toBeGreaterThanOrEqual(pivot);
  }
  expect(() => x.argpartition(3)).toThrow(ValueError);
  expect(() => jnp.partition(x, 0, 2)).toThrow(ValueError);
});

test("byteswap, choose", () => {
  expect(list(jnp.int16([1, 256]).byteswap())).toEqual([256, 1]);
  expect(list(jnp.uint8([7]).byteswap())).toEqual([7]);
  expect(list(i.byteswap().byteswap())).toEqual(list(i));
  expect(list(jit((y: NDArray) => y.byteswap().byteswap())(x))).toEqual(list(x));
  expect(() => random.key(0).byteswap()).toThrow("byteswap does not accept random keys");
  const three = jnp.arange(3);
  expect(list(three.choose([three, three.mul(10), three.mul(100)]))).toEqual([0, 10, 200]);
});

test("compress", () => {
  const c = jnp.array([true, false, true]);
  const columns = [
    [3, 2],
    [0, 4],
  ];
  expect(list(x.compress(c, 1))).toEqual(columns);
  expect(list(x.compress(c))).toEqual([3, 2]);
  expect(list(x.compress(c, { axis: 1, size: 3, fillValue: 9 }))).toEqual(columns.map((r) => [...r, 9]));
  expect(list(x.compress([false, true], 0))).toEqual([[0, 5, 4]]);
  expect(list(jnp.compress(c.get(":2"), x, 1))).toEqual([[3], [0]]);
  const sized = jit((mask: NDArray, y: NDArray) => y.compress(mask, { axis: 1, size: 2 }));
  expect(list(sized(c, x))).toEqual(columns);
  expect(list(x.compress([true, false, true, false], 1))).toEqual(columns);
  expect(() => x.compress([true, true, true], 0)).toThrow(
    "condition contains entries that are out of bounds",
  );
  expect(() => x.compress(x)).toThrow("condition must be a 1D array");
  expect(() => x.compress(c, { axis: 1, size: 4 })).toThrow("got size=4 for a.shape[axis]=3");
  expect(() => jit((mask: NDArray) => x.compress(mask, 1))(c)).toThrow(NonConcreteBooleanIndexError);
});

test("bytes and JSON", () => {
  const hex = (b: Uint8Array): string => [...b].map((v) => v.toString(16).padStart(2, "0")).join("");
  expect(hex(x.tobytes("F"))).toBe("00004040000000000000803f0000a0400000004000008040");
  expect(hex(x.get(0).tobytes())).toBe("000040400000803f00000040");
  expect(hex(jnp.array([1.5], { dtype: "bfloat16" }).tobytes())).toBe("c03f");
  expect([...jnp.array([true, false]).tobytes()]).toEqual([1, 0]);
  expect(() => x.tobytes("A" as "C")).toThrow('order must be "C" or "F", got "A"');
  expect(() => random.key(0).tobytes()).toThrow(TypeError);
  expect(JSON.stringify({ i, ok: jnp.array(true) })).toBe('{"i":[[3,1,2],[0,5,4]],"ok":true}');
  expect(() => jit((y: NDArray) => y.add(JSON.stringify(y).length))(x)).toThrow(TracerArrayConversionError);
});

test("includes", () => {
  expect(i.get(0).includes(2)).toBe(true);
  expect(i.get(0).includes(7)).toBe(false);
  expect(jnp.array([Number.NaN]).includes(Number.NaN)).toBe(false);
  expect(() => i.includes(2)).toThrow("the array must be one-dimensional, got shape (2, 3)");
  expect(() => i.get(0).includes([3, 1, 2])).toThrow("the value must be a scalar");
  expect(() => i.get(0).includes(i)).toThrow("the value must be a scalar");
  expect(() => jit((y: NDArray) => y.add(y.includes(1) ? 1 : 0))(i.get(0))).toThrow(ConcretizationTypeError);
});

test("what is asked of the device", () => {
  const y = jnp.ones([3, 2]);
  expect(y.isReady()).toBe(true);
  expect(y.onDeviceSizeInBytes()).toBe(24);
  expect(y.copyToHostAsync()).toBeUndefined();
  y.delete();
  expect(() => y.isReady()).toThrow(RuntimeError);
  expect(list(jnp.int32([-1]).pos())).toEqual([-1]);
});

test("elements are neither read nor written as those of a list", () => {
  const y = jnp.ones(3) as unknown as Record<number, unknown>;
  expect(() => y[0]).toThrow("Elements of arrays are read with x.get(0), not x[0].");
  expect(() => {
    y[63] = 1;
  }).toThrow("JAX arrays are immutable");
  const traced = (z: NDArray): NDArray => lax.add(z, (z as unknown as NDArray[])[1]);
  expect(() => jit(traced)(jnp.ones(3))).toThrow("x.get(1)");
});
