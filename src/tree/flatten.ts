import { ValueError } from "../errors.ts";
import { customData } from "./custom.ts";
import { mapKeySet, objectKeySet } from "./keyset.ts";
import { checkedFlatten, registryEntry } from "./registry.ts";
import { repr } from "./repr.ts";
import {
  internDef,
  leafDef,
  type NodeData,
  type NodeKind,
  noneDef,
  PyTreeDef,
  structuresOf,
} from "./treedef.ts";
import type { IsLeaf, IsLeafGuard, LeafOf, MapLeaves, Untyped } from "./types.ts";

/** Far from the end of the stack, which is small in workers of browsers. */
const MAX_DEPTH = 1000;

/** The optional argument that several functions share; the predicate may also be given by position. */
export interface IsLeafOption {
  isLeaf?: IsLeaf;
}

/** Reads an `isLeaf` given by position or in an options object. */
export function readIsLeaf(where: string, option: IsLeaf | IsLeafOption | null | undefined): IsLeaf | null {
  const isLeaf = typeof option === "object" && option !== null ? option.isLeaf : option;
  if (isLeaf === undefined || isLeaf === null) return null;
  if (typeof isLeaf !== "function") {
    throw new TypeError(`${where}: isLeaf must be a function of a node, got ${repr(isLeaf)}.`);
  }
  return isLeaf;
}

/** Asks an `isLeaf` predicate about a node; the answer must be a boolean, so that a forgotten `return` shows. */
export function askIsLeaf(answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  throw new ValueError(`isLeaf predicate returned a non-boolean value ${repr(answer)}; expected a boolean`);
}

/**
 * Appends the leaves of a tree to `leaves` and returns its structure: {@link flatten} without the pair.
 *
 * @throws ValueError if the tree is nested too deep, as one that contains itself is.
 */
export function flattenInto(tree: unknown, leaves: unknown[], isLeaf: IsLeaf | null = null): PyTreeDef {
  return visit(tree, leaves, isLeaf, 0);
}

function visit(node: unknown, leaves: unknown[], isLeaf: IsLeaf | null, depth: number): PyTreeDef {
  if (isLeaf !== null && askIsLeaf(isLeaf(node))) {
    leaves.push(node);
    return leafDef;
  }
  if (node === null) return noneDef;
  if (typeof node === "object") {
    const proto: unknown = Object.getPrototypeOf(node);
    if (proto === Object.prototype || proto === null) {
      return visitObject(node as Record<string, unknown>, leaves, isLeaf, depth + 1);
    }
    if (proto === Array.prototype)
      return visitChildren("list", null, node as unknown[], leaves, isLeaf, depth + 1);
    if (proto === Map.prototype)
      return visitMap(node as ReadonlyMap<unknown, unknown>, leaves, isLeaf, depth + 1);
  } else if (typeof node !== "function" || Object.getPrototypeOf(node) === Function.prototype) {
    leaves.push(node);
    return leafDef;
  }
  const entry = registryEntry(node);
  if (entry === null) {
    leaves.push(node);
    return leafDef;
  }
  const [children, metadata] = checkedFlatten(entry, node);
  return visitChildren("custom", customData(entry, metadata), children, leaves, isLeaf, depth + 1);
}

function visitObject(
  node: Record<string, unknown>,
  leaves: unknown[],
  isLeaf: IsLeaf | null,
  depth: number,
): PyTreeDef {
  checkDepth(depth);
  const keySet = objectKeySet(Object.keys(node));
  const { keys } = keySet;
  let at = structuresOf("dict", keySet);
  for (let i = 0; i < keys.length; i++) at = at.next(visit(node[keys[i]], leaves, isLeaf, depth));
  return at.value ?? internDef("dict", keySet, at);
}

function visitMap(
  node: ReadonlyMap<unknown, unknown>,
  leaves: unknown[],
  isLeaf: IsLeaf | null,
  depth: number,
): PyTreeDef {
  checkDepth(depth);
  const keySet = mapKeySet(node);
  let at = structuresOf("map", keySet);
  for (const key of keySet.keys) at = at.next(visit(node.get(key), leaves, isLeaf, depth));
  return at.value ?? internDef("map", keySet, at);
}

function visitChildren(
  kind: NodeKind,
  data: NodeData,
  children: readonly unknown[],
  leaves: unknown[],
  isLeaf: IsLeaf | null,
  depth: number,
): PyTreeDef {
  checkDepth(depth);
  let at = structuresOf(kind, data);
  for (let i = 0; i < children.length; i++) at = at.next(visit(children[i], leaves, isLeaf, depth));
  return at.value ?? internDef(kind, data, at);
}

