import type { NDArray } from "../core/array.ts";
import { NDArray as ArrayClass } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { instantiate } from "../core/tangents.ts";
import { freshLiteral } from "../core/values.ts";
import { ValueError } from "../errors.ts";
import { leaves as treeLeaves } from "../tree/flatten.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { type LinearizedTree, linearizeTree, pullback } from "./linearize.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction, GradArgsOf, GradOf, GradsOf } from "./types.ts";

export interface GradOptions<Nums extends number | readonly number[] = number | readonly number[]> {
  /** Which arguments to differentiate: a position, or a list of positions; default 0. */
  argnums?: Nums;
  /** The function returns `[value, aux]`; the gradient function then returns `[gradient, aux]`. */
  hasAux?: boolean;
  /** Differentiate integer inputs too: their gradients have dtype float0. */
  allowInt?: boolean;
}

type Grad<F extends AnyFunction, Nums> = Nums extends readonly number[]
  ? GradsOf<F, Nums>
  : Nums extends number
    ? GradOf<Parameters<F>[Nums]>
    : never;
type Value<F extends AnyFunction> = ReturnType<F> extends number ? NDArray : ReturnType<F>;

/**
 * The gradient of a scalar-valued function with respect to one or more of its arguments, as a function of the same arguments.
 *
 * @param options.argnums an index (the result is that argument's gradient, with its structure), or a list (a list of gradients)
 * @throws TypeError when the output is not a real scalar, or a differentiated argument holds integers
 * @example
 * ```ts
 * String(grad((x) => x.mul(x))(3)); // => "6.0"
 * String(grad((x, y) => x.mul(y), { argnums: [0, 1] })(2, 5)); // => "5.0,2.0"
 * ```
 */
export function grad<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options: (GradOptions<Nums> & { hasAux?: false }) | Nums | undefined,
): (...args: GradArgsOf<F, Nums>) => Grad<F, Nums>;
export function grad<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options: GradOptions<Nums> & { hasAux: true },
): (...args: GradArgsOf<F, Nums>) => [Grad<F, Nums>, ReturnType<F>[1]];
export function grad<F extends AnyFunction>(f: F): (...args: GradArgsOf<F, 0>) => Grad<F, 0>;
export function grad(f: AnyFunction, options: GradOptions | number | readonly number[] = {}): AnyFunction {
  const o = readOptions(options, "grad");
  const valueGrad = valueAndGradOf(f, o, "grad");
  return setName((...args: unknown[]) => {
    const { aux, gradient } = valueGrad(args);
    return o.hasAux === true ? [gradient, aux] : gradient;
  }, functionName(f));
}

/**
 * Value and gradient in one evaluation: `[value, gradient]`, or `[[value, aux], gradient]` with `hasAux`. Otherwise like {@link grad}.
 *
 * @example
 * ```ts
 * String(valueAndGrad((x) => x.mul(x))(3)); // => "9.0,6.0"
 * ```
 */
export function valueAndGrad<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options: (GradOptions<Nums> & { hasAux?: boolean }) | Nums | undefined,
): (...args: GradArgsOf<F, Nums>) => [Value<F>, Grad<F, Nums>];
export function valueAndGrad<F extends AnyFunction>(
  f: F,
): (...args: GradArgsOf<F, 0>) => [Value<F>, Grad<F, 0>];
export function valueAndGrad(
  f: AnyFunction,
  options: GradOptions | number | readonly number[] = {},
): AnyFunction {
  const o = readOptions(options, "valueAndGrad");
  const valueGrad = valueAndGradOf(f, o, "valueAndGrad");
  return setName((...args: unknown[]) => {
    const { value, aux, gradient } = valueGrad(args);
    return [o.hasAux === true ? [value, aux] : value, gradient];
  }, functionName(f));
}

function readOptions(options: GradOptions | number | readonly number[], where: string): GradOptions {
  if (typeof options === "number" || Array.isArray(options)) return { argnums: options as number };
  checkOptions(where, options, ["argnums", "hasAux", "allowInt"]);
  return options as GradOptions;
}

