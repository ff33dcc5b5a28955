import { ValueError } from "../errors.ts";
import { isPlainObject } from "./descend.ts";
import { flattenInto, type IsLeafOption, readIsLeaf } from "./flatten.ts";
import { flattenWithPath, type PathOptions } from "./paths.ts";
import { repr } from "./repr.ts";
import { prefixErrors } from "./structure-errors.ts";
import type { PyTreeDef } from "./treedef.ts";
import type { IsLeaf, IsLeafGuard, KeyPath, LeafOf, MapLeaves, Untyped, ZipLeaves } from "./types.ts";

/**
 * Applies a function to every leaf of a tree, or to the corresponding leaves of several, and returns the tree of results.
 *
 * The other trees must have the structure of the first at least down to its leaves; where they go deeper, `f` gets the
 * subtree. `isLeaf` is given in a last argument `{ isLeaf }`. The static type of the tree is kept: leaves of the same type
 * give the same tree type, `interface` types included; others give that type with its leaves replaced.
 *
 * @throws ValueError if the trees differ: it names the place, the kind of node and both sizes.
 * @example
 * ```ts
 * tree.map((x) => x ** 2, [{ a: 3 }, [1, 2]]); // => [{ a: 9 }, [1, 4]]
 * tree.map((x, y) => x + y, { a: 1, b: [2] }, { a: 10, b: [20] }); // => { a: 11, b: [22] }
 * tree.map((x) => x ?? 0, [1, null], { isLeaf: (x) => x === null }); // => [1, 0]
 * ```
 */
export function map<T, L, R>(
  f: (leaf: LeafOf<T> | L) => R,
  tree: T,
  options: { isLeaf: IsLeafGuard<L> },
): MapLeaves<T, R, L>;
export function map<T>(f: (leaf: LeafOf<T>) => LeafOf<T>, tree: T): T;
export function map<T, R>(f: (leaf: LeafOf<T>) => R, tree: T): MapLeaves<T, R>;
export function map<T>(
  f: (leaf: Untyped) => unknown,
  tree: T,
  options: { isLeaf: IsLeaf | undefined },
): Untyped;
export function map<T, U>(f: (leaf: LeafOf<T>, other: ZipLeaves<T, U>) => LeafOf<T>, tree: T, other: U): T;
export function map<T, U, R>(
  f: (leaf: LeafOf<T>, other: ZipLeaves<T, U>) => R,
  tree: T,
  other: U,
): MapLeaves<T, R>;
export function map<T, U, V>(
  f: (leaf: LeafOf<T>, second: ZipLeaves<T, U>, third: ZipLeaves<T, V>) => LeafOf<T>,
  tree: T,
  second: U,
  third: V,
): T;
export function map<T, U, V, R>(
  f: (leaf: LeafOf<T>, second: ZipLeaves<T, U>, third: ZipLeaves<T, V>) => R,
  tree: T,
  second: U,
  third: V,
): MapLeaves<T, R>;
export function map<T, R>(f: (...leaves: Untyped[]) => R, tree: T, ...rest: unknown[]): MapLeaves<T, R>;
export function map(f: (...leaves: never[]) => unknown, tree: unknown, ...rest: unknown[]): unknown {
  checkFunction("tree.map", f);
  const options = takeOptions<IsLeafOption>(["isLeaf"], tree, rest);
  const isLeaf = readIsLeaf("tree.map", options);
  const leaves: unknown[] = [];
  const treedef = flattenInto(tree, leaves, isLeaf);
  return mapLeaves("tree.map", f, treedef, leaves, tree, rest, isLeaf);
}

/**
 * As {@link map}; `f` gets the key path of the leaf before the leaves.
 *
 * @example
 * ```ts
 * tree.mapWithPath((path, x) => `${tree.keystr(path)}=${x}`, { a: [1, 2] }); // => { a: ["['a'][0]=1", "['a'][1]=2"] }
 * ```
 */
