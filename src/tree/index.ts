/**
 * Pytrees: nested arrays, plain objects, `Map`s and registered classes with leaves of any type.
 *
 * @example
 * ```ts
 * import { tree } from "fluxion";
 * tree.map((x) => 2 * x, { a: 1, b: [2, 3] }); // => { a: 2, b: [4, 6] }
 * ```
 */
export { allLeaves, flatten, type IsLeafOption, leaves, structure, unflatten } from "./flatten.ts";
export { DictKey, FlattenedIndexKey, GetAttrKey, type KeyEntry, keystr, SequenceKey } from "./keys.ts";
export { map, mapWithPath } from "./map.ts";
export { Partial, type PartialFunction } from "./partial.ts";
export {
  flattenOneLevel,
  flattenOneLevelWithKeys,
  flattenWithPath,
  type IsLeafWithPath,
  leavesWithPath,
  type PathOptions,
} from "./paths.ts";
export { broadcast, broadcastPrefix, transpose } from "./rearrange.ts";
export {
  all,
  type ReduceAssociativeOptions,
  type ReduceOptions,
  reduce,
  reduceAssociative,
} from "./reduce.ts";
export {
  type Class,
  type DataclassFields,
  type FlattenFn,
  type FlattenWithKeysFn,
  isTreeNode,
  type PytreeNodeClass,
  type PytreeWithKeysClass,
  registerDataclass,
  registerPytreeNode,
  registerPytreeNodeClass,
  registerPytreeWithKeys,
  registerPytreeWithKeysClass,
  registerStatic,
  type UnflattenFn,
} from "./registry.ts";
export { static } from "./static.ts";
export { staticEquals, staticKey } from "./statics.ts";
export {
  equalityErrors,
  equalityErrorsTreeDef,
  type NamedError,
  prefixErrors,
  type StructureDifference,
} from "./structure-errors.ts";
export { type NodeKind, PyTreeDef, treedefChildren, treedefIsLeaf, treedefTuple } from "./treedef.ts";
export type { IsLeaf, IsLeafGuard, KeyPath, LeafOf, MapLeaves, Untyped, ZipLeaves } from "./types.ts";
