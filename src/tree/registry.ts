import { AttributeError, ValueError } from "../errors.ts";
import { GetAttrKey, type KeyEntry } from "./keys.ts";
import { repr, typeText } from "./repr.ts";
import { staticFields } from "./static.ts";
import { Trie } from "./trie.ts";
import type { Untyped } from "./types.ts";

/** A class, abstract or not, whose instances are of type `T`. */
export type Class<T> = abstract new (...args: Untyped[]) => T;

/** Takes an instance apart: its children in order, and its static metadata. */
export type FlattenFn<T, A> = (node: T) => readonly [children: Iterable<unknown>, metadata: A];

/** As {@link FlattenFn}, with the key of every child. */
export type FlattenWithKeysFn<T, A> = (
  node: T,
) => readonly [keyedChildren: Iterable<readonly [KeyEntry, unknown]>, metadata: A];

/** Puts an instance together again. `children` may be anything: tracers, placeholders, other trees. */
export type UnflattenFn<T, A> = (metadata: A, children: Untyped[]) => T;

/** How the instances of one registered class are taken apart and put together. */
export interface RegistryEntry {
  readonly cls: Class<object>;
  readonly flatten: FlattenFn<object, unknown>;
  readonly flattenWithKeys: FlattenWithKeysFn<object, unknown> | null;
  readonly unflatten: UnflattenFn<object, unknown>;
  /** How messages call the metadata. */
  readonly kind: "custom node" | "custom dataclass node";
  /** The interned metadata of the class's instances. */
  readonly byMetadata: Trie<object>;
}

const entries = new Map<object, RegistryEntry>();
const builtins: ReadonlySet<object> = new Set([
  Array,
  Object,
  Map,
  Function,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
]);

// The prototype seen last that has no entry. Most leaves of one tree share their class.
let unregistered: object | null = null;

/** The entry of the class that `node` is a direct instance of, or `null`. Subclasses are registered on their own. */
export function registryEntry(node: object): RegistryEntry | null {
  const proto = Object.getPrototypeOf(node) as object | null;
  if (proto === unregistered || proto === null) return null;
  const entry = entries.get(proto);
  if (entry !== undefined) return entry;
  unregistered = proto;
  return null;
}

function register(entry: Omit<RegistryEntry, "byMetadata">): void {
  const cls = entry.cls as unknown;
  if (typeof cls !== "function" || typeof cls.prototype !== "object" || cls.prototype === null) {
    throw new TypeError(`registering a pytree node: expected a class, got ${repr(cls)}.`);
  }
  if (builtins.has(cls) || entries.has(cls.prototype as object)) {
    throw new ValueError(`Duplicate custom PyTreeDef type registration for <class '${cls.name}'>.`);
  }
  entries.set(cls.prototype as object, { ...entry, byMetadata: new Trie() });
  unregistered = null;
}

function checkFunction(where: string, name: string, value: unknown, optional = false): void {
  if (typeof value === "function" || (optional && value === undefined)) return;
  throw new TypeError(`${where}: ${name} must be a function, got ${repr(value)}.`);
}

/**
 * Makes the instances of a class nodes of pytrees.
 *
 * `flatten` returns the children (arrays, trees, anything that transformations may replace) and the static metadata, which is
 * kept in the tree structure and decides, with `staticEquals`, whether two structures are equal. `unflatten` gets the
 * metadata and the new children; it should not check them, for they may be placeholders of any type. Only direct instances
 * count: a subclass is a leaf until it is registered.
 *
 * @throws ValueError if the class is registered already.
 * @example
 * ```ts
 * class Box { constructor(readonly content: unknown, readonly label: string) {} }
 * tree.registerPytreeNode(Box, (box) => [[box.content], box.label], (label, [content]) => new Box(content, label));
 * tree.leaves(new Box([1, 2], "numbers")); // => [1, 2]
 * ```
 */
export function registerPytreeNode<T extends object, A>(
  cls: Class<T>,
  flatten: FlattenFn<T, A>,
  unflatten: UnflattenFn<T, A>,
  flattenWithKeys?: FlattenWithKeysFn<T, A>,
): void {
  checkFunction("registerPytreeNode", "flatten", flatten);
  checkFunction("registerPytreeNode", "unflatten", unflatten);
  checkFunction("registerPytreeNode", "flattenWithKeys", flattenWithKeys, true);
  register({
    cls: cls as Class<object>,
    flatten: flatten as unknown as FlattenFn<object, unknown>,
    unflatten: unflatten as unknown as UnflattenFn<object, unknown>,
    flattenWithKeys: (flattenWithKeys as unknown as FlattenWithKeysFn<object, unknown>) ?? null,
    kind: "custom node",
  });
}

