/** `jnp`: NumPy's functions on Fluxion's arrays. */
import "../backends/install.ts";
import "./methods.ts";
import "./moreMethods.ts";
import "./ufuncMethods.ts";

export { NDArray as ndarray } from "../core/array.ts";
export { finfo, iinfo, isdtype, issubdtype } from "../dtypes/index.ts";
export * from "./abstractTypes.ts";
export * from "./applying.ts";
export * from "./average.ts";
export * from "./binary.ts";
export * from "./bits.ts";
export * from "./complex.ts";
export * from "./constants.ts";
export * from "./convolution.ts";
export * from "./covariance.ts";
export * from "./creation.ts";
export * from "./creationSequences.ts";
export * from "./cumulative.ts";
export * from "./differences.ts";
export * from "./einsum.ts";
export * from "./einsumReport.ts";
export * as fft from "./fft/index.ts";
export * from "./floatParts.ts";
export * from "./frombuffer.ts";
export { frompyfunc } from "./frompyfunc.ts";
export * from "./grids.ts";
export * from "./histograms.ts";
export * from "./indexHelpers.ts";
export { take, takeAlongAxis } from "./indexing.ts";
export { type PutAlongAxisOptions, putAlongAxis } from "./indexingPut.ts";
export { type InterpOptions, interp } from "./interpolation.ts";
export { type Bytes, load, type NamedArrays, save, savez } from "./io/index.ts";
export * as linalg from "./linalg/index.ts";
export * from "./manipulation.ts";
export { type TrimZerosOptions, trimZeros } from "./manipulationTrim.ts";
export * from "./nanReductions.ts";
export { gcd, lcm } from "./numberTheory.ts";
export { type PolyfitOptions, polyfit } from "./polynomialFit.ts";
export { poly, roots } from "./polynomialRoots.ts";
export * from "./polynomials.ts";
export { arrayRepr, arrayStr, getPrintoptions, printoptions, setPrintoptions } from "./printing.ts";
export * from "./products.ts";
export * from "./quantiles.ts";
export * from "./reductions.ts";
export * from "./scalarTypes.ts";
export * from "./sets.ts";
export * from "./sorting.ts";
export { type TopKOptions, topK } from "./sortingTopK.ts";
export { i0 } from "./special.ts";
export { canCast, dtype, promoteTypes, resultType } from "./types.ts";
export type { Ufunc, UfuncAxisOptions, UfuncMethods, UfuncReduceOptions } from "./ufunc.ts";
export * from "./unary.ts";
export {
  type SizeOptions,
  type UniqueOptions,
  type UniqueResult,
  unique,
  uniqueAll,
  uniqueCounts,
  uniqueInverse,
  uniqueValues,
} from "./unique.ts";
export { type VectorizeOptions, vectorize } from "./vectorize.ts";
export { where } from "./whereOrNonzero.ts";
export * from "./windows.ts";
