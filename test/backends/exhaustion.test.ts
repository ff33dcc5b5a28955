import { grad, jit, jnp, lax, type NDArray, ResourceExhaustedError, random, vmap } from "fluxion";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deviceMemory } from "../../src/backends/wasm/device.ts";

const MEBIBYTE = 1 << 20;

/** Runs `f`, which must run out of memory, and returns the message. */
function message(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(ResourceExhaustedError);
    return (error as Error).message;
  }
  throw new Error("there was memory enough");
}

describe("what no memory could hold", () => {
  const x = jnp.arange(1000);
  const cases: Record<string, [() => unknown, RegExp]> = {
    "eager creation": [() => jnp.zeros([2 ** 16, 2 ** 16]), /16\.00 GiB.*of the device's.*broadcast_in_dim/],
    "an eager result": [() => jnp.broadcastTo(x, [2 ** 22, 1000]), /15\.63 GiB/],
    "a random draw": [() => random.normal(random.key(0), [2 ** 30]), /4\.00 GiB/],
    "a result of a jitted function": [
      () =>
        jit(function outer(x: NDArray) {
          return x
            .reshape([1000, 1, 1])
            .mul(x.reshape([1000, 1]))
            .mul(x)
            .mul(jnp.ones([5, 1, 1, 1]));
        })(x),
      /18\.63 GiB.*while running outer/,
    ],
    "a temporary of a jitted function": [
      () => jit((x: NDArray) => jnp.sort(jnp.broadcastTo(x, [2 ** 21, 1000]), 0).sum())(x),
      /GiB/,
    ],
    "a result of vmap": [() => vmap((x) => jnp.outer(x, x))(jnp.ones([1 << 13, 1 << 10])), /32\.00 GiB/],
  };
  for (const [name, [f, text]] of Object.entries(cases)) {
    test(name, () => {
      expect(message(f)).toMatch(text);
      expect(x.sum().item()).toBe(499_500);
    });
  }
});

describe("when memory runs out", () => {
  const limit = deviceMemory.allocator.maxBytes;
  beforeAll(() => {
    // One large block, that what is there already cuts little of.
    jnp.zeros([96 * MEBIBYTE], { dtype: "uint8" }).delete();
  });
  beforeEach(() => {
    deviceMemory.evictAll();
    deviceMemory.allocator.trim();
    deviceMemory.allocator.maxBytes = deviceMemory.allocator.capacity;
  });
  afterEach(() => {
    deviceMemory.allocator.maxBytes = limit;
  });
  /** Elements of a float32 array that takes this share of all memory. */
  const share = (part: number) => Math.floor((deviceMemory.allocator.capacity * part) / 4);

  test("what does not fit is named, and everything else is as it was", () => {
    const n = share(0.4);
    const a = jnp.full([n], 2);
    const b = jit((x: NDArray) => x.mul(3))(jnp.ones([7]));
    expect(message(() => jnp.ones([share(1.1)]))).toMatch(/Out of memory while trying to allocate \d+ bytes/);
    expect(message(() => jit((x: NDArray) => [x.add(1), x.mul(2), x.sub(3)])(a))).toMatch(/[MG]iB/);
    expect(a.get(n - 1).item()).toBe(2);
    expect(b.tolist()).toEqual([3, 3, 3, 3, 3, 3, 3]);
    expect(Number(a.sum().item()) / (2 * n)).toBeCloseTo(1, 6);
  });

  test("results that were made before the one that does not fit are given back", () => {
    const x = jnp.ones([share(0.3)]);
    const three = jit((x: NDArray) => [x.add(1), x.add(2), x.add(3)]);
    x.blockUntilReady();
    const before = deviceMemory.statistics.residentBytes;
    for (let k = 0; k < 5; k++) message(() => three(x));
    expect(deviceMemory.statistics.residentBytes).toBeLessThanOrEqual(before);
  });

  test("other arrays make room", () => {
    const parts = Array.from({ length: 6 }, (_, i) => jnp.full([share(0.3)], i));
    for (const [i, x] of parts.entries()) expect(x.get(0).item()).toBe(i);
    expect(parts[0].add(parts[5]).get(1).item()).toBe(5);
  });

  test("arrays from the host and arrays that come back", () => {
    const x = jnp.array(new Float32Array(share(0.5)).fill(4));
    expect(message(() => jnp.array(new Float32Array(share(1.2))))).toMatch(/bytes/);
    deviceMemory.evictAll();
    const other = jnp.ones([share(0.4)]);
    expect(x.get(5).item()).toBe(4);
    expect(other.get(5).item()).toBe(1);
    // Both operands and the result of one operation must be there at once.
    const big = jnp.ones([share(0.45)]);
    expect(message(() => lax.mul(big, big.add(1)))).toMatch(/while running/);
    expect(big.get(3).item()).toBe(1);
  });

  test("donated arguments survive a call that could not begin", () => {
    const step = jit((x: NDArray) => [x.add(1), jnp.sort(x.mul(-1))], { donateArgnums: 0 });
    const x = jnp.full([share(0.6)], 3);
    message(() => step(x));
    expect(x.get(0).item()).toBe(3);
    const y = jit((x: NDArray) => x.add(1), { donateArgnums: 0 })(x);
    expect(y.get(0).item()).toBe(4);
    expect(() => x.get(0)).toThrow(/deleted/);
  });

  test("derivatives and trees", () => {
    const n = share(0.28);
    const params = { w: jnp.ones([n]), b: jnp.zeros([n]) };
    const loss = (p: typeof params) => jnp.sin(p.w).mul(jnp.exp(p.b)).sum();
    message(() => jit(grad(loss))(params));
    expect(Number(params.w.sum().item()) / n).toBeCloseTo(1, 6);
    expect(params.b.sum().item()).toBe(0);
    expect(deviceMemory.allocator.capacity).toBeLessThanOrEqual(deviceMemory.allocator.maxBytes);
  });
});
