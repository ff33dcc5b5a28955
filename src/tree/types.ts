import type { KeyEntry } from "./keys.ts";

/**
 * What only the caller can know: the leaves that a predicate makes of nodes, the metadata of a registered class. It is `any`, so
 * that the caller may state the type.
 */
// biome-ignore lint/suspicious/noExplicitAny: unknown would refuse functions whose parameters are typed.
export type Untyped = any;

/** The path from the root of a pytree to one of its nodes. */
export type KeyPath = readonly KeyEntry[];

/** Decides that a node is to be treated as a leaf, although it could be flattened further. */
export type IsLeaf = (node: Untyped) => boolean;

/** A predicate that also says, as a type guard, what it makes a leaf of. */
export type IsLeafGuard<L> = (node: unknown) => node is L;

/** Anything that carries a shape and a dtype is an array, and hence a leaf, for the static types. */
interface ArrayType {
  readonly shape: readonly number[];
  readonly dtype: unknown;
}

/** Types that are leaves although TypeScript sees an object. */
type Atom =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | undefined
  | ArrayType
  | ArrayBufferView
  | ArrayBufferLike
  | Date
  | RegExp
  | Set<unknown>
  | Promise<unknown>
  | ((...args: never[]) => unknown);

// Counts how deep a recursive type is followed: a tree type that contains itself has no end.
type Deeper = [never, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
type Depth = 11;

/**
 * The union of the types of the leaves of the tree type `T`. Interfaces, type aliases, tuples and optional members are
 * followed; members that hold `null` add nothing.
 *
 * @example
 * ```ts
 * interface Layer { w: NDArray; b: NDArray | null; name: string }
 * type L = LeafOf<Layer[]>; // NDArray | string
 * ```
 */
export type LeafOf<T, D extends number = Depth> = 0 extends 1 & T
  ? Untyped
  : [D] extends [never]
    ? unknown
    : T extends null
      ? never
      : T extends Atom
        ? T
        : T extends readonly (infer U)[]
          ? LeafOf<U, Deeper[D]>
          : T extends ReadonlyMap<unknown, infer V>
            ? LeafOf<V, Deeper[D]>
            : T extends object
              ? { [K in keyof T]-?: LeafOf<T[K], Deeper[D]> }[keyof T]
              : T;

/** The tree type `T` with every leaf replaced by `R`; nodes of type `S` count as leaves too. */
export type MapLeaves<T, R, S = never> = 0 extends 1 & T
  ? Untyped
  : T extends S
    ? R
    : T extends null
      ? T
      : T extends Atom
        ? R
        : T extends Map<infer K, infer V>
          ? Map<K, MapLeaves<V, R, S>>
          : T extends object
            ? { -readonly [K in keyof T]: MapLeaves<T[K], R, S> }
            : unknown extends T
              ? unknown
              : R;

/** What stands in a tree of type `U` at the places where the tree type `T` has its leaves. */
export type ZipLeaves<T, U, D extends number = Depth> = [D] extends [never]
  ? unknown
  : [T, U] extends [U, T]
    ? LeafOf<T>
    : T extends null
      ? never
      : T extends Atom
        ? U
        : T extends readonly (infer A)[]
          ? U extends readonly (infer B)[]
            ? ZipLeaves<A, B, Deeper[D]>
            : unknown
          : T extends ReadonlyMap<unknown, infer A>
            ? U extends ReadonlyMap<unknown, infer B>
              ? ZipLeaves<A, B, Deeper[D]>
              : unknown
            : T extends object
              ? { [K in keyof T]-?: K extends keyof U ? ZipLeaves<T[K], U[K], Deeper[D]> : unknown }[keyof T]
              : U;
