import { tree, ValueError } from "fluxion";
import { describe, expect, test } from "vitest";

class Pair {
  a: unknown;
  n: unknown;
  constructor(a: unknown, n: unknown) {
    this.a = a;
    this.n = n;
  }
}
tree.registerPytreeNode(
  Pair,
  (pair) => [[pair.a], pair.n],
  (n, [a]) => new Pair(a, n),
);

const upTo = (prefix: unknown, full: unknown) => () => tree.structure(prefix).flattenUpTo(full);
const both = (a: unknown, b: unknown) => () => tree.map((x: unknown, _y: unknown) => x, a, b);

describe("what flattenUpTo says", () => {
  const rows: [string, unknown, unknown, string][] = [
    ["lists", [1, 2], [1], "List arity mismatch: 1 != 2; list: [1]."],
    ["nested lists", { q: [1, 2] }, { q: ["x"] }, "List arity mismatch: 1 != 2; list: ['x']."],
    ["a list and a number", [1, 2], 5, "Expected list, got 5."],
    ["a list and null", [1], null, "Expected list, got None."],
    ["a list and an object", [1], { a: 1 }, "Expected list, got {'a': 1}."],
    ["keys", { a: 1 }, { b: 1 }, "Dict key mismatch; expected keys: ['a']; present keys: ['b']."],
    [
      "one more key",
      { a: 1 },
      { b: 1, a: 2 },
      "Dict key mismatch; expected keys: ['a']; present keys: ['a', 'b'].",
    ],
    ["an object and a number", { a: 1 }, 3, "Expected dict, got 3."],
    ["an object and a Map", { a: 1 }, new Map([["a", 1]]), "Expected dict, got Map({'a': 1})."],
    ["a Map and an object", new Map([["a", 1]]), { a: 1 }, "Expected Map, got {'a': 1}."],
    [
      "Maps",
      new Map([[1, 1]]),
      new Map([[2, 1]]),
      "Map key mismatch; expected keys: [1]; present keys: [2].",
    ],
    ["null and a number", [null], [1], "Expected None, got 1.\n"],
    ["metadata", new Pair(1, 2), new Pair(1, 3), "Mismatch custom node data: 2 != 3; value: Pair(a=1, n=3)."],
    ["classes", new Pair(1, 2), [1], "Custom node type mismatch: expected type: <class 'Pair'>, value: [1]."],
    [
      "a class and a leaf",
      new Pair(1, 2),
      "x",
      "Custom node type mismatch: expected type: <class 'Pair'>, value: 'x'.",
    ],
    ["below a class", new Pair([1], 2), new Pair([1, 2], 2), "List arity mismatch: 2 != 1; list: [1, 2]."],
  ];
  test.each(rows)("%s", (_, prefix, full, message) => {
    expect(upTo(prefix, full)).toThrow(ValueError);
    expect(upTo(prefix, full)).toThrow(message);
    expect(both(prefix, full)).toThrow(message);
  });
});

