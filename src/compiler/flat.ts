import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { Params, Primitive } from "../core/primitive.ts";
import type { Complex } from "../dtypes/index.ts";

/** A value of a flat program: assigned once. */
export interface Value {
  /** Dense, in order of creation. */
  readonly id: number;
  readonly aval: ShapedArray;
  readonly source:
    | { readonly kind: "argument"; readonly index: number }
    | { readonly kind: "const"; readonly index: number }
    | { readonly kind: "literal"; readonly value: number | bigint | boolean | Complex }
    | { readonly kind: "result" };
}

/**
 * `outputs = primitive[params] inputs`, where no primitive holds a program to inline. Control flow has programs to run, whose constants
 * follow the operands among the inputs, program by program.
 */
export interface FlatEqn {
  readonly primitive: Primitive;
  readonly params: Params;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** It is kept though nobody reads its outputs, and stays in order with others of its kind. */
  readonly hasEffects?: boolean;
  readonly programs?: readonly FlatProgram[];
}

/** A program without calls: what the passes work on. */
export interface FlatProgram {
  readonly args: readonly Value[];
  readonly consts: readonly Value[];
  /** The arrays behind `consts`. */
  readonly arrays: readonly NDArray[];
  readonly eqns: readonly FlatEqn[];
  readonly results: readonly Value[];
  /** One more than the largest value id. */
  readonly valueCount: number;
}
