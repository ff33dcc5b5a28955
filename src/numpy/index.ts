/** `jnp`: NumPy's functions on Fluxion's arrays. */
import "../backends/install.ts";
import "./methods.ts";

export { finfo, iinfo, isdtype, issubdtype } from "../dtypes/index.ts";
export * from "./binary.ts";
export * from "./constants.ts";
export * from "./creation.ts";
export * from "./einsum.ts";
export * from "./manipulation.ts";
export {
  allclose,
  arrayEqual,
} from "./manipulation.ts";
export * from "./products.ts";
export * from "./reductions.ts";
export * from "./scalarTypes.ts";
export * from "./sorting.ts";
export { canCast, promoteTypes, resultType } from "./types.ts";
export * from "./unary.ts";
export { where } from "./where.ts";
