/** `exampleLibraries.optimizers`: optimizers as triples of functions. For training in earnest there is `optim`. */
export { adam, adamax, type MomentOptions } from "./adam.ts";
export { adagrad, type RmspropOptions, rmsprop, rmspropMomentum } from "./adaptive.ts";
export { clipGrads, l2Norm } from "./norms.ts";
export { Optimizer, type OptimizerParts, optimizer } from "./optimizer.ts";
export {
  constant,
  exponentialDecay,
  inverseTimeDecay,
  makeSchedule,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
  type StepSize,
} from "./schedules.ts";
export { JoinPoint, packOptimizerState, unpackOptimizerState } from "./serialization.ts";
export { momentum, nesterov, sgd } from "./sgd.ts";
export { sm3 } from "./sm3.ts";
export { OptimizerState } from "./state.ts";
