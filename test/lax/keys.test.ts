import { describe, expect, test } from "vitest";
import type { ArrayImpl } from "../../src/core/array.ts";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import { jit } from "../../src/transforms/jit.ts";
import { array, elements } from "./host.ts";

// Random words that JAX 0.10.2 gives, and the test vectors of the Threefry paper.

const key = lax.randomSeed(42);
const wordsOf = (k: NDArray): number[] => elements(lax.randomUnwrap(k));
const u32 = (x: number): NDArray => array([x], [], "uint32");

describe("the block function", () => {
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("key %j, counter %j", ([k0, k1], [c0, c1], expected) => {
    const words = lax.threefry2x32(u32(k0), u32(k1), u32(c0), u32(c1));
    expect(words.flatMap(elements)).toEqual(expected);
  });
});

describe("keys", () => {
  test("of seeds", () => {
    expect(wordsOf(key)).toEqual([0, 42]);
    expect(wordsOf(lax.randomSeed(-1))).toEqual([0, 4294967295]);
    expect(wordsOf(lax.randomSeed(u32(4294967295)))).toEqual([0, 4294967295]);
    expect(wordsOf(lax.randomSeed(array([7, -2], [2], "int32")))).toEqual([0, 7, 0, 4294967294]);
  });
  test("split", () => {
    expect(wordsOf(lax.randomSplit(key, [2]))).toEqual([1832780943, 270669613, 64467757, 2916123636]);
    expect(wordsOf(lax.randomSplit(key, [1, 2]))).toEqual([1832780943, 270669613, 64467757, 2916123636]);
    expect(lax.randomSplit(key, [0]).shape).toEqual([0]);
  });
  test("foldIn", () => {
    expect(wordsOf(lax.randomFoldIn(key, 7))).toEqual([2547012911, 1371500959]);
    expect(wordsOf(lax.randomFoldIn(key, u32(7)))).toEqual([2547012911, 1371500959]);
  });
  test("bits", () => {
    const four = [2098992034, 2919706841, 2646866425, 2409546199];
    expect(elements(lax.randomBits(key, 32, [4]))).toEqual(four);
    expect(elements(lax.randomBits(key, 32, [2, 2]))).toEqual(four);
    expect(elements(jit((k: NDArray) => lax.randomBits(k, 32, [2, 2]))(key))).toEqual(four);
    expect(elements(lax.randomBits(lax.randomSeed(0), 8, [5]))).toEqual([167, 146, 40, 53, 183]);
    expect(lax.randomBits(key, 32, [0, 3]).shape).toEqual([0, 3]);
  });
  test("bits of 64 are both words of a block, and a seed of 64 bits is both words of a key", () => {
    const wide = lax.randomBits(key, 64, [3]) as ArrayImpl;
    expect([...(wide.toHost() as BigUint64Array)]).toEqual([
      7871734211187709741n,
      276886910877598708n,
      10591095138341673235n,
    ]);
    expect(wordsOf(lax.randomSeed(BigInt64Array.of(-5n, 2n ** 40n + 3n)))).toEqual([
      4294967295, 4294967291, 256, 3,
    ]);
  });
  test("as data", () => {
    const keys = lax.randomSplit(key, [3]);
    const words = wordsOf(keys);
    expect(wordsOf(lax.rev(keys, [0]))).toEqual([4, 5, 2, 3, 0, 1].map((i) => words[i]));
    expect(wordsOf(lax.squeeze(lax.slice(keys, [1], [2]), [0]))).toEqual(words.slice(2, 4));
    expect(wordsOf(lax.randomClone(lax.randomWrap(lax.randomUnwrap(keys))))).toEqual(words);
    expect(wordsOf(lax.zerosLike(keys))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(elements(lax.eq(keys, lax.broadcast(lax.squeeze(lax.slice(keys, [2], [3]), [0]), [3])))).toEqual([
      0, 0, 1,
    ]);
  });
  test("counters", () => {
    const [high, low] = lax.iota2x32Shape([2, 3]);
    expect(elements(high)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(elements(low)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
