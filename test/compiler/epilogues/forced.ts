import type { CompiledProgram } from "../../../src/compiler/compile.ts";
import { epilogues } from "../../../src/compiler/epilogues/limits.ts";
import { interpretProgram } from "../../../src/compiler/interpret.ts";
import { printProgram } from "../../../src/compiler/print.ts";
import { isProduct, type Product } from "../../../src/compiler/products.ts";
import type { ArrayImpl } from "../../../src/core/array.ts";
import { runProgram } from "../../backends/runProgram.ts";
import { expectSame } from "../../backends/same.ts";
import { check, type F } from "../harness.ts";

const usual = { ...epilogues };

/** Epilogues wherever there can be some. */
export function forceEpilogues(): void {
  Object.assign(epilogues, {
    leastRows: 1,
    leastCols: 1,
    fewRows: 0,
    mostCost: Infinity,
    mostArrays: Infinity,
    mostWhole: Infinity,
    wholeBytes: Infinity,
    longestWholeSum: Infinity,
  });
}

export function restoreEpilogues(): void {
  Object.assign(epilogues, usual);
}

/** The products of a program that have an epilogue. */
export function withEpilogues(program: CompiledProgram): Product[] {
  return program.kernels.filter((k): k is Product => isProduct(k) && k.epilogue !== undefined);
}

/** Compiles, validates, and compares interpreter and generated code with the reference evaluation. */
export function checkCode(
  f: F,
  args: readonly ArrayImpl[],
  options: { tolerance?: number; donated?: readonly boolean[] } = {},
): CompiledProgram {
  const { tolerance = 2e-5, donated } = options;
  const program = check(f, args, { tolerance, donated });
  const data = args.map((a) => a.toHost());
  const consts = program.constants.map((c) => (c as ArrayImpl).toHost());
  const actual = runProgram(program, data, consts);
  interpretProgram(program, data, consts).forEach((e, i) =>
    expectSame(actual[i], e, tolerance, () => printProgram(program)),
  );
  return program;
}
