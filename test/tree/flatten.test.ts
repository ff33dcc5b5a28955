import { inspect } from "node:util";
import { tree } from "fluxion";
import { describe, expect, test } from "vitest";

describe("what is a node and what is a leaf", () => {
  test("functions, strings, typed arrays, undefined, dates, sets, errors and promises are leaves", () => {
    const leaves = [
      () => 1,
      class {},
      "ab",
      new Float32Array(2),
      undefined,
      new Date(0),
      new Set([1]),
      Symbol("s"),
      1n,
    ];
    const [found, def] = tree.flatten(leaves as unknown[], null);
    expect(found).toEqual(leaves);
    expect(def.numNodes).toBe(leaves.length + 1);
  });

  test("objects without a prototype are dicts; symbol and inherited keys do not count", () => {
    const bare: Record<string, unknown> = Object.assign(Object.create(null), { b: 1, a: 2 });
    expect(tree.leaves(bare, null)).toEqual([2, 1]);
    expect(tree.structure(bare) as unknown).toBe(tree.structure({ a: 0, b: 0 }));
    expect(tree.leaves({ [Symbol.iterator]: 1, a: 2 } as unknown, null)).toEqual([2]);
  });

  test("keys are sorted by code points, and survive if they are special", () => {
    const t = { "\u{1f600}": 1, "\uffff": 2, "": 3, "10": 4, "9": 5, a: 6, A: 7 };
    expect(tree.leaves(t)).toEqual([3, 4, 5, 7, 6, 2, 1]);
    const odd = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
    const copy = tree.map((x) => x + 1, odd);
    expect(Object.entries(copy)).toEqual([
      ["__proto__", 2],
      ["constructor", 3],
    ]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test("null is a node without leaves, also at the root", () => {
    expect(tree.flatten(null)).toEqual([[], tree.structure(null)]);
    expect(tree.structure(null).numNodes).toBe(1);
    expect(tree.map((x) => x, { a: null })).toEqual({ a: null });
  });

  test("a Map keeps being one", () => {
    const t = new Map([
      ["b", [1, 2]],
      ["a", [3]],
    ]);
    expect(tree.leaves(t)).toEqual([3, 1, 2]);
    const doubled = tree.map((x) => 2 * x, t);
    expect(doubled).toBeInstanceOf(Map);
    expect([...doubled]).toEqual([
      ["a", [6]],
      ["b", [2, 4]],
    ]);
    expect(String(tree.structure(t))).toBe("PyTreeDef(Map({'a': [*], 'b': [*, *]}))");
    expect(tree.structure(t) as unknown).not.toBe(tree.structure({ a: [1], b: [1, 2] }));
  });
});

describe("structures", () => {
  test("are interned", () => {
    const make = (n: number) => ({
      layers: [
        { w: n, b: null },
        { w: [n], b: n },
      ],
      step: n,
    });
    expect(tree.structure(make(1))).toBe(tree.structure(make(2)));
    expect(tree.structure(make(1)).equals(tree.structure(make(2)))).toBe(true);
    expect(new Map([[tree.structure(make(1)), 1]]).get(tree.structure(make(2)))).toBe(1);
    const defs = [1, null, [], {}, [[]], [null], new Map(), [1], { a: 1 }, { b: 1 }, [1, 1]].map((t) =>
      tree.structure(t),
    );
    expect(new Set(defs).size).toBe(defs.length);
    expect(new Set(defs.map((def) => def.id)).size).toBe(defs.length);
    const children = [1, [2]].map((t) => tree.structure(t));
    expect(tree.treedefTuple(children)).toBe(tree.structure([1, [2]]));
    expect(tree.treedefChildren(tree.structure([1, [2]]))).toEqual(children);
  });

  test("print in the console as in text", () => {
    expect(inspect({ def: tree.structure({ a: [1, null] }) })).toBe("{ def: PyTreeDef({'a': [*, None]}) }");
    expect(String(tree.structure({ "a\n": 1, "\\": 2, é: 3, "\x01": 4, "'\"": 5 }))).toBe(
      String.raw`PyTreeDef({'\x01': *, '\'"': *, '\\': *, 'a\n': *, 'é': *})`,
    );
  });

  test("know their root", () => {
    expect(tree.structure(3).nodeData()).toBe(null);
    expect(tree.structure([1]).nodeData()).toEqual(["list", null]);
    expect(tree.structure({ b: 1, a: 2 }).nodeData()).toEqual(["dict", ["a", "b"]]);
    expect(tree.structure(null).nodeData()).toEqual(["NoneType", null]);
    expect(String(tree.structure([0, null]).compose(tree.structure([1, 2])))).toBe(
      "PyTreeDef([[*, *], None])",
    );
  });

  test("do not keep functions in static metadata alive", async () => {
    const gc = (globalThis as { gc?: () => void }).gc;
    if (gc === undefined) throw new Error("run with --expose-gc");
    const refs = Array.from({ length: 50 }, () => {
      const f = () => new Float64Array(1000);
      tree.structure([tree.Partial(f, 1), 2]);
      return new WeakRef(f);
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
    // The step that was taken last is remembered at each of a few places.
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(5);
  });
});

describe("isLeaf and other optional arguments", () => {
  const isPair = (x: unknown) => Array.isArray(x) && x.length === 2;

  test("by position, by name, or undefined", () => {
    const t = [[1, 2], [3], 4];
    expect(tree.leaves(t, isPair)).toEqual([[1, 2], 3, 4]);
    expect(tree.leaves(t, { isLeaf: isPair })).toEqual([[1, 2], 3, 4]);
    expect(tree.leaves(t, undefined)).toEqual([1, 2, 3, 4]);
    expect(tree.leaves(t, {})).toEqual([1, 2, 3, 4]);
  });

  test("map takes them from the last argument, unless the trees look the same", () => {
    const isNull = (x: unknown) => x === null;
    expect(tree.map((x, y) => [x, y], [1, null], [2, [3]], { isLeaf: isNull })).toEqual([
      [1, 2],
      [null, [3]],
    ]);
    const f = () => true;
    const pair = (x: unknown, y: unknown) => [x, y];
    expect(tree.map(pair as tree.Untyped, { isLeaf: f }, { isLeaf: f })).toEqual({ isLeaf: [f, f] });
    expect(() => tree.map(pair, [1], { isLeaf: f, other: 1 })).toThrow("Expected list");
  });

  test("with paths", () => {
    const t = { a: [1, 2], b: [3, 4] };
    const atB = (path: tree.KeyPath) => tree.keystr(path) === "['b']";
    expect(tree.leavesWithPath(t, atB, true).map(([, x]) => x)).toEqual([1, 2, [3, 4]]);
    expect(tree.leavesWithPath(t, { isLeaf: atB, isLeafTakesPath: true }).map(([, x]) => x)).toEqual([
      1,
      2,
      [3, 4],
    ]);
    const sizes = tree.mapWithPath((_, x) => (Array.isArray(x) ? x.length : x), t, {
      isLeaf: atB,
      isLeafTakesPath: true,
    });
    expect(sizes).toEqual({ a: [1, 2], b: 2 });
  });

  test("reduce and its relatives", () => {
    expect(tree.reduce((a: number, b: number) => a + b, [1, null, [2]], { initializer: 10 })).toBe(13);
    expect(tree.reduce((a, b) => a + b, [1, null, 2], 10)).toBe(13);
    const isNull = (x: unknown) => x === null;
    expect(tree.reduce((n: number, x) => n + (x === null ? 1 : 0), [1, null], 0, isNull)).toBe(1);
    expect(tree.reduceAssociative((a: string, b: string) => `(${a}${b})`, ["a", "b", ["c"]])).toBe("(a(bc))");
    expect(tree.reduceAssociative((a: number, b: number) => a + b, [] as number[], { identity: 7 })).toBe(7);
    expect(tree.all([1, { a: NaN, b: "x", c: () => 0 }])).toBe(true);
    expect(
      [[0], [""], [false], [undefined], [0n], [{ item: 1 }, { item: 0 }]].map((t) => tree.all(t)),
    ).toEqual([false, false, false, false, false, false]);
    class Scalar {
      value: number;
      constructor(value: number) {
        this.value = value;
      }
      item() {
        return this.value;
      }
    }
    expect(tree.all([new Scalar(1)])).toBe(true);
    expect(tree.all([new Scalar(0)])).toBe(false);
  });

  test("broadcast and one level", () => {
    expect(tree.broadcast([1, 2, 3], [0, { a: 0, b: 0 }, [0, 0]])).toEqual([1, { a: 2, b: 2 }, [3, 3]]);
    expect(tree.broadcast([null, 1], [0, 0], { isLeaf: (x) => x === null })).toEqual([null, 1]);
    expect(tree.broadcastPrefix({ a: 0, b: null }, { a: [5, [6]], b: null })).toEqual([0, 0]);
    expect(tree.flattenOneLevel({ b: [1], a: 2 })).toEqual([
      [2, [1]],
      ["a", "b"],
    ]);
    expect(tree.flattenOneLevelWithKeys([7])[0].map(([key, x]) => `${key}: ${x}`)).toEqual(["[0]: 7"]);
  });

  test("the trees of the tour", () => {
    const t = [{ a: 3 }, [1, 2, 3], [1, 2], [1, 2, 3, 4]];
    expect(tree.map((x) => x ** 2, t)).toEqual([{ a: 9 }, [1, 4, 9], [1, 4], [1, 4, 9, 16]]);
    expect(tree.map((x, y) => x + y, t, t)).toEqual([{ a: 6 }, [2, 4, 6], [2, 4], [2, 4, 6, 8]]);
    expect(tree.leaves([1, "a", new Date(0)])).toHaveLength(3);
    expect(tree.leaves([1, [2, 3], []])).toHaveLength(3);
    expect(tree.leaves([1, { k1: 2, k2: [3, 4] }, 5])).toHaveLength(5);
    expect(tree.leaves({ a: 2, b: [2, 3] })).toHaveLength(3);
  });
});
