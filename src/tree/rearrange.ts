import { ValueError } from "../errors.ts";
import { flattenInto, type IsLeafOption, readIsLeaf, structure } from "./flatten.ts";
import { mismatchText } from "./map.ts";
import { repr } from "./repr.ts";
import { PyTreeDef } from "./treedef.ts";
import type { IsLeaf, LeafOf, MapLeaves, Untyped } from "./types.ts";

/**
 * Turns a tree of trees inside out: from structure `outer` of `inner`s to structure `inner` of `outer`s. With `inner` given
 * as `null` it is taken from the tree.
 *
 * @throws TypeError if the tree has not the structure `outer` with `inner` at each leaf.
 * @example
 * ```ts
 * const outer = tree.structure({ a: 0, b: 0 });
 * tree.transpose(outer, tree.structure([0, 0]), { a: [1, 2], b: [3, 4] }); // => [{ a: 1, b: 3 }, { a: 2, b: 4 }]
 * ```
 */
export function transpose<O, I, T>(
  outer: PyTreeDef<O>,
  inner: PyTreeDef<I>,
  tree: T,
): MapLeaves<I, MapLeaves<O, LeafOf<T>>>;
export function transpose(outer: PyTreeDef, inner: PyTreeDef | null | undefined, tree: unknown): Untyped;
export function transpose(outer: PyTreeDef, inner: PyTreeDef | null | undefined, tree: unknown): unknown {
  checkTreedef("outer", outer);
  if (inner !== null && inner !== undefined) checkTreedef("inner", inner);
  const innerDef = inner ?? inferInner(outer, tree);
  const expected = outer.compose(innerDef);
  const leaves: unknown[] = [];
  const actual = flattenInto(tree, leaves);
  if (actual !== expected) throw new TypeError(`Mismatch\n${actual}\n != \n${expected}`);

  const n = innerDef.numLeaves;
  const columns: unknown[] = [];
  for (let i = 0; i < n; i++) {
    const column: unknown[] = [];
    for (let j = 0; j < outer.numLeaves; j++) column.push(leaves[j * n + i]);
    columns.push(outer.unflatten(column));
  }
  return innerDef.unflatten(columns);
}

function inferInner(outer: PyTreeDef, tree: unknown): PyTreeDef {
  const subtrees = outer.flattenUpTo(tree);
  if (subtrees.length === 0) {
    throw new ValueError(
      `tree.transpose: cannot infer the inner structure, for ${outer} has no leaves; give it.`,
    );
  }
  return structure(subtrees[0]);
}

function checkTreedef(name: string, value: unknown): void {
  if (value instanceof PyTreeDef) return;
  throw new TypeError(
    `tree.transpose: ${name} must be a PyTreeDef, as tree.structure gives, got ${repr(value)}.`,
  );
}

/**
 * Repeats each leaf of a tree for all the leaves below the same place of a fuller tree.
 *
 * @throws ValueError if `prefixTree` is not a prefix of `fullTree`.
 * @example
 * ```ts
 * tree.broadcast([1, 2], [0, { a: 0, b: 0 }]); // => [1, { a: 2, b: 2 }]
 * ```
 */
export function broadcast<P, T>(
  prefixTree: P,
  fullTree: T,
  isLeaf?: IsLeaf | IsLeafOption | null,
): MapLeaves<T, LeafOf<P>> {
  const leaves = broadcastPrefix(prefixTree, fullTree, isLeaf, "tree.broadcast");
  return structure(fullTree).unflatten(leaves) as MapLeaves<T, LeafOf<P>>;
}

/**
 * The leaves of {@link broadcast}: one for each leaf of the full tree.
 *
 * @throws ValueError, in which `where` names the caller.
 */
export function broadcastPrefix(
  prefixTree: unknown,
  fullTree: unknown,
  isLeaf?: IsLeaf | IsLeafOption | null,
  where = "broadcastPrefix",
): unknown[] {
  const predicate = readIsLeaf(where, isLeaf);
  const prefixLeaves: unknown[] = [];
  const prefixDef = flattenInto(prefixTree, prefixLeaves, predicate);
  let subtrees: unknown[];
  try {
    subtrees = prefixDef.flattenUpTo(fullTree);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const text = mismatchText(error, `${where} prefixTree`, prefixTree, fullTree, predicate);
    throw new ValueError(text, { cause: error });
  }
  const result: unknown[] = [];
  const scratch: unknown[] = [];
  for (let i = 0; i < subtrees.length; i++) {
    scratch.length = 0;
    flattenInto(subtrees[i], scratch);
    for (let j = 0; j < scratch.length; j++) result.push(prefixLeaves[i]);
  }
  return result;
}
