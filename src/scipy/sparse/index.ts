/** `scipy.sparse`: linear equations with operators. */
export * as linalg from "./linalg/index.ts";
