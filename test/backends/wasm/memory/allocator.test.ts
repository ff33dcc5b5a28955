import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Allocator } from "../../../../src/backends/wasm/memory/index.ts";
import { ResourceExhaustedError } from "../../../../src/errors.ts";

const newMemory = (maximum = 65536) => new WebAssembly.Memory({ initial: 1, maximum });

/** Deterministic random numbers in [0, 1). */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("Allocator", () => {
  it("never overlaps, aligns, and coalesces to empty (against a model)", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 50, max: 600 }), (seed, steps) => {
        const random = randoms(seed);
        const allocator = new Allocator(newMemory());
        const live: { ptr: number; size: number }[] = [];
        for (let i = 0; i < steps; i++) {
          if (live.length > 0 && random() < 0.45) {
            const [block] = live.splice(Math.floor(random() * live.length), 1);
            allocator.free(block!.ptr, block!.size);
          } else {
            const size = Math.floor(2 ** (random() * 20));
            const ptr = allocator.alloc(size);
            expect(ptr).toBeGreaterThanOrEqual(1024);
            expect(ptr % (size > 224 ? 64 : 16)).toBe(0);
            expect(ptr + size).toBeLessThanOrEqual(allocator.memory.buffer.byteLength);
            live.push({ ptr, size });
          }
        }
        const sorted = [...live].sort((a, b) => a.ptr - b.ptr);
        for (let i = 1; i < sorted.length; i++) {
          expect(sorted[i - 1]!.ptr + sorted[i - 1]!.size).toBeLessThanOrEqual(sorted[i]!.ptr);
        }
        expect(allocator.usedBytes).toBeGreaterThanOrEqual(live.reduce((sum, b) => sum + b.size, 0));
        for (const { ptr, size } of live) allocator.free(ptr, size);
        allocator.trim();
        expect(allocator.usedBytes).toBe(0);
        // One free block again: all of it can be had at once without growing.
        const capacity = allocator.capacity;
        allocator.alloc(allocator.availableBytes - (4 * 2 ** 30 - 65536 - capacity));
        expect(allocator.capacity).toBe(capacity);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the contents of neighbours intact", () => {
    const random = randoms(7);
    const allocator = new Allocator(newMemory());
    const live: { ptr: number; size: number; mark: number }[] = [];
    for (let i = 0; i < 3000; i++) {
      if (live.length > 40 || (live.length > 0 && random() < 0.4)) {
        const [block] = live.splice(Math.floor(random() * live.length), 1);
        const bytes = new Uint8Array(allocator.memory.buffer, block!.ptr, block!.size);
        expect(bytes.every((b) => b === block!.mark)).toBe(true);
        allocator.free(block!.ptr, block!.size);
      } else {
        const size = 1 + Math.floor(2 ** (random() * 14));
        const ptr = allocator.alloc(size);
        const mark = 1 + (i % 255);
        new Uint8Array(allocator.memory.buffer, ptr, size).fill(mark);
        live.push({ ptr, size, mark });
      }
    }
  });

  it("finds a fit that exists instead of growing", () => {
    const allocator = new Allocator(newMemory());
    const sizes = Array.from({ length: 40 }, (_, i) => 1_000_000 + 64 * i);
    const blocks = sizes.map((size) => ({
      size,
      ptr: allocator.alloc(size),
      fence: allocator.alloc(10_000),
    }));
    const grown = allocator.capacity;
    for (const { ptr, size } of blocks) allocator.free(ptr, size);
    for (const size of sizes.reverse()) allocator.alloc(size);
    expect(allocator.capacity).toBe(grown);
  });

  it("reports exhaustion and stays usable", () => {
    const allocator = new Allocator(newMemory(64), { maxBytes: 64 * 65536 });
    const a = allocator.alloc(1_000_000);
    const used = allocator.usedBytes;
    expect(() => allocator.alloc(4_000_000)).toThrow(ResourceExhaustedError);
    expect(() => allocator.alloc(4_000_000)).toThrow(
      /allocate 4000000 bytes \(3\.81 MiB\): .* of the device's 4\.00 MiB/,
    );
    expect(() => allocator.alloc(2 ** 45)).toThrow(ResourceExhaustedError);
    expect(allocator.usedBytes).toBe(used);
    allocator.free(a, 1_000_000);
    expect(allocator.alloc(4_000_000)).toBeGreaterThan(0);
  });

  it("respects a declared maximum of the memory that it was not told about", () => {
    const allocator = new Allocator(newMemory(3));
    expect(allocator.tryAlloc(300_000)).toBe(0);
    expect(allocator.tryAlloc(150_000)).toBeGreaterThan(0);
  });

  it("works on a shared memory and above 2 GiB", () => {
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const allocator = new Allocator(shared);
    const low = allocator.alloc(2 ** 31);
    const high = allocator.alloc(2 ** 30);
    const small = allocator.alloc(100);
    expect(high).toBeGreaterThan(2 ** 31);
    expect(allocator.tryAlloc(2 ** 31)).toBe(0);
    allocator.free(small, 100);
    allocator.free(high, 2 ** 30);
    allocator.free(low, 2 ** 31);
    allocator.trim();
    expect(allocator.usedBytes).toBe(0);
  });

  it("refuses to free what it does not know", () => {
    const allocator = new Allocator(newMemory());
    expect(() => allocator.free(123456, 100)).toThrow("unknown block");
    expect(() => allocator.free(123456, 100_000)).toThrow("unknown block");
  });
});
