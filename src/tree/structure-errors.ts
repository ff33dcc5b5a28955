import { ValueError } from "../errors.ts";
import { CustomData } from "./custom.ts";
import { isList, isPlainObject } from "./descend.ts";
import { readIsLeaf } from "./flatten.ts";
import { keystr, sameKey } from "./keys.ts";
import { oneLevel } from "./paths.ts";
import { repr, typeName, typeText } from "./repr.ts";
import { metadataText, tupleText } from "./show.ts";
import type { PyTreeDef } from "./treedef.ts";
import type { IsLeaf, KeyPath } from "./types.ts";

type Level = NonNullable<ReturnType<typeof oneLevel>>;

/** A difference that needs the name of the tree to become an error. */
export type NamedError = (name: string) => ValueError;

/**
 * What keeps `prefixTree` from being a prefix of `fullTree`: one function for each place where they differ, to be called
 * with the name of the prefix tree in the caller's terms.
 */
export function prefixErrors(
  prefixTree: unknown,
  fullTree: unknown,
  isLeaf: IsLeaf | null = null,
): NamedError[] {
  return [...prefixDifferences([], prefixTree, fullTree, readIsLeaf("prefixErrors", isLeaf))];
}

function* prefixDifferences(
  path: KeyPath,
  prefixTree: unknown,
  fullTree: unknown,
  isLeaf: IsLeaf | null,
): Generator<NamedError> {
  if (isLeaf?.(prefixTree)) return;
  const prefix = oneLevel(prefixTree);
  if (prefix === null) return;
  const full = oneLevel(fullTree);
  const at = (name: string) =>
    `    ${name}${keystr(path)}\nAt that key path, the prefix pytree ${name} has a subtree of type`;

  if (!sameType(prefixTree, fullTree) || full === null) {
    yield (name) =>
      new ValueError(
        `pytree structure error: different types at key path\n${at(name)}\n    ${typeText(prefixTree)}\n` +
          `but at the same key path the full pytree has a subtree of different type\n    ${typeText(fullTree)}.`,
      );
    return;
  }
  const [prefixSize, fullSize] = [prefix.children.length, full.children.length];
  if (isList(prefixTree) && prefixSize !== fullSize) {
    yield (name) =>
      new ValueError(
        `pytree structure error: different lengths of list at key path\n${at(name)} list of length ${prefixSize}, ` +
          `but the full pytree has a subtree of the same type but of length ${fullSize}.`,
      );
    return;
  }
  if (prefixSize !== fullSize) {
    yield (name) =>
      new ValueError(
        `pytree structure error: different numbers of pytree children at key path\n${at(name)}\n` +
          `    ${typeText(prefixTree)}\nwith ${prefixSize} child keys\n    ${keysText(prefix)}\n` +
          "but at the same key path the full pytree has a subtree of the same type " +
          `but with ${fullSize} child keys\n    ${keysText(full)}\n` +
          `so the symmetric difference on key sets is\n    ${differenceText(prefix, full, keyName)}`,
      );
    return;
  }
  if (prefix.data !== full.data) {
    const [before, after] = [dataText(prefix), dataText(full)];
    yield (name) =>
      new ValueError(
        `pytree structure error: different pytree metadata at key path\n${at(name)}\n    ${typeText(prefixTree)}\n` +
          `with metadata\n    ${before}\n` +
          `but at the same key path the full pytree has a subtree of the same type but with metadata\n    ${after}\n` +
          `so the diff in the metadata at these pytree nodes is\n    - ${before}\n    + ${after}`,
      );
    return;
  }
  for (let i = 0; i < prefixSize; i++) {
    yield* prefixDifferences([...path, prefix.keys[i]], prefix.children[i], full.children[i], isLeaf);
  }
}

/** Where and how two trees of different structure differ. */
export interface StructureDifference {
  readonly path: KeyPath;
  /** What stands there in the first tree, such as `list of length 2`. */
  readonly first: string;
  readonly second: string;
  /** Why that is a difference, such as `the lengths do not match`. */
  readonly explanation: string;
}

