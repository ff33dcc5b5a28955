import { config, jit, jnp, type NDArray, random, threadCount } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { pool, wasmMemory } from "../../../../src/backends/wasm/device.ts";
import { CONTROL } from "../../../../src/backends/wasm/threads/control.ts";
import type { Pool } from "../../../../src/backends/wasm/threads/pool.ts";
import { RuntimeError } from "../../../../src/errors.ts";

afterEach(() => config.update("numThreads", "auto"));

const bits = (x: NDArray): number[] => [...new Int32Array((x.dataSync() as Float32Array).slice().buffer)];
const inputs = () => {
  const [k1, k2] = random.split(random.key(7));
  return [random.normal(k1, [301, 517]), random.normal(k2, [517, 263])] as const;
};
/** A product, a chain of elementwise work and reductions, each large enough for pieces. */
const work = (a: NDArray, b: NDArray): NDArray => {
  const c = jnp.tanh(a.matmul(b));
  return c
    .sub(c.max(1, { keepdims: true }))
    .mul(c.sum(0))
    .add(jnp.cumsum(c, 1));
};

describe.runIf(pool !== null)("the pool", () => {
  const threads = pool as Pool;

  test("computes the same bits with any number of threads, eagerly and jitted", () => {
    const [a, b] = inputs();
    config.update("numThreads", 1);
    const alone = bits(work(a, b));
    const jitted = bits(jit(work)(a, b));
    for (const n of [2, 3, 5, 2, 1]) {
      config.update("numThreads", n);
      expect(bits(work(a, b))).toEqual(alone);
      expect(bits(jit(work)(a, b))).toEqual(jitted);
      if (n > 1) expect(threads.threads).toBe(n);
      else expect(threads.threads).toBe(1);
    }
  });

  // In browsers, workers start when the event loop of the thread that wants them turns: test/browser/threads.test.ts.
  test.skipIf("document" in globalThis || "importScripts" in globalThis)(
    "workers take part in a loop that never yields",
    () => {
      config.update("numThreads", 2);
      const [a, b] = inputs();
      const f = jit(work);
      f(a, b);
      const before = threads.joined;
      const until = performance.now() + 20_000;
      while (threads.joined === before && performance.now() < until) f(a, b).delete();
      expect(threads.joined).toBeGreaterThan(before);
    },
  );

  test("a worker that has ended is replaced", async () => {
    config.update("numThreads", 2);
    const [a, b] = inputs();
    const f = jit(work);
    const before = bits(f(a, b));
    expect(threads.size).toBeGreaterThan(0);
    threads["workers"][0].terminate();
    // In Node the end of a worker is an event; a page is not told, and the next test shows what it would see.
    if (globalThis.process === undefined) threads.stop();
    while (threads.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(threads.threads).toBe(1);
    expect(threadCount()).toBe(1);
    expect(bits(f(a, b))).toEqual(before);
    expect(threads.size).toBe(1);
  });

  test("a worker that lives on after it was told to end takes part no more", async () => {
    // A browser gives a busy worker seconds before it ends it; here it is not even told.
    const x = jnp
      .arange(512 * 512)
      .mod(97)
      .reshape(512, 512)
      .astype("float32") as NDArray;
    const product = jit((x: NDArray) => x.matmul(x.T));
    config.update("numThreads", 1);
    const alone = product(x).dataSync() as Float32Array;
    config.update("numThreads", 2);
    const joinedBy = async () => {
      const before = threads.joined;
      const until = performance.now() + 20_000;
      while (threads.joined === before && performance.now() < until) {
        product(x);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await joinedBy();
    const [old] = threads["workers"];
    const terminate = old.terminate.bind(old);
    old.terminate = () => {};
    try {
      threads.stop();
      await joinedBy();
      for (let i = 0; i < 60; i++) {
        const result = product(x).dataSync() as Float32Array;
        expect(result.findIndex((value, k) => value !== alone[k])).toBe(-1);
      }
    } finally {
      terminate();
    }
  });

  test("a worker that does not finish is an error that says so; the next call works", () => {
    config.update("numThreads", 2);
    const [a, b] = inputs();
    const f = jit(work);
    const before = bits(f(a, b));
    const { patience } = threads;
    threads.patience = 100;
    try {
      // As if a worker had died inside a region.
      Atomics.add(new Int32Array(wasmMemory.buffer), CONTROL.active >> 2, 1);
      let error: unknown;
      try {
        f(a, b);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(RuntimeError);
      expect(String(error)).toMatch(
        /worker thread did not finish within 0.1 seconds.*results of this call are lost/,
      );
    } finally {
      threads.patience = patience;
    }
    expect(bits(f(a, b))).toEqual(before);
    expect(bits(a.add(1))).toHaveLength(301 * 517);
  });

  test("a worker that takes part in several phases of a kernel is counted once", () => {
    config.update("numThreads", 2);
    const x = random.uniform(random.key(1), [200_000]);
    const sorted = jit((v: NDArray) => jnp.sort(v));
    const { kernels } = sorted.lower(x).compile().profile(x);
    for (const { threads } of kernels) expect(threads).toBeLessThanOrEqual(2);
  });

  test("patience is for one region: many that each wait a little do not use it up", () => {
    config.update("numThreads", 2);
    const words = new Int32Array(wasmMemory.buffer);
    const { patience } = threads;
    threads.patience = 50;
    try {
      const until = performance.now() + 200;
      while (performance.now() < until) {
        Atomics.add(words, CONTROL.generation >> 2, 1);
        threads.stalled(0);
      }
    } finally {
      threads.patience = patience;
    }
  });
});

test("refuses a number of threads that is none", () => {
  expect(() => config.update("numThreads", 0)).toThrow(/numThreads must be one of "auto", 1, ..., 64, got 0/);
  expect(() => config.update("numThreads", 2.5)).toThrow(/numThreads/);
});
