import { ValueError } from "../errors.ts";
import { build } from "./build.ts";
import { CustomData } from "./custom.ts";
import { descend } from "./descend.ts";
import type { KeySet } from "./keyset.ts";
import { show } from "./show.ts";
import { INTERNED } from "./statics.ts";
import { Trie } from "./trie.ts";

/** What a node of a pytree is. `dict` is a plain object, `map` a `Map`, `none` is `null`. */
export type NodeKind = "leaf" | "none" | "list" | "dict" | "map" | "custom";

/** What the root of a structure holds besides its kind. */
export type NodeData = KeySet | CustomData | null;

const NO_CHILDREN: readonly PyTreeDef[] = [];
let created = 0;

/**
 * The structure of a pytree: everything but its leaves. Structures are interned: two trees have the same structure
 * exactly if their `PyTreeDef`s are the same object, so `===` compares them and one can be a key of a `Map`.
 *
 * @example
 * ```ts
 * const def = tree.structure({ b: [1, 2], a: null });
 * String(def); // => "PyTreeDef({'a': None, 'b': [*, *]})"
 * def.numLeaves; // => 2
 * def === tree.structure({ a: null, b: ["x", "y"] }); // => true
 * ```
 */
export class PyTreeDef<T = unknown> {
  /** Carries the type of the tree; there is nothing at run time. */
  declare readonly treeType?: T;
  declare readonly [INTERNED]: true;
  readonly kind: NodeKind;
  /** The number of leaves. */
  readonly numLeaves: number;
  /** The number of nodes, leaves and `null`s included. */
  readonly numNodes: number;
  /** A number that no other structure has: a short cache key. */
  readonly id: number;
  /** @internal */
  readonly data: NodeData;
  /** @internal */
  readonly childDefs: readonly PyTreeDef[];

  /** @internal Use {@link structure}, or the functions of this module: they intern. */
  constructor(kind: NodeKind, data: NodeData, childDefs: readonly PyTreeDef[]) {
    let leaves = kind === "leaf" ? 1 : 0;
    let nodes = 1;
    for (const child of childDefs) {
      leaves += child.numLeaves;
      nodes += child.numNodes;
    }
    this.kind = kind;
    this.data = data;
    this.childDefs = childDefs;
    this.numLeaves = leaves;
    this.numNodes = nodes;
    this.id = created++;
  }

  /** The structures of the immediate children. */
  children(): PyTreeDef[] {
    return [...this.childDefs];
  }

  /** Whether this is the same structure; the same as `===`. */
  equals(other: unknown): boolean {
    return this === other;
  }

  /** The kind or class of the root with its keys or static metadata; `null` for a leaf. */
  nodeData(): [type: string, metadata: unknown] | null {
    if (this.kind === "leaf") return null;
    if (this.kind === "none") return ["NoneType", null];
    if (this.data === null) return [this.kind, null];
    if (this.data instanceof CustomData) return [this.data.entry.cls.name, this.data.metadata];
    return [this.kind, this.data.keys];
  }

  /**
   * Builds a tree of this structure from its leaves in order.
   *
   * @throws ValueError if there are too few or too many.
   */
  unflatten(leaves: Iterable<unknown>): unknown {
    const list = Array.isArray(leaves) ? (leaves as unknown[]) : Array.from(leaves);
    if (list.length < this.numLeaves) {
      throw new ValueError(`Too few leaves for PyTreeDef; expected ${this.numLeaves}, got ${list.length}`);
    }
    if (list.length > this.numLeaves) {
      throw new ValueError(`Too many leaves for PyTreeDef; expected ${this.numLeaves}, got ${list.length}`);
    }
    return build(this, { leaves: list, at: 0 });
  }

  /**
   * Flattens a tree that has at least this structure: the subtrees that stand where this structure has its leaves.
   *
   * @throws ValueError that says what was expected and what was there.
   * @example
   * ```ts
   * tree.structure([0, [0, 0]]).flattenUpTo([{ a: 1 }, [[2, 3], 4]]); // => [{ a: 1 }, [2, 3], 4]
   * ```
   */
  flattenUpTo(tree: unknown): unknown[] {
    const found: unknown[] = [];
    descend(this, tree, found);
    return found;
  }

  /** This structure with each leaf replaced by the structure `inner`. */
  compose(inner: PyTreeDef): PyTreeDef {
    if (this.kind === "leaf") return inner;
    const children = this.childDefs.map((child) => child.compose(inner));
    return makeDef(this.kind, this.data, children);
  }

  toString(): string {
    return `PyTreeDef(${show(this)})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
Object.defineProperty(PyTreeDef.prototype, INTERNED, { value: true });

/** The structure of a leaf. */
export const leafDef: PyTreeDef = /* @__PURE__ */ new PyTreeDef("leaf", null, NO_CHILDREN);
/** The structure of `null`. */
export const noneDef: PyTreeDef = /* @__PURE__ */ new PyTreeDef("none", null, NO_CHILDREN);

const LISTS = /* @__PURE__ */ new Trie<PyTreeDef>();

/** Where the structures with a root of this kind and data are found, by the structures of their children. */
export function structuresOf(kind: NodeKind, data: NodeData): Trie<PyTreeDef> {
  return kind === "list" ? LISTS : ((data as KeySet | CustomData).byChildren as Trie<PyTreeDef>);
}

/** The structure whose root is of this kind and data, and whose children are the path to `at`. */
export function internDef(kind: NodeKind, data: NodeData, at: Trie<PyTreeDef>): PyTreeDef {
  at.value ??= new PyTreeDef(kind, data, Object.freeze(at.path()) as readonly PyTreeDef[]);
  return at.value;
}

/** The structure with this root and these children. */
export function makeDef(kind: NodeKind, data: NodeData, childDefs: readonly PyTreeDef[]): PyTreeDef {
  if (kind === "leaf") return leafDef;
  if (kind === "none") return noneDef;
  let at = structuresOf(kind, data);
  for (const child of childDefs) at = at.next(child);
  return internDef(kind, data, at);
}

/** The structure of an array whose items have the given structures. */
export function treedefTuple(defs: Iterable<PyTreeDef>): PyTreeDef {
  return makeDef("list", null, [...defs]);
}

/** The structures of the immediate children. */
export function treedefChildren(def: PyTreeDef): PyTreeDef[] {
  return def.children();
}

/** Whether the structure is a single node: a leaf, `null`, or an empty container. */
export function treedefIsLeaf(def: PyTreeDef): boolean {
  return def.numNodes === 1;
}
