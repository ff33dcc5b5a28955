import type { FlatProgram } from "./flat.ts";
import type { Node } from "./ir.ts";
import type { NodeBuilder } from "./nodes/builder.ts";
import type { Pair } from "./nodes/complex/pairs.ts";

/** What the compiler knows of complex numbers, besides how they lie in memory. */
export interface ComplexNumbers {
  /** A function of numbers as expressions of their parts; the result is a pair, or a real node. */
  readonly complexFunction: (b: NodeBuilder, name: string, args: readonly Pair[]) => Pair | Node;
  /** Writes templates with complex operands in terms of the parts. */
  readonly complexTemplates: (program: FlatProgram) => FlatProgram;
}

let installed: ComplexNumbers | null = null;

export function installComplexNumbers(all: ComplexNumbers): void {
  installed = all;
}

/** @throws Error in a bundle of a page that uses nothing that makes complex numbers. */
export function complexNumbers(): ComplexNumbers {
  if (installed !== null) return installed;
  throw new Error(
    "This bundle does not have the arithmetic of complex numbers: bundlers keep what a page imports, and dtypes given as texts import nothing. " +
      'Use jnp.complex64 or Complex, or add `import "fluxion/complex";`.',
  );
}
