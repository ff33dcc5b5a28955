/** The names that JAX has in `jax.tree_util`, for programs that are ported from it. */
export { defaultRegistry } from "./defaultRegistry.ts";
export {
  allLeaves,
  flatten as treeFlatten,
  leaves as treeLeaves,
  structure as treeStructure,
  unflatten as treeUnflatten,
} from "./flatten.ts";
export { DictKey, FlattenedIndexKey, GetAttrKey, type KeyEntry, keystr, SequenceKey } from "./keys.ts";
export { map as treeMap, mapWithPath as treeMapWithPath } from "./map.ts";
export { Partial } from "./partial.ts";
export {
  flattenOneLevel,
  flattenOneLevelWithKeys,
  flattenWithPath as treeFlattenWithPath,
  leavesWithPath as treeLeavesWithPath,
} from "./paths.ts";
export { broadcast as treeBroadcast, transpose as treeTranspose } from "./rearrange.ts";
export {
  all as treeAll,
  reduce as treeReduce,
  reduceAssociative as treeReduceAssociative,
} from "./reduce.ts";
export {
  isTreeNode,
  registerDataclass,
  registerPytreeNode,
  registerPytreeNodeClass,
  registerPytreeWithKeys,
  registerPytreeWithKeysClass,
  registerStatic,
} from "./registry.ts";
export { PyTreeDef, treedefChildren, treedefIsLeaf, treedefTuple } from "./treedef.ts";
export type { KeyPath } from "./types.ts";