describe("what map says", () => {
  test("the arity first, then the place", () => {
    const t = [[{ a: 3 }], [1, 2, 3], [1, 2], [1, 2, 3, 4]];
    expect(both(t, [...t, 1])).toThrow(
      new ValueError(
        "List arity mismatch: 5 != 4; list: [[{'a': 3}], [1, 2, 3], [1, 2], [1, 2, 3, 4], 1].\n" +
          "pytree structure error: different lengths of list at key path\n    tree.map tree\n" +
          "At that key path, the prefix pytree tree.map tree has a subtree of type list of length 4, " +
          "but the full pytree has a subtree of the same type but of length 5.",
      ),
    );
  });

  test("numbers of children, metadata and types, each with its key path", () => {
    expect(both([{ a: 1 }], [{ b: 1, a: 2 }])).toThrow(
      "pytree structure error: different numbers of pytree children at key path\n    tree.map tree[0]\n" +
        "At that key path, the prefix pytree tree.map tree has a subtree of type\n    <class 'dict'>\n" +
        "with 1 child keys\n    a\nbut at the same key path the full pytree has a subtree of the same type " +
        "but with 2 child keys\n    a b\nso the symmetric difference on key sets is\n    b",
    );
    expect(both({ k: new Pair(1, 2) }, { k: new Pair(1, 3) })).toThrow(
      "different pytree metadata at key path\n    tree.map tree['k']\n",
    );
    expect(both([[1]], [{ a: 1 }])).toThrow("<class 'list'>\nbut at the same key path the full pytree has");
    const paths = () => tree.mapWithPath((_, x: number, _y: unknown) => x, [1, [2]], [1, 2]);
    expect(paths).toThrow("tree.mapWithPath tree[1]");
  });

  test("an error of the function itself comes through unchanged", () => {
    const mine = new ValueError("mine");
    const run = () =>
      tree.map(() => {
        throw mine;
      }, [1]);
    expect(run).toThrow(mine);
  });

  test("misuse", () => {
    expect(() => tree.map(3 as never, [1])).toThrow(
      "tree.map: the first argument must be a function, got 3.",
    );
    expect(() => tree.leaves([1], { isLeaf: 3 as never })).toThrow(
      "tree.leaves: isLeaf must be a function of a node",
    );
    expect(() => tree.leaves([1], (() => 3) as never)).toThrow(
      new ValueError("isLeaf predicate returned a non-boolean value 3; expected a boolean"),
    );
    expect(() => tree.unflatten([1] as never, [1])).toThrow("treedef must be a PyTreeDef");
    expect(() => tree.unflatten(tree.structure([1, 2]), [1, 2, 3])).toThrow(
      new ValueError("Too many leaves for PyTreeDef; expected 2, got 3"),
    );
    expect(() => tree.reduce((a) => a, [])).toThrow(
      new TypeError("reduce() of empty iterable with no initial value"),
    );
    expect(() => tree.reduceAssociative((a) => a, [])).toThrow(
      new TypeError("Must specify identity for parallel reduction of empty sequence."),
    );
    expect(() => tree.flattenOneLevel(5)).toThrow(
      new ValueError("can't tree-flatten type: <class 'number'>"),
    );
  });

  test("a transposition that does not fit", () => {
    const [outer, inner] = [tree.structure([0, 0]), tree.structure({ a: 0 })];
    expect(() => tree.transpose(outer, inner, [{ a: 1 }])).toThrow(
      new TypeError("Mismatch\nPyTreeDef([{'a': *}])\n != \nPyTreeDef([{'a': *}, {'a': *}])"),
    );
    expect(() => tree.transpose(outer, inner, { a: [1], b: 2 })).toThrow(TypeError);
    expect(() => tree.transpose(tree.structure([]), null, [])).toThrow("cannot infer the inner structure");
    expect(() => tree.transpose([0] as never, inner, [])).toThrow("outer must be a PyTreeDef");
  });

  test("a tree that contains itself", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(() => tree.leaves(loop, null)).toThrow(
      "nested more than 1000 levels deep; does it contain itself?",
    );
    expect(() => tree.leavesWithPath(loop, null)).toThrow(ValueError);
  });

  test("long values are cut short", () => {
    const long = Array.from({ length: 100_000 }, (_, i) => i);
    let message = "";
    try {
      upTo([1], long)();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.length).toBeLessThan(3000);
    expect(message).toContain("List arity mismatch: 100000 != 1; list: [0, 1, 2,");
  });
});

describe("structural differences, for the messages of control flow", () => {
  test("say where and why", () => {
    const [d] = tree.equalityErrors({ a: [1], b: 0 }, { a: [1, 2], b: 0 });
    expect(tree.keystr(d.path)).toBe("['a']");
    expect([d.first, d.second, d.explanation]).toEqual([
      "list of length 1",
      "list of length 2",
      "the lengths do not match",
    ]);
    const of = (a: unknown, b: unknown) =>
      tree.equalityErrors(a, b).map((e) => [e.first, e.second, e.explanation]);
    expect(of({ a: 1 }, { b: 1 })).toEqual([
      [
        "<class 'dict'> with pytree metadata ('a',)",
        "<class 'dict'> with pytree metadata ('b',)",
        "the pytree node metadata does not match",
      ],
    ]);
    expect(of({ a: 1 }, { b: 1, a: 1 })).toEqual([
      [
        "<class 'dict'> with 1 child",
        "<class 'dict'> with 2 children",
        "the numbers of children do not match, with the symmetric difference of key sets: {'b'}",
      ],
    ]);
    expect(of([1, null], [[1], 2])).toEqual([
      ["<class 'number'>", "<class 'list'>", "their types differ"],
      ["<class 'NoneType'>", "<class 'number'>", "their types differ"],
    ]);
    const defs = tree.equalityErrorsTreeDef(tree.structure([0]), tree.structure([[0]]));
    expect(defs.map((e) => [e.first, e.second])).toEqual([["pytree leaf", "<class 'list'>"]]);
  });
});
