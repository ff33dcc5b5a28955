import { registerPytreeNode } from "./registry.ts";
import { repr } from "./repr.ts";
import type { Untyped } from "./types.ts";

/** A function with bound arguments; see {@link Partial}. */
export interface PartialFunction<F extends (...args: never[]) => unknown = (...args: never[]) => unknown> {
  (...rest: Untyped[]): ReturnType<F>;
  /** The function, static. */
  readonly func: F;
  /** The arguments bound so far, a node of the tree. */
  readonly bound: readonly unknown[];
}

interface PartialConstructor {
  <F extends (...args: never[]) => unknown>(func: F, ...bound: unknown[]): PartialFunction<F>;
  new <F extends (...args: never[]) => unknown>(func: F, ...bound: unknown[]): PartialFunction<F>;
  readonly prototype: PartialFunction;
}

function makePartial(func: (...args: unknown[]) => unknown, ...bound: unknown[]): PartialFunction {
  if (typeof func !== "function") throw new TypeError(`Partial: expected a function, got ${repr(func)}.`);
  const call = (...rest: unknown[]) => func(...bound, ...rest);
  Object.setPrototypeOf(call, makePartial.prototype as object);
  return Object.assign(call, { func, bound }) as unknown as PartialFunction;
}
Object.setPrototypeOf(makePartial.prototype, Function.prototype);
Object.defineProperty(makePartial, "name", { value: "Partial" });

/**
 * A function with its first arguments bound, which is a pytree: the bound arguments are its leaves, so that it can be passed
 * into transformed functions; the function itself is static and compared by identity.
 *
 * @example
 * ```ts
 * const scale = tree.Partial((a: number, b: number) => a * b, 3);
 * scale(4); // => 12
 * tree.leaves(scale); // => [3]
 * ```
 */
export const Partial = makePartial as unknown as PartialConstructor;

registerPytreeNode<PartialFunction, (...args: never[]) => unknown>(
  makePartial as unknown as abstract new () => PartialFunction,
  (partial) => [[partial.bound], partial.func],
  (func, [bound]: unknown[][]) => Partial(func, ...bound),
);
