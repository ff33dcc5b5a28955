import type { ArrayLike, NDArray } from "../core/array.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { concreteVector } from "./manipulationStatic.ts";
import { toArray } from "./promote.ts";

/** A number of equal parts, or the positions at which to cut. */
export type Sections = number | readonly number[] | ArrayLike;

function splitAlong(op: string, x: NDArray, sections: Sections, axis: number): NDArray[] {
  const k = canonicalizeAxis(axis, x.ndim);
  const size = x.shape[k];
  const cuts = typeof sections === "number" ? null : concreteVector(sections, `jnp.${op} argument 1`);
  let sizes: number[];
  if (cuts === null || cuts.scalar) {
    const n = cuts === null ? (sections as number) : cuts.values[0];
    if (!Number.isInteger(n) || n <= 0)
      throw new ValueError(`jnp.${op}: number of sections must be a positive integer, got ${n}.`);
    const part = Math.floor(size / n);
    const rest = size - part * n;
    if (rest !== 0 && op !== "arraySplit") {
      throw new ValueError(`array split does not result in an equal division: rest is ${rest}`);
    }
    sizes = Array.from({ length: n }, (_, i) => (i < rest ? part + 1 : part));
  } else {
    const bounds = [0, ...cuts.values, size];
    sizes = bounds.slice(1).map((b, i) => b - bounds[i]);
  }
  return lax.split(x, asNumpyInts(sizes), k);
}

type Split = {
  (ary: ArrayLike, indicesOrSections: Sections, options?: { axis?: number }): NDArray[];
  (ary: ArrayLike, indicesOrSections: Sections, axis?: number): NDArray[];
};
/* @__NO_SIDE_EFFECTS__ */
function splitter(op: string): Split {
  return (ary: ArrayLike, sections: Sections, axis?: number | { axis?: number }): NDArray[] => {
    const o = readOptions<{ axis: number }>(op, ["axis"], [axis]);
    return splitAlong(op, toArray(ary, op), sections, o.axis ?? 0);
  };
}
/**
 * Cuts an array into equal parts along an axis, or at the positions of a list.
 *
 * @throws ValueError when the parts would not be equal, or positions do not increase
 * @example
 * ```ts
 * jnp.split(jnp.arange(6), 3).map(String); // => ["[0 1]", "[2 3]", "[4 5]"]
 * jnp.split(jnp.arange(6), [1, 3]).map(String); // => ["[0]", "[1 2]", "[3 4 5]"]
 * ```
 */
export const split: Split = splitter("split");
/** {@link split}, but the first parts may be one longer than the others. @example `jnp.arraySplit(jnp.arange(3), 2).map(String); // => ["[0 1]", "[2]"]` */
export const arraySplit: Split = splitter("arraySplit");
/** {@link split} along the first axis. @example `jnp.vsplit(jnp.zeros([4, 2]), 2).length; // => 2` */
export const vsplit = (ary: ArrayLike, indicesOrSections: Sections): NDArray[] =>
  splitAlong("vsplit", toArray(ary, "vsplit"), indicesOrSections, 0);
/** {@link split} along the second axis; of a vector along its only one. @example `jnp.hsplit(jnp.zeros([2, 4]), 2).length; // => 2` */
export const hsplit = (ary: ArrayLike, indicesOrSections: Sections): NDArray[] => {
  const x = toArray(ary, "hsplit");
  return splitAlong("hsplit", x, indicesOrSections, x.ndim === 1 ? 0 : 1);
};
/** {@link split} along the third axis. @example `jnp.dsplit(jnp.zeros([1, 1, 4]), 2).length; // => 2` */
export const dsplit = (ary: ArrayLike, indicesOrSections: Sections): NDArray[] =>
  splitAlong("dsplit", toArray(ary, "dsplit"), indicesOrSections, 2);

/**
 * The slices of an array along an axis (default the first), without it.
 *
 * @throws ValueError for scalars
 * @example
 * ```ts
 * jnp.unstack(jnp.array([[1, 2], [3, 4]])).map(String); // => ["[1. 2.]", "[3. 4.]"]
 * ```
 */
export function unstack(x: ArrayLike, axis?: number | { axis?: number }): NDArray[] {
  const o = readOptions<{ axis: number }>("unstack", ["axis"], [axis]);
  const a = toArray(x, "unstack");
  if (a.ndim === 0) {
    throw new ValueError("Unstack requires arrays with rank > 0, however a scalar array was passed.");
  }
  return lax.unstack(a, canonicalizeAxis(o.axis ?? 0, a.ndim));
}
