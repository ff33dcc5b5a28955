import type { NDArray } from "../../core/array.ts";

/** A tree of arrays, in which lone numbers may stand for scalars. */
export type TreeWithNumbers<T> = NDArray extends T
  ? T | number | bigint | boolean
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { [K in keyof T]: TreeWithNumbers<T[K]> }
      : T;

/** The type of a function's parameter, or any where it has fewer: bodies may ignore what they are given. */
// biome-ignore lint/suspicious/noExplicitAny: what is ignored may be anything
export type ParameterAt<F extends (...args: any[]) => unknown, I extends number> = [
  Parameters<F>[I],
] extends [undefined]
  ? // biome-ignore lint/suspicious/noExplicitAny: what is ignored may be anything
    any
  : Parameters<F>[I];
