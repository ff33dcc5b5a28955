import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { associativeScanFlat } from "../associativeScan.ts";
import { namedArguments } from "../namedArguments.ts";
import { rev } from "../shape.ts";
import { canonicalizeAxis } from "../shapeChecks.ts";

export interface AssociativeScanOptions {
  /** From the last element to the first. Default false. */
  reverse?: boolean;
  /** The axis to scan along. Default 0. */
  axis?: number;
}

/**
 * All prefixes of `elems` combined by an associative function, in logarithmic depth: every step is an operation on whole arrays.
 *
 * @param fn combines two trees of arrays elementwise along the axis; it must be associative
 * @param elems a tree of arrays of equal size along the axis
 * @returns a tree of arrays of the same shapes
 * @throws ValueError when the axis does not exist or the sizes differ
 * @example
 * ```ts
 * String(lax.associativeScan(jnp.add, jnp.arange(4))); // => "[0 1 3 6]"
 * ```
 */
export function associativeScan<T>(
  fn: (a: T, b: T) => T,
  elems: T,
  reverse?: boolean | AssociativeScanOptions,
  axis?: number,
): T;
export function associativeScan(fn: AnyFunction, elems: unknown, ...rest: unknown[]): unknown {
  if (typeof fn !== "function") throw new TypeError("lax.associativeScan: fn argument should be callable.");
  const options = namedArguments<AssociativeScanOptions>("lax.associativeScan", ["reverse", "axis"], 0, rest);
  const { leaves, treedef } = flattenArrays(elems, "lax.associativeScan: elems is");
  if (leaves.length === 0) return elems;
  const axis = canonicalizeAxis(options.axis ?? 0, leaves[0].ndim);
  if (leaves.some((x) => x.shape[axis] !== leaves[0].shape[axis])) {
    const shapes = leaves.map((x) => shapeStr(x.shape)).join(", ");
    throw new ValueError(
      `Array inputs to associativeScan must have the same first dimension. (saw: [${shapes}])`,
    );
  }
  const combine = (a: readonly NDArray[], b: readonly NDArray[]): readonly NDArray[] => {
    const out = flattenArrays(
      fn(treedef.unflatten(a), treedef.unflatten(b)),
      "lax.associativeScan: fn returned",
    );
    if (out.treedef !== treedef)
      throw new ValueError(
        `lax.associativeScan: fn must return the structure of its arguments, ${treedef}, but returned ${out.treedef}.`,
      );
    return out.leaves;
  };
  const inOrder = (xs: readonly NDArray[]) => (options.reverse === true ? xs.map((x) => rev(x, [axis])) : xs);
  return treedef.unflatten(inOrder(associativeScanFlat(combine, inOrder(leaves), axis)));
}
