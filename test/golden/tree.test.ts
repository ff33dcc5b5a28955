// Pytrees as jax.tree sees them. Python's lists and tuples are both arrays here, so `(` in a treedef reads `[`.

import { inspect } from "node:util";
import { jnp, type NDArray, tree } from "fluxion";
import { describe, expect, test } from "vitest";
import { type GoldenValue, isGoldenArray, partition, type Raises, readCases } from "./cases.ts";
import { classNames } from "./errors.ts";
import { expectMatch } from "./values.ts";

interface TreeCase {
  id: string;
  python: string;
  tree?: GoldenValue;
  expected: GoldenValue;
}

interface Flattened {
  structure: string;
  leaves: GoldenValue[];
  numLeaves: number;
  keystr: string[];
  unflattened: GoldenValue;
}

/** A Python container as a JavaScript one. */
function container(value: GoldenValue): unknown {
  if (Array.isArray(value)) return value.map(container);
  if (typeof value === "string" && value.startsWith("PyTreeDef(")) return brackets(value);
  if (value === null || typeof value !== "object" || isGoldenArray(value)) return value;
  if (value.treedef !== undefined) return brackets(value.treedef as string);
  const items = (value.list ?? value.tuple) as GoldenValue[] | undefined;
  if (items !== undefined) return items.map(container);
  const entries = value.dict as [string, GoldenValue][];
  const fields = entries.map(([key, item]) => [key, container(item)] as const);
  return entries.every(([key]) => typeof key === "string") ? Object.fromEntries(fields) : new Map(fields);
}

/** The text of a treedef with tuples written as lists. */
function brackets(text: string): string {
  const [, inside] = text.match(/^PyTreeDef\((.*)\)$/) as RegExpMatchArray;
  const changed = (inside as string).replaceAll(",)", "]").replaceAll("(", "[").replaceAll(")", "]");
  return `PyTreeDef(${changed})`;
}

class Point {
  readonly x: unknown;
  readonly y: unknown;
  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}
tree.registerDataclass(Point, { dataFields: ["x", "y"] });

class Box {
  readonly a: unknown;
  readonly b: unknown;
  constructor(a: unknown, b: unknown) {
    this.a = a;
    this.b = b;
  }
}
tree.registerPytreeWithKeys(
  Box,
  (box) => [
    [
      [new tree.GetAttrKey("a"), box.a],
      [new tree.GetAttrKey("b"), box.b],
    ],
    null,
  ],
  (_metadata, [a, b]) => new Box(a, b),
);

class Params {
  readonly w: number[];
  readonly b: number;
  readonly name: string;
  constructor(w: number[], b: number, name: string) {
    this.w = w;
    this.b = b;
    this.name = name;
  }
}
tree.registerDataclass(Params, { dataFields: ["w", "b"], metaFields: ["name"] });

class Reordered {
  readonly x = 1;
  readonly y = 2;
  readonly n = 3;
}
tree.registerDataclass(Reordered, { dataFields: ["y", "x"], metaFields: ["n"] });

const pathsOf = (value: unknown) => tree.leavesWithPath(value).map(([path]) => tree.keystr(path));
const fourKeys = () => [
  new tree.DictKey("a"),
  new tree.SequenceKey(3),
  new tree.GetAttrKey("w"),
  new tree.FlattenedIndexKey(2),
];

const isNull = (x: unknown) => x === null;
const plus = (a: number, b: number) => a + b;

const programs: Record<string, () => unknown> = {
  "map/is_leaf_none": () => tree.map((x: number | null) => x ?? 0, [1, null, 2], { isLeaf: isNull }),
  "map/none": () => tree.map((x: number) => x + 1, null),
  "map/none_in_second": () => tree.map((_x: number, y: unknown) => y, [1, 2], [3, null]),
  "map/empty": () => tree.map((x: unknown) => x, { a: [], b: [] }),
  "map/arrays": () => tree.map((x: NDArray) => x.mul(2), { a: jnp.arange(3), b: jnp.ones([2, 1]) }),
  "map_with_path/two": () =>
    tree.mapWithPath(
      (path: readonly unknown[], x: number, y: number) => [path.length, x + y],
      [1, [2]],
      [10, [20]],
    ),
  "leaves/none_is_leaf": () => tree.leaves([1, null], { isLeaf: isNull }),
  "reduce/max": () => tree.reduce((a: number, b: number) => Math.max(a, b), [3, [9, 2]]),
  "reduce/order": () => tree.reduce((a: string, b: number) => a + String(b), { b: 1, a: 2, c: [3] }, ""),
  "all/true": () => tree.all([true, [1, "x"]]),
  "all/none": () => tree.all([null, true]),
  "transpose/dict_of_lists": () =>
    tree.transpose(tree.structure({ a: 0, b: 0 }), tree.structure([0, 0]), { a: [1, 2], b: [3, 4] }),
  "transpose/inner_none": () =>
    tree.transpose(tree.structure([0, 0]), null, [
      [1, 2],
      [3, 4],
    ]),
  "broadcast/none": () => tree.broadcast(null, null),
  "unflatten/dict": () => tree.unflatten(tree.structure({ b: 0, a: [0, null] }), [10, 20]),
  "unflatten/treedef_leaf": () => tree.unflatten(tree.structure(1), [[1, 2]]),
  "flatten/is_leaf": () => {
    const [leaves, treedef] = tree.flatten([[1, 2], 3], {
      isLeaf: (x: unknown) => Array.isArray(x) && x[0] === 1,
    });
    return [leaves, String(treedef)];
  },
  "structure/equal": () => tree.structure([1, 2]).equals(tree.structure([3, "x"])),
  "structure/children": () =>
    tree
      .structure([1, [2, 3]])
      .children()
      .map((child) => brackets(String(child))),
  "structure/num_nodes": () => [1, null, [1, [2, null]], {}].map((value) => tree.structure(value).numNodes),
  "structure/is_leaf": () => [1, null, [1]].map((value) => tree.treedefIsLeaf(tree.structure(value))),
  "util/all_leaves": () => [[1, 2], [1, [2]], [null], []].map((values) => tree.allLeaves(values)),
  "util/leaves_with_path": () =>
    tree
      .leavesWithPath({ a: [1, { b: 2 }], c: new Point(3, 4) })
      .map(([path, leaf]) => [tree.keystr(path), leaf]),
  "util/path_reprs": () => tree.leavesWithPath({ a: [new Point(1, 2)] })[1]?.[0].map((key) => inspect(key)),
  "reduce_associative/sum": () => tree.reduceAssociative(plus, [1, 2, 3, 4, 5]),
  "keystr/keys": () => tree.keystr([...fourKeys(), new tree.DictKey(5)]),
  "keystr/simple_keys": () => tree.keystr(fourKeys(), { simple: true, separator: "." }),
  "partial/call": () => new tree.Partial((a: number, b: number) => a * b, 3)(4),
  "registered/with_keys": () => pathsOf({ k: new Box(1, [2, 3]) }),
  "registered/dataclass": () => {
    const params = new Params([1, 2], 3, "q");
    const m = tree.map((x: number) => x + 1, params) as unknown as Params;
    const same = tree.structure(params).equals(tree.structure(new Params([0, 0], 0, "z")));
    return [tree.leaves(params), pathsOf(params), [m.w, m.b, m.name], same];
  },
  "registered/dataclass_fields": () => [tree.leaves(new Reordered()), pathsOf(new Reordered())],
  "structure/flatten_up_to": () => tree.structure([0, [0, 0]]).flattenUpTo([{ a: 1 }, [[2, 3], 4]]),
};

