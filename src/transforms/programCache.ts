import type { Jaxpr } from "../core/jaxpr.ts";

/** What a transformation made of programs, by program and the transformation's own parameters; kept as long as the program is. */
export class ProgramCache<V> {
  private readonly programs = new WeakMap<Jaxpr, Map<string, V>>();

  get(jaxpr: Jaxpr, key: string, make: () => V): V {
    let byKey = this.programs.get(jaxpr);
    if (byKey === undefined) {
      byKey = new Map();
      this.programs.set(jaxpr, byKey);
    }
    let value = byKey.get(key);
    if (value === undefined) {
      value = make();
      byKey.set(key, value);
    }
    return value;
  }
}

/** A list of truth values as part of a key. */
export function maskKey(mask: readonly boolean[]): string {
  let key = "";
  for (const bit of mask) key += bit ? "1" : "0";
  return key;
}