export function mapWithPath<T>(f: (path: KeyPath, leaf: LeafOf<T>) => LeafOf<T>, tree: T): T;
export function mapWithPath<T, R>(f: (path: KeyPath, leaf: LeafOf<T>) => R, tree: T): MapLeaves<T, R>;
export function mapWithPath<T>(
  f: (path: KeyPath, leaf: Untyped) => unknown,
  tree: T,
  options: PathOptions & { isLeaf: PathOptions["isLeaf"] },
): Untyped;
export function mapWithPath<T, U, R>(
  f: (path: KeyPath, leaf: LeafOf<T>, other: ZipLeaves<T, U>) => R,
  tree: T,
  other: U,
): MapLeaves<T, R>;
export function mapWithPath<T, R>(
  f: (path: KeyPath, ...leaves: Untyped[]) => R,
  tree: T,
  ...rest: unknown[]
): MapLeaves<T, R>;
export function mapWithPath(
  f: (path: KeyPath, ...leaves: never[]) => unknown,
  tree: unknown,
  ...rest: unknown[]
): unknown {
  checkFunction("tree.mapWithPath", f);
  const options = takeOptions<PathOptions>(["isLeaf", "isLeafTakesPath"], tree, rest);
  const [pairs, treedef] = flattenWithPath(tree, options);
  const paths = pairs.map(([path]) => path);
  const leaves = pairs.map(([, leaf]) => leaf);
  const takesPath = options?.isLeafTakesPath ?? false;
  const isLeaf = takesPath ? null : ((options?.isLeaf as IsLeaf | undefined) ?? null);
  let i = 0;
  const atPath = (...args: never[]) => f(paths[i++], ...args);
  return mapLeaves("tree.mapWithPath", atPath, treedef, leaves, tree, rest, isLeaf);
}

function mapLeaves(
  where: string,
  f: (...leaves: never[]) => unknown,
  treedef: PyTreeDef,
  leaves: unknown[],
  tree: unknown,
  rest: unknown[],
  isLeaf: IsLeaf | null,
): unknown {
  const results = new Array<unknown>(leaves.length);
  const g = f as (...leaves: unknown[]) => unknown;
  if (rest.length === 0) {
    for (let i = 0; i < leaves.length; i++) results[i] = g(leaves[i]);
  } else if (rest.length === 1) {
    const other = flattenOther(where, treedef, tree, rest[0], isLeaf);
    for (let i = 0; i < leaves.length; i++) results[i] = g(leaves[i], other[i]);
  } else {
    const others = rest.map((other) => flattenOther(where, treedef, tree, other, isLeaf));
    for (let i = 0; i < leaves.length; i++) results[i] = g(leaves[i], ...others.map((other) => other[i]));
  }
  return treedef.unflatten(results);
}

function flattenOther(
  where: string,
  treedef: PyTreeDef,
  tree: unknown,
  other: unknown,
  isLeaf: IsLeaf | null,
): unknown[] {
  try {
    return treedef.flattenUpTo(other);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(mismatchText(error, `${where} tree`, tree, other, isLeaf), { cause: error });
  }
}

/** What differs, and then where: the text of a mismatch. */
export function mismatchText(
  error: ValueError,
  name: string,
  prefixTree: unknown,
  fullTree: unknown,
  isLeaf: IsLeaf | null,
): string {
  const [place] = prefixErrors(prefixTree, fullTree, isLeaf);
  return place === undefined ? error.message : `${error.message}\n${place(name).message}`;
}

/**
 * Takes the options object off the end of the arguments of a function that takes any number of trees. It is a plain object
 * with nothing but options in it; were the trees themselves of that form, the last one counts as a tree.
 */
function takeOptions<O extends object>(names: readonly string[], tree: unknown, rest: unknown[]): O | null {
  const last = rest.at(-1);
  if (!isOptions(names, last) || isOptions(names, tree)) return null;
  rest.pop();
  return last as O;
}

function isOptions(names: readonly string[], value: unknown): boolean {
  if (!isPlainObject(value) || !("isLeaf" in value)) return false;
  const known = Object.keys(value).every((key) => names.includes(key));
  return known && (typeof value.isLeaf === "function" || value.isLeaf === undefined);
}

function checkFunction(where: string, f: unknown): void {
  if (typeof f !== "function")
    throw new TypeError(`${where}: the first argument must be a function, got ${repr(f)}.`);
}