/** Guards against trees that contain themselves. */
export function checkDepth(depth: number): void {
  if (depth <= MAX_DEPTH) return;
  throw new ValueError(`A pytree is nested more than ${MAX_DEPTH} levels deep; does it contain itself?`);
}

/**
 * Takes a tree apart into its leaves, in order, and its structure.
 *
 * Arrays flatten in order, plain objects by sorted keys (code points), a `Map` by sorted keys, `null` is a node without
 * leaves, registered classes as they were registered; everything else is a leaf, `undefined` included. `isLeaf` is asked
 * about each node first and may stop there.
 *
 * @example
 * ```ts
 * const [leaves, def] = tree.flatten({ b: [1, 2], a: 3 });
 * leaves; // => [3, 1, 2]
 * String(def); // => "PyTreeDef({'a': *, 'b': [*, *]})"
 * ```
 */
export function flatten<T, L>(
  tree: T,
  isLeaf: IsLeafGuard<L> | { isLeaf: IsLeafGuard<L> },
): [leaves: (LeafOf<T> | L)[], treedef: PyTreeDef<T>];
export function flatten<T>(tree: T): [leaves: LeafOf<T>[], treedef: PyTreeDef<T>];
export function flatten<T>(
  tree: T,
  isLeaf: IsLeaf | IsLeafOption | null | undefined,
): [leaves: Untyped[], treedef: PyTreeDef<T>];
export function flatten(tree: unknown, isLeaf?: IsLeaf | IsLeafOption | null): [unknown[], PyTreeDef] {
  const leaves: unknown[] = [];
  const treedef = visit(tree, leaves, readIsLeaf("tree.flatten", isLeaf), 0);
  return [leaves, treedef];
}

/**
 * The leaves of a tree, in order.
 *
 * @example
 * ```ts
 * tree.leaves([1, { k1: 2, k2: [3, null] }, 5]); // => [1, 2, 3, 5]
 * tree.leaves([1, null], { isLeaf: (x) => x === null }); // => [1, null]
 * ```
 */
export function leaves<T, L>(tree: T, isLeaf: IsLeafGuard<L> | { isLeaf: IsLeafGuard<L> }): (LeafOf<T> | L)[];
export function leaves<T>(tree: T): LeafOf<T>[];
export function leaves(tree: unknown, isLeaf: IsLeaf | IsLeafOption | null | undefined): Untyped[];
export function leaves(tree: unknown, isLeaf?: IsLeaf | IsLeafOption | null): unknown[] {
  const found: unknown[] = [];
  visit(tree, found, readIsLeaf("tree.leaves", isLeaf), 0);
  return found;
}

/**
 * The structure of a tree. Trees of one structure share one `PyTreeDef`.
 *
 * @example
 * ```ts
 * tree.structure([1, 2]) === tree.structure([3, "x"]); // => true
 * ```
 */
export function structure<T>(tree: T, isLeaf?: IsLeaf | IsLeafOption | null): PyTreeDef<T> {
  return visit(tree, [], readIsLeaf("tree.structure", isLeaf), 0) as PyTreeDef<T>;
}

/**
 * Builds a tree from its structure and its leaves: the inverse of {@link flatten}. Plain objects get their keys in sorted
 * order.
 *
 * @throws ValueError if there are too few or too many leaves.
 * @example
 * ```ts
 * tree.unflatten(tree.structure({ b: 0, a: [0, null] }), [10, 20]); // => { a: [10, null], b: 20 }
 * ```
 */
export function unflatten<T>(treedef: PyTreeDef<T>, leaves: Iterable<LeafOf<T>>): T;
export function unflatten<T, R>(treedef: PyTreeDef<T>, leaves: Iterable<R>): MapLeaves<T, R>;
export function unflatten(treedef: PyTreeDef, leaves: Iterable<unknown>): unknown {
  if (!(treedef instanceof PyTreeDef)) {
    throw new TypeError(
      `tree.unflatten: treedef must be a PyTreeDef, as tree.structure gives, got ${repr(treedef)}.`,
    );
  }
  return treedef.unflatten(leaves);
}

/**
 * Whether no element of an iterable could be flattened further.
 *
 * @example
 * ```ts
 * tree.allLeaves([1, "a"]); // => true
 * tree.allLeaves([1, [2]]); // => false
 * ```
 */
export function allLeaves(iterable: Iterable<unknown>, isLeaf?: IsLeaf | IsLeafOption | null): boolean {
  const predicate = readIsLeaf("tree.allLeaves", isLeaf);
  for (const item of iterable) if (visit(item, [], predicate, 0) !== leafDef) return false;
  return true;
}
