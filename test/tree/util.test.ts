import { tree, treeUtil } from "fluxion";
import { expect, test } from "vitest";

test("the names of jax.tree and jax.tree_util", () => {
  const names = {
    tree: "all broadcast flatten flattenWithPath leaves leavesWithPath map mapWithPath reduce reduceAssociative structure transpose unflatten",
    treeUtil:
      "DictKey FlattenedIndexKey GetAttrKey Partial PyTreeDef SequenceKey allLeaves flattenOneLevel flattenOneLevelWithKeys " +
      "isTreeNode keystr registerDataclass registerPytreeNode registerPytreeNodeClass registerPytreeWithKeys " +
      "registerPytreeWithKeysClass registerStatic treeAll treeBroadcast treeFlatten treeFlattenWithPath treeLeaves " +
      "treeLeavesWithPath treeMap treeMapWithPath treeReduce treeReduceAssociative treeStructure treeTranspose treeUnflatten " +
      "treedefChildren treedefIsLeaf treedefTuple",
  };
  for (const name of names.tree.split(" ")) expect(tree).toHaveProperty(name);
  for (const name of names.treeUtil.split(" ")) expect(treeUtil).toHaveProperty(name);
  expect(treeUtil.treeMap).toBe(tree.map);
  expect(treeUtil.treedefIsLeaf(treeUtil.treeStructure(1))).toBe(true);
});
