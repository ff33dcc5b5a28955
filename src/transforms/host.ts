import { NDArray } from "../core/array.ts";
import { leaves } from "../tree/flatten.ts";
import { map } from "../tree/map.ts";

/**
 * A pytree with its arrays as typed arrays (copies, row-major) on the host; other leaves stay as they are.
 *
 * @throws TracerArrayConversionError for traced arrays, RuntimeError for deleted ones
 * @example
 * ```ts
 * deviceGet({ x: jnp.ones(2), n: 1 }); // => { n: 1, x: Float32Array [1, 1] }
 * ```
 */
export function deviceGet(tree: unknown): unknown {
  return map((leaf: unknown) => (leaf instanceof NDArray ? leaf.dataSync() : leaf), tree);
}

/**
 * Starts copying the arrays of a pytree to the host, so that reading them later waits less, and returns the pytree. The memory of the CPU is
 * the host's: there is nothing to copy.
 *
 * @throws ConcretizationTypeError for traced arrays
 * @example
 * ```ts
 * copyToHostAsync([jnp.ones(2)]).length; // => 1
 * ```
 */
export function copyToHostAsync<T>(tree: T): T {
  for (const leaf of leaves(tree) as unknown[]) if (leaf instanceof NDArray) leaf.copyToHostAsync();
  return tree;
}
