/** Pytrees as vectors: `flattenUtil.ravelPytree`. */
export { ravelPytree } from "./ravelPytree.ts";
