/** `jnp`: NumPy's functions on Fluxion's arrays. */
import "../backends/install.ts";
import "./methods.ts";

export { finfo, iinfo, isdtype, issubdtype } from "../dtypes/index.ts";
export * from "./binary.ts";
export * from "./complex.ts";
export * from "./constants.ts";
export * from "./creation.ts";
export * from "./einsum.ts";
export * as fft from "./fft/index.ts";
export * from "./floatParts.ts";
export { take, takeAlongAxis } from "./indexing.ts";
export * as linalg from "./linalg/index.ts";
export * from "./manipulation.ts";
export { arrayRepr, arrayStr, getPrintoptions, printoptions, setPrintoptions } from "./printing.ts";
export * from "./products.ts";
export * from "./reductions.ts";
export * from "./scalarTypes.ts";
export * from "./sorting.ts";
export { canCast, dtype, promoteTypes, resultType } from "./types.ts";
export * from "./unary.ts";
export { where } from "./where.ts";
