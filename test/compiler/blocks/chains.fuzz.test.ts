import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { blockedKernels, checkBlocks, forceBlocks, restoreBlocks } from "./forced.ts";
import { randomChain } from "./randomChain.ts";

afterEach(restoreBlocks);

it("random chains of products and rows in blocks compute what the reference computes", () => {
  let blocked = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const { f, args, blockBytes } = randomChain(seed);
      forceBlocks(blockBytes);
      blocked += blockedKernels(checkBlocks(f, args, 1e-4)).length;
    }),
    { numRuns: 400 },
  );
  // What is tested happens often.
  expect(blocked).toBeGreaterThan(200);
});
