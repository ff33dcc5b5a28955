import type { NDArray } from "../core/array.ts";
import type { IndexEntry, IndexUpdate } from "../core/arrayMethods.ts";
import { getItem } from "./indexingGet.ts";
import { indexUpdate } from "./indexingUpdate.ts";

// What `x.get(...)` and `x.at(...)` do, for modules of the library: the methods take all indices only where fluxion/methods is loaded.

/** `x.get(...index)`, for any index. */
export function get(x: NDArray, ...index: IndexEntry[]): NDArray {
  return getItem(x, index);
}

/** `x.at(...index)`. */
export function at(x: NDArray, ...index: IndexEntry[]): IndexUpdate {
  return indexUpdate(x, index);
}
