import fc from "fast-check";
import { config } from "fluxion";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wasmBackend } from "../../../../src/backends/wasm/backend.ts";
import { folding } from "../../../../src/backends/wasm/codegen/foldPlan.ts";
import { splitting } from "../../../../src/backends/wasm/codegen/split.ts";
import { pool } from "../../../../src/backends/wasm/device.ts";
import { LoadedProgram } from "../../../../src/backends/wasm/executable.ts";
import { loadCode } from "../../../../src/backends/wasm/loadedCode.ts";
import { interpretProgram } from "../../../../src/compiler/interpret.ts";
import { printProgram } from "../../../../src/compiler/print.ts";
import type { ArrayImpl } from "../../../../src/core/array.ts";
import { shapedArray } from "../../../../src/core/aval.ts";
import { arrayFromHost } from "../../../../src/core/values.ts";
import type { HostData } from "../../../../src/dtypes/index.ts";
import { randomBlockedProgram } from "../../../compiler/blocks/randomChain.ts";
import {
  type Built,
  randomDotProgram,
  randomLoopProgram,
  randomScanProgram,
  randomScatterProgram,
  randomSortProgram,
} from "../../randomKernels.ts";
import { randomProductProgram } from "../../randomProducts.ts";
import { randomRowProgram } from "../../randomRows.ts";
import { runProgram } from "../../runProgram.ts";
import { expectSame } from "../../same.ts";

// Every kernel is cut as small as it can be, however little work it has, and reductions fold rows wherever they can.
const usual = { ...splitting };
const usualFolds = { ...folding };
beforeEach(() => {
  Object.assign(splitting, { pieceNanoseconds: 1, leastUnits: 1 });
  Object.assign(folding, { leastColumns: 1, leastRows: 2, leastBytes: 0, blockBytes: 96, unit: 4 });
});
afterEach(() => {
  Object.assign(splitting, usual);
  Object.assign(folding, usualFolds);
  config.update("numThreads", "auto");
});

const generators = [
  ["loop", randomLoopProgram, 400],
  ["row", randomRowProgram, 300],
  ["scan", randomScanProgram, 60],
  ["scatter", randomScatterProgram, 60],
  ["dot", randomDotProgram, 150],
  ["product", randomProductProgram, 200],
  ["sort", randomSortProgram, 60],
  ["blocked", randomBlockedProgram, 100],
] as const;

const seeds = fc.integer({ min: 0, max: 0x7fffffff });

test.each(generators)(
  "random %s kernels in pieces compute what the interpreter computes",
  (_kind, generate, numRuns) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { program, args, tolerance } = generate(seed);
        const expected = interpretProgram(program, args);
        const actual = runProgram(program, args);
        expected.forEach((e, i) => expectSame(actual[i], e, tolerance, () => printProgram(program)));
      }),
      { numRuns },
    );
  },
);

const bytes = ({ buffer, byteOffset, byteLength }: HostData) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** For each byte of the results, whether the program writes it: random programs leave some out. */
function writtenBytes({ program, args }: Built): boolean[][] {
  const [zeros, ones] = [0, 0xff].map((fill) => runProgram(program, args, [], fill).map(bytes));
  return zeros.map((result, k) => [...result].map((byte, i) => byte === ones[k][i]));
}

/** The bytes of the results, computed by so many threads; 0 where nothing is written. */
function bytesOf({ program, args }: Built, threads: number, written: boolean[][]): Uint8Array[] {
  config.update("numThreads", threads);
  const avals = program.results.map((result) => {
    if (result.kind !== "buffer") throw new Error("a result that is no buffer");
    const { size, dtype } = program.buffers[result.buffer];
    return shapedArray([size], dtype);
  });
  const loaded = new LoadedProgram(wasmBackend, program.name, loadCode(program), [], avals);
  const inputs = args.map((data, i) => {
    const { size, dtype } = program.buffers[program.args[i]];
    return arrayFromHost(data, shapedArray([size], dtype)) as ArrayImpl;
  });
  return loaded.call(inputs).map((x, k) => bytes(x.toHost()).map((byte, i) => (written[k][i] ? byte : 0)));
}

test.runIf(pool !== null).each(generators)(
  "random %s kernels give the same bits on one, two and four threads",
  (_kind, generate, numRuns) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const built = generate(seed);
        const written = writtenBytes(built);
        const alone = bytesOf(built, 1, written);
        expect(bytesOf(built, 2, written)).toEqual(alone);
        expect(bytesOf(built, 4, written)).toEqual(alone);
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  },
);