function valueAndGradOf(f: AnyFunction, options: GradOptions, where: string) {
  requireCallable(f);
  const { argnums = 0 } = options;
  const nums = typeof argnums === "number" ? [argnums] : argnums;
  return (args: readonly unknown[]): { value: unknown; aux: unknown; gradient: unknown } => {
    const wanted = nums.map((i) => {
      if (!Number.isInteger(i)) throw new TypeError(`${where}: argnums must be integers, got ${String(i)}.`);
      const k = i < 0 ? i + args.length : i;
      if (k < 0) {
        throw new ValueError(
          `${where}: argnums must be at least -${args.length} and less than ${args.length} for ${args.length} positional arguments, got ${i}.`,
        );
      }
      if (k >= args.length) {
        throw new TypeError(
          `differentiating with respect to argnums=${i} requires at least ${i + 1} positional arguments to be passed by the caller, but got only ${args.length} positional arguments.`,
        );
      }
      return k;
    });
    const primals = wanted.map((k) => floatScalars(args[k]));
    for (const leaf of treeLeaves(primals)) checkInput(leaf, where, options.allowInt === true);
    const partial = (...xs: unknown[]): unknown => {
      const all = [...args];
      wanted.forEach((k, j) => {
        all[k] = xs[j];
      });
      return f(...all);
    };
    const lin = linearizeTree(setName(partial, functionName(f)), primals, options.hasAux === true, where);
    checkOutput(lin, where);
    const [y] = lin.primalsOut;
    const one = freshLiteral(1, shapedArray([], y.dtype, y.weakType)); // it may be the gradient itself
    const grads = lin.inTree.unflatten(pullback(lin, [one]).map(instantiate)) as unknown[];
    return { value: y, aux: lin.aux, gradient: typeof argnums === "number" ? grads[0] : grads };
  };
}

function checkInput(leaf: unknown, where: string, allowInt: boolean): void {
  if (!(leaf instanceof ArrayClass)) {
    // Booleans, bigints and typed arrays are checked as the arrays that they become.
    const { leaves } = flattenArrays(leaf, `${where} was called with`);
    checkInput(leaves[0], where, allowInt);
    return;
  }
  const { dtype } = leaf;
  if (dtype.kind === "complex") {
    throw new TypeError(
      `${where} requires real-valued inputs (input dtype that is a sub-dtype of np.floating), but got ${dtype}. For holomorphic differentiation, pass holomorphic=True. For differentiation of non-holomorphic functions involving complex inputs, use vjp directly.`,
    );
  }
  if (dtype.kind !== "float" && !allowInt) {
    throw new TypeError(
      `${where} requires real- or complex-valued inputs (input dtype that is a sub-dtype of np.inexact), but got ${dtype}. ` +
        "If you want to use Boolean- or integer-valued inputs, use vjp or set allowInt to true; to differentiate, convert with x.astype(jnp.float32).",
    );
  }
}

function checkOutput(lin: LinearizedTree, where: string): void {
  if (lin.outTree.kind !== "leaf") {
    throw new TypeError(
      `Gradient only defined for scalar-output functions. Output was ${lin.outTree.numLeaves === 0 ? "empty" : `a tree of structure ${lin.outTree}`}. Return a single scalar, or use hasAux for more outputs.`,
    );
  }
  const [y] = lin.primalsOut;
  if (y.ndim > 0) {
    throw new TypeError(
      `Gradient only defined for scalar-output functions. Output had shape: (${y.shape.join(", ")}${y.ndim === 1 ? "," : ""}). Reduce it first, for example with jnp.sum or jnp.mean, or use vjp or jacobians.`,
    );
  }
  if (y.dtype.kind !== "float") {
    throw new TypeError(
      `${where} requires real-valued outputs (output dtype that is a sub-dtype of np.floating), but got ${y.dtype}. For differentiation of functions with integer outputs, use jax.vjp directly.`,
    );
  }
}
