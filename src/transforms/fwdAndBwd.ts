import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { Jaxpr } from "../core/jaxpr.ts";
import { registerPytreeNode } from "../tree/registry.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { functionOf, resolveArgnums } from "./argnums.ts";
import { floatScalars } from "./differentiable.ts";
import { functionName } from "./functionName.ts";
import { jit, requireCallable } from "./jit.ts";
import { type LinearizedTree, linearizeTree, pullbackTree } from "./linearize.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction } from "./types.ts";

/** What a backward pass is besides its residuals; compared by identity, so that it is compiled once for each forward pass. */
class BackwardProgram {
  readonly jaxpr: Jaxpr;
  readonly inAvals: readonly ShapedArray[];
  readonly outAvals: readonly ShapedArray[];
  readonly inTree: PyTreeDef;
  readonly outTree: PyTreeDef;
  readonly nonzerosOut: readonly boolean[];
  constructor(lin: LinearizedTree) {
    this.jaxpr = lin.jaxpr;
    this.inAvals = lin.inAvals;
    this.outAvals = lin.primalsOut.map((x) => x.aval);
    this.inTree = lin.inTree;
    this.outTree = lin.outTree;
    this.nonzerosOut = lin.nonzerosOut;
  }
}

/** What a forward pass keeps for its backward pass: a pytree whose leaves are the residuals. */
export class Residuals {
  readonly arrays: readonly NDArray[];
  /** @internal */
  readonly program: BackwardProgram;
  /** @internal Made by the functions of {@link fwdAndBwd}. */
  constructor(arrays: readonly NDArray[], program: BackwardProgram) {
    this.arrays = arrays;
    this.program = program;
  }
}
registerPytreeNode<Residuals, BackwardProgram>(
  Residuals,
  (residuals) => [residuals.arrays, residuals.program],
  (program, arrays) => new Residuals(arrays, program),
);

export interface FwdAndBwdOptions {
  /** The arguments to differentiate with respect to; default the first. */
  argnums?: number | readonly number[];
  /** `f` returns `[value, aux]`, and the forward function `[value, residuals, aux]`. */
  hasAux?: boolean;
  /** Compile both functions; default true. */
  jitted?: boolean;
}

/**
 * The forward and the backward pass of a function as two functions, for programs that run them apart and many times:
 * `const [y, residuals] = fwd(...args)`, and `bwd(residuals, ct)` gives the cotangents of the arguments of `argnums` (a list if that is a
 * list). Unlike with {@link vjp}, the backward pass is compiled once.
 *
 * @throws TypeError, ValueError for positions that are none of arguments, and (from `bwd`) for cotangents of another type than the value
 * @example
 * ```ts
 * const [fwd, bwd] = fwdAndBwd((x: NDArray, w: NDArray) => x.mul(w), { argnums: [0, 1] });
 * const [y, residuals] = fwd(3, 4);
 * `${y} ${bwd(residuals, 1)}`; // => "12.0 4.0,3.0"
 * ```
 */
export function fwdAndBwd(
  f: AnyFunction,
  options: FwdAndBwdOptions | number | readonly number[] = {},
): [
  fwd: (...args: unknown[]) => [value: unknown, residuals: Residuals, aux?: unknown],
  bwd: (residuals: Residuals, ct: unknown) => unknown,
] {
  requireCallable(f);
  const o = typeof options === "number" || Array.isArray(options) ? { argnums: options } : options;
  checkOptions("fwdAndBwd", o, ["argnums", "hasAux", "jitted"]);
  const { argnums = 0, hasAux = false, jitted = true } = o as FwdAndBwdOptions;
  const forward = (...args: unknown[]): [unknown, Residuals, unknown?] => {
    const wanted = resolveArgnums(argnums, args.length, "fwdAndBwd");
    const primals = wanted.map((k) => args[k]);
    const lin = linearizeTree(functionOf(f, args, wanted), primals, hasAux, "fwdAndBwd");
    const residuals = new Residuals(lin.residuals, new BackwardProgram(lin));
    const value = lin.outTree.unflatten(lin.primalsOut);
    return hasAux ? [value, residuals, lin.aux] : [value, residuals];
  };
  const backward = (residuals: Residuals, ct: unknown): unknown => {
    const cts = pullbackTree({ ...residuals.program, residuals: residuals.arrays }, ct);
    return typeof argnums === "number" ? (cts as unknown[])[0] : cts;
  };
  if (!jitted) return [forward, backward];
  const name = functionName(f);
  const bwd = jit(backward, { name: `bwd_${name}` });
  return [
    jit(forward, { name: `fwd_${name}` }),
    // A lone number is a float here, which jit does not know.
    (residuals, ct) => bwd(residuals, typeof ct === "number" ? floatScalars(ct) : ct),
  ];
}
