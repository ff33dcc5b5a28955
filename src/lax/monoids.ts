import type { NDArray } from "../core/array.ts";

/** Combines two lists of arrays elementwise, associatively. */
export type Combine = (a: readonly NDArray[], b: readonly NDArray[]) => readonly NDArray[];

/** Combines a list of at least one in its order, in pairs, pairs of pairs, ...: short chains, and little rounding. */
export function foldPairs(list: readonly (readonly NDArray[])[], combine: Combine): readonly NDArray[] {
  let items = list;
  while (items.length > 1) {
    const next: (readonly NDArray[])[] = [];
    for (let i = 0; i + 1 < items.length; i += 2) next.push(combine(items[i], items[i + 1]));
    if (items.length % 2 === 1) next.push(items[items.length - 1]);
    items = next;
  }
  return items[0];
}
