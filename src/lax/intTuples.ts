import { asNumpyInts, isNumpyInt } from "../core/pythonText.ts";

/*
 * Tuples of integers that are parameters of primitives. JAX computes some entries with NumPy and prints those as `np.int64(1)`;
 * these functions carry that mark along, so that the rules read like arithmetic and print like JAX.
 */

export type Ints = readonly number[];

/** A copy that keeps its marks. Parameters are copied so that a caller's later changes to an array do not reach a program. */
export function copyInts(values: Ints): number[] {
  return asNumpyInts(values.slice(), (i) => isNumpyInt(values, i));
}
/** A copy without marks. */
export function plainInts(values: Ints): number[] {
  return Array.from(values);
}
/** NumPy arithmetic: every entry of the result is marked. */
export function numpyMap(values: Ints, f: (value: number, index: number) => number): number[] {
  return asNumpyInts(values.map(f));
}
/** Python arithmetic on each entry: marks stay. */
export function mapInts(values: Ints, f: (value: number, index: number) => number): number[] {
  return asNumpyInts(values.map(f), (i) => isNumpyInt(values, i));
}
/** The tuple with `value` (unmarked) inserted before position `at`. */
export function insertInt(values: Ints, at: number, value: number): number[] {
  const result = values.slice();
  result.splice(at, 0, value);
  return asNumpyInts(result, (i) => (i === at ? false : isNumpyInt(values, i < at ? i : i - 1)));
}
/** One tuple after the other. */
export function concatInts(...tuples: readonly Ints[]): number[] {
  const marks = tuples.flatMap((t) => t.map((_, i) => isNumpyInt(t, i)));
  return asNumpyInts(tuples.flat(), (i) => marks[i]);
}
/** The entries at `positions`. */
export function pickInts(values: Ints, positions: Ints): number[] {
  return asNumpyInts(
    positions.map((p) => values[p]),
    (i) => isNumpyInt(values, positions[i]),
  );
}

/** 0, 1, ..., n-1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
export function isRange(values: Ints, n: number): boolean {
  if (values.length !== n) return false;
  for (let i = 0; i < n; i++) if (values[i] !== i) return false;
  return true;
}
export function equalInts(a: Ints, b: Ints): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
/** The positions that sort the values; the inverse of a permutation. */
export function argsort(values: Ints): number[] {
  return range(values.length).sort((i, j) => values[i] - values[j]);
}
export function hasDuplicates(values: Ints): boolean {
  return new Set(values).size !== values.length;
}

/** Tells a list from an options object. */
export function isInts(x: unknown): x is Ints {
  return Array.isArray(x);
}
