import { type ArrayLike, NDArray } from "../core/array.ts";
import { Complex, type DTypeLike, float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { vmap } from "../transforms/vmap.ts";
import { canonicalizeShape, readOptions } from "./arguments.ts";
import { concreteScalar } from "./concrete.ts";
import { arange, linspace } from "./creation.ts";
import { concatenate, stack } from "./manipulationJoin.ts";
import { meshgrid } from "./manipulationSelect.ts";
import { transpose } from "./manipulationShape.ts";
import { promoteDTypes, raiseRank, toArray } from "./promote.ts";

/**
 * A range of numbers: an object with the fields of a slice, whose bounds may be fractions, or the text `"start:stop:step"`. An imaginary
 * step (`new Complex(0, 5)`, or `"0:1:5j"`) is the number of points, the last included.
 */
export type GridRange =
  | string
  | {
      readonly start?: number | NDArray | null;
      readonly stop?: number | NDArray | null;
      readonly step?: number | Complex | NDArray | null;
    };

const number = String.raw`([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)`;
const rangeText = new RegExp(`^\\s*${number}?\\s*:\\s*${number}\\s*(?::\\s*${number}(j)?\\s*)?$`, "i");

/** The numbers of a range. @throws ValueError for a text that is none, TypeError for bounds that are missing or not known */
function rangeOf(name: string, range: GridRange): NDArray {
  let { start, stop, step } = typeof range === "string" ? parseRange(name, range) : range;
  if (stop === undefined || stop === null) {
    throw new TypeError(`jnp.${name}: a range must have a stop, got ${String(range)}.`);
  }
  start ??= 0;
  if (step instanceof Complex) {
    const count = Math.trunc(Math.hypot(step.re, step.im));
    return linspace(start, stop, count);
  }
  step ??= 1;
  return arange(known(name, start), known(name, stop), known(name, step));
}
function known(name: string, x: number | NDArray): number | NDArray {
  if (x instanceof NDArray && concreteScalar(x) === null) {
    throw new TypeError(
      `jnp.${name}: the bounds of a range must be numbers known while tracing, got ${x.aval}.`,
    );
  }
  return x;
}
function parseRange(name: string, text: string): Exclude<GridRange, string> {
  const match = rangeText.exec(text);
  if (match === null) {
    throw new ValueError(
      `jnp.${name}: a range is written as "start:stop:step", got ${JSON.stringify(text)}.`,
    );
  }
  const [start, stop, step] = match.slice(1, 4).map((s) => (s === undefined ? null : Number(s)));
  return { start, stop, step: match[4] === undefined || step === null ? step : new Complex(0, step) };
}

/**
 * The coordinates of the points of a grid, as an array whose first axis numbers the dimensions; of one range, its numbers.
 *
 * @param ranges `"start:stop:step"`, or objects with these fields; an imaginary step is a number of points
 * @throws ValueError for a text that is no range, TypeError for a range without a stop
 * @example
 * ```ts
 * String(jnp.mgrid("0:4")); // => "[0 1 2 3]"
 * String(jnp.mgrid("0:1:3j")); // => "[0.  0.5 1. ]"
 * String(jnp.mgrid("0:2", "0:3")); // => "[[[0 0 0]\n  [1 1 1]]\n\n [[0 1 2]\n  [0 1 2]]]"
 * ```
 */
export function mgrid(...ranges: GridRange[]): NDArray {
  const vectors = ranges.map((r) => rangeOf("mgrid", r));
  if (vectors.length === 0) return arange(0);
  if (vectors.length === 1) return vectors[0];
  return stack(meshgrid(...promoteDTypes(vectors), { indexing: "ij" }));
}

/**
 * The coordinates of the points of a grid, one array per dimension, each with size 1 along the others; of one range, its numbers.
 *
 * @param ranges as for {@link mgrid}
 * @throws ValueError for a text that is no range, TypeError for a range without a stop
 * @example
 * ```ts
 * const [rows, columns] = jnp.ogrid("0:2", "0:3");
 * String(columns); // => "[[0 1 2]]"
 * ```
 */
export function ogrid(range: GridRange): NDArray;
export function ogrid(...ranges: GridRange[]): NDArray[];
export function ogrid(...ranges: GridRange[]): NDArray | NDArray[] {
  const vectors = ranges.map((r) => rangeOf("ogrid", r));
  if (vectors.length === 1) return vectors[0];
  return vectors.length === 0 ? [] : meshgrid(...promoteDTypes(vectors), { indexing: "ij", sparse: true });
}

interface Directive {
  readonly axis: number;
  /** The least number of dimensions of each part. */
  readonly ndmin: number;
  /** Where the dimensions of a part with fewer go among those; -1: last. */
  readonly place: number;
  /** The axis that is added to a vector, or null. */
  readonly matrixAxis: number | null;
}

function readDirective(name: string, text: string, usual: Directive): Directive {
  if (text === "r" || text === "c") return { ...usual, matrixAxis: text === "r" ? 0 : 1 };
  const numbers = text.split(",").map((s) => (s.trim() === "" ? Number.NaN : Number(s)));
  if (!numbers.every(Number.isInteger)) {
    throw new ValueError(`jnp.${name}: could not understand directive ${JSON.stringify(text)}`);
  }
  const [axis = usual.axis, ndmin = usual.ndmin, place = usual.place] = numbers;
  return { axis, ndmin, place, matrixAxis: null };
}

/** A part of a concatenation with its leading axes of size 1 moved behind its own. */
function withDimensions(x: NDArray, given: number, { ndmin, place }: Directive): NDArray {
  const raised = raiseRank(x, ndmin);
  if (place === -1 || given >= ndmin) return raised;
  const shift = ndmin - (Math.abs(ndmin + place + 1) % ndmin);
  const order = Array.from({ length: ndmin }, (_, i) => (i + shift) % ndmin);
  return transpose(raised, order);
}

type Part = ArrayLike | GridRange;
function joined(name: string, parts: readonly Part[], usual: Directive): NDArray {
  const [first] = parts;
  const isDirective = typeof first === "string" && !first.includes(":");
  const directive = isDirective ? readDirective(name, first, usual) : usual;
  const arrays = (isDirective ? parts.slice(1) : parts).map((part) => {
    if (typeof part === "string" && !part.includes(":")) {
      throw new ValueError(`jnp.${name}: a directive must come first, got ${JSON.stringify(part)}`);
    }
    const isRange =
      typeof part === "string" ||
      (typeof part === "object" && part !== null && !(part instanceof NDArray) && "stop" in part);
    // The numbers of a range count as scalars, which a directive turns.
    const x = isRange ? rangeOf(name, part as GridRange) : toArray(part, name);
    return withDimensions(x, isRange ? 0 : x.ndim, directive);
  });
  const result = concatenate(arrays, directive.axis);
  const { matrixAxis } = directive;
  return matrixAxis === null || result.ndim !== 1 ? result : lax.expandDims(result, [matrixAxis]);
}

/**
 * Arrays, numbers and ranges, one behind the other along the first axis: NumPy's `r_[...]`.
 *
 * @param parts ranges as for {@link mgrid}; a text of up to three integers in front, `"axis,ndmin,place"`, says along which axis to
 *   concatenate, the least number of dimensions, and where those of a part go among them; `"r"` and `"c"` make a row or a column of vectors
 * @throws ValueError for a text that is neither
 * @example
 * ```ts
 * String(jnp.r_("0:3", 7, jnp.int32([5, 5]))); // => "[0 1 2 7 5 5]"
 * ```
 */
export function r_(...parts: Part[]): NDArray {
  return joined("r_", parts, { axis: 0, ndmin: 1, place: -1, matrixAxis: null });
}
/**
 * Arrays side by side along the last axis, vectors as columns: NumPy's `c_[...]`. See {@link r_} for what else it takes.
 *
 * @throws ValueError for a text that is neither range nor directive
 * @example
 * ```ts
 * String(jnp.c_(jnp.array([1, 2]), jnp.array([5, 6]))); // => "[[1. 5.]\n [2. 6.]]"
 * ```
 */
export function c_(...parts: Part[]): NDArray {
  return joined("c_", parts, { axis: -1, ndmin: 2, place: 0, matrixAxis: null });
}

/** Options of {@link fromfunction}. */
export interface FromfunctionOptions {
  /** The dtype of the coordinates; default float32. */
  dtype?: DTypeLike;
}
/**
 * The values of a function at all positions of an array of a shape. The function is called once, with traced scalars: one coordinate for
 * each axis.
 *
 * @throws TypeError for a shape that is no list of integers
 * @example
 * ```ts
 * String(jnp.fromfunction((i, j) => i.mul(10).add(j), [2, 3])); // => "[[ 0.  1.  2.]\n [10. 11. 12.]]"
 * ```
 */
export function fromfunction<R>(
  f: (...coordinates: NDArray[]) => R,
  shape: number | readonly number[],
  options?: FromfunctionOptions,
): R {
  const o = readOptions<FromfunctionOptions>("fromfunction", [], [options], ["dtype"]);
  const sizes = canonicalizeShape(shape, "jnp.fromfunction");
  let mapped: (...coordinates: NDArray[]) => R = f;
  for (let i = sizes.length - 1; i >= 0; i--) {
    mapped = vmap(mapped, { inAxes: sizes.map((_, k) => (k === i ? 0 : null)) }) as typeof mapped;
  }
  return mapped(...sizes.map((n) => arange(n, { dtype: o.dtype ?? float32 })));
}
