import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapesEqual, typeMatch } from "../core/aval.ts";
import { type Tangent, Zero } from "../core/primitive.ts";
import { float0 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { convertElementType } from "../lax/convert.ts";
import { structure } from "../tree/flatten.ts";
import { keystr } from "../tree/keys.ts";
import { map } from "../tree/map.ts";
import { flattenWithPath } from "../tree/paths.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import type { ResultTree, SplitArguments } from "./customCall.ts";
import type { FlatForward } from "./customVjpCall.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { revealZero, SymbolicZero } from "./symbolicZero.ts";
import type { AnyFunction } from "./types.ts";

/** A leaf of the arguments of a forward rule that is told which of them are differentiated. */
export class CustomVjpPrimal {
  readonly value: NDArray;
  /** Whether the argument is differentiated. */
  readonly perturbed: boolean;
  constructor(value: NDArray, perturbed: boolean) {
    this.value = value;
    this.perturbed = perturbed;
  }
}

/**
 * The values of a tree of arguments as a `fwd` rule with `symbolicZeros` sees them.
 *
 * @throws TypeError for a leaf of another kind
 * @example
 * ```ts
 * const f = customVjp((x: NDArray) => x);
 * f.defvjp(
 *   (x) => [customDerivatives.customVjpPrimalTreeValues(x), null],
 *   (_residuals, ct) => [ct],
 *   { symbolicZeros: true },
 * );
 * String(grad(f)(3)); // => "1.0"
 * ```
 */
export function customVjpPrimalTreeValues(tree: unknown): unknown {
  return map((leaf: unknown) => {
    if (leaf instanceof CustomVjpPrimal) return leaf.value;
    throw new TypeError(`customVjpPrimalTreeValues: unexpected leaf of type ${typeof leaf}`);
  }, tree);
}

export interface VjpRule {
  readonly name: string;
  readonly fwd: AnyFunction;
  readonly bwd: AnyFunction;
  readonly split: SplitArguments;
  /** The structure of the differentiated arguments. */
  readonly treedef: PyTreeDef;
  readonly symbolicZeros: boolean;
  readonly result: ResultTree;
}

/** The user's rule as one on flat arrays, checked. */
export function flatForward(rule: VjpRule): FlatForward {
  const { name, fwd, bwd, split, treedef, symbolicZeros, result } = rule;
  const forward = (primals: readonly NDArray[], perturbed: readonly boolean[]) => {
    const seen = symbolicZeros ? primals.map((x, i) => new CustomVjpPrimal(x, perturbed[i])) : primals;
    const pair: unknown = fwd(...split.restore(treedef.unflatten(seen) as unknown[]));
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(
        `${fwdRule(rule)} must produce a pair (a list of length two) where the first element represents the primal output (equal to those ` +
          `of the custom_vjp-decorated function ${name}) and the second element represents residuals (i.e. values stored from the ` +
          `forward pass for use on the backward pass), but instead of a pair the fwd rule produced ${describe(pair)}.`,
      );
    }
    const out = flattenArrays(pair[0], `the fwd rule of ${name} returned`);
    const residuals = flattenArrays(pair[1], `the fwd rule of ${name} returned as residuals`);
    checkPrimals(out, rule);
    result.treedef = out.treedef;
    const inAvals = primals.map((x) => x.aval);
    const backward = (values: readonly NDArray[], cotangents: readonly Tangent[]): Tangent[] => {
      const cts = cotangents.map(revealZero);
      const returned = bwd(...split.fixed, residuals.treedef.unflatten(values), out.treedef.unflatten(cts));
      return cotangentLeaves(returned, treedef, inAvals);
    };
    return { outs: out.leaves, residuals: residuals.leaves, backward };
  };
  return setName(forward as FlatForward, functionName(fwd));
}

function fwdRule({ fwd, name }: VjpRule): string {
  return `Custom VJP fwd rule ${functionName(fwd)} for function ${name}`;
}

