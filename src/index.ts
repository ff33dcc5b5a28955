/** Fluxion: JAX for TypeScript. The public names; everything here is a re-export. */
import "./backends/install.ts";
import "./numpy/methods.ts";
import "./numpy/moreMethods.ts";
import "./kernels/complex.ts";
import "./tools/all.ts";

export * as debug from "./callbacks/debug.ts";
export { effectsBarrier } from "./callbacks/effectsBarrier.ts";
export { type IoCallbackOptions, ioCallback } from "./callbacks/ioCallback.ts";
export { type PureCallbackOptions, pureCallback, type VmapMethod } from "./callbacks/pureCallback.ts";
export { Complex } from "./complex/scalar.ts";
export { type ArrayLike, NDArray } from "./core/array.ts";
export type { Nested } from "./core/arrayMethods.ts";
export { ShapeDtypeStruct, ShapedArray } from "./core/aval.ts";
export { ClosedJaxpr, Jaxpr } from "./core/jaxpr.ts";
export type { KernelProfile, Profile } from "./core/profile.ts";
export * as core from "./core/public.ts";
export { ensureCompileTimeEval } from "./core/trace.ts";
export { DType, type DTypeLike, float0 } from "./dtypes/index.ts";
export * from "./errors.ts";
export * as errors from "./errors.ts";
export * as exampleLibraries from "./exampleLibraries/index.ts";
export * as experimental from "./experimental/index.ts";
export * as image from "./image/index.ts";
export { typeOf } from "./lax/dtypeOf.ts";
export { stopGradient } from "./lax/identity.ts";
export * as lax from "./lax/index.ts";
export { reshard } from "./lax/reshard.ts";
export * as nn from "./nn/index.ts";
export * as dtypes from "./numpy/dtypeUtils.ts";
export * as flattenUtil from "./numpy/flattenUtil.ts";
export * as jnp from "./numpy/index.ts";
export { ravelPytree } from "./numpy/ravelPytree.ts";
export { Slice, slice } from "./numpy/slice.ts";
export * as ops from "./ops/index.ts";
export * as optim from "./optim/index.ts";
export * as profiler from "./profiler/index.ts";
export { namedCall, namedScope } from "./profiler/namedScope.ts";
export * as random from "./random/index.ts";
export * as scipy from "./scipy/index.ts";
export { getMesh, type SetMesh, setMesh } from "./sharding/context.ts";
export {
  Device,
  defaultBackend,
  deviceCount,
  devices,
  localDeviceCount,
  localDevices,
  processCount,
  processIndex,
  processIndices,
} from "./sharding/device.ts";
export * as sharding from "./sharding/index.ts";
export { makeMesh } from "./sharding/mesh.ts";
export { P } from "./sharding/partitionSpec.ts";
export { NamedSharding } from "./sharding/sharding.ts";
export * as testUtil from "./testUtil/index.ts";
export * as adCheckpoint from "./transforms/adCheckpoint.ts";
export { checkpoint, remat } from "./transforms/checkpoint.ts";
export * as checkpointPolicies from "./transforms/checkpointPolicies.ts";
export { closureConvert } from "./transforms/closureConvert.ts";
export { config } from "./transforms/config.ts";
export * as customBatching from "./transforms/customBatching.ts";
export * as customDerivatives from "./transforms/customDerivatives.ts";
export { customGradient } from "./transforms/customGradient.ts";
export { customJvp } from "./transforms/customJvp.ts";
export { customVjp } from "./transforms/customVjp.ts";
export { devicePut } from "./transforms/devicePut.ts";
export { printEnvironmentInfo } from "./transforms/environment.ts";
export { type FwdAndBwdOptions, fwdAndBwd, type Residuals } from "./transforms/fwdAndBwd.ts";
export { grad, valueAndGrad } from "./transforms/grad.ts";
export { copyToHostAsync, deviceGet } from "./transforms/host.ts";
export { hessian, jacfwd, jacobian, jacrev } from "./transforms/jacobian.ts";
export { type JitFunction, type JitOptions, jit } from "./transforms/jit.ts";
export { jvp } from "./transforms/jvp.ts";
export { linearize, vjp } from "./transforms/linearize.ts";
export { linearTranspose } from "./transforms/linearTranspose.ts";
export {
  type MakeArrayOptions,
  makeArrayFromCallback,
  makeArrayFromSingleDeviceArrays,
} from "./transforms/makeArray.ts";
export { evalShape, makeJaxpr } from "./transforms/makeJaxpr.ts";
export { blockUntilReady, clearCaches, threadCount } from "./transforms/misc.ts";
export { type PmapFunction, type PmapOptions, pmap } from "./transforms/pmap.ts";
export {
  checkingLeaks,
  checkTracerLeaks,
  debugInfs,
  debugKeyReuse,
  debugNans,
  defaultDevice,
  defaultMatmulPrecision,
  defaultPrngImpl,
  disableJit,
  enableChecks,
  legacyPrngKey,
  logCompiles,
  numpyDtypePromotion,
  numpyRankPromotion,
  type SettingScope,
  softmaxCustomJvp,
  threefryPartitionable,
  transferGuard,
} from "./transforms/settings.ts";
export { type ShardMapOptions, shardMap } from "./transforms/shardMap.ts";
export { Compiled, Lowered } from "./transforms/stages.ts";
export * as stages from "./transforms/stagesPublic.ts";
export { vmap } from "./transforms/vmap.ts";
export * as tree from "./tree/index.ts";
export * as treeUtil from "./tree/util.ts";
export type * as typing from "./typing.ts";
export { version } from "./version.ts";
