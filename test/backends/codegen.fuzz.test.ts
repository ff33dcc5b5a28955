import fc from "fast-check";
import { expect, test } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import { describeProgram, randomLoopProgram } from "./randomKernels.ts";
import { expectSame } from "./same.ts";
import { runProgram } from "./runProgram.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 400);

test("random loop kernels compute what the interpreter computes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const { program, args, tolerance } = randomLoopProgram(seed);
      const expected = interpretProgram(program, args);
      const actual = runProgram(program, args);
      expected.forEach((e, i) => expectSame(actual[i], e, tolerance, () => describeProgram(program)));
    }),
    { numRuns: runs },
  );
});