/**
 * As {@link registerPytreeNode}, for a class that names the key of each child, so that key paths can say where a leaf is.
 * `flatten` may be given too, for speed where keys are not asked for; it must agree with `flattenWithKeys`.
 *
 * @example
 * ```ts
 * class Pair { constructor(readonly a: unknown, readonly b: unknown) {} }
 * tree.registerPytreeWithKeys(
 *   Pair,
 *   (p) => [[[new tree.GetAttrKey("a"), p.a], [new tree.GetAttrKey("b"), p.b]], null],
 *   (_, [a, b]) => new Pair(a, b),
 * );
 * tree.leavesWithPath(new Pair(1, [2])).map(([path]) => tree.keystr(path)); // => [".a", ".b[0]"]
 * ```
 */
export function registerPytreeWithKeys<T extends object, A>(
  cls: Class<T>,
  flattenWithKeys: FlattenWithKeysFn<T, A>,
  unflatten: UnflattenFn<T, A>,
  flatten?: FlattenFn<T, A>,
): void {
  checkFunction("registerPytreeWithKeys", "flattenWithKeys", flattenWithKeys);
  const withoutKeys = (node: T): readonly [unknown[], A] => {
    const [keyed, metadata] = flattenWithKeys(node);
    return [Array.from(keyed, ([, child]) => child), metadata];
  };
  registerPytreeNode(cls, flatten ?? withoutKeys, unflatten, flattenWithKeys);
}

/** A class that takes its own instances apart, for {@link registerPytreeNodeClass}. */
export type PytreeNodeClass = Class<{ treeFlatten(): readonly [Iterable<unknown>, Untyped] }> & {
  treeUnflatten(metadata: Untyped, children: Untyped[]): object;
};

/**
 * Registers a class that has a method `treeFlatten()` and a static method `treeUnflatten(metadata, children)`; returns the
 * class, so that it serves as a decorator.
 */
export function registerPytreeNodeClass<C extends PytreeNodeClass>(cls: C): C {
  checkFunction("registerPytreeNodeClass", `${cls.name}.treeUnflatten`, cls.treeUnflatten);
  registerPytreeNode(
    cls,
    (node) => node.treeFlatten(),
    (metadata, children) => cls.treeUnflatten(metadata, children) as InstanceType<C>,
  );
  return cls;
}

/** A class that names the keys of its children, for {@link registerPytreeWithKeysClass}. */
export type PytreeWithKeysClass = Class<{
  treeFlattenWithKeys(): readonly [Iterable<readonly [KeyEntry, unknown]>, Untyped];
}> & {
  treeUnflatten(metadata: Untyped, children: Untyped[]): object;
};

/**
 * Registers a class that has a method `treeFlattenWithKeys()` and a static method `treeUnflatten(metadata, children)`;
 * returns the class, so that it serves as a decorator.
 */
export function registerPytreeWithKeysClass<C extends PytreeWithKeysClass>(cls: C): C {
  checkFunction("registerPytreeWithKeysClass", `${cls.name}.treeUnflatten`, cls.treeUnflatten);
  registerPytreeWithKeys(
    cls,
    (node) => node.treeFlattenWithKeys(),
    (metadata, children) => cls.treeUnflatten(metadata, children) as InstanceType<C>,
  );
  return cls;
}

/** Options of {@link registerDataclass}. */
export interface DataclassFields<T> {
  /** Fields that hold arrays or trees; transformations see them. */
  dataFields: readonly (keyof T & string)[];
  /** Fields that are static: part of the structure, and of the cache key of `jit`; default those marked by `tree.static`. */
  metaFields?: readonly (keyof T & string)[];
  /** Fields that an instance may have but that are not carried along. */
  dropFields?: readonly (keyof T & string)[];
}

/**
 * Registers a class whose fields are its whole state. Key paths print as `.field`. New instances are made without
 * calling the constructor: the prototype and the fields are set.
 *
 * @returns the class.
 * @throws ValueError if the class is registered already, if data and metadata fields overlap, and, when flattening, if an
 * instance has a field that is not listed.
 * @example
 * ```ts
 * class Dense { constructor(public w: number[], public b: number, public name = "dense") {} }
 * tree.registerDataclass(Dense, { dataFields: ["w", "b"], metaFields: ["name"] });
 * tree.map((x) => (x as number) + 1, new Dense([1, 2], 3)); // => Dense { w: [2, 3], b: 4, name: "dense" }
 * ```
 */
