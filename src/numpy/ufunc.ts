import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis, IndexEntry } from "../core/arrayMethods.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { missing } from "./method.ts";

/** Options of `ufunc.reduce`. */
export interface UfuncReduceOptions {
  /** Default 0; null for all. Only some functions reduce several. */
  axis?: Axis;
  dtype?: DTypeLike;
  /** Keep reduced axes with size 1. */
  keepdims?: boolean;
  /** What to start with. */
  initial?: ArrayLike;
  /** The elements that take part. */
  where?: ArrayLike;
}
/** Options of `ufunc.accumulate` and `ufunc.reduceat`. */
export interface UfuncAxisOptions {
  /** Default 0. */
  axis?: number;
  dtype?: DTypeLike;
}

/** What universal functions have besides being called. Those of two arguments have all methods, those of one only `at`. */
export interface UfuncMethods {
  /** The number of arguments. */
  readonly nin: number;
  readonly nout: number;
  readonly nargs: number;
  /** The neutral value, where there is one. */
  readonly identity: number | boolean | null;
  /**
   * Combines the elements along an axis (the first) from the left: `jnp.add.reduce` is a sum.
   * @throws ValueError for functions of one argument, an empty axis without a neutral value, a mask without an initial value
   */
  reduce(a: ArrayLike, options?: UfuncReduceOptions): NDArray;
  reduce(
    a: ArrayLike,
    axis?: Axis,
    dtype?: DTypeLike | UfuncReduceOptions,
    options?: UfuncReduceOptions,
  ): NDArray;
  /**
   * The results of {@link reduce} for the first one, two, three, ... elements along an axis: `jnp.add.accumulate` is a running sum.
   * @throws ValueError for functions of one argument and an axis out of range
   */
  accumulate(a: ArrayLike, options?: UfuncAxisOptions): NDArray;
  accumulate(a: ArrayLike, axis?: number, dtype?: DTypeLike | UfuncAxisOptions): NDArray;
  /**
   * The array with the function applied to the elements at an index (as `x.get` takes it, several entries as a list) and to `b`; each time
   * anew where a position occurs repeatedly. A new array.
   * @throws TypeError for a list of numbers, which could be either positions along the first axis or one for each
   */
  at(
    a: ArrayLike,
    indices: IndexEntry | readonly IndexEntry[],
    b?: ArrayLike,
    options?: { inplace?: false },
  ): NDArray;
  /**
   * Reduces the slices of an axis from each position up to the next; where the next is not greater, the element itself.
   * @throws ValueError for functions of one argument, and indices that are no vector
   */
  reduceat(
    a: ArrayLike,
    indices: ArrayLike,
    axis?: number | UfuncAxisOptions,
    dtype?: DTypeLike | UfuncAxisOptions,
  ): NDArray;
  /** The function of all pairs of elements: `[...A.shape, ...B.shape]`. @throws ValueError for functions of one argument */
  outer(A: ArrayLike, B: ArrayLike): NDArray;
}

/** A function of scalars that broadcasts, with NumPy's methods. */
export interface Ufunc<A extends ArrayLike[] = [x: ArrayLike, y: ArrayLike]> extends UfuncMethods {
  (...args: A): NDArray;
  readonly name: string;
}

/** The methods that a bundle without `ufuncMethods.ts` has: each says what to import. */
/* @__NO_SIDE_EFFECTS__ */
function withoutMethods(): object {
  const prototype: Record<string, unknown> = Object.create(Function.prototype);
  for (const name of ["reduce", "accumulate", "at", "reduceat", "outer"]) {
    prototype[name] = () => {
      throw missing(`the method ${name} of universal functions`);
    };
  }
  return prototype;
}
/** Where the methods are: installed by `ufuncMethods.ts`, so that elementwise functions do not need what reduces. */
export const ufuncPrototype: object = withoutMethods();

/** A function as a universal function. */
/* @__NO_SIDE_EFFECTS__ */
export function asUfunc<F extends (...args: never[]) => NDArray>(
  f: F,
  nin: number,
  identity: number | boolean | null,
): F & UfuncMethods {
  Object.defineProperties(f, {
    nin: { value: nin },
    nout: { value: 1 },
    nargs: { value: nin },
    identity: { value: identity },
  });
  return Object.setPrototypeOf(f, ufuncPrototype);
}
