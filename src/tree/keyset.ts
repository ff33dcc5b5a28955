import { ValueError } from "../errors.ts";
import { typeName } from "./repr.ts";
import { Trie } from "./trie.ts";

/** The sorted keys of a dict-like node. Equal sets of keys are the same object. */
export class KeySet<K = unknown> {
  readonly keys: readonly K[];
  /** Assigning to this key of an object would set its prototype instead. */
  readonly hasProto: boolean;
  /** The interned structures of nodes with these keys, by the structures of their children. */
  readonly byChildren: Trie<object> = new Trie();
  constructor(keys: readonly K[]) {
    this.keys = Object.freeze(keys);
    this.hasProto = (keys as readonly unknown[]).includes("__proto__");
  }
}

const OBJECT_KEYS = /* @__PURE__ */ new Trie<KeySet<string>>();
const MAP_KEYS = /* @__PURE__ */ new Trie<KeySet>();

/** The key set of a plain object, from its keys in any order. */
export function objectKeySet(keys: readonly string[]): KeySet<string> {
  let node = OBJECT_KEYS;
  for (let i = 0; i < keys.length; i++) node = node.next(keys[i]);
  if (node.value !== null) return node.value;
  const sorted = [...keys].sort(compareCodePoints);
  let canonical = OBJECT_KEYS;
  for (const key of sorted) canonical = canonical.next(key);
  canonical.value ??= new KeySet(sorted);
  node.value = canonical.value;
  return node.value;
}

/** The key set of a `Map`: all strings, or all numbers, bigints and booleans. */
export function mapKeySet(map: ReadonlyMap<unknown, unknown>): KeySet {
  let node = MAP_KEYS;
  for (const key of map.keys()) node = node.next(key);
  if (node.value !== null) return node.value;
  const sorted = sortMapKeys([...map.keys()]);
  let canonical = MAP_KEYS;
  for (const key of sorted) canonical = canonical.next(key);
  canonical.value ??= new KeySet(sorted);
  node.value = canonical.value;
  return node.value;
}

function sortMapKeys(keys: unknown[]): unknown[] {
  if (keys.every((key) => typeof key === "string")) return keys.sort(compareCodePoints);
  if (keys.every((key) => typeof key === "number" || typeof key === "bigint" || typeof key === "boolean")) {
    // NaN comes last; it would make an ordinary comparison depend on the order of insertion.
    return keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))));
  }
  const types = [...new Set(keys.map(typeName))].join(", ");
  throw new ValueError(
    "Comparator raised exception while sorting pytree dictionary keys. " +
      `The keys of a Map must be all strings or all numbers to have an order, but this one has keys of type: ${types}.`,
  );
}

/** Orders strings by code points. JavaScript's own order is by UTF-16 units, where surrogates come too early. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const xIsSurrogate = x >= 0xd800 && x <= 0xdfff;
      const yIsSurrogate = y >= 0xd800 && y <= 0xdfff;
      return xIsSurrogate === yIsSurrogate ? x - y : xIsSurrogate ? 1 : -1;
    }
  }
  return a.length - b.length;
}
