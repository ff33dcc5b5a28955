import { NDArray } from "../core/array.ts";

/** How many of the first elements `x[i]` is refused for; every `i` would need a Proxy for each array. */
const count = 64;

/**
 * Makes `x[i] = y` and `x[i]` TypeErrors that say what to write instead. TypeScript refuses both anyway; in JavaScript the one would have no
 * effect and the other be undefined.
 */
export function refuseElementAccess(): void {
  for (let i = 0; i < count; i++) {
    Object.defineProperty(NDArray.prototype, i, {
      configurable: true,
      enumerable: false,
      get() {
        throw new TypeError(`Elements of arrays are read with x.get(${i}), not x[${i}].`);
      },
      set() {
        throw new TypeError(
          "JAX arrays are immutable and do not support in-place item assignment. " +
            `Instead of x[${i}] = y, use x = x.at(${i}).set(y) or another method of x.at(...).`,
        );
      },
    });
  }
}
