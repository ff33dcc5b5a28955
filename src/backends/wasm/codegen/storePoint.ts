import type { Store } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
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
  copies.forEach((copy, c) => {
    stores.forEach((store, i) => {
      const local = computed[c][i];
      values.store(accesses.get(store) as Access, store.value.dtype, local, copy);
      if (!Array.isArray(local)) f.release(local as Local);
    });
  });
}
