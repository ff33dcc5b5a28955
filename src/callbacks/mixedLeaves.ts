import type { NDArray } from "../core/array.ts";
import { leafToArray } from "../core/values.ts";
import { flattenInto } from "../tree/flatten.ts";
import type { PyTreeDef } from "../tree/treedef.ts";

/** The leaves of a tree of which only some are arrays. */
export interface MixedLeaves {
  readonly arrays: NDArray[];
  /** The others, with their places among all leaves. */
  readonly statics: readonly (readonly [place: number, value: unknown])[];
  readonly treedef: PyTreeDef;
}

/** Separates arrays and numbers from what cannot be an array. */
export function splitLeaves(tree: unknown): MixedLeaves {
  const leaves: unknown[] = [];
  const treedef = flattenInto(tree, leaves);
  const arrays: NDArray[] = [];
  const statics: [number, unknown][] = [];
  leaves.forEach((leaf, place) => {
    const array = leafToArray(leaf);
    if (array === null) statics.push([place, leaf]);
    else arrays.push(array);
  });
  return { arrays, statics, treedef };
}

/** All leaves in order, with other arrays. */
export function mergeLeaves(arrays: readonly NDArray[], statics: MixedLeaves["statics"]): unknown[] {
  const leaves = new Array<unknown>(arrays.length + statics.length);
  const taken = new Set<number>();
  for (const [place, value] of statics) {
    leaves[place] = value;
    taken.add(place);
  }
  let next = 0;
  for (let place = 0; place < leaves.length; place++) if (!taken.has(place)) leaves[place] = arrays[next++];
  return leaves;
}
