import { inspect } from "node:util";
import { tree } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";

// Values computed by JAX. Python's tuples are arrays here, so tuples and lists in its answers are read as arrays; a named
// tuple is a registered class; a dict whose keys are not strings is a Map.
interface Golden {
  id: string;
  python: string;
  tree?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of the answer depends on the case.
  expected: any;
}
const { cases } = await readGolden<{ cases: Golden[] }>("tree");

class Point {
  x: unknown;
  y: unknown;
  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}
tree.registerPytreeWithKeys(
  Point,
  (p) => [
    [
      [new tree.GetAttrKey("x"), p.x],
      [new tree.GetAttrKey("y"), p.y],
    ],
    null,
  ],
  (_, [x, y]) => new Point(x, y),
);

class Box {
  a: unknown;
  b: unknown;
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
  (_, [a, b]) => new Box(a, b),
);

class Params {
  w: unknown;
  b: unknown;
  name: string;
  constructor(w: unknown, b: unknown, name: string) {
    this.w = w;
    this.b = b;
    this.name = name;
  }
}
tree.registerDataclass(Params, { dataFields: ["w", "b"], metaFields: ["name"] });

class Fields {
  x = 1;
  y = 2;
  n = 3;
}
tree.registerDataclass(Fields, ["y", "x"], ["n"]);

type Spelled = Record<string, unknown>;
type Pairs = [unknown, unknown][];

/** Reads a container as the goldens spell it. */
function read(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(read);
  if (typeof value === "string" && value.startsWith("PyTreeDef(")) return structureText(value);
  if (typeof value !== "object" || value === null) return value;
  const spelled = value as Spelled;
  if ("list" in spelled) return read(spelled.list);
  if ("tuple" in spelled) return read(spelled.tuple);
  if ("dict" in spelled) {
    const pairs = (spelled.dict as Pairs).map(([key, item]) => [key, read(item)] as const);
    return pairs.every(([key]) => typeof key === "string") ? Object.fromEntries(pairs) : new Map(pairs);
  }
  if ("namedtuple" in spelled) {
    const [x, y] = (spelled.fields as Pairs).map(([, item]) => read(item));
    return new Point(x, y);
  }
  if ("treedef" in spelled) return structureText(spelled.treedef as string);
  throw new Error(`unknown spelling: ${JSON.stringify(value)}`);
}

/** JAX's structure text with tuples as lists. */
function structureText(text: string): string {
  const body = text.replace(/^PyTreeDef\((.*)\)$/s, "$1").replace("namedtuple[Point]", "Point[None]");
  if (body.includes("CustomNode")) return `PyTreeDef(${body})`;
  return `PyTreeDef(${body.replaceAll("(", "[").replaceAll(",)", "]").replaceAll(")", "]")})`;
}

/** JAX's message in the names of this library. */
function messageText(message: string): string {
  return message
    .replaceAll("tree_map tree", "tree.map tree")
    .replaceAll("broadcast_prefix prefix_tree", "tree.broadcast prefixTree")
    .replaceAll("<class '__main__.Point'>", "<class 'Point'>")
    .replaceAll("<class 'int'>", "<class 'number'>")
    .replaceAll("tuple", "list")
    .replace(/\n +\?.*\n(\n|$)/g, "\n")
    .trimEnd();
}

const { keystr } = tree;
const first = (a: unknown, _b: unknown) => a;
const isNull = (x: unknown) => x === null;

