import { quote, repr } from "./repr.ts";
import type { KeyPath } from "./types.ts";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** One step of a key path: any object that prints itself. Custom nodes may use their own. */
export interface KeyEntry {
  toString(): string;
}

/** The position of a child of an array; prints `[0]`. */
export class SequenceKey implements KeyEntry {
  readonly idx: number;
  constructor(idx: number) {
    this.idx = idx;
  }
  toString(): string {
    return `[${this.idx}]`;
  }
  [inspect](): string {
    return `SequenceKey(idx=${this.idx})`;
  }
}

/** The key of a child of an object or a `Map`; prints `['name']`. */
export class DictKey<K = unknown> implements KeyEntry {
  readonly key: K;
  constructor(key: K) {
    this.key = key;
  }
  toString(): string {
    return `[${repr(this.key)}]`;
  }
  [inspect](): string {
    return `DictKey(key=${repr(this.key)})`;
  }
}

/** The field of a child of a registered class; prints `.name`. */
export class GetAttrKey implements KeyEntry {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toString(): string {
    return `.${this.name}`;
  }
  [inspect](): string {
    return `GetAttrKey(name=${quote(this.name)})`;
  }
}

/** The position of a child of a class that was registered without keys; prints `[<flat index 0>]`. */
export class FlattenedIndexKey implements KeyEntry {
  readonly key: number;
  constructor(key: number) {
    this.key = key;
  }
  toString(): string {
    return `[<flat index ${this.key}>]`;
  }
  [inspect](): string {
    return `FlattenedIndexKey(key=${this.key})`;
  }
}

/** What identifies a step: its class, and the index, key or name it holds. */
export function sameKey(a: KeyEntry, b: KeyEntry): boolean {
  return a.constructor === b.constructor && simpleText(a) === simpleText(b) && a.toString() === b.toString();
}

function simpleText(entry: KeyEntry): string {
  if (entry instanceof SequenceKey) return String(entry.idx);
  if (entry instanceof GetAttrKey) return entry.name;
  if (entry instanceof FlattenedIndexKey) return String(entry.key);
  if (entry instanceof DictKey) return typeof entry.key === "string" ? entry.key : repr(entry.key);
  return entry.toString();
}

/**
 * Prints a key path.
 *
 * `simple` prints the bare index, key or name of every step (ambiguous: `0` may be a position or a key), and `separator`
 * stands between the steps.
 *
 * @example
 * ```ts
 * const paths = tree.leavesWithPath({ a: [1, { b: 2 }] }).map(([path]) => path);
 * paths.map((p) => tree.keystr(p)); // => ["['a'][0]", "['a'][1]['b']"]
 * paths.map((p) => tree.keystr(p, { simple: true, separator: "/" })); // => ["a/0", "a/1/b"]
 * ```
 */
export function keystr(keys: KeyPath, options: { simple?: boolean; separator?: string } = {}): string {
  const { simple = false, separator = "" } = options;
  return keys.map((entry) => (simple ? simpleText(entry) : entry.toString())).join(separator);
}