export function registerDataclass<T extends object, C extends Class<T>>(
  cls: C & Class<T>,
  options: DataclassFields<InstanceType<C>>,
): C;
/** As above, with the fields given by position. */
export function registerDataclass<T extends object, C extends Class<T>>(
  cls: C & Class<T>,
  dataFields: readonly (keyof InstanceType<C> & string)[],
  metaFields?: readonly (keyof InstanceType<C> & string)[],
  dropFields?: readonly (keyof InstanceType<C> & string)[],
): C;
export function registerDataclass(
  cls: Class<object>,
  first:
    | readonly string[]
    | { dataFields: readonly string[]; metaFields?: readonly string[]; dropFields?: readonly string[] },
  meta?: readonly string[],
  drop: readonly string[] = [],
): Class<object> {
  const given = isFieldList(first) ? { dataFields: first, metaFields: meta, dropFields: drop } : first;
  const dataFields = fieldList("dataFields", given?.dataFields);
  const metaFields = fieldList("metaFields", given?.metaFields ?? staticFields(cls));
  const dropFields = fieldList("dropFields", given?.dropFields ?? []);
  const overlap = dataFields.filter((name) => metaFields.includes(name));
  if (overlap.length > 0) {
    throw new ValueError(
      `registerDataclass: dataFields and metaFields must not overlap. Overlapping fields: ${overlap.join(", ")}.`,
    );
  }
  const all = [...dataFields, ...metaFields];
  const listed = new Set([...all, ...dropFields]);

  const checkFields = (node: object): void => {
    for (const name of all) {
      if (!(name in node)) {
        throw new AttributeError(
          `<class '${cls.name}'> was registered with a field '${name}' that this instance lacks.`,
        );
      }
    }
    const missing = Object.keys(node).filter((name) => !listed.has(name));
    if (missing.length === 0) return;
    throw new ValueError(
      `registerDataclass: dataFields and metaFields must include all fields of <class '${cls.name}'>. ` +
        `Missing fields: ${missing.join(", ")}. Add them to dropFields to suppress this error.`,
    );
  };
  const read = (node: object, names: readonly string[]): unknown[] => {
    const values = new Array<unknown>(names.length);
    for (let i = 0; i < names.length; i++) values[i] = (node as Record<string, unknown>)[names[i]];
    return values;
  };
  const keys = dataFields.map((name) => new GetAttrKey(name));
  register({
    cls,
    kind: "custom dataclass node",
    flatten: (node) => {
      checkFields(node);
      return [read(node, dataFields), read(node, metaFields)];
    },
    flattenWithKeys: (node) => {
      checkFields(node);
      return [read(node, dataFields).map((child, i) => [keys[i], child]), read(node, metaFields)];
    },
    unflatten: (metadata, children) => {
      const node = Object.create(cls.prototype as object) as Record<string, unknown>;
      const statics = metadata as readonly unknown[];
      for (let i = 0; i < dataFields.length; i++) node[dataFields[i]] = children[i];
      for (let i = 0; i < metaFields.length; i++) node[metaFields[i]] = statics[i];
      return node;
    },
  });
  return cls;
}

function isFieldList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function fieldList(option: string, names: readonly string[] | undefined): readonly string[] {
  if (!isFieldList(names) || !names.every((name) => typeof name === "string")) {
    throw new TypeError(`registerDataclass: ${option} must be an array of field names, got ${repr(names)}.`);
  }
  return [...names];
}

/**
 * Registers a class whose instances have no leaves: they are static, part of the structure. Instances are equal if they are
 * the same object, or if the class has a method `equals(other)` that says so. Returns the class.
 */
export function registerStatic<C extends Class<object>>(cls: C): C {
  registerPytreeNode<object, object>(
    cls,
    (node) => [[], node],
    (node) => node,
  );
  return cls;
}

/** Whether instances of this class are nodes of pytrees: `Array`, `Object`, `Map` or registered. */
export function isTreeNode(cls: Class<object>): boolean {
  return cls === Array || cls === Object || (cls as unknown) === Map || entries.has(cls.prototype as object);
}

/** Checks what a registered `flatten` returned, and makes its children an array. */
export function checkedFlatten(
  entry: RegistryEntry,
  node: object,
): [children: readonly unknown[], metadata: unknown] {
  const result: unknown = entry.flatten(node);
  if (!Array.isArray(result) || result.length !== 2) {
    throw new TypeError(
      `The flatten function of <class '${entry.cls.name}'> must return a pair [children, metadata], got ${repr(result)}.`,
    );
  }
  return [childArray(entry, result[0]), result[1]];
}

/** As {@link checkedFlatten}, with keys; `null` where the class names none. */
export function checkedFlattenWithKeys(
  entry: RegistryEntry,
  node: object,
): [keyedChildren: readonly (readonly [KeyEntry, unknown])[], metadata: unknown] | null {
  if (entry.flattenWithKeys === null) return null;
  const result: unknown = entry.flattenWithKeys(node);
  if (Array.isArray(result) && result.length === 2) {
    const pairs = childArray(entry, result[0]);
    if (pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
      return [pairs as readonly (readonly [KeyEntry, unknown])[], result[1]];
    }
  }
  throw new TypeError(
    `The flatten function with keys of <class '${entry.cls.name}'> must return a pair [[[key, child], ...], metadata], ` +
      `got ${repr(result)}.`,
  );
}

function childArray(entry: RegistryEntry, children: unknown): readonly unknown[] {
  if (Array.isArray(children)) return children;
  if (typeof children === "object" && children !== null && Symbol.iterator in children) {
    return [...(children as Iterable<unknown>)];
  }
  throw new TypeError(
    `The flatten function of <class '${entry.cls.name}'> must return its children as an array, got ${typeText(children)}.`,
  );
}
