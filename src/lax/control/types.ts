import type { NDArray } from "../../core/array.ts";

/** A tree of arrays, in which lone numbers may stand for scalars. */
export type TreeWithNumbers<T> = NDArray extends T
  ? T | number | bigint | boolean
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { [K in keyof T]: TreeWithNumbers<T[K]> }
      : T;
