// Threads of a page: with the headers that allow them, and without; on the main thread, and in a worker.

import { config, jnp, type NDArray, threadCount } from "fluxion";
import { afterEach, describe, expect, inject, test } from "vitest";
import { pool } from "../../src/backends/wasm/device.ts";
import { hardwareThreads } from "../../src/backends/wasm/threads/hostWorker.ts";
import type { Answer } from "./threads.worker.ts";

const isolated = inject("isolated");
afterEach(() => config.update("numThreads", "auto"));

/** A product that is worth cutting; its elements differ. */
function product(): Float32Array {
  const x = jnp
    .arange(512 * 512)
    .mod(97)
    .reshape(512, 512)
    .astype("float32") as NDArray;
  return x.matmul(x.T).dataSync() as Float32Array;
}

/** Lets workers start; they take part in the first regions after that. */
async function untilJoined(work: () => unknown): Promise<boolean> {
  const before = pool?.joined ?? 0;
  for (let i = 0; i < 200; i++) {
    work();
    if ((pool?.joined ?? 0) > before) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

test("a page has threads that share memory exactly if it is isolated", () => {
  expect(crossOriginIsolated).toBe(isolated);
  expect(pool !== null).toBe(isolated);
  expect(hardwareThreads()).toBeGreaterThanOrEqual(1);
});

describe.runIf(isolated)("an isolated page", () => {
  test("computes with several threads on its main thread, with the bits of one", async () => {
    config.update("numThreads", 1);
    const alone = product();
    config.update("numThreads", 3);
    expect(await untilJoined(product)).toBe(true);
    expect(pool?.threads).toBe(3);
    await expect.poll(threadCount, { timeout: 10_000 }).toBe(3);
    expect(product()).toEqual(alone);
  });

  test("may not sleep on its main thread, and waits for workers all the same", async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    expect(() => Atomics.wait(words, 0, 0, 1)).toThrow(TypeError);
    config.update("numThreads", 4);
    expect(await untilJoined(product)).toBe(true);
    const first = product();
    for (let i = 0; i < 20; i++) expect(product().every((x, k) => x === first[k])).toBe(true);
  });
});

function inWorker(): Promise<Answer> {
  const worker = new Worker(new URL("./threads.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  }).finally(() => worker.terminate());
}

test("a worker has threads of its own exactly if the page is isolated", async () => {
  const { isolated: found, threads, joined, sum } = await inWorker();
  expect(found).toBe(isolated);
  // The second may still be starting.
  if (isolated) expect(threads).toBeOneOf([2, 3]);
  else expect(threads).toBe(1);
  expect(joined).toBe(isolated);
  expect(sum).toBe(product().reduce((a, b) => a + b));
});
