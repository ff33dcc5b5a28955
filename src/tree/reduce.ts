import { isPlainObject } from "./descend.ts";
import { flattenInto, type IsLeafOption, readIsLeaf } from "./flatten.ts";
import type { IsLeaf, LeafOf, Untyped } from "./types.ts";

/** The optional arguments of {@link reduce}. */
export interface ReduceOptions<A> extends IsLeafOption {
  /** The value to start from; without it, the first leaf. */
  initializer?: A;
}

/** The optional arguments of {@link reduceAssociative}. */
export interface ReduceAssociativeOptions<A> extends IsLeafOption {
  /** The result for a tree without leaves. */
  identity?: A;
}

/**
 * Combines the leaves of a tree from first to last.
 *
 * `initializer` and `isLeaf` may be given by position or in a last argument `{ initializer, isLeaf }`.
 *
 * @throws TypeError if there are no leaves and no initializer.
 * @example
 * ```ts
 * tree.reduce((a, b) => a + b, { b: 1, a: [2, 3] }); // => 6
 * tree.reduce((a, b) => a + String(b), { b: 1, a: 2 }, ""); // => "21"
 * ```
 */
export function reduce<T>(f: (result: LeafOf<T>, leaf: LeafOf<T>) => LeafOf<T>, tree: T): LeafOf<T>;
export function reduce<T, A>(
  f: (result: A, leaf: LeafOf<T>) => A,
  tree: T,
  options: ReduceOptions<A> & { initializer: A },
): A;
export function reduce<A>(f: (result: A, leaf: Untyped) => A, tree: unknown, options: { isLeaf: IsLeaf }): A;
export function reduce<T, A>(f: (result: A, leaf: LeafOf<T>) => A, tree: T, initializer: A): A;
export function reduce<A>(
  f: (result: A, leaf: Untyped) => A,
  tree: unknown,
  initializer: A | undefined,
  isLeaf: IsLeaf | IsLeafOption | null | undefined,
): A;
export function reduce(
  f: (result: never, leaf: never) => unknown,
  tree: unknown,
  initializer?: unknown,
  isLeaf?: IsLeaf | IsLeafOption | null,
): unknown {
  const options = isReduceOptions(initializer) ? initializer : null;
  const start = options === null ? initializer : options.initializer;
  const leaves: unknown[] = [];
  flattenInto(tree, leaves, readIsLeaf("tree.reduce", options === null ? isLeaf : options.isLeaf));
  if (start === undefined && leaves.length === 0) {
    throw new TypeError("reduce() of empty iterable with no initial value");
  }
  const combine = f as (result: unknown, leaf: unknown) => unknown;
  let result = start === undefined ? leaves[0] : start;
  for (let i = start === undefined ? 1 : 0; i < leaves.length; i++) result = combine(result, leaves[i]);
  return result;
}

function isReduceOptions(value: unknown): value is ReduceOptions<unknown> {
  if (!isPlainObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key === "initializer" || key === "isLeaf");
}

/**
 * Combines the leaves of a tree with an associative operation, halves first, so that long sums lose less accuracy and
 * independent parts can be computed at the same time.
 *
 * @throws TypeError if there are no leaves and no `identity`.
 * @example
 * ```ts
 * tree.reduceAssociative((a, b) => a + b, [1, [2, 3], 4]); // => 10
 * ```
 */
export function reduceAssociative<T>(
  operation: (a: LeafOf<T>, b: LeafOf<T>) => LeafOf<T>,
  tree: T,
  options: ReduceAssociativeOptions<LeafOf<T>> = {},
): LeafOf<T> {
  const leaves: unknown[] = [];
  flattenInto(tree, leaves, readIsLeaf("tree.reduceAssociative", options.isLeaf));
  if (leaves.length === 0) {
    if (options.identity !== undefined) return options.identity;
    throw new TypeError("Must specify identity for parallel reduction of empty sequence.");
  }
  const combine = (from: number, to: number): LeafOf<T> => {
    if (to - from === 1) return leaves[from] as LeafOf<T>;
    const middle = from + Math.floor((to - from) / 2);
    return operation(combine(from, middle), combine(middle, to));
  };
  return combine(0, leaves.length);
}

/**
 * Whether every leaf of a tree is true. Numbers other than 0, strings other than `""`, and arrays of one element other than
 * zero are true; so are other objects.
 *
 * @example
 * ```ts
 * tree.all([true, { a: 1, b: null }]); // => true
 * tree.all([true, { a: 0 }]); // => false
 * ```
 */
export function all(tree: unknown, isLeaf?: IsLeaf | IsLeafOption | null): boolean {
  const leaves: unknown[] = [];
  flattenInto(tree, leaves, readIsLeaf("tree.all", isLeaf));
  return leaves.every(isTrue);
}

function isTrue(leaf: unknown): boolean {
  if (typeof leaf === "number") return leaf !== 0;
  if (typeof leaf === "object" && leaf !== null) {
    const { item } = leaf as { item?: unknown };
    if (typeof item === "function") return isTrue(item.call(leaf));
  }
  return Boolean(leaf);
}
