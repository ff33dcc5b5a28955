import type { NDArray } from "../core/array.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { isEager } from "../core/trace.ts";
import { scalar } from "../core/values.ts";
import { int32, promoteEntries } from "../dtypes/index.ts";
import { add } from "../lax/arithmetic.ts";
import { eq } from "../lax/compare.ts";
import { split } from "../lax/concatenate.ts";
import { convertElementType, writtenConversion } from "../lax/convert.ts";
import { broadcastedIota } from "../lax/creation.ts";
import { reshape } from "../lax/reshape.ts";
import { structure } from "../tree/flatten.ts";
import { map } from "../tree/map.ts";
import { transpose } from "../tree/rearrange.ts";
import { functionOf, resolveArgnums } from "./argnums.ts";
import {
  checkForwardInputs,
  checkForwardOutput,
  checkReverseInputs,
  checkReverseOutput,
  type DerivativeKind,
} from "./derivativeChecks.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { jvp } from "./jvp.ts";
import { vjp } from "./linearize.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction, GradArgsOf, GradOf, GradsOf } from "./types.ts";
import { vmap } from "./vmap.ts";

export interface JacobianOptions<Nums extends number | readonly number[] = number | readonly number[]> {
  /** Which arguments to differentiate: a position, or a list of positions; default 0. */
  argnums?: Nums;
  /** The function returns `[value, aux]`; the Jacobian function then returns `[jacobian, aux]`. */
  hasAux?: boolean;
  /** The function is complex differentiable, with complex arguments and results. */
  holomorphic?: boolean;
  /** Accept integer arguments too (jacrev only): their derivatives have dtype float0. */
  allowInt?: boolean;
}

type GradFor<F extends AnyFunction, Nums> = Nums extends readonly number[]
  ? GradsOf<F, Nums>
  : Nums extends number
    ? GradOf<Parameters<F>[Nums]>
    : never;
/** A copy of tree `I` in place of every leaf of tree `O`. */
type TreeProduct<O, I> = NDArray extends O
  ? I
  : O extends number | bigint | boolean
    ? I
    : O extends object
      ? { [K in keyof O]: TreeProduct<O[K], I> }
      : O;
type Jacobian<F extends AnyFunction, Nums> = TreeProduct<ReturnType<F>, GradFor<F, Nums>>;
type AuxJacobian<F extends AnyFunction, Nums> = [
  TreeProduct<ReturnType<F>[0], GradFor<F, Nums>>,
  ReturnType<F>[1],
];

/**
 * The Jacobian, column by column in forward mode: the efficient way for functions with more results than arguments.
 *
 * For a result of shape `(o1, ...)` and an argument of shape `(i1, ...)` the Jacobian has shape `(o1, ..., i1, ...)`. Of trees it is a tree: in place of
 * each leaf of the result, a tree like the argument.
 *
 * @throws TypeError when a differentiated argument does not hold real numbers; ValueError for argnums out of range
 * @example
 * ```ts
 * String(jacfwd((x) => jnp.stack([x.get(0).mul(x.get(1)), x.get(0)]))(jnp.array([2, 3]))); // => "[[3. 2.]\n [1. 0.]]"
 * ```
 */
export function jacfwd<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options: JacobianOptions<Nums> & { hasAux: true },
): (...args: GradArgsOf<F, Nums>) => AuxJacobian<F, Nums>;
export function jacfwd<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options?: JacobianOptions<Nums> | Nums,
): (...args: GradArgsOf<F, Nums>) => Jacobian<F, Nums>;
export function jacfwd(
  f: AnyFunction,
  options: JacobianOptions | number | readonly number[] = {},
): AnyFunction {
  const o = readOptions(f, options, "jacfwd", ["argnums", "hasAux", "holomorphic"]);
  const kind: DerivativeKind = { where: "jacfwd", holomorphic: o.holomorphic };
  return derivativeFunction(f, o, (partial, primals, example) => {
    checkForwardInputs(primals, kind);
    const hasAux = o.hasAux === true;
    const push = (...tangents: unknown[]): unknown => jvp(partial, primals, tangents, { hasAux });
    const outAxes = hasAux ? [null, -1, null] : [null, -1];
    const [y, jacobian, aux] = vmap(push, { outAxes })(...(standardBasis(primals) as unknown[])) as unknown[];
    map((leaf: NDArray) => checkForwardOutput(leaf, kind), y as NDArray);
    const tree = map((leaf: NDArray, columns: NDArray) => unravel(columns, -1, example, leaf), y, jacobian);
    return hasAux ? [tree, aux] : tree;
  });
}

/**
 * The Jacobian, row by row in reverse mode: the efficient way for functions with fewer results than arguments. Shapes and trees as in {@link jacfwd}.
 *
 * @throws TypeError when a differentiated argument or a result does not hold real numbers; ValueError for argnums out of range
 * @example
 * ```ts
 * String(jacrev((x) => x.mul(x))(jnp.array([2, 3]))); // => "[[4. 0.]\n [0. 6.]]"
 * ```
 */
