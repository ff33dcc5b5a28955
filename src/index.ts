export * from "./errors.ts";
export * as tree from "./tree/index.ts";
export * as treeUtil from "./tree/util.ts";
