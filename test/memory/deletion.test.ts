import { jit, jnp, type NDArray, RuntimeError, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { deviceMemory } from "../../src/backends/wasm/device.ts";

// Arrays whose memory is gone: deleted by hand, or donated.

const deleted = /Array has been deleted/;

describe("use after delete", () => {
  test("every way of reading raises", async () => {
    const x = jnp.arange(4);
    x.delete();
    expect(x.isDeleted()).toBe(true);
    expect(() => x.tolist()).toThrow(deleted);
    expect(() => x.dataSync()).toThrow(RuntimeError);
    expect(() => x.add(1)).toThrow(deleted);
    expect(() => x.get(0)).toThrow(deleted);
    expect(() => jnp.sum(x)).toThrow(deleted);
    expect(() => jit((v: NDArray) => v.mul(2))(x)).toThrow(deleted);
    expect(() => vmap((v: NDArray) => v.mul(2))(x)).toThrow(deleted);
    await expect(x.data()).rejects.toThrow(deleted);
    await expect(x.js()).rejects.toThrow(deleted);
  });

  test("deleting twice is allowed; shape and dtype stay", () => {
    const x = jnp.zeros([2, 3]);
    x.delete();
    x.delete();
    expect(x.shape).toEqual([2, 3]);
    expect(x.dtype.name).toBe("float32");
  });

  test("what was computed from it stays", () => {
    const x = jnp.arange(6);
    const [y, z] = [x.reshape(2, 3), x.get("1:3")];
    x.delete();
    expect(y.tolist()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(z.tolist()).toEqual([1, 2]);
  });

  test("results that are arguments returned unchanged outlive the argument, and the other way round", () => {
    const same = jit((v: NDArray) => [v, v]);
    const x = jnp.arange(3);
    const [a, b] = same(x);
    x.delete();
    expect(a.tolist()).toEqual([0, 1, 2]);
    a.delete();
    expect(b.tolist()).toEqual([0, 1, 2]);
    const kept = jnp.arange(3);
    same(kept)[0].delete();
    expect(kept.tolist()).toEqual([0, 1, 2]);
  });

  test("memory is given back at once", () => {
    const before = deviceMemory.statistics.residentBytes;
    const x = jnp.zeros([1024, 1024]);
    expect(deviceMemory.statistics.residentBytes - before).toBe(2 ** 22);
    x.delete();
    expect(deviceMemory.statistics.residentBytes).toBe(before);
  });

  test("a using declaration deletes at the end of its block", () => {
    let outer: NDArray;
    {
      using x = jnp.ones(3);
      outer = x;
      expect(x.isDeleted()).toBe(false);
    }
    expect(outer.isDeleted()).toBe(true);
  });
});

describe("use after donation", () => {
  const step = jit((x: NDArray, y: NDArray) => [x.add(y), y.mul(2)], { donateArgnums: 0 });

  test("the donated argument is deleted, the other is not", () => {
    const [x, y] = [jnp.ones(8), jnp.ones(8)];
    const [a] = step(x, y);
    expect([x.isDeleted(), y.isDeleted()]).toEqual([true, false]);
    expect(() => x.tolist()).toThrow(/donated to a jitted function/);
    expect(() => step(x, y)).toThrow(deleted);
    expect(a.tolist()).toEqual(Array(8).fill(2));
    expect(y.tolist()).toEqual(Array(8).fill(1));
  });

  test("a loop that donates its state does not grow", () => {
    let x = jnp.ones([256, 256]);
    const y = jnp.ones([256, 256]);
    const add = jit((a: NDArray, b: NDArray) => a.add(b), { donateArgnums: 0 });
    x = add(x, y);
    const before = deviceMemory.statistics.residentBytes;
    for (let i = 0; i < 100; i++) x = add(x, y);
    expect(deviceMemory.statistics.residentBytes).toBe(before);
    expect(x.get(0, 0).item()).toBe(102);
  });

  test("an array donated and passed again is refused", () => {
    const x = jnp.ones(3);
    expect(() => step(x, x)).toThrow(RuntimeError);
    expect(() => step(x, x)).toThrow(/donate/);
    expect(x.isDeleted()).toBe(false);
  });

  test("arrays that share memory with the donated one keep their values", () => {
    const same = jit((v: NDArray) => v);
    const x = jnp.ones(5);
    const alias = same(x);
    const [sum] = step(x, jnp.ones(5));
    expect(sum.tolist()).toEqual(Array(5).fill(2));
    expect(alias.tolist()).toEqual(Array(5).fill(1));
  });

  test("a constant of a program that is returned can be donated", () => {
    const table = jnp.arange(4).astype("float32");
    const constant = jit(() => table);
    const [sum] = step(constant(), jnp.ones(4));
    expect(sum.tolist()).toEqual([1, 2, 3, 4]);
    expect(constant().tolist()).toEqual([0, 1, 2, 3]);
    expect(table.tolist()).toEqual([0, 1, 2, 3]);
  });

  test("numbers, keys and arguments that are not used can be donated", () => {
    const f = jit((x: NDArray, _unused: NDArray) => x.add(1), { donateArgnums: [0, 1] });
    const unused = jnp.ones(3);
    expect(f(2 as never, unused).item()).toBe(3);
    expect(unused.isDeleted()).toBe(true);
    expect(f(2 as never, jnp.ones(3)).item()).toBe(3);
    const key = random.key(0);
    const next = jit((k: NDArray) => random.foldIn(k, 1), { donateArgnums: 0 })(key);
    expect(key.isDeleted()).toBe(true);
    expect(random.keyData(next).tolist()).toEqual(random.keyData(random.foldIn(random.key(0), 1)).tolist());
  });
});
