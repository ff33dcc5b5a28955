import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DeviceMemory,
  type DeviceMemoryOptions,
  type Storage,
} from "../../../../src/backends/wasm/memory/index.ts";
import { ResourceExhaustedError, RuntimeError } from "../../../../src/errors.ts";

const MEBI = 1 << 20;
const create = (options?: DeviceMemoryOptions) =>
  new DeviceMemory(new WebAssembly.Memory({ initial: 16, maximum: 65536 }), options);
const filled = (n: number, value: number) => new Uint8Array(n).fill(value);
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const rss = () => process.memoryUsage().rss / 1e6;

/** The engine's collector, also where the process was started without the flag for it. */
function collector(): () => void {
  const exposed = (globalThis as { gc?: () => void }).gc;
  if (exposed !== undefined) return exposed;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** Collects garbage until `done` holds: the engine runs finalizers when it finds the time, on a busy machine late. */
async function collectGarbage(done: () => boolean): Promise<void> {
  const gc = collector();
  for (let i = 0; i < 400; i++) {
    gc();
    await turn();
    if (i >= 4 && done()) return;
    if (i >= 4) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("DeviceMemory", () => {
  it("copies in and out", () => {
    const memory = create();
    const source = new Float32Array([1, 2, 3]);
    const storage = memory.fromHost(source);
    source[0] = 9;
    expect(new Float32Array(memory.read(storage).buffer)).toEqual(new Float32Array([1, 2, 3]));
    expect(memory.view(storage).byteLength).toBe(12);
    expect(memory.views.f32[memory.touch(storage) / 4 + 1]).toBe(2);
  });

  it("adopts host bytes lazily", () => {
    const memory = create();
    const storage = memory.adoptHost(new Float32Array([0, 5, 6, 0]).subarray(1, 3));
    expect(storage.resident).toBe(false);
    expect(new Float32Array(memory.read(storage).buffer)).toEqual(new Float32Array([5, 6]));
    expect(storage.resident).toBe(false);
    expect(memory.views.f32[memory.touch(storage) / 4]).toBe(5);
    expect(storage.resident).toBe(true);
  });

  it("evicts the least recently used and brings values back", () => {
    const memory = create({ softLimit: 16 * MEBI });
    const first = memory.fromHost(filled(MEBI, 1));
    const second = memory.fromHost(filled(MEBI, 2));
    for (let i = 0; i < 13; i++) memory.fromHost(filled(MEBI, 100 + i));
    memory.touch(first);
    memory.allocate(2 * MEBI);
    expect(second.resident).toBe(false);
    expect(first.resident).toBe(true);
    expect(memory.statistics.residentBytes).toBeLessThanOrEqual(16 * MEBI);
    expect(memory.statistics.evictedBytes).toBeGreaterThanOrEqual(7 * MEBI);
    expect(memory.view(second).every((b) => b === 2)).toBe(true);
    expect(memory.statistics.returnedBytes).toBe(MEBI);
  });

  it("keeps every value through random allocation, touching, reading, freeing and eviction", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 30 - 1 }), { minLength: 200, maxLength: 800 }), (choices) => {
        const memory = create({ softLimit: 64 * 1024, hardLimit: 128 * 1024, softCount: 24 });
        const live: { storage: Storage; size: number; mark: number }[] = [];
        for (const [i, choice] of choices.entries()) {
          const pick = live.length === 0 ? undefined : live[(choice >>> 4) % live.length]!;
          const action = choice & 7;
          if (pick === undefined || action < 3) {
            const size = Math.floor(2 ** (((choice >>> 4) % 1400) / 100));
            const mark = i & 255;
            const bytes = filled(size, mark);
            live.push({
              storage: action === 0 ? memory.adoptHost(bytes) : memory.fromHost(bytes),
              size,
              mark,
            });
          } else if (action === 3) {
            live.splice(live.indexOf(pick), 1);
            memory.free(pick.storage);
          } else if (action === 4) {
            pick.storage = memory.transfer(pick.storage);
          } else {
            const bytes = action === 5 ? memory.read(pick.storage) : memory.view(pick.storage);
            expect(bytes.length).toBe(pick.size);
            expect(bytes.every((b) => b === pick.mark)).toBe(true);
          }
        }
        for (const { storage, mark } of live)
          expect(memory.view(storage).every((b) => b === mark)).toBe(true);
        for (const { storage } of live) memory.free(storage);
        memory.allocator.trim();
        expect(memory.allocator.usedBytes).toBe(0);
        expect(memory.statistics).toMatchObject({ residentBytes: 0, count: 0 });
      }),
      { numRuns: 40 },
    );
  });

  it("does not move what a running operation uses", () => {
    const memory = create({ softLimit: 8 * MEBI, hardLimit: 8 * MEBI });
    const inputs = Array.from({ length: 6 }, (_, i) => memory.fromHost(filled(MEBI, i)));
    const idle = memory.fromHost(filled(MEBI, 99));
    memory.beginOperation();
    const pointers = inputs.map((s) => memory.touch(s));
    memory.beginOperation();
    memory.endOperation();
    const outputs = Array.from({ length: 20 }, () => memory.allocate(MEBI));
    expect(inputs.map((s) => s.ptr)).toEqual(pointers);
    expect(outputs.every((s) => s.resident)).toBe(true);
    expect(idle.resident).toBe(false);
    memory.endOperation();
    memory.allocate(MEBI);
    memory.allocate(4 * MEBI);
    expect(memory.statistics.residentBytes).toBeLessThan(20 * MEBI);
    for (const [i, s] of inputs.entries()) expect(memory.read(s)[5]).toBe(i);
  });

  it("raises the soft limit when live data keep coming back", () => {
    const memory = create({ softLimit: 4 * MEBI, hardLimit: 64 * MEBI });
    const live = Array.from({ length: 12 }, (_, i) => memory.fromHost(filled(MEBI, i)));
    for (let step = 0; step < 50; step++) {
      for (const s of live) memory.touch(s);
      memory.allocate(MEBI);
    }
    expect(memory.statistics.softLimit).toBeGreaterThanOrEqual(16 * MEBI);
    const before = memory.statistics.returnedBytes;
    for (let step = 0; step < 4; step++) for (const s of live) memory.touch(s);
    expect(memory.statistics.returnedBytes - before).toBeLessThanOrEqual(12 * MEBI);
  });

  it("throws ResourceExhaustedError with everything intact", () => {
    const memory = create({ softLimit: MEBI, maxBytes: 4 * MEBI });
    const kept = memory.fromHost(filled(1000, 3));
    expect(() => memory.allocate(5 * MEBI)).toThrow(ResourceExhaustedError);
    expect(memory.view(kept).every((b) => b === 3)).toBe(true);
    memory.beginOperation();
    const pinned = memory.allocate(3 * MEBI);
    expect(() => memory.allocate(2 * MEBI)).toThrow(ResourceExhaustedError);
    memory.endOperation();
    expect(memory.allocate(2 * MEBI).resident).toBe(true);
    expect(pinned.resident).toBe(false);
  });

  it("makes room by moving idle storages when the memory cannot grow", () => {
    const memory = create({ softLimit: 64 * MEBI, maxBytes: 8 * MEBI });
    const storages = Array.from({ length: 40 }, (_, i) => memory.fromHost(filled(MEBI, i)));
    for (const [i, s] of storages.entries()) expect(memory.read(s)[77]).toBe(i);
  });

  it("refuses use after free", () => {
    const memory = create();
    const storage = memory.fromHost(filled(100, 1));
    memory.free(storage);
    memory.free(storage);
    expect(storage.deleted).toBe(true);
    expect(() => memory.touch(storage)).toThrow(RuntimeError);
    expect(() => memory.read(storage)).toThrow("deleted");
    const donor = memory.fromHost(filled(100, 2));
    const { ptr } = donor;
    expect(memory.transfer(donor).ptr).toBe(ptr);
    expect(() => memory.view(donor)).toThrow("deleted");
  });

  it("handles empty storages", () => {
    const memory = create();
    const storage = memory.fromHost(new Float32Array(0));
    memory.evictAll();
    expect(memory.read(storage).length).toBe(0);
    expect(memory.touch(storage)).toBeGreaterThan(0);
    memory.free(storage);
  });

  it("gives nested operations scratch of their own", () => {
    const memory = create();
    expect(() => memory.scratch(8)).toThrow("operation");
    memory.beginOperation();
    const outer = memory.scratch(10_000);
    expect(memory.scratch(5000)).toBe(outer);
    memory.beginOperation();
    const inner = memory.scratch(10_000);
    expect(Math.abs(inner - outer)).toBeGreaterThanOrEqual(10_000);
    memory.endOperation();
    expect(memory.scratch(10_000)).toBe(outer);
    memory.scratch(100 * MEBI);
    memory.endOperation();
    expect(memory.statistics.scratchBytes).toBe(0);
  });

  it("keeps views right across growth", () => {
    const memory = create();
    const storage = memory.fromHost(filled(100, 7));
    memory.allocate(100 * MEBI);
    expect(memory.view(storage)[99]).toBe(7);
    memory.allocator.memory.grow(1);
    expect(memory.views.u8[storage.ptr]).toBe(7);
  });
});

