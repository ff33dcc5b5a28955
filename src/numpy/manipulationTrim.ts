import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { canonicalizeAxes, readOptions } from "./arguments.ts";
import { greaterEqual } from "./binary.ts";
import { getItem } from "./indexingGet.ts";
import { truePositions } from "./indexingParse.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { toArray } from "./promote.ts";
import { Slice } from "./slice.ts";
import { absolute, toBool } from "./unary.ts";

/** For each axis the positions of true elements. */
function positionsIn(mask: NDArray, name: string): Int32Array[] {
  const why = `The number of zeros that jnp.${name} trims is part of a shape, and must be known while tracing.`;
  return truePositions(requireConcrete(mask, why));
}
function extent(positions: Int32Array): [first: number, end: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, -1];
  for (const p of positions) [first, last] = [Math.min(first, p), Math.max(last, p)];
  return last < 0 ? [0, 0] : [first, last + 1];
}

/** A vector without leading elements of a magnitude below a tolerance; with tolerance 0, without leading zeros. */
export function trimLeading(x: NDArray, tolerance: number): NDArray {
  const mask = tolerance === 0 ? toBool(x) : greaterEqual(absolute(x), tolerance);
  const [positions] = positionsIn(mask, "polydiv");
  const [first] = extent(positions);
  return getItem(x, [new Slice(positions.length === 0 ? x.size : first, null, null)]);
}

/** Options of {@link trimZeros}. */
export interface TrimZerosOptions {
  /** Where: "f" in front, "b" behind, default "fb" both. */
  trim?: string;
  /** The axes along which to trim; default all. */
  axis?: Axis;
}
/**
 * The array without the zeros around the others: without slices of zeros at the ends of its axes.
 *
 * @throws ConcretizationTypeError for a traced array: the shape of the result depends on its values
 * @example
 * ```ts
 * String(jnp.trimZeros(jnp.array([0, 1, 0, 2, 0]))); // => "[1. 0. 2.]"
 * String(jnp.trimZeros(jnp.array([0, 1, 0, 2, 0]), "f")); // => "[1. 0. 2. 0.]"
 * ```
 */
export function trimZeros(
  filt: ArrayLike,
  trim?: string | TrimZerosOptions,
  axis?: Axis | TrimZerosOptions,
): NDArray {
  const o = readOptions<TrimZerosOptions>("trimZeros", ["trim", "axis"], [trim, axis]);
  const x = toArray(filt, "trimZeros");
  const ends = (o.trim ?? "fb").toLowerCase();
  const axes = canonicalizeAxes(o.axis, x.ndim);
  const positions = positionsIn(toBool(x), "trimZeros");
  if (axes.length === 0 || !/[fb]/.test(ends)) return x;
  const index = positions.map((along, i) => {
    if (!axes.includes(i)) return new Slice(null, null, null);
    const [first, end] = extent(along);
    if (end === 0) return new Slice(0, 0, null);
    return new Slice(ends.includes("f") ? first : null, ends.includes("b") ? end : null, null);
  });
  return getItem(x, index);
}
