import type { NDArray } from "../core/array.ts";
import { bind } from "../core/trace.ts";
import { AttributeError, NotImplementedError, UnexpectedTracerError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { callWithRule, nondiffPositions, type ResultTree, SplitArguments } from "./customCall.ts";
import { customVjpCallP } from "./customVjpCall.ts";
import { flatForward } from "./customVjpRule.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

export interface CustomVjpOptions {
  /** Arguments that are not differentiated (functions, settings): `bwd` gets them first, `fwd` where they are. */
  nondiffArgnums?: number | readonly number[];
  /** The name that jaxprs print; default: the function's. */
  name?: string;
}

export interface DefvjpOptions {
  /**
   * Tell the rule what is not differentiated: leaves of the arguments of `fwd` are `{ value, perturbed }`, and cotangents that are zero are
   * `customDerivatives.SymbolicZero`s.
   */
  symbolicZeros?: boolean;
  /** Accepted as a hint: under {@link checkpoint} only those parts of `fwd` are computed again that the gradient needs, in any case. */
  optimizeRemat?: boolean;
}

/** Cotangents for a list of arguments; null in place of a tree that gets none. */
type Cotangents<T extends unknown[]> = { [K in keyof T]: CotangentLike<T[K]> };
type CotangentLike<T> = T | number | null;

/** A function with a backward derivative of its own; see {@link customVjp}. */
export type CustomVjpFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  /**
   * Defines the rule. `fwd(...args)` returns `[value, residuals]`; `bwd(residuals, cotangent)` returns a list with the cotangent of each argument,
   * null for those without. With nondiffArgnums: `bwd(...nondiff, residuals, cotangent)`, and the list is that of the other arguments.
   *
   * @throws NotImplementedError for `symbolicZeros` and `optimizeRemat` together
   */
  defvjp<R>(
    fwd: (...args: Parameters<F>) => [ReturnType<F>, R],
    bwd: (residuals: R, cotangent: ReturnType<F>) => Cotangents<Parameters<F>>,
    options?: DefvjpOptions & { symbolicZeros?: false },
  ): void;
  defvjp(fwd: AnyFunction, bwd: AnyFunction, options?: DefvjpOptions): void;
};

/**
 * Gives a function a backward derivative of the caller's making: for gradients that are clipped, reversed or estimated, for implicit
 * differentiation, or to choose what is kept for the backward pass. Forward-mode derivatives are then an error.
 *
 * @throws AttributeError when the function is called before `defvjp`
 * @throws TypeError when the rule returns what does not fit the function, or the function is differentiated in forward mode
 * @throws UnexpectedTracerError for a traced value in a position of nondiffArgnums
 * @example
 * ```ts
 * const clip = customVjp((x: NDArray) => x);
 * clip.defvjp(
 *   (x) => [x, null],
 *   (_residuals, ct) => [jnp.clip(ct, -1, 1)],
 * );
 * String(grad((x) => clip(x).pow(2))(3)); // => "1.0"
 * ```
 */
export function customVjp<F extends AnyFunction>(f: F, options: CustomVjpOptions = {}): CustomVjpFunction<F> {
  requireCallable(f);
  checkOptions("customVjp", options, ["nondiffArgnums", "name"]);
  const name = options.name ?? functionName(f);
  const positions = nondiffPositions(options.nondiffArgnums, "customVjp");
  let rule: { fwd: AnyFunction; bwd: AnyFunction; symbolicZeros: boolean } | undefined;

  const call = (...args: unknown[]): unknown => {
    if (rule === undefined)
      throw new AttributeError(`No VJP defined for custom_vjp function ${name} using defvjp.`);
    const { fwd, bwd, symbolicZeros } = rule;
    const split = new SplitArguments(args, positions, name);
    if (split.hasFixedTracers()) throw tracerError(name);
    const { leaves, treedef } = flattenArrays(split.dynamic, `Argument of ${name} is`);
    const result: ResultTree = {};
    const run = (xs: NDArray[]): NDArray[] => {
      const out = f(...split.restore(treedef.unflatten(xs) as unknown[]));
      const flat = flattenArrays(out, `custom_vjp function ${name} returned`);
      result.treedef = flat.treedef;
      result.avals = flat.leaves.map((x) => x.aval);
      return flat.leaves;
    };
    const forward = flatForward({ name, fwd, bwd, split, treedef, symbolicZeros, result });
    const outs = callWithRule(
      leaves,
      run,
      (callJaxpr, operands, numLifted) =>
        bind(customVjpCallP, operands, {
          name,
          callJaxpr,
          fwd: forward,
          bwdName: functionName(bwd),
          numLifted,
          symbolicZeros,
        }),
      `tracing the custom_vjp function ${name}`,
    );
    return (result.treedef as PyTreeDef).unflatten(outs);
  };

  const custom = setName(call, name) as unknown as CustomVjpFunction<F>;
  custom.defvjp = (fwd: AnyFunction, bwd: AnyFunction, o: DefvjpOptions = {}) => {
    requireCallable(fwd);
    requireCallable(bwd);
    checkOptions("defvjp", o, ["symbolicZeros", "optimizeRemat"]);
    if (o.symbolicZeros === true && o.optimizeRemat === true) {
      throw new NotImplementedError("remat optimization for custom_vjp does not support symbolic zeros");
    }
    rule = { fwd, bwd, symbolicZeros: o.symbolicZeros === true };
  };
  return custom;
}

function tracerError(name: string): UnexpectedTracerError {
  return new UnexpectedTracerError(
    `Found a JAX Tracer object passed as an argument to the custom_vjp function ${name} in a position indicated by nondiff_argnums ` +
      "(nondiffArgnums) as non-differentiable. Tracers cannot be passed as non-differentiable arguments to custom_vjp functions; instead, " +
      "nondiffArgnums should only be used for arguments that can't be or contain JAX tracers, e.g. function-valued arguments. " +
      "In particular, array-valued arguments should typically not be indicated as nondiffArgnums.",
  );
}
