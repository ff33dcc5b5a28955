/** `exampleLibraries.stax`: neural networks as pairs of functions, `[initFun, applyFun]`. */

export { glorotNormal as glorot, normal as randn } from "../../nn/initializers.ts";
export { logSoftmax as logsoftmax } from "../../nn/softmax.ts";
export { BatchNorm, type BatchNormOptions } from "./batchNorm.ts";
export { parallel, serial, shapeDependent } from "./combinators.ts";
export {
  Conv,
  Conv1DTranspose,
  type ConvLayerOptions,
  ConvTranspose,
  GeneralConv,
  GeneralConvTranspose,
} from "./conv.ts";
export { Dense, type DenseOptions } from "./dense.ts";
export { Dropout } from "./dropout.ts";
export {
  Elu,
  Exp,
  elementwise,
  Gelu,
  LeakyRelu,
  LogSoftmax,
  Relu,
  Selu,
  Sigmoid,
  Softmax,
  Softplus,
  Tanh,
} from "./elementwise.ts";
export { FanInConcat, FanInSum, FanOut } from "./fan.ts";
export type { AnyLayer, ApplyFun, ApplyOptions, InitFun, Layer, NoParams, ShapeOf } from "./layer.ts";
export { AvgPool, MaxPool, type PoolOptions, SumPool } from "./pooling.ts";
export { Flatten, Identity } from "./reshaping.ts";
