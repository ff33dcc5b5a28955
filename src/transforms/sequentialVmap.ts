import type { NDArray } from "../core/array.ts";
import { map as mapLoop } from "../lax/control/map.ts";
import { flattenInto } from "../tree/flatten.ts";
import { map as mapTree } from "../tree/map.ts";
import { type CustomVmapFunction, customVmap } from "./customVmap.ts";
import { flattenArrays } from "./flatFunction.ts";
import type { AnyFunction } from "./types.ts";

/**
 * A function that {@link vmap} calls for one element after the other, in a loop (`lax.map`): for functions that cannot be batched, or would take
 * too much memory.
 *
 * @example
 * ```ts
 * const f = customBatching.sequentialVmap((x: NDArray, y: NDArray) => x.mul(y));
 * String(vmap(f, { inAxes: [0, null] })(jnp.array([1, 2]), jnp.float32(3))); // => "[3. 6.]"
 * ```
 */
export function sequentialVmap<F extends AnyFunction>(f: F): CustomVmapFunction<F> {
  const custom = customVmap(f);
  const rule = (_axisSize: number, inBatched: unknown, ...args: unknown[]): [unknown, unknown] => {
    const flags: unknown[] = [];
    flattenInto(inBatched, flags);
    const { leaves, treedef } = flattenArrays(args, "a sequential_vmap function was called with");
    const mapped = leaves.filter((_, i) => flags[i] === true);
    const out = mapLoop((slices: NDArray[]) => {
      let next = 0;
      const all = leaves.map((x, i) => (flags[i] === true ? slices[next++] : x));
      return (custom as AnyFunction)(...(treedef.unflatten(all) as unknown[]));
    }, mapped);
    return [out, mapTree(() => true, out)];
  };
  custom.defVmap(rule as never);
  return custom;
}
