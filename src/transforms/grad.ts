import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { instantiate } from "../core/tangents.ts";
import { varyingLike } from "../core/trace.ts";
import { freshLiteral } from "../core/values.ts";
import { ValueError } from "../errors.ts";
import { functionOf } from "./argnums.ts";
import { checkReverseInputs, checkReverseOutput, type DerivativeKind } from "./derivativeChecks.ts";
import { floatScalars } from "./differentiable.ts";
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
  /** The function is complex differentiable, with complex arguments and result. */
  holomorphic?: boolean;
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
  checkOptions(where, options, ["argnums", "hasAux", "holomorphic", "allowInt"]);
  return options as GradOptions;
}

function valueAndGradOf(f: AnyFunction, options: GradOptions, where: string) {
  requireCallable(f);
  const { argnums = 0 } = options;
  const nums = typeof argnums === "number" ? [argnums] : argnums;
  const kind: DerivativeKind = { where, holomorphic: options.holomorphic, allowInt: options.allowInt };
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
    checkReverseInputs(primals, kind);
    const lin = linearizeTree(functionOf(f, args, wanted), primals, options.hasAux === true, where);
    checkOutput(lin, kind);
    const [y] = lin.primalsOut;
    const one = freshLiteral(1, shapedArray([], y.dtype, y.weakType)); // it may be the gradient itself
    const grads = lin.inTree.unflatten(
      pullback(lin, [varyingLike(one, y.aval)]).map(instantiate),
    ) as unknown[];
    return { value: y, aux: lin.aux, gradient: typeof argnums === "number" ? grads[0] : grads };
  };
}

/** @throws TypeError unless the function has one scalar result that can be differentiated */
function checkOutput(lin: LinearizedTree, kind: DerivativeKind): void {
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
  checkReverseOutput(y, kind);
}
