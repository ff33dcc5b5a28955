// Devices and the threads that run them: a thread that dies, traced values that leak, and memory.

import {
  clearCaches,
  config,
  grad,
  jit,
  jnp,
  lax,
  makeMesh,
  P,
  pmap,
  RuntimeError,
  random,
  shardMap,
} from "fluxion";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { splitting } from "../../src/backends/wasm/codegen/split.ts";
import { deviceMemory, pool, wasmMemory } from "../../src/backends/wasm/device.ts";
import { CONTROL } from "../../src/backends/wasm/threads/control.ts";
import type { Pool } from "../../src/backends/wasm/threads/pool.ts";
import { type A, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(2);
const { pieceNanoseconds } = splitting;
beforeAll(() => {
  // Threads take even short steps.
  splitting.pieceNanoseconds = 20;
  clearCaches();
});
afterAll(() => {
  splitting.pieceNanoseconds = pieceNanoseconds;
  clearCaches();
});
afterEach(() => {
  config.update("numThreads", "auto");
  config.update("checkTracerLeaks", false);
});

const w = random.normal(random.key(0), [40, 40]);
const x = random.normal(random.key(1), [2, 30, 40]);
const step = pmap((w: A, x: A) => lax.pmean(jnp.tanh(x.matmul(w)).T.matmul(x), "i"), {
  axisName: "i",
  inAxes: [null, 0],
});

describe.runIf(pool !== null)("a thread that runs a device", () => {
  const threads = pool as Pool;

  test("dies between calls: the next call starts another", async () => {
    config.update("numThreads", 2);
    // Other files may have started more.
    threads.stop();
    const before = values(step(w, x));
    expect(threads.size).toBe(1);
    // One that ends before it has started is not replaced: another would not start either.
    const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
    while (threads.present < 2) await soon();
    threads["workers"][0].terminate();
    if (globalThis.process === undefined) threads.stop();
    while (threads.size > 0) await soon();
    expect(values(step(w, x))).toEqual(before);
    expect(threads.size).toBe(1);
  });

  test("dies at work: the call raises, arguments are intact, and the next call works", () => {
    config.update("numThreads", 2);
    const before = values(step(w, x));
    const donating = pmap((a: A) => a.matmul(a), { donateArgnums: 0 });
    const square = random.normal(random.key(2), [2, 40, 40]);
    const expected = values(square.matmul(square));
    const { patience } = threads;
    threads.patience = 100;
    try {
      // As if a thread had died with the step of a device.
      Atomics.add(new Int32Array(wasmMemory.buffer), CONTROL.active >> 2, 1);
      let error: unknown;
      try {
        step(w, x);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(RuntimeError);
      expect(String(error)).toMatch(
        /A worker thread did not finish within 0.1 seconds.*results of this call are lost/,
      );
    } finally {
      threads.patience = patience;
    }
    expect(values(step(w, x))).toEqual(before);
    expect(values(donating(square))).toEqual(expected);
  });
});

test("traced values of a device that leak are found when they are used", () => {
  config.update("checkTracerLeaks", true);
  let leaked: A | null = null;
  const mesh = makeMesh([2], ["i"]);
  const f = (a: A): A => {
    leaked = a.mul(2);
    return a;
  };
  for (const mapped of [pmap(f), shardMap(f, { mesh, inSpecs: P("i"), outSpecs: P("i") })]) {
    mapped(jnp.arange(2));
    expect(() => (leaked as unknown as A).add(1)).toThrow(
      /unexpected tracer[\s\S]*It was made here:\n[\s\S]*workers\.test/,
    );
  }
  // Without the setting the error does not know where it was made.
  config.update("checkTracerLeaks", false);
  jit(pmap(f))(jnp.arange(2));
  expect(() => (leaked as unknown as A).add(1)).toThrow(/unexpected tracer/);
  expect(() => (leaked as unknown as A).add(1)).not.toThrow(/It was made here/);
});

describe("1,000 calls leave nothing", () => {
  test("with donation, without turning the event loop", () => {
    const descend = pmap(
      (w: A, x: A) => w.sub(lax.pmean(grad((v: A) => jnp.tanh(x.matmul(v)).sum())(w), "i").mul(0.01)),
      {
        axisName: "i",
        donateArgnums: 0,
      },
    );
    let params = jnp.stack([w, w]).add(0);
    params = descend(params, x);
    const { residentBytes } = deviceMemory.statistics;
    for (let i = 0; i < 1000; i++) params = descend(params, x);
    expect(deviceMemory.statistics.residentBytes).toBe(residentBytes);
    expect(values(params.get(0))).toEqual(values(params.get(1)));
  });

  test("with results that nobody keeps, deleted", () => {
    const mesh = makeMesh([2], ["i"]);
    const total = jit(shardMap((a: A) => lax.psum(a.sum(0), "i"), { mesh, inSpecs: P("i"), outSpecs: P() }));
    total(x).delete();
    const { residentBytes } = deviceMemory.statistics;
    for (let i = 0; i < 1000; i++) total(x).delete();
    expect(deviceMemory.statistics.residentBytes).toBeLessThanOrEqual(residentBytes);
  });
});
