/** `typing`: the types of what functions take, for annotations. */
export type { ArrayLike } from "./core/array.ts";
export type { DTypeLike } from "./dtypes/index.ts";
