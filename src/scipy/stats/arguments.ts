import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";

/** Where a distribution lies and how wide it is: by position, or by name in an object. */
export interface LocScale {
  /** The location; default 0. */
  loc?: ArrayLike;
  /** The scale; default 1. */
  scale?: ArrayLike;
}
export type LocScaleArguments = [loc?: ArrayLike | LocScale, scale?: ArrayLike | LocScale];

/** The location only, of distributions of integers. */
export interface Loc {
  /** The location; default 0. */
  loc?: ArrayLike;
}
export type LocArguments = [loc?: ArrayLike | Loc];

/** The arguments, location and scale in one floating dtype. */
export function withLocScale(
  name: string,
  args: readonly ArrayLike[],
  options: readonly unknown[],
): NDArray[] {
  const { loc = 0, scale = 1 } = readOptions<LocScale>(name, ["loc", "scale"], options);
  return promoteArgsInexact(name, ...args, loc, scale);
}

/** The arguments and the location in one floating dtype. */
export function withLoc(name: string, args: readonly ArrayLike[], options: readonly unknown[]): NDArray[] {
  const { loc = 0 } = readOptions<Loc>(name, ["loc"], options);
  return promoteArgsInexact(name, ...args, loc);
}

/** The exponential of a function, with its arguments: densities from their logarithms. */
/* @__NO_SIDE_EFFECTS__ */
export function expOf<A extends unknown[]>(f: (...args: A) => NDArray): (...args: A) => NDArray {
  return (...args) => lax.exp(f(...args));
}

/** The logarithm of a function, with its arguments. */
/* @__NO_SIDE_EFFECTS__ */
export function logOf<A extends unknown[]>(f: (...args: A) => NDArray): (...args: A) => NDArray {
  return (...args) => lax.log(f(...args));
}
