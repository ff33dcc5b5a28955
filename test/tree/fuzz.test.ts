import fc from "fast-check";
import { tree } from "fluxion";
import { describe, expect, test } from "vitest";

class Pair {
  left: unknown;
  right: unknown;
  tag: unknown;
  constructor(left: unknown, right: unknown, tag: unknown) {
    this.left = left;
    this.right = right;
    this.tag = tag;
  }
}
tree.registerPytreeNode(
  Pair,
  (pair) => [[pair.left, pair.right], pair.tag],
  (tag, [left, right]) => new Pair(left, right, tag),
);

class Record2 {
  second: unknown;
  first: unknown;
  note: unknown;
  constructor(first: unknown, second: unknown, note: unknown) {
    this.first = first;
    this.second = second;
    this.note = note;
  }
}
tree.registerDataclass(Record2, { dataFields: ["second", "first"], metaFields: ["note"] });

const key = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3 }),
  fc.constantFrom(
    "a",
    "b",
    "__proto__",
    "constructor",
    "10",
    "2",
    "",
    "\u{1f600}",
    "\uffff",
    "isLeaf",
    "toString",
  ),
);
const metadata = fc.oneof(
  fc.constantFrom(null, undefined, 0, 1, NaN, "x", true, 3n),
  fc.array(fc.constantFrom(1, "x", null), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom("p", "q"), fc.constantFrom(1, 2), { noNullPrototype: true }),
);
const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constantFrom(undefined, 5n, Symbol.iterator, Math.max, new Float32Array(2), new Date(0), new Set([1])),
);

/** Random trees; `leaves` makes what stands at their ends. */
const trees = (leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: "small", withCrossShrink: true },
      leaves,
      fc.constant(null),
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
      fc.array(fc.tuple(key, tie("node")), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(fc.tuple(fc.double(), tie("node")), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.tuple(tie("node"), tie("node"), metadata).map(([l, r, tag]) => new Pair(l, r, tag)),
      fc.tuple(tie("node"), tie("node"), metadata).map(([a, b, note]) => new Record2(a, b, note)),
    ),
  })).node;

/** The leaves by the definition, without any of the library's machinery. */
function leavesByDefinition(node: unknown): unknown[] {
  if (node === null) return [];
  if (Array.isArray(node)) return node.flatMap(leavesByDefinition);
  if (node instanceof Map) {
    const entries = [...(node as Map<string | number, unknown>)];
    const order = (a: string | number, b: string | number): number =>
      typeof a === "number" ? a - (b as number) : compare([...a], [...(b as string)]);
    if (entries.some(([k]) => Number.isNaN(k))) return tree.leaves(node);
    return entries.sort(([a], [b]) => order(a, b)).flatMap(([, child]) => leavesByDefinition(child));
  }
  if (node instanceof Pair) return [node.left, node.right].flatMap(leavesByDefinition);
  if (node instanceof Record2) return [node.second, node.first].flatMap(leavesByDefinition);
  if (
    typeof node !== "object" ||
    node instanceof Float32Array ||
    node instanceof Date ||
    node instanceof Set
  ) {
    return [node];
  }
  const entries = Object.entries(node);
  return entries
    .sort(([a], [b]) => compare([...a], [...b]))
    .flatMap(([, child]) => leavesByDefinition(child));
}