describe("leaks", () => {
  it("a synchronous loop of 1,000 x 4 MB keeps the resident set flat", () => {
    const memory = create();
    const before = rss();
    let peak = 0;
    for (let i = 0; i < 1000; i++) {
      memory.views.u8[memory.allocate(4 * MEBI).ptr] = i;
      if (i % 20 === 0) peak = Math.max(peak, rss());
    }
    expect(peak - before).toBeLessThan(1000);
    expect(memory.statistics.capacity).toBeLessThan(600 * MEBI);
  });

  it("a synchronous loop of a million small storages keeps the resident set flat", () => {
    const memory = create();
    const live = memory.fromHost(filled(64, 5));
    const before = rss();
    let peak = 0;
    for (let i = 0; i < 1_000_000; i++) {
      memory.allocate(i % 3 === 0 ? 4 : 200);
      if (i % 10_000 === 0) peak = Math.max(peak, rss());
    }
    expect(peak - before).toBeLessThan(400);
    expect(memory.read(live)[63]).toBe(5);
  });

  // When finalizers run is the engine's choice; on a machine that is busy throughout it once ran none for seconds.
  it("finalizers free storages once the event loop turns", { retry: 2 }, async () => {
    const memory = create();
    const live = memory.fromHost(filled(MEBI, 5));
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 5; j++) memory.allocate(MEBI);
      await turn();
    }
    await collectGarbage(() => memory.statistics.count <= 2);
    expect(memory.statistics.count).toBeLessThanOrEqual(2);
    expect(memory.statistics.evictedBytes).toBe(0);
    expect(memory.view(live)[0]).toBe(5);
  });

  it("an evicted storage that came back is finalized too", { retry: 2 }, async () => {
    const memory = create();
    await (async () => {
      const storage = memory.fromHost(filled(1000, 5));
      await turn();
      memory.evictAll();
      expect(storage.resident).toBe(false);
      memory.touch(storage);
      expect(memory.statistics.count).toBe(1);
      await turn();
      expect(memory.view(storage)[10]).toBe(5);
    })();
    await collectGarbage(() => memory.statistics.count === 0);
    expect(memory.statistics.count).toBe(0);
  });

  it("a memory that becomes garbage itself does not stop the finalizers of others", async () => {
    const holder: { memory?: DeviceMemory } = {};
    const fill = () => {
      holder.memory = create();
      for (let i = 0; i < 10; i++) holder.memory.allocate(100);
    };
    fill();
    await turn();
    // First the storages are found dead, then the memory, before a finalizer could run.
    collector()();
    delete holder.memory;
    for (let i = 0; i < 3; i++) collector()();
    await turn();
    const memory = create();
    for (let i = 0; i < 10; i++) memory.allocate(100);
    await turn();
    await collectGarbage(() => memory.statistics.count === 0);
    expect(memory.statistics.count).toBe(0);
  });

  it("a loop that only awaits resolved promises does not leak", async () => {
    const memory = create({ softCount: 256 });
    const before = rss();
    for (let i = 0; i < 20_000; i++) {
      memory.allocate(16_384);
      await null;
    }
    expect(memory.statistics.count).toBeLessThanOrEqual(384);
    expect(rss() - before).toBeLessThan(400);
  });
});
