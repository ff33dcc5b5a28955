import { AttributeError, tree, ValueError } from "fluxion";
import { describe, expect, test } from "vitest";

class Node {
  child: unknown;
  meta: unknown;
  constructor(child: unknown, meta: unknown) {
    this.child = child;
    this.meta = meta;
  }
}
tree.registerPytreeNode(
  Node,
  (node) => [[node.child], node.meta],
  (meta, [child]) => new Node(child, meta),
);

describe("registerPytreeNode", () => {
  test("flattens, prints and rebuilds", () => {
    const t = { k: new Node([1, 2], "meta") };
    expect(tree.leaves(t)).toEqual([1, 2]);
    expect(String(tree.structure(t))).toBe("PyTreeDef({'k': CustomNode(Node[meta], [[*, *]])})");
    expect(tree.map((x) => Number(x) + 1, t)).toEqual({ k: new Node([2, 3], "meta") });
    expect(tree.leavesWithPath(t).map(([path]) => tree.keystr(path))).toEqual([
      "['k'][<flat index 0>][0]",
      "['k'][<flat index 0>][1]",
    ]);
  });

  test("an unregistered class and a subclass are leaves", () => {
    class Plain {
      x = 1;
    }
    class Sub extends Node {}
    const [p, s] = [new Plain(), new Sub(1, 2)];
    expect(tree.leaves([p, s])).toEqual([p, s]);
    class Items extends Array<number> {}
    const items = Items.from([1, 2]);
    expect(tree.leaves([items])).toHaveLength(1);
  });

  test("a class that was met as a leaf before it was registered", () => {
    class Late {
      x = [1, 2];
    }
    expect(tree.leaves(new Late())).toHaveLength(1);
    tree.registerDataclass(Late, ["x"]);
    expect(tree.leaves(new Late() as unknown)).toEqual([1, 2]);
  });

  test("twice, or a built-in one, is an error", () => {
    const again = () =>
      tree.registerPytreeNode(
        Node,
        () => [[], null],
        () => new Node(1, 2),
      );
    expect(again).toThrow(new ValueError("Duplicate custom PyTreeDef type registration for <class 'Node'>."));
    for (const cls of [Array, Object, Map]) expect(() => tree.registerStatic(cls)).toThrow(ValueError);
    expect(() => tree.registerStatic({} as never)).toThrow("expected a class, got {}");
    expect(() => tree.registerPytreeNode(Date, 3 as never, 4 as never)).toThrow(
      "flatten must be a function, got 3",
    );
  });

  test("a flatten function that returns something else is named", () => {
    class Bad {}
    tree.registerPytreeNode(
      Bad,
      () => 3 as never,
      () => new Bad(),
    );
    expect(() => tree.leaves(new Bad())).toThrow(
      "The flatten function of <class 'Bad'> must return a pair [children, metadata], got 3",
    );
    class BadChildren {}
    tree.registerPytreeNode(
      BadChildren,
      () => [3 as never, null],
      () => new BadChildren(),
    );
    expect(() => tree.leaves(new BadChildren())).toThrow(
      "must return its children as an array, got <class 'number'>",
    );
  });

  test("classes that take themselves apart", () => {
    const Own = tree.registerPytreeNodeClass(
      class Own {
        x: unknown;
        constructor(x: unknown) {
          this.x = x;
        }
        treeFlatten() {
          return [[this.x], null] as const;
        }
        static treeUnflatten(_: null, [x]: unknown[]) {
          return new Own(x);
        }
      },
    );
    expect(tree.leaves(new Own([1, 2]) as unknown)).toEqual([1, 2]);
    const Keyed = tree.registerPytreeWithKeysClass(
      class Keyed {
        x: unknown;
        constructor(x: unknown) {
          this.x = x;
        }
        treeFlattenWithKeys() {
          return [[[new tree.GetAttrKey("x"), this.x]], null] as const;
        }
        static treeUnflatten(_: null, [x]: unknown[]) {
          return new Keyed(x);
        }
      },
    );
    expect(tree.leavesWithPath(new Keyed([1])).map(([path]) => tree.keystr(path))).toEqual([".x[0]"]);
    expect(tree.isTreeNode(Keyed)).toBe(true);
    expect(tree.isTreeNode(Date)).toBe(false);
  });
});

