import fc from "fast-check";
import { test } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import { printProgram } from "../../src/compiler/print.ts";
import {
  randomDotProgram,
  randomLoopProgram,
  randomScanProgram,
  randomScatterProgram,
  randomSortProgram,
} from "./randomKernels.ts";
import { randomProductProgram } from "./randomProducts.ts";
import { randomRowProgram } from "./randomRows.ts";
import { runProgram } from "./runProgram.ts";
import { expectSame } from "./same.ts";

const generators = [
  ["loop", randomLoopProgram, 1000],
  ["row", randomRowProgram, 800],
  ["scan", randomScanProgram, 300],
  ["scatter", randomScatterProgram, 400],
  ["dot", randomDotProgram, 150],
  ["product", randomProductProgram, 400],
  ["sort", randomSortProgram, 100],
] as const;

test.each(generators)(
  "random %s kernels compute what the interpreter computes",
  (_kind, generate, numRuns) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
        const { program, args, tolerance } = generate(seed);
        const expected = interpretProgram(program, args);
        const actual = runProgram(program, args);
        expected.forEach((e, i) => expectSame(actual[i], e, tolerance, () => printProgram(program)));
      }),
      { numRuns },
    );
  },
);