export function jacrev<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options: JacobianOptions<Nums> & { hasAux: true },
): (...args: GradArgsOf<F, Nums>) => AuxJacobian<F, Nums>;
export function jacrev<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options?: JacobianOptions<Nums> | Nums,
): (...args: GradArgsOf<F, Nums>) => Jacobian<F, Nums>;
export function jacrev(
  f: AnyFunction,
  options: JacobianOptions | number | readonly number[] = {},
): AnyFunction {
  const o = readOptions(f, options, "jacrev", ["argnums", "hasAux", "holomorphic", "allowInt"]);
  const kind: DerivativeKind = { where: "jacrev", holomorphic: o.holomorphic, allowInt: o.allowInt };
  return derivativeFunction(f, o, (partial, primals, example, isList) => {
    checkReverseInputs(primals, kind);
    const hasAux = o.hasAux === true;
    const [y, pullback, aux] = vjp(partial, ...primals, { hasAux });
    map((leaf: NDArray) => checkReverseOutput(leaf, kind), y as NDArray);
    const rows = vmap(pullback as AnyFunction)(standardBasis(y)) as unknown[];
    const tree = map(
      (leaf: NDArray, stack: NDArray) => unravel(stack, 0, y, leaf),
      example,
      isList ? rows : rows[0],
    );
    const jacobian = transpose(structure(example), structure(y), tree);
    return hasAux ? [jacobian, aux] : jacobian;
  });
}

/** {@link jacrev} by its general name. */
export const jacobian = jacrev;

/**
 * The matrix of second derivatives, forward over reverse mode. For an argument of shape `(i1, ...)` the Hessian of a scalar has shape
 * `(i1, ..., i1, ...)`; of a tree it is a tree of trees, in place of each leaf of the argument a tree like the argument.
 *
 * @throws as {@link jacfwd} and {@link jacrev}
 * @example
 * ```ts
 * String(hessian((x) => x.get(0).mul(x.get(1)))(jnp.array([2, 3]))); // => "[[0. 1.]\n [1. 0.]]"
 * ```
 */
export function hessian<F extends AnyFunction, const Nums extends number | readonly number[] = 0>(
  f: F,
  options?: JacobianOptions<Nums> | Nums,
): (...args: GradArgsOf<F, Nums>) => TreeProduct<Jacobian<F, Nums>, GradFor<F, Nums>>;
export function hessian(
  f: AnyFunction,
  options: JacobianOptions | number | readonly number[] = {},
): AnyFunction {
  const o = readOptions(f, options, "hessian", ["argnums", "hasAux", "holomorphic"]);
  const inner = jacrev(f, o as JacobianOptions<number>) as AnyFunction;
  return jacfwd(inner, o as JacobianOptions<number>) as AnyFunction;
}

function readOptions(
  f: AnyFunction,
  options: JacobianOptions | number | readonly number[],
  where: string,
  known: readonly string[],
): JacobianOptions {
  requireCallable(f);
  if (typeof options === "number" || Array.isArray(options)) return { argnums: options as number };
  checkOptions(where, options, known);
  return options as JacobianOptions;
}

/** A function of all arguments from the derivative of a function of those that `argnums` names. `example` has their structure. */
function derivativeFunction(
  f: AnyFunction,
  { argnums = 0 }: JacobianOptions,
  derivative: (partial: AnyFunction, primals: unknown[], example: unknown, isList: boolean) => unknown,
): AnyFunction {
  const isList = typeof argnums !== "number";
  const where = functionName(f);
  return setName((...args: unknown[]) => {
    const positions = resolveArgnums(argnums, args.length, `the Jacobian of ${where}`);
    const raw = positions.map((at) => floatScalars(args[at]));
    const { leaves, treedef } = flattenArrays(raw, `the Jacobian of ${where} was called with`);
    const primals = treedef.unflatten(leaves) as unknown[];
    return derivative(functionOf(f, args, positions), primals, isList ? primals : primals[0], isList);
  }, where);
}

/** For each element of a tree a tree like it that is 1 there and 0 elsewhere, stacked along a leading axis. */
function standardBasis(tree: unknown): unknown {
  const { leaves } = flattenArrays(tree, "a Jacobian was asked for at");
  const size = leaves.reduce((sum, x) => sum + x.size, 0);
  const { dtype } = promoteEntries(leaves.map((x) => x.aval));
  const rows = broadcastedIota(int32, [size, size], 0);
  const columns = broadcastedIota(int32, [size, size], 1);
  const identity = convertElementType(eq(add(rows, scalar(0, int32)), columns), dtype);
  return unravel(identity, 1, tree, null);
}

/**
 * Cuts the axis of an array along which all elements of a tree are counted into the leaves of that tree, with the types of those leaves or of `like`.
 */
function unravel(x: NDArray, axis: 0 | 1 | -1, tree: unknown, like: NDArray | null): unknown {
  const { leaves, treedef } = flattenArrays(tree, "a Jacobian was asked for at");
  const at = axis < 0 ? x.ndim + axis : axis;
  const parts = split(x, asNumpyInts(leaves.map((leaf) => leaf.size)), at);
  const shaped = parts.map((part, i) => {
    const shape = [...x.shape.slice(0, at), ...leaves[i].shape, ...x.shape.slice(at + 1)];
    const { dtype, weakType } = like ?? leaves[i];
    const reshaped = reshape(part, shape);
    const convert = like === null && !isEager() ? writtenConversion : convertElementType;
    return convert(reshaped, dtype, weakType);
  });
  return treedef.unflatten(shaped);
}
