import type { Store } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";

/** Where a store goes, as far as that says whether it goes with another one. */
export interface StorePlace {
  /** Equal for offsets that differ only by a constant. */
  readonly group: unknown;
  readonly constant: number;
  /** Elements between lanes; null where they are not evenly spaced. */
  readonly stride: number | null;
}

/**
 * Pairs of stores whose elements alternate in memory, as those of the parts of complex numbers: for the first of each pair the second. Lanes hold such
 * pairs side by side, so that both are stored as whole vectors.
 */
export function alternating(
  stores: readonly Store[],
  placeOf: (store: Store) => StorePlace,
): Map<Store, Store> {
  const pairs = new Map<Store, Store>();
  const seconds = new Set<Store>();
  for (const store of stores) {
    const { dtype } = store.value;
    const place = placeOf(store);
    if (place.stride !== 2 || dtype.itemsize < 4 || dtype === keyFry) continue;
    const next = stores.find((other) => {
      const { group, constant, stride } = placeOf(other);
      const isNext = group === place.group && constant === place.constant + 1 && stride === 2;
      return isNext && other.buffer === store.buffer && other.value.dtype === dtype && !pairs.has(other);
    });
    if (next === undefined || seconds.has(store)) continue;
    pairs.set(store, next);
    seconds.add(next);
  }
  return pairs;
}