describe("registerDataclass", () => {
  class Dense {
    w: unknown;
    b: unknown;
    name: string;
    cache?: unknown;
    constructor(w: unknown, b: unknown, name: string) {
      this.w = w;
      this.b = b;
      this.name = name;
    }
    doubled() {
      return tree.map((x) => 2 * Number(x), this as unknown) as Dense;
    }
  }
  tree.registerDataclass(Dense, { dataFields: ["w", "b"], metaFields: ["name"], dropFields: ["cache"] });

  test("keeps the class, its methods and its static fields", () => {
    const twice = new Dense([1, 2], 3, "d").doubled();
    expect(twice).toBeInstanceOf(Dense);
    expect(twice.doubled()).toEqual(new Dense([4, 8], 12, "d"));
    expect(String(tree.structure(twice))).toBe("PyTreeDef(CustomNode(Dense[('d',)], [[*, *], *]))");
  });

  test("dropped fields are not carried along, others are an error", () => {
    const d = new Dense(1, 2, "d");
    d.cache = 5;
    expect("cache" in (tree.map((x) => x, d) as Dense)).toBe(false);
    Object.assign(d, { extra: 1 });
    expect(() => tree.leaves(d)).toThrow(
      "Missing fields: extra. Add them to dropFields to suppress this error.",
    );
    class Lacking {
      declare x: number;
    }
    tree.registerDataclass(Lacking, ["x"]);
    expect(() => tree.leaves(new Lacking())).toThrow(AttributeError);
  });

  test("misuse", () => {
    class A {
      x = 1;
    }
    expect(() => tree.registerDataclass(A, { dataFields: ["x"], metaFields: ["x"] })).toThrow(
      "dataFields and metaFields must not overlap. Overlapping fields: x.",
    );
    expect(() => tree.registerDataclass(A, undefined as never)).toThrow(
      "dataFields must be an array of field names",
    );
  });
});

describe("static metadata", () => {
  const defOf = (meta: unknown) => tree.structure(new Node(0, meta));

  test("is compared by value where it is a primitive, an array or a plain object", () => {
    for (const make of [
      () => 1,
      () => "a",
      () => null,
      () => undefined,
      () => NaN,
      () => 5n,
      () => [1, ["a"]],
    ]) {
      expect(defOf(make())).toBe(defOf(make()));
    }
    expect(defOf({ a: 1, b: [2] })).toBe(defOf({ b: [2], a: 1 }));
    const distinct = [
      1,
      "1",
      1n,
      true,
      null,
      undefined,
      [],
      {},
      [1],
      ["1"],
      { a: 1 },
      { a: 2 },
      [[1]],
      { a: [1] },
    ];
    expect(new Set(distinct.map(defOf)).size).toBe(distinct.length);
    expect(tree.staticEquals({ a: [1, NaN] }, { a: [1, NaN] })).toBe(true);
    expect(tree.staticEquals([1], [2])).toBe(false);
    expect(tree.staticEquals(NaN, NaN)).toBe(true);
  });

  test("is compared by identity where it is a function or an instance", () => {
    const f = () => 1;
    expect(defOf(f)).toBe(defOf(f));
    expect(defOf(f)).not.toBe(defOf(() => 1));
    const date = new Date(0);
    expect(defOf([date])).toBe(defOf([date]));
    expect(defOf([date])).not.toBe(defOf([new Date(0)]));
  });

  test("is compared by its method equals where it has one", () => {
    class Size {
      n: number;
      constructor(n: number) {
        this.n = n;
      }
      equals(other: unknown) {
        return other instanceof Size && other.n === this.n;
      }
    }
    expect(defOf(new Size(1))).toBe(defOf(new Size(1)));
    expect(defOf(new Size(1))).not.toBe(defOf(new Size(2)));
  });

  test("is copied, so that changing it later reaches no other tree", () => {
    const meta = { sizes: [1, 2] };
    const t = new Node(0, meta);
    const before = tree.structure(t);
    meta.sizes.push(3);
    expect(tree.structure(t)).not.toBe(before);
    const rebuilt = before.unflatten([0]) as Node;
    expect(rebuilt.meta).toEqual({ sizes: [1, 2] });
    (rebuilt.meta as typeof meta).sizes.push(9);
    expect((before.unflatten([0]) as Node).meta).toEqual({ sizes: [1, 2] });
    expect(defOf({ sizes: [1, 2] })).toBe(before);
  });

  test("that contains itself is an error", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => defOf(loop)).toThrow("static metadata is nested more than 100 levels deep");
  });

  test("a static class has no leaves", () => {
    class Mode {
      name: string;
      constructor(name: string) {
        this.name = name;
      }
      toString() {
        return this.name;
      }
    }
    tree.registerStatic(Mode);
    const mode = new Mode("train");
    expect(tree.leaves([1, mode])).toEqual([1]);
    expect(String(tree.structure([mode]))).toBe("PyTreeDef([CustomNode(Mode[train], [])])");
    expect(tree.map((x) => x, [1, mode] as unknown[])).toEqual([1, mode]);
  });
});

