import { ValueError } from "../errors.ts";
import { type KeySet, objectKeySet } from "./keyset.ts";
import { Trie } from "./trie.ts";

/**
 * Static values: the metadata of registered classes and static arguments of transformations.
 *
 * Two static values are equal if they are the same primitive, the same function or instance, arrays of equal values, plain
 * objects with the same keys and equal values, or instances of one class whose `equals` method says so. 0 equals -0 and NaN
 * equals NaN. `Map`, `Set`, typed arrays and other instances are compared by identity.
 */

/** A class whose prototype carries this property as `true` promises that equal instances are identical. */
export const INTERNED: unique symbol = Symbol("interned");

/** Stands for all static arrays or objects that are equal to each other. */
class StaticToken {
  /** A frozen copy, so that a later change to the original cannot reach other holders. */
  readonly snapshot: object;
  constructor(snapshot: object) {
    this.snapshot = Object.freeze(snapshot);
  }
}

const ARRAYS = /* @__PURE__ */ new Trie<StaticToken>();
const OBJECTS = /* @__PURE__ */ new Trie<StaticToken>();
const COMPARABLE = new Map<unknown, object[]>();
const MAX_DEPTH = 100;

/** A value to use as a key in a `Map`: identical exactly for equal static values. */
export function staticKey(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) {
    throw new ValueError(
      `static metadata is nested more than ${MAX_DEPTH} levels deep; does it contain itself? ` +
        "Keep it to primitives and small arrays or objects of them.",
    );
  }
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === Array.prototype) return arrayToken(value as unknown[], depth + 1);
  if (proto === Object.prototype || proto === null)
    return objectToken(value as Record<string, unknown>, depth + 1);
  if ((value as { [INTERNED]?: boolean })[INTERNED] === true) return value;
  if (typeof (value as { equals?: unknown }).equals === "function")
    return representative(value as Comparable);
  return value;
}

function arrayToken(values: unknown[], depth: number): StaticToken {
  let node = ARRAYS;
  for (let i = 0; i < values.length; i++) node = node.next(staticKey(values[i], depth));
  node.value ??= new StaticToken(values.map((value) => staticSnapshot(value)));
  return node.value;
}

function objectToken(values: Record<string, unknown>, depth: number): StaticToken {
  const keySet: KeySet<string> = objectKeySet(Object.keys(values));
  let node = OBJECTS.next(keySet);
  for (const key of keySet.keys) node = node.next(staticKey(values[key], depth));
  if (node.value === null) {
    const entries = keySet.keys.map((key) => [key, staticSnapshot(values[key])]);
    node.value = new StaticToken(Object.fromEntries(entries));
  }
  return node.value;
}

interface Comparable {
  equals(other: unknown): boolean;
}

function representative(value: Comparable): object {
  let known = COMPARABLE.get(value.constructor);
  if (known === undefined) {
    known = [];
    COMPARABLE.set(value.constructor, known);
  }
  for (const other of known) if (value === other || value.equals(other)) return other;
  known.push(value);
  return value;
}

/** The value itself, or a frozen copy of it where it is an array or a plain object. */
export function staticSnapshot(value: unknown): unknown {
  const key = staticKey(value);
  return key instanceof StaticToken ? key.snapshot : value;
}

/** A fresh copy of a snapshot, to be given to code that may change it. */
export function thawSnapshot(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === Array.prototype) return (value as unknown[]).map(thawSnapshot);
  if (proto !== Object.prototype && proto !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, thawSnapshot(item)]));
}

/** Whether two static values are equal, as {@link staticKey} defines it. */
export function staticEquals(a: unknown, b: unknown): boolean {
  const x = staticKey(a);
  const y = staticKey(b);
  return x === y || (Number.isNaN(x) && Number.isNaN(y));
}