/** Calls that JAX refuses. The wording is the library's own; a part of it is checked. */
const refused: Record<string, [run: () => unknown, fact: RegExp]> = {
  "error/length": [() => tree.map(plus, [1, 2], [1]), /List arity mismatch: 1 != 2; list: \[1\]/],
  "error/tuple_length": [
    () => tree.map(plus, [1, 2], [1, 2, 3]),
    /List arity mismatch: 3 != 2; list: \[1, 2, 3\]/,
  ],
  "error/dict_keys": [() => tree.map(plus, { a: 1 }, { b: 1 }), /key/i],
  "error/none_vs_leaf": [() => tree.map(plus, [null], [1]), /None|null/],
  "error/unflatten_few": [() => tree.unflatten(tree.structure([1, 2, 3]), [1, 2]), /few leaves.*3.*2/],
  "error/broadcast": [() => tree.broadcast([1, 2], [1, 2, 3]), /2|3/],
};

const later: [pattern: RegExp, reason: string][] = [
  [/^treedef\/(5|6)$|^error\/(namedtuple|type)$/, "Python's namedtuple, or tuple versus list"],
  [/^error\/unsortable_keys$/, "an object's keys are strings, and always sort"],
  [/^ravel\//, "ravelPytree, namedCall, disableJit, defaultMatmulPrecision: later"],
  [/^error\/cond_outputs$/, "control flow: later"],
  [/^error\/vmap_in_axes_length$/, "Python's in_axes message: covered by the tests of vmap"],
];

describe("tree", () => {
  const run = partition(
    "tree",
    readCases<TreeCase>("tree"),
    ({ id }) => later.find(([p]) => p.test(id))?.[1],
  );

  test.each(run.map((golden) => [golden.id, golden] as const))("%s", (id, golden) => {
    if (golden.tree !== undefined) {
      const value = container(golden.tree);
      const expected = golden.expected as unknown as Flattened;
      const [leaves, treedef] = tree.flatten(value);
      expect(leaves).toEqual(expected.leaves);
      expect(treedef.numLeaves).toBe(expected.numLeaves);
      expect(String(treedef)).toBe(brackets(expected.structure));
      expect(tree.leavesWithPath(value).map(([path]) => tree.keystr(path))).toEqual(expected.keystr);
      expect(tree.unflatten(treedef, leaves)).toEqual(container(expected.unflattened));
      return;
    }
    if (id.startsWith("error/")) {
      const [call, fact] = refused[id] ?? [() => undefined, /^$/];
      const { raises } = golden.expected as unknown as Raises;
      let error: unknown;
      try {
        call();
      } catch (thrown) {
        error = thrown;
      }
      expect(classNames(error)).toContain(raises);
      expect((error as Error).message).toMatch(fact);
      return;
    }
    const program = programs[id];
    if (program === undefined) throw new Error(`not translated: ${golden.python}`);
    expectTree(program(), container(golden.expected));
  });
});

/** Compares containers whose leaves may be arrays. */
function expectTree(actual: unknown, expected: unknown): void {
  if (isGoldenArray(expected)) {
    expectMatch(actual, expected as unknown as GoldenValue, { rtol: 0, atol: 0 });
  } else if (Array.isArray(expected)) {
    expect(actual).toHaveLength(expected.length);
    for (const [i, item] of expected.entries()) expectTree((actual as unknown[])[i], item);
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object)).toEqual(Object.keys(expected));
    for (const [key, item] of Object.entries(expected))
      expectTree((actual as Record<string, unknown>)[key], item);
  } else {
    expect(actual).toBe(expected);
  }
}
