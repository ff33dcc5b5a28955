import { NDArray } from "../core/array.ts";

export type Method = (this: NDArray, ...args: never[]) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: one adapter for functions of every signature
type AnyFunction = (...args: any[]) => unknown;

/** A function of `jnp` as a method: the array is its first argument. */
/* @__NO_SIDE_EFFECTS__ */
export function method(f: AnyFunction): Method {
  return function (this: NDArray, ...args: never[]): unknown {
    return f(this, ...args);
  };
}

/** Gives every array a method. */
export function defineMethod(key: string | symbol, value: Method): void {
  Object.defineProperty(NDArray.prototype, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** The error where something was left out of a bundle. */
export function missing(what: string): TypeError {
  return new TypeError(
    `This bundle does not have ${what}: bundlers keep what a page imports, and few pages need all methods. ` +
      'Add `import "fluxion/methods";`, or call the function of jnp instead.',
  );
}