function describe(x: unknown): string {
  return Array.isArray(x) ? `a list of length ${x.length}` : x === undefined ? "undefined" : String(x);
}

/** @throws TypeError when the value of a forward rule is not of the type of the function's, where that is known */
function checkPrimals(out: { leaves: readonly NDArray[]; treedef: PyTreeDef }, rule: VjpRule): void {
  const { name, result } = rule;
  if (result.treedef === undefined) return;
  const demand =
    `${fwdRule(rule)} must produce a pair (a list of length two) where the first element represents the primal output (equal to the output ` +
    `of the custom_vjp-decorated function ${name}) and the second element represents residuals`;
  if (out.treedef !== result.treedef) {
    throw new TypeError(
      `${demand}, but instead the fwd rule output's first element had container/pytree structure ${out.treedef} while the ` +
        `custom_vjp-decorated function ${name} had output container/pytree structure ${result.treedef}.`,
    );
  }
  const types = (avals: readonly ShapedArray[]): string => avals.map((a) => a.strShort()).join(", ");
  const own = out.leaves.map((x) => x.aval);
  if (result.avals === undefined || own.every((a, i) => typeMatch(a, (result.avals as ShapedArray[])[i])))
    return;
  throw new TypeError(
    `${demand}, but instead the fwd rule output's first element had shapes/dtypes of ${types(own)} while the custom_vjp-decorated ` +
      `function ${name} had output shapes/dtypes of ${types(result.avals)}.`,
  );
}

const isNone = (x: unknown): boolean => x === null || x === undefined;

/**
 * What a backward rule returned, as one cotangent for each leaf of the arguments. A null stands for a whole tree without cotangent.
 * @throws TypeError when its structure, ValueError when a type is not that of the arguments
 */
export function cotangentLeaves(
  returned: unknown,
  treedef: PyTreeDef,
  inAvals: readonly ShapedArray[],
): Tangent[] {
  const example = treedef.unflatten(inAvals.map((_, i) => i));
  let leaves: unknown[];
  try {
    if (!Array.isArray(returned)) throw new ValueError("not a list");
    leaves = broadcastPrefix(returned, example, isNone);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new TypeError(
      "Custom VJP bwd rule must produce an output with the same container (pytree) structure as the args tuple of the primal function, and in " +
        "particular must produce a tuple (a list) of length equal to the number of arguments to the primal function, but got bwd output structure " +
        `${structure(returned)} for primal input structure ${treedef}.`,
    );
  }
  return leaves.map((leaf, i) => {
    const path = (): string => keystr(flattenWithPath(example)[0][i][0]);
    return checkedCotangent(leaf, inAvals[i], path);
  });
}

function checkedCotangent(leaf: unknown, primal: ShapedArray, path: () => string): Tangent {
  const expected = primal.toTangent();
  if (isNone(leaf) || expected.dtype === float0) return new Zero(expected);
  if (leaf instanceof SymbolicZero) {
    if (typeMatch(leaf.aval, expected)) return new Zero(expected);
    throw new ValueError(
      "Custom VJP bwd rule produced a SymbolicZero with a shape/dtype that does not match the corresponding input tangent shape/dtype: at " +
        `output${path()} the SymbolicZero had shape/dtype ${leaf.aval.strShort()} while the corresponding input had shape/dtype ` +
        `${primal.strShort()}. Consider just returning a null here instead of a SymbolicZero object.`,
    );
  }
  const ct = flattenArrays(floatScalars(leaf), "a custom VJP bwd rule returned").leaves[0];
  if (typeMatch(ct.aval, expected)) return ct;
  if (shapesEqual(ct.shape, expected.shape)) return convertElementType(ct, expected.dtype);
  throw new ValueError(
    "Custom VJP bwd rule must produce an output with the same type as the args tuple of the primal function, but at " +
      `output${path()} the bwd rule produced an output of type ${ct.aval} corresponding to an input of type ${primal}, so the shapes do ` +
      "not match",
  );
}
