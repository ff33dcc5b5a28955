/** `lax`: the primitives as functions, without promotion of dtypes. */

export { type ApproxTopKOptions, approxMaxK, approxMinK } from "./approxTopK.ts";
export * from "./arithmetic.ts";
export * from "./bessel.ts";
export { betainc } from "./betainc.ts";
export * from "./collectives/index.ts";
export * from "./compare.ts";
export { complex, conj, imag, real } from "./complex.ts";
export { type CompositeOptions, composite } from "./composite.ts";
export * from "./control/index.ts";
export * from "./conv.ts";
export * from "./convDimensions.ts";
export * from "./convert.ts";
export { type ConvLocalOptions, convGeneralDilatedLocal } from "./convLocal.ts";
export { convShapeTuple, type Padding, PaddingType, padtypeToPads } from "./convPadding.ts";
export { type ConvPatchesOptions, convGeneralDilatedPatches } from "./convPatches.ts";
export * from "./convTranspose.ts";
export { cumlogsumexp, cummax, cummin, cumprod, cumsum } from "./cumulative.ts";
export * from "./dot.ts";
export { dtype } from "./dtypeOf.ts";
export { FftType, fft } from "./fft.ts";
export * from "./identity.ts";
export { igamma, igammac, igammaGradA, randomGammaGrad } from "./incompleteGamma.ts";
export * from "./indexing.ts";
export * from "./keys.ts";
export * as linalg from "./linalg/index.ts";
export * from "./logaddexp.ts";
export * from "./logic.ts";
export * from "./mulhi.ts";
export { withShardingConstraint } from "./placing.ts";
export * from "./pow.ts";
export { Precision, type PrecisionLike } from "./precision.ts";
export type { RaggedDotDimensionNumbers } from "./raggedDims.ts";
export { type RaggedDotOptions, raggedDot, raggedDotGeneral } from "./raggedDot.ts";
export { reduce } from "./reduce.ts";
export { reducePrecision } from "./reducePrecision.ts";
export { reduceWindow } from "./reduceWindow.ts";
export {
  argmax,
  argmin,
  reduceAnd,
  reduceMax,
  reduceMin,
  reduceOr,
  reduceProd,
  reduceSum,
  reduceXor,
} from "./reductions.ts";
export { RandomAlgorithm, type RngBitsOptions, rngBitGenerator } from "./rngBits.ts";
export * from "./rounding.ts";
export * from "./select.ts";
export { selectAndScatter } from "./selectAndScatter.ts";
export * from "./shape.ts";
export * from "./sort.ts";
export * from "./special.ts";
export * from "./topK.ts";
export * from "./totalOrder.ts";
export * from "./transcendental.ts";
export { reduceWindowShapeTuple, type WindowOptions } from "./windowParams.ts";