function compare(a: string[], b: string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i].codePointAt(0) as number) - (b[i].codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const anyTree = trees(leaf);

describe("random trees", () => {
  test("flatten finds the leaves in the order of the definition", () => {
    fc.assert(
      fc.property(anyTree, (t) => {
        const leaves = tree.leaves(t, null);
        expect(leaves).toEqual(leavesByDefinition(t));
      }),
    );
  });

  test("unflatten undoes flatten, and the structure is the same object again", () => {
    fc.assert(
      fc.property(anyTree, (t) => {
        const [leaves, treedef] = tree.flatten(t, null);
        const again = treedef.unflatten(leaves);
        expect(normal(again)).toEqual(normal(t));
        expect(tree.structure(again)).toBe(treedef);
        expect(treedef.numLeaves).toBe(leaves.length);
        expect(tree.flattenWithPath(again, null)[1]).toBe(treedef);
        expect(treedef.children().reduce((n, child) => n + child.numNodes, 1)).toBe(treedef.numNodes);
      }),
    );
  });

  test("key paths are distinct and lead to their leaves", () => {
    fc.assert(
      fc.property(anyTree, (t) => {
        const pairs = tree.leavesWithPath(t, null);
        expect(pairs.map(([, x]) => x)).toEqual(tree.leaves(t, null));
        const texts = pairs.map(([path]) => tree.keystr(path));
        expect(new Set(texts).size).toBe(texts.length);
        for (const [path, x] of pairs) expect(Object.is(follow(t, path), x)).toBe(true);
      }),
    );
  });

  test("map with the identity changes nothing, and composes", () => {
    fc.assert(
      fc.property(anyTree, (t) => {
        const named = t as tree.Untyped;
        expect(normal(tree.map((x) => x, named))).toEqual(normal(t));
        const twice = tree.map(
          (x) => [typeof x, 1],
          tree.map((x) => String(x), named),
        );
        expect(twice).toEqual(tree.map((x) => [typeof String(x), 1], named));
      }),
    );
  });

  test("map over several trees sees the same leaf in each", () => {
    fc.assert(
      fc.property(anyTree, (t) => {
        const copy = tree.map((x) => x, t as tree.Untyped);
        tree.map((x: unknown, y: unknown, z: unknown) => expect([y, z]).toEqual([x, x]), t, copy, t);
      }),
    );
  });

  test("transposing twice gives the tree back", () => {
    fc.assert(
      fc.property(trees(fc.constant(0)), trees(fc.constant(0)), (o, i) => {
        const [outer, inner] = [tree.structure(o), tree.structure(i)];
        fc.pre(outer.numLeaves > 0 && inner.numLeaves > 0);
        let n = 0;
        const t = tree.map(() => tree.map(() => n++, i as tree.Untyped), o as tree.Untyped) as unknown;
        expect(outer.compose(inner)).toBe(tree.structure(t));
        const turned = tree.transpose(outer, inner, t) as unknown;
        expect(tree.structure(turned)).toBe(inner.compose(outer));
        expect(tree.transpose(inner, outer, turned)).toEqual(t);
      }),
    );
  });

  test("broadcast repeats each leaf of a prefix", () => {
    fc.assert(
      fc.property(trees(fc.nat()), trees(leaf), (prefix, below) => {
        const full = tree.map(() => below, prefix as tree.Untyped) as unknown;
        const spread = tree.broadcast(prefix, full) as unknown;
        const count = tree.structure(below).numLeaves;
        expect(tree.structure(spread)).toBe(tree.structure(full));
        expect(tree.leaves(spread, null)).toEqual(
          tree.leaves(prefix, null).flatMap((x) => Array(count).fill(x)),
        );
      }),
    );
  });

  test("two trees differ in structure exactly if a difference is reported", () => {
    fc.assert(
      fc.property(trees(fc.constant(0)), trees(fc.constant(0)), (a, b) => {
        const [x, y] = [tree.structure(a), tree.structure(b)];
        expect(tree.equalityErrorsTreeDef(x, y).length === 0).toBe(x === y);
        let isPrefix = true;
        try {
          x.flattenUpTo(b);
        } catch {
          isPrefix = false;
        }
        expect(tree.prefixErrors(a, b).length === 0).toBe(isPrefix);
      }),
    );
  });
});

/** A tree with objects as sorted entries: neither key order nor a missing prototype matters. */
function normal(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(normal);
  if (node instanceof Map) return new Map([...node].map(([k, v]) => [k, normal(v)]));
  if (node instanceof Pair) return ["Pair", normal(node.left), normal(node.right), node.tag];
  if (node instanceof Record2) return ["Record2", normal(node.first), normal(node.second), node.note];
  if (typeof node !== "object" || node === null) return node;
  const proto: unknown = Object.getPrototypeOf(node);
  if (proto !== null && proto !== Object.prototype) return node;
  return ["dict", new Map(Object.entries(node).map(([k, v]) => [k, normal(v)]))];
}

function follow(root: unknown, path: tree.KeyPath): unknown {
  let node = root as tree.Untyped;
  for (const step of path) {
    if (step instanceof tree.SequenceKey) node = node[step.idx];
    else if (step instanceof tree.GetAttrKey) node = node[step.name];
    else if (step instanceof tree.FlattenedIndexKey) node = step.key === 0 ? node.left : node.right;
    else if (step instanceof tree.DictKey)
      node = node instanceof Map ? node.get(step.key) : node[step.key as string];
  }
  return node;
}
