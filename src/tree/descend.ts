import { ValueError } from "../errors.ts";
import { type CustomData, customData } from "./custom.ts";
import { type KeySet, mapKeySet, objectKeySet } from "./keyset.ts";
import { checkedFlatten, registryEntry } from "./registry.ts";
import { repr } from "./repr.ts";
import { metadataText } from "./show.ts";
import type { PyTreeDef } from "./treedef.ts";

const NONE_ADVICE =
  "null is a node without leaves and matches only null. To treat it as a leaf, you can usually write:\n" +
  "  tree.map((x, y) => (x === null ? null : f(x, y)), a, b, { isLeaf: (x) => x === null })";

/** Collects the subtrees of `tree` that stand where `def` has its leaves. */
export function descend(def: PyTreeDef, tree: unknown, found: unknown[]): void {
  switch (def.kind) {
    case "leaf":
      found.push(tree);
      return;
    case "none":
      if (tree !== null) throw new ValueError(`Expected None, got ${repr(tree)}.\n\n${NONE_ADVICE}`);
      return;
    case "list":
      descendList(def, tree, found);
      return;
    case "dict":
    case "map":
      descendEntries(def, tree, found);
      return;
    case "custom":
      descendCustom(def, tree, found);
  }
}

function descendList(def: PyTreeDef, tree: unknown, found: unknown[]): void {
  if (!isList(tree)) throw new ValueError(`Expected list, got ${repr(tree)}.`);
  const { childDefs } = def;
  if (tree.length !== childDefs.length) {
    throw new ValueError(`List arity mismatch: ${tree.length} != ${childDefs.length}; list: ${repr(tree)}.`);
  }
  for (let i = 0; i < childDefs.length; i++) descend(childDefs[i], tree[i], found);
}

function descendEntries(def: PyTreeDef, tree: unknown, found: unknown[]): void {
  const expected = def.data as KeySet;
  const isMap = def.kind === "map";
  if (isMap ? !isPlainMap(tree) : !isPlainObject(tree)) {
    throw new ValueError(`Expected ${isMap ? "Map" : "dict"}, got ${repr(tree)}.`);
  }
  const present = isMap
    ? mapKeySet(tree as ReadonlyMap<unknown, unknown>)
    : objectKeySet(Object.keys(tree as Record<string, unknown>));
  if (present !== expected) {
    throw new ValueError(
      `${isMap ? "Map" : "Dict"} key mismatch; expected keys: ${repr(expected.keys)}; present keys: ${repr(present.keys)}.`,
    );
  }
  const { keys } = expected;
  for (let i = 0; i < keys.length; i++) {
    const child = isMap
      ? (tree as ReadonlyMap<unknown, unknown>).get(keys[i])
      : (tree as Record<string, unknown>)[keys[i] as string];
    descend(def.childDefs[i], child, found);
  }
}

function descendCustom(def: PyTreeDef, tree: unknown, found: unknown[]): void {
  const expected = def.data as CustomData;
  const { entry } = expected;
  const isObject = (typeof tree === "object" && tree !== null) || typeof tree === "function";
  if (!isObject || registryEntry(tree as object) !== entry) {
    throw new ValueError(
      `Custom node type mismatch: expected type: <class '${entry.cls.name}'>, value: ${repr(tree)}.`,
    );
  }
  const [children, metadata] = checkedFlatten(entry, tree as object);
  const actual = customData(entry, metadata);
  if (actual !== expected) {
    const texts = `${metadataText(expected)} != ${metadataText(actual)}`;
    throw new ValueError(`Mismatch ${entry.kind} data: ${texts}; value: ${repr(tree)}.`);
  }
  if (children.length !== def.childDefs.length) {
    throw new ValueError(
      `Custom type arity mismatch: ${children.length} != ${def.childDefs.length}; value: ${repr(tree)}.`,
    );
  }
  for (let i = 0; i < children.length; i++) descend(def.childDefs[i], children[i], found);
}

/** Whether a value is a node that flattens as an array: a plain one, no subclass. */
export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}

/** Whether a value is a node that flattens as a dict: made by `{}`, or without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** Whether a value is a `Map`, no subclass. */
export function isPlainMap(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map && Object.getPrototypeOf(value) === Map.prototype;
}
