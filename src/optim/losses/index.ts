/** `optim.losses`: losses by element, by row or by sequence, to be averaged by the caller. */
export {
  type ClassOptions,
  hingeLoss,
  multiclassHingeLoss,
  multiclassPerceptronLoss,
  type PolyLossOptions,
  perceptronLoss,
  polyLossCrossEntropy,
  type SigmoidFocalOptions,
  safeSoftmaxCrossEntropy,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  softmaxCrossEntropy,
  softmaxCrossEntropyWithIntegerLabels,
  sparsemaxLoss,
} from "./classification.ts";
export { type CtcOptions, ctcLoss, ctcLossWithForwardProbs } from "./ctc.ts";
export {
  convexKlDivergence,
  generalizedKlDivergence,
  klDivergence,
  klDivergenceWithLogTargets,
} from "./divergences.ts";
export { makeFenchelYoungLoss } from "./fenchelYoung.ts";
export {
  type CosineOptions,
  cosineDistance,
  cosineSimilarity,
  huberLoss,
  l2Loss,
  logCosh,
  squaredError,
} from "./regression.ts";
export { ntxent, type TripletMarginOptions, tripletMarginLoss } from "./selfSupervised.ts";
export { smoothLabels } from "./smoothing.ts";