describe("Partial", () => {
  test("is callable and a pytree", () => {
    const f = (a: number, b: number, c: number) => a * 100 + b * 10 + c;
    const partial = tree.Partial(f, 1, 2);
    expect(partial(3)).toBe(123);
    expect(new tree.Partial(f, 4)(5, 6)).toBe(456);
    expect(tree.leaves(partial)).toEqual([1, 2]);
    const next = tree.map((x) => Number(x) + 1, partial as unknown) as typeof partial;
    expect(next(3)).toBe(233);
    expect(tree.structure(partial)).toBe(tree.structure(tree.Partial(f, 7, 8)));
    expect(tree.structure(partial)).not.toBe(tree.structure(tree.Partial(() => 1, 7, 8)));
    expect(String(tree.structure(partial))).toBe("PyTreeDef(CustomNode(Partial[<function f>], [[*, *]]))");
    expect(() => tree.Partial(3 as never)).toThrow("Partial: expected a function, got 3");
  });
});

test("tree.static marks fields of dataclasses", () => {
  class Base {
    kind = "base";
  }
  class Operation extends Base {
    x = 1;
    op = "add";
    y = 2;
  }
  tree.static(Base, "kind");
  // As decorators call it: the older form with the prototype, the standard one with a context.
  tree.static(Operation.prototype, "op");
  tree.registerDataclass(Operation, { dataFields: ["x", "y"] });
  const [leaves, treedef] = tree.flatten(new Operation());
  expect([leaves, String(treedef)]).toEqual([
    [1, 2],
    "PyTreeDef(CustomNode(Operation[('base', 'add')], [*, *]))",
  ]);
  expect(treedef.unflatten([3, 4])).toEqual(Object.assign(new Operation(), { x: 3, y: 4 }));

  const key = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for("Symbol.metadata");
  class Decorated {
    x = 1;
    op = "mul";
  }
  const metadata = {};
  Object.defineProperty(Decorated, key, { value: metadata });
  tree.static(undefined, { kind: "field", name: "op", metadata });
  tree.registerDataclass(Decorated, { dataFields: ["x"] });
  expect(tree.leaves(new Decorated())).toEqual([1]);

  expect(() => tree.static(undefined, { kind: "field", name: "op" })).toThrow(
    "decorators have no metadata here",
  );
  expect(() => tree.static(3 as never, "op")).toThrow(TypeError);
  expect(() => tree.static(Decorated, 3 as never)).toThrow("requires a class and the name of a field");
});
