import { NDArray } from "../core/array.ts";
import { defaultBackend } from "../core/backend.ts";
import { clearDispatchCache } from "../core/dispatch.ts";
import { leaves } from "../tree/flatten.ts";

/**
 * Waits until every array of a pytree has been computed, and returns the pytree.
 *
 * @example
 * ```ts
 * String(blockUntilReady(jnp.ones(2))); // => "[1. 1.]"
 * ```
 */
export function blockUntilReady<T>(tree: T): T {
  for (const leaf of leaves(tree) as unknown[]) if (leaf instanceof NDArray) leaf.blockUntilReady();
  return tree;
}

/**
 * How many threads compute at present, the calling one included. They start with the first program that is large enough for several, in a page
 * only if it is cross-origin isolated (docs/browser.md), and in browsers when the event loop turns; `config.update("numThreads", n)` says how
 * many may.
 *
 * @example
 * ```ts
 * threadCount() >= 1; // => true
 * ```
 */
export function threadCount(): number {
  return defaultBackend().threadCount();
}

/**
 * Forgets the compiled single operations of eager evaluation, and the code that equal programs share. Jitted functions keep what they
 * compiled (see `f.clearCache()`).
 */
export function clearCaches(): void {
  clearDispatchCache();
  defaultBackend().clearCache();
}
