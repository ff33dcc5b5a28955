import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import type { DTypeName } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { array, elements } from "./host.ts";

// Bits as JAX 0.10.2 makes them on CPUs.

const { RNG_THREE_FRY, RNG_PHILOX } = lax.RandomAlgorithm;
const key = (...words: number[]) => array(words, [4], "uint32");
const bits = (k: NDArray, shape: number[], algorithm: lax.RandomAlgorithm, dtype: DTypeName = "uint32") =>
  lax
    .rngBitGenerator(k, shape, { dtype, algorithm })
    .map((x) => Array.from((x as ArrayImpl).toHost() as Uint32Array));

test("threefry: neighbours along an axis share a block", () => {
  const k = key(1, 2, 3, 4);
  const of = (...shape: number[]) => bits(k, shape, RNG_THREE_FRY);
  expect(of(5)).toEqual([
    [1, 2, 6, 4],
    [1576285164, 2249660814, 740599976, 2425682526, 2436392515],
  ]);
  const rows = [1576285164, 740599976, 2436392515, 2249660814, 2425682526, 1497962777];
  expect(of(2, 3)).toEqual([[1, 2, 6, 4], rows]);
  expect(of(3, 3)).toEqual([
    [1, 2, 9, 4],
    [...rows, 1335360347, 3981753173, 3812192618],
  ]);
  expect(of(3, 5)[1].slice(0, 8)).toEqual([
    ...[1576285164, 2249660814, 740599976, 2425682526, 2436392515],
    ...[1335360347, 2260235687, 3981753173],
  ]);
  expect(of()).toEqual([[1, 2, 4, 4], [1576285164]]);
  expect(of(3, 0)).toEqual([[1, 2, 3, 4], []]);
  expect(of(4, 6)[0]).toEqual([1, 2, 15, 4]);
});

test("philox, the default, and other dtypes", () => {
  const k = key(1, 2, 3, 4);
  const words = [512747620, 1298009047, 1267190206, 761827841, 1383286907];
  expect(bits(k, [5], RNG_PHILOX)).toEqual([[1, 2, 5, 4], words]);
  expect(lax.rngBitGenerator(k, [5]).map(elements)).toEqual([[1, 2, 5, 4], words]);
  expect(bits(k, [5], RNG_PHILOX, "uint16")[1]).toEqual([59492, 3031, 51646, 37377, 18555]);
  expect(bits(k, [5], RNG_THREE_FRY, "uint8")[1]).toEqual([236, 142, 168, 94, 67]);
  expect(bits(k, [3], RNG_PHILOX, "uint64")).toEqual([
    [1, 2, 5, 4],
    [0x4d5e0bd71e8fe864n, 0x2d6892014b87c9ben, 0x61c056965273487bn],
  ]);
  expect(bits(k, [3], RNG_THREE_FRY, "uint64")).toEqual([
    [1, 2, 6, 4],
    [0x8617198e5df433ecn, 0x9094fa5e2c24a8a8n, 0x5949191991386643n],
  ]);
});

test("counters carry over", () => {
  expect(bits(key(1, 2, 0xfffffffe, 4), [9], RNG_THREE_FRY)).toEqual([
    [1, 2, 3, 5],
    [
      3245475131, 4052128534, 1659226264, 1696293625, 2593290630, 1369596596, 1606051822, 2624171580,
      1038787879,
    ],
  ]);
  expect(bits(key(1, 2, 0xfffffffe, 0xffffffff), [13], RNG_PHILOX)).toEqual([
    [1, 2, 2, 0],
    [
      ...[2440199171, 2734589407, 1297845474, 626431447, 875035680, 2457449792, 952865925, 536199321],
      ...[67759320, 265751716, 222428074, 2049345928, 2818318232],
    ],
  ]);
});

test("the reference rule makes the same bits", () => {
  for (const algorithm of [RNG_THREE_FRY, RNG_PHILOX]) {
    for (const dtype of ["uint8", "uint32", "uint64"] as const) {
      const k = key(7, 0xffffffff, 0xfffffff0, 0xffffffff) as ArrayImpl;
      const f = (x: NDArray) => lax.rngBitGenerator(x, [5, 9], { dtype, algorithm });
      const host = [{ shape: k.shape, dtype: k.dtype, data: k.toHost() }];
      const expected = interpretReference(makeJaxpr(f)(k), host);
      expect(f(k).map((x) => (x as ArrayImpl).toHost())).toEqual(expected);
    }
  }
});

test("under vmap the first key makes all bits, as in JAX", () => {
  const [next, made] = vmap((k: NDArray) => lax.rngBitGenerator(k, [3]))(
    array([1, 2, 3, 4, 5, 6, 7, 8], [2, 4], "uint32"),
  ) as [NDArray, NDArray];
  expect(elements(next)).toEqual([1, 2, 5, 4, 5, 6, 7, 8]);
  expect(elements(made)).toEqual([512747620, 1298009047, 1267190206, 761827841, 1383286907, 1639995030]);
});

test("printing and errors", () => {
  expect(
    String(makeJaxpr((k: NDArray) => lax.rngBitGenerator(k, [3]))(key(1, 2, 3, 4))),
  ).toMatchInlineSnapshot(`
    "{ lambda ; a:u32[4]. let
        b:u32[4] c:u32[3] = rng_bit_generator[
          algorithm=RNG_DEFAULT
          dtype=uint32
          out_sharding=None
          shape=(3,)
        ] a
      in (b, c) }"
  `);
  expect(() => lax.rngBitGenerator(array([1, 2, 3], [3], "uint32"), [2])).toThrow(/key of four uint32 words/);
  expect(() => lax.rngBitGenerator(array([1, 2, 3, 4], [4], "int32"), [2])).toThrow(TypeError);
  expect(() => lax.rngBitGenerator(key(1, 2, 3, 4), [2], "int32")).toThrow(
    "rng_bit_generator: unsupported dtype int32",
  );
});
