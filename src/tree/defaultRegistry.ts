import { flatten } from "./flatten.ts";
import { flattenOneLevel, flattenOneLevelWithKeys, flattenWithPath } from "./paths.ts";
import { isTreeNode, registerDataclass, registerPytreeNode } from "./registry.ts";

/**
 * The registry of the classes whose instances are nodes of pytrees, as an object: what the functions of `treeUtil` read and write.
 *
 * @example
 * ```ts
 * treeUtil.defaultRegistry.flattenOneLevel({ a: 1, b: [2] }); // => [[1, [2]], ["a", "b"]]
 * ```
 */
export const defaultRegistry = /* @__PURE__ */ Object.freeze({
  flatten,
  flattenOneLevel,
  flattenOneLevelWithKeys,
  flattenWithPath,
  isNode: isTreeNode,
  registerNode: registerPytreeNode,
  registerDataclassNode: registerDataclass,
});
