import { tree } from "fluxion";
import { expectTypeOf, test } from "vitest";

/** As an array class looks to the types: a shape, a dtype, methods. */
class Arr {
  readonly shape: readonly number[];
  readonly dtype = "float32";
  constructor(n: number) {
    this.shape = [n];
  }
  add(_other: Arr): Arr {
    return this;
  }
}
interface Layer {
  w: Arr;
  b: Arr | null;
}
interface Params {
  layers: Layer[];
  head: { readonly w: Arr };
  scale?: Arr;
}
interface Chain {
  value: number;
  next: Chain | null;
}

const arr = (n: number): Arr => new Arr(n);
const params = (): Params => ({ layers: [{ w: arr(1), b: null }], head: { w: arr(2) } });

// What is checked here is checked by the compiler; calling the functions makes sure that they accept the values too.
test("leaves of interfaces, tuples, maps and optional members", () => {
  expectTypeOf(tree.leaves([{ w: 1, b: [true] }])).toEqualTypeOf<(number | boolean)[]>();
  expectTypeOf<tree.LeafOf<Params>>().toEqualTypeOf<Arr>();
  expectTypeOf<tree.LeafOf<[number, Map<string, bigint>, null]>>().toEqualTypeOf<number | bigint>();
  expectTypeOf<tree.LeafOf<null>>().toEqualTypeOf<never>();
  expectTypeOf<tree.LeafOf<unknown>>().toEqualTypeOf<unknown>();
  expectTypeOf<tree.LeafOf<Float32Array>>().toEqualTypeOf<Float32Array>();
  expectTypeOf<tree.LeafOf<{ f: (x: number) => number }>>().toEqualTypeOf<(x: number) => number>();
  expectTypeOf<number>().toExtend<tree.LeafOf<Chain>>();
});

test("map keeps the type of the tree where the leaves keep theirs", () => {
  expectTypeOf(tree.map((x) => x.add(x), { w: arr(1), b: [arr(2)] })).toEqualTypeOf<{ w: Arr; b: Arr[] }>();
  const p = params();
  const update = () => tree.map((x) => x.add(x), p);
  expectTypeOf(update).returns.toEqualTypeOf<Params>();
  const step = () => tree.map((x, g) => x.add(g), p, p);
  expectTypeOf(step).returns.toEqualTypeOf<Params>();
  const three = () => tree.map((x, y, z) => x.add(y).add(z), p, p, p);
  expectTypeOf(three).returns.toEqualTypeOf<Params>();
  const pathed = () => tree.mapWithPath((path, x) => (path.length > 1 ? x : x.add(x)), p);
  expectTypeOf(pathed).returns.toEqualTypeOf<Params>();
});

test("map replaces the leaves where they change type", () => {
  expectTypeOf(tree.map((x) => String(x), [1, 2])).toEqualTypeOf<string[]>();
  const sizes = tree.map((x) => x.shape.length, params());
  expectTypeOf(sizes.layers[0].w).toEqualTypeOf<number>();
  expectTypeOf(sizes.layers[0].b).toEqualTypeOf<number | null>();
  expectTypeOf(sizes.head).toEqualTypeOf<{ w: number }>();
  expectTypeOf(tree.map((x) => `${x}`, new Map([["a", 1]]))).toEqualTypeOf<Map<string, string>>();
  expectTypeOf(tree.map((x) => x + 1, 3)).toEqualTypeOf<number>();
  expectTypeOf(tree.map((x, y) => x + y.length, { a: 1 }, { a: ["x"] })).toEqualTypeOf<{ a: number }>();
  expectTypeOf(tree.map((x, y) => x + y, [1, [2, 3]], [1, [2, 3]])).toEqualTypeOf<(number | number[])[]>();
});

test("isLeaf as a type guard adds to the leaves", () => {
  const isNull = (x: unknown): x is null => x === null;
  expectTypeOf(tree.map((x) => x ?? 0, [1, null], { isLeaf: isNull })).toEqualTypeOf<number[]>();
  expectTypeOf(tree.leaves([1, null], isNull)).toEqualTypeOf<(number | null)[]>();
  expectTypeOf(tree.leaves([1, null], { isLeaf: isNull })).toEqualTypeOf<(number | null)[]>();
});

test("a structure remembers its tree", () => {
  const [leaves, def] = tree.flatten({ a: 1, b: [2] });
  expectTypeOf(tree.unflatten(def, leaves)).toEqualTypeOf<{ a: number; b: number[] }>();
  expectTypeOf(tree.unflatten(def, ["x", "y"])).toEqualTypeOf<{ a: string; b: string[] }>();
  expectTypeOf(tree.leavesWithPath({ a: 1 })).toEqualTypeOf<[tree.KeyPath, number][]>();
  expectTypeOf(tree.reduce((a, b) => a + b, [1, [2]])).toEqualTypeOf<number>();
  expectTypeOf(tree.reduce((a: string, b) => a + b.toFixed(1), [1, [2]], "")).toEqualTypeOf<string>();
  expectTypeOf(tree.broadcast(1, { a: "x", b: ["y"] })).toEqualTypeOf<{ a: number; b: number[] }>();
});

test("a registered class keeps its type", () => {
  class Dense {
    w: number;
    label: string;
    constructor(w: number, label: string) {
      this.w = w;
      this.label = label;
    }
  }
  tree.registerDataclass(Dense, { dataFields: ["w"], metaFields: ["label"] });
  // @ts-expect-error a field that the class does not have
  const wrong = () => tree.registerDataclass(Dense, { dataFields: ["v"] });
  expectTypeOf(wrong).toBeFunction();
  expectTypeOf(tree.map((x) => x, new Dense(1, "a"))).toEqualTypeOf<Dense>();
  expectTypeOf(tree.Partial((a: number, b: number) => a * b, 3)(4)).toEqualTypeOf<number>();
});
