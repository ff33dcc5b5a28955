import type { Store } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { alternating } from "./alternate.ts";
import type { Copy } from "./scopes.ts";
import { scalarType } from "./types.ts";
import type { Access } from "./uses.ts";
import type { Values } from "./values.ts";

/**
 * Writes the stores of one point, or of the copies of one iteration. All values first, then the stores: a store may be in place of an operand, and
 * an engine moves no load over a store, so that only then the copies' chains of operations can overlap.
 */
export function storePoint(
  values: Values,
  stores: readonly Store[],
  accesses: ReadonlyMap<Store, Access>,
): void {
  const { f } = values;
  const copies = values.copies.length === 0 ? [null] : values.copies;
  const computed = copies.map((copy) =>
    stores.map(({ value }) => {
      if (copy !== null && value.dtype === keyFry) return values.keyWords(value, copy);
      const local = f.temp(copy === null ? scalarType(value.dtype) : "v128");
      if (copy === null) values.scalar(value);
      else values.vector(value, copy);
      f.set(local);
      return local;
    }),
  );
  const accessOf = (store: Store) => accesses.get(store) as Access;
  const pairs = values.copies.length === 0 ? null : alternating(stores, accessOf);
  const seconds = new Set(pairs?.values());
  copies.forEach((copy, c) => {
    const locals = computed[c];
    stores.forEach((store, i) => {
      const second = pairs?.get(store);
      if (second !== undefined) {
        const other = locals[stores.indexOf(second)] as Local;
        values.storePair(accessOf(store), locals[i] as Local, other, copy as Copy);
      } else if (!seconds.has(store)) {
        values.store(accessOf(store), store.value.dtype, locals[i], copy);
      }
    });
    for (const local of locals) if (!Array.isArray(local)) f.release(local as Local);
  });
}