/** The expressions of the cases that are not trees, in TypeScript. */
const programs: Record<string, () => unknown> = {
  "map/is_leaf_none": () => tree.map((x) => (x === null ? 0 : x), [1, null, 2], { isLeaf: isNull }),
  "map/none": () => tree.map((x) => x + 1, null),
  "map/none_in_second": () => tree.map((_x, y) => y, [1, 2], [3, null]),
  "map/empty": () => tree.map((x) => x, { a: [], b: [] }),
  "map_with_path/two": () => tree.mapWithPath((p, x, y) => [p.length, x + y], [1, [2]], [10, [20]]),
  "leaves/none_is_leaf": () => tree.leaves([1, null], { isLeaf: isNull }),
  "reduce/max": () => tree.reduce(Math.max, [3, [9, 2]]),
  "reduce/order": () => tree.reduce((a, b) => a + String(b), { b: 1, a: 2, c: [3] }, ""),
  "reduce_associative/sum": () => tree.reduceAssociative((a, b) => a + b, [1, 2, 3, 4, 5]),
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
    const [leaves, treedef] = tree.flatten([[1, 2], 3], (x) => Array.isArray(x) && x[0] === 1 && x[1] === 2);
    return [leaves, String(treedef)];
  },
  "structure/equal": () => (tree.structure([1, 2]) as unknown) === tree.structure([3, "x"]),
  "structure/num_nodes": () => [1, null, [1, [2, null]], {}].map((t) => tree.structure(t).numNodes),
  "structure/children": () =>
    tree
      .structure([1, [2, 3]])
      .children()
      .map(String),
  "structure/is_leaf": () => [1, null, [1]].map((t) => tree.treedefIsLeaf(tree.structure(t))),
  "structure/flatten_up_to": () => tree.structure([0, [0, 0]]).flattenUpTo([{ a: 1 }, [[2, 3], 4]]),
  "util/all_leaves": () => [[1, 2], [1, [2]], [null], []].map((items) => tree.allLeaves(items)),
  "util/leaves_with_path": () =>
    tree.leavesWithPath({ a: [1, { b: 2 }], c: new Point(3, 4) }).map(([p, v]) => [keystr(p), v]),
  "util/path_reprs": () => tree.leavesWithPath({ a: [new Point(1, 2)] })[1][0].map((key) => inspect(key)),
  "keystr/keys": () => keystr([...somePath, new tree.DictKey(5)]),
  "keystr/simple_keys": () => keystr(somePath, { simple: true, separator: "." }),
  "partial/call": () => tree.Partial((a: number, b: number) => a * b, 3)(4),
  "registered/with_keys": () => tree.leavesWithPath({ k: new Box(1, [2, 3]) }).map(([p]) => keystr(p)),
  "registered/dataclass": () => {
    const t = new Params([1, 2], 3, "q");
    const m = tree.map((x) => (x as number) + 1, t) as Params;
    const same = tree.structure(t) === tree.structure(new Params([0, 0], 0, "z"));
    return [tree.leaves(t), tree.leavesWithPath(t).map(([p]) => keystr(p)), [m.w, m.b, m.name], same];
  },
  "registered/dataclass_fields": () => [
    tree.leaves(new Fields()),
    tree.leavesWithPath(new Fields()).map(([p]) => keystr(p)),
  ],
  "error/length": () => tree.map(first, [1, 2], [1]),
  "error/tuple_length": () => tree.map(first, [1, 2], [1, 2, 3]),
  "error/dict_keys": () => tree.map(first, { a: 1 }, { b: 1 }),
  "error/none_vs_leaf": () => tree.map(first, [null], [1]),
  "error/namedtuple": () => tree.map(first, new Point(1, 2), [1, 2]),
  "error/unflatten_few": () => tree.unflatten(tree.structure([1, 2, 3]), [1, 2]),
  "error/unsortable_keys": () =>
    tree.leaves(
      new Map<unknown, number>([
        ["a", 1],
        [2, 3],
      ]),
    ),
  "error/broadcast": () => tree.broadcast([1, 2], [1, 2, 3]),
};
const somePath = [
  new tree.DictKey("a"),
  new tree.SequenceKey(3),
  new tree.GetAttrKey("w"),
  new tree.FlattenedIndexKey(2),
];

/** Cases that are not about this module alone, or cannot be asked in TypeScript. */
const elsewhere: Record<string, string> = {
  "error/type": "a list is told from a tuple",
  "map/arrays": "runs in arrays.test.ts",
  "ravel/order": "runs in arrays.test.ts",
  "error/vmap_in_axes_length": "runs in arrays.test.ts",
  "error/cond_outputs": "needs lax.cond, which does not exist yet",
};

describe("structures, leaves and key paths as JAX gives them", () => {
  for (const golden of cases.filter((c) => c.tree !== undefined)) {
    test(`${golden.id}: ${golden.python}`, () => {
      const value = read(golden.tree);
      const [leaves, treedef] = tree.flatten(value, undefined);
      const paths = tree.leavesWithPath(value).map(([path]) => path);
      const want = golden.expected;
      expect(String(treedef)).toBe(structureText(want.structure));
      expect(leaves).toEqual(want.leaves);
      expect(treedef.numLeaves).toBe(want.numLeaves);
      expect(paths.map((path) => keystr(path))).toEqual(want.keystr);
      expect(paths.map((path) => keystr(path, { simple: true, separator: "/" }))).toEqual(want.simple);
      expect(treedef.unflatten(leaves)).toEqual(read(want.unflattened));
    });
  }
});

describe("functions of trees as in JAX", () => {
  for (const golden of cases.filter((c) => c.tree === undefined)) {
    const reason = elsewhere[golden.id];
    if (reason !== undefined) {
      test.skip(`${golden.id} (${reason})`);
      continue;
    }
    test(`${golden.id}: ${golden.python}`, () => {
      const program = programs[golden.id];
      if (golden.expected?.raises === undefined) {
        expect(program()).toEqual(read(golden.expected));
        return;
      }
      const error = caught(program);
      expect(error.name).toBe(golden.expected.raises);
      expect(error.message).toContain(messageText(golden.expected.message));
    });
  }
});

function caught(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
