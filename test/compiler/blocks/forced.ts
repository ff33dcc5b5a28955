import { expect } from "vitest";
import { blocking } from "../../../src/compiler/blocks/tuning.ts";
import type { CompiledProgram } from "../../../src/compiler/compile.ts";
import { interpretProgram } from "../../../src/compiler/interpret.ts";
import type { BlockedKernel } from "../../../src/compiler/ir.ts";
import { printProgram } from "../../../src/compiler/print.ts";
import type { ArrayImpl } from "../../../src/core/array.ts";
import { runProgram } from "../../backends/runProgram.ts";
import { expectSame } from "../../backends/same.ts";
import { check, type F } from "../harness.ts";

const usual = { ...blocking };

/** Blocks wherever there can be some, of about so many bytes. */
export function forceBlocks(blockBytes: number): void {
  Object.assign(blocking, {
    leastBytes: 1,
    blockBytes,
    leastRows: 1,
    mostBytes: Infinity,
    enoughBlocks: 1,
    goodRows: 1,
    nanosecondsPerByte: 1e6,
  });
}

export function restoreBlocks(): void {
  Object.assign(blocking, usual);
}

export function blockedKernels(program: CompiledProgram): BlockedKernel[] {
  return program.kernels.filter((k) => k.kind === "blocked");
}

/** Compiles with blocks, validates, and compares interpreter and generated code with the reference evaluation. */
export function checkBlocks(f: F, args: readonly ArrayImpl[], tolerance = 2e-5): CompiledProgram {
  const program = check(f, args, { tolerance });
  const data = args.map((a) => a.toHost());
  const consts = program.constants.map((c) => (c as ArrayImpl).toHost());
  const actual = runProgram(program, data, consts);
  interpretProgram(program, data, consts).forEach((e, i) =>
    expectSame(actual[i], e, tolerance, () => printProgram(program)),
  );
  return program;
}

/** The kinds and the names of the kernels of a program. */
export function expectAttentionInBlocks(program: CompiledProgram): void {
  const text = printProgram(program);
  for (const kernel of program.kernels) {
    if (kernel.kind === "blocked") expect(kernel.stages.length, text).toBeGreaterThanOrEqual(3);
    else expect(kernel.kind, text).not.toBe("dot");
  }
  expect(blockedKernels(program).length, text).toBeGreaterThan(0);
}
