import { ValueError } from "../errors.ts";
import { customData } from "./custom.ts";
import { isList, isPlainMap, isPlainObject } from "./descend.ts";
import { askIsLeaf, checkDepth, type IsLeafOption, readIsLeaf } from "./flatten.ts";
import { DictKey, FlattenedIndexKey, type KeyEntry, SequenceKey } from "./keys.ts";
import { mapKeySet, objectKeySet } from "./keyset.ts";
import { checkedFlatten, checkedFlattenWithKeys, registryEntry } from "./registry.ts";
import { typeText } from "./repr.ts";
import { leafDef, makeDef, type NodeData, type NodeKind, noneDef, type PyTreeDef } from "./treedef.ts";
import type { IsLeaf, KeyPath, LeafOf, Untyped } from "./types.ts";

/** A predicate that sees the path too, for `isLeafTakesPath`. */
export type IsLeafWithPath = (path: KeyPath, node: Untyped) => boolean;

/** The optional arguments of the functions that give key paths. */
export interface PathOptions {
  isLeaf?: IsLeaf | IsLeafWithPath;
  /** Call `isLeaf(path, node)` instead of `isLeaf(node)`. */
  isLeafTakesPath?: boolean;
}

/** One node taken apart: what a structure keeps of it, and its children with their keys. */
interface Level {
  readonly kind: NodeKind;
  readonly data: NodeData;
  readonly keys: readonly KeyEntry[];
  readonly children: readonly unknown[];
}

/** Takes one node apart; `null` for a leaf. */
export function oneLevel(node: unknown): Level | null {
  if (node === null) return { kind: "none", data: null, keys: [], children: [] };
  if (typeof node !== "object" && typeof node !== "function") return null;
  if (isList(node)) {
    return { kind: "list", data: null, keys: node.map((_, i) => new SequenceKey(i)), children: node };
  }
  if (isPlainObject(node)) {
    const data = objectKeySet(Object.keys(node));
    const keys = data.keys.map((key) => new DictKey(key));
    return { kind: "dict", data, keys, children: data.keys.map((key) => node[key]) };
  }
  if (isPlainMap(node)) {
    const data = mapKeySet(node);
    const keys = data.keys.map((key) => new DictKey(key));
    return { kind: "map", data, keys, children: data.keys.map((key) => node.get(key)) };
  }
  const entry = registryEntry(node);
  if (entry === null) return null;
  const keyed = checkedFlattenWithKeys(entry, node);
  if (keyed !== null) {
    const [pairs, metadata] = keyed;
    const children = pairs.map(([, child]) => child);
    return { kind: "custom", data: customData(entry, metadata), keys: pairs.map(([key]) => key), children };
  }
  const [children, metadata] = checkedFlatten(entry, node);
  const keys = children.map((_, i) => new FlattenedIndexKey(i));
  return { kind: "custom", data: customData(entry, metadata), keys, children };
}

function visit(
  node: unknown,
  path: KeyPath,
  isLeaf: IsLeafWithPath | null,
  found: [KeyPath, unknown][],
): PyTreeDef {
  checkDepth(path.length);
  const stop = isLeaf !== null && askIsLeaf(isLeaf(path, node));
  const level = stop ? null : oneLevel(node);
  if (level === null) {
    found.push([path, node]);
    return leafDef;
  }
  const childDefs = level.children.map((child, i) => visit(child, [...path, level.keys[i]], isLeaf, found));
  return level.kind === "none" ? noneDef : makeDef(level.kind, level.data, childDefs);
}

function readPathOptions(
  where: string,
  option: IsLeaf | IsLeafWithPath | PathOptions | null | undefined,
  takesPath: boolean,
): IsLeafWithPath | null {
  const isLeaf = readIsLeaf(where, option as IsLeaf | IsLeafOption | null | undefined);
  if (isLeaf === null) return null;
  const withPath =
    typeof option === "object" && option !== null ? (option.isLeafTakesPath ?? false) : takesPath;
  return withPath ? (isLeaf as unknown as IsLeafWithPath) : (_, node) => isLeaf(node);
}

/**
 * As {@link flatten}, with the key path of every leaf.
 *
 * @example
 * ```ts
 * const [pairs, def] = tree.flattenWithPath({ w: [1, 2] });
 * pairs.map(([path, leaf]) => `${tree.keystr(path)} = ${leaf}`); // => ["['w'][0] = 1", "['w'][1] = 2"]
 * ```
 */
export function flattenWithPath<T>(tree: T): [leaves: [KeyPath, LeafOf<T>][], treedef: PyTreeDef<T>];
export function flattenWithPath<T>(
  tree: T,
  isLeaf: IsLeaf | IsLeafWithPath | PathOptions | null | undefined,
  isLeafTakesPath?: boolean,
): [leaves: [KeyPath, Untyped][], treedef: PyTreeDef<T>];
export function flattenWithPath(
  tree: unknown,
  isLeaf?: IsLeaf | IsLeafWithPath | PathOptions | null,
  isLeafTakesPath = false,
): [[KeyPath, unknown][], PyTreeDef] {
  const found: [KeyPath, unknown][] = [];
  const treedef = visit(tree, [], readPathOptions("tree.flattenWithPath", isLeaf, isLeafTakesPath), found);
  return [found, treedef];
}

/**
 * The leaves of a tree, each with its key path.
 *
 * @example
 * ```ts
 * tree.leavesWithPath([1, [2]]).map(([path]) => tree.keystr(path)); // => ["[0]", "[1][0]"]
 * ```
 */
export function leavesWithPath<T>(tree: T): [KeyPath, LeafOf<T>][];
export function leavesWithPath(
  tree: unknown,
  isLeaf: IsLeaf | IsLeafWithPath | PathOptions | null | undefined,
  isLeafTakesPath?: boolean,
): [KeyPath, Untyped][];
export function leavesWithPath(
  tree: unknown,
  isLeaf?: IsLeaf | IsLeafWithPath | PathOptions | null,
  isLeafTakesPath = false,
): [KeyPath, unknown][] {
  return flattenWithPath(tree, isLeaf, isLeafTakesPath)[0];
}

/**
 * Takes the root of a tree apart: its children, and its keys or static metadata.
 *
 * @throws ValueError if the value is a leaf.
 * @example
 * ```ts
 * tree.flattenOneLevel({ b: [1], a: 2 }); // => [[2, [1]], ["a", "b"]]
 * ```
 */
export function flattenOneLevel(tree: unknown): [children: unknown[], metadata: unknown] {
  const level = nodeLevel(tree);
  return [[...level.children], levelMetadata(level)];
}

/** As {@link flattenOneLevel}, with the key of every child. */
export function flattenOneLevelWithKeys(tree: unknown): [children: [KeyEntry, unknown][], metadata: unknown] {
  const level = nodeLevel(tree);
  return [level.children.map((child, i) => [level.keys[i], child]), levelMetadata(level)];
}

function nodeLevel(tree: unknown): Level {
  const level = oneLevel(tree);
  if (level === null) throw new ValueError(`can't tree-flatten type: ${typeText(tree)}`);
  return level;
}

function levelMetadata(level: Level): unknown {
  if (level.data === null) return null;
  return "keys" in level.data ? level.data.keys : level.data.metadata;
}