/**
 * Where two trees differ in structure; empty if they do not.
 *
 * @example
 * ```ts
 * const [d] = equalityErrors({ a: [1] }, { a: [1, 2] });
 * `${tree.keystr(d.path)} is a ${d.first} and a ${d.second}, so ${d.explanation}`;
 * // => "['a'] is a list of length 1 and a list of length 2, so the lengths do not match"
 * ```
 */
export function equalityErrors(
  tree1: unknown,
  tree2: unknown,
  isLeaf: IsLeaf | null = null,
): StructureDifference[] {
  return [...equalityDifferences([], tree1, tree2, isLeaf)];
}

const PLACEHOLDER = Symbol("pytree leaf");

/** As {@link equalityErrors}, for two structures. */
export function equalityErrorsTreeDef(def1: PyTreeDef, def2: PyTreeDef): StructureDifference[] {
  const fill = (def: PyTreeDef) => def.unflatten(new Array<symbol>(def.numLeaves).fill(PLACEHOLDER));
  return equalityErrors(fill(def1), fill(def2));
}

function* equalityDifferences(
  path: KeyPath,
  tree1: unknown,
  tree2: unknown,
  isLeaf: IsLeaf | null,
): Generator<StructureDifference> {
  const level1 = isLeaf?.(tree1) ? null : oneLevel(tree1);
  const level2 = isLeaf?.(tree2) ? null : oneLevel(tree2);
  if (level1 === null && level2 === null) return;
  const differ = (first: string, second: string, explanation: string) => ({
    path,
    first,
    second,
    explanation,
  });

  if (level1 === null || level2 === null || !sameType(tree1, tree2)) {
    yield differ(nodeText(tree1), nodeText(tree2), "their types differ");
    return;
  }
  const [size1, size2] = [level1.children.length, level2.children.length];
  if (size1 !== size2) {
    if (isList(tree1)) {
      yield differ(`list of length ${size1}`, `list of length ${size2}`, "the lengths do not match");
    } else {
      yield differ(
        `${typeText(tree1)} with ${childCount(size1)}`,
        `${typeText(tree2)} with ${childCount(size2)}`,
        "the numbers of children do not match, with the symmetric difference of key sets: " +
          `{${differenceText(level1, level2, keyRepr)}}`,
      );
    }
    return;
  }
  if (level1.data !== level2.data) {
    yield differ(
      `${typeText(tree1)} with pytree metadata ${dataText(level1)}`,
      `${typeText(tree2)} with pytree metadata ${dataText(level2)}`,
      "the pytree node metadata does not match",
    );
    return;
  }
  for (let i = 0; i < size1; i++) {
    yield* equalityDifferences([...path, level1.keys[i]], level1.children[i], level2.children[i], isLeaf);
  }
}

function sameType(a: unknown, b: unknown): boolean {
  if (typeName(a) !== typeName(b)) return false;
  if (typeof a !== "object" || a === null || isPlainObject(a)) return true;
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b);
}

function nodeText(value: unknown): string {
  return value === PLACEHOLDER ? "pytree leaf" : typeText(value);
}

function childCount(n: number): string {
  return n === 1 ? "1 child" : `${n} children`;
}

function dataText(level: Level): string {
  if (level.data === null) return "None";
  return level.data instanceof CustomData ? metadataText(level.data) : tupleText(level.data.keys);
}

function keyName(entry: unknown): string {
  return keystr([entry as KeyPath[number]], { simple: true });
}

function keyRepr(entry: unknown): string {
  const { key, name } = entry as { key?: unknown; name?: unknown };
  return repr(key ?? name ?? keyName(entry));
}

function keysText(level: Level): string {
  return level.keys.map(keyName).join(" ");
}

function differenceText(a: Level, b: Level, text: (entry: unknown) => string): string {
  const onlyIn = (x: Level, y: Level) => x.keys.filter((key) => !y.keys.some((other) => sameKey(key, other)));
  return [...onlyIn(a, b), ...onlyIn(b, a)].map(text).join(" ");
}
