/** Fluxion: JAX for TypeScript. The public names; everything here is a re-export. */
import "./backends/install.ts";
import "./numpy/methods.ts";

export { type ArrayLike, NDArray } from "./core/array.ts";
export type { Nested } from "./core/arrayMethods.ts";
export { ShapeDtypeStruct, ShapedArray } from "./core/aval.ts";
export { ClosedJaxpr, Jaxpr } from "./core/jaxpr.ts";
export { DType, type DTypeLike } from "./dtypes/index.ts";
export * from "./errors.ts";
export { stopGradient } from "./lax/identity.ts";
export * as lax from "./lax/index.ts";
export * as nn from "./nn/index.ts";
export * as jnp from "./numpy/index.ts";
export { Slice, slice } from "./numpy/slice.ts";
export * as optim from "./optim/index.ts";
export * as random from "./random/index.ts";
export { config } from "./transforms/config.ts";
export { customJvp } from "./transforms/customJvp.ts";
export { grad, valueAndGrad } from "./transforms/grad.ts";
export { type JitFunction, type JitOptions, jit } from "./transforms/jit.ts";
export { jvp } from "./transforms/jvp.ts";
export { linearize, vjp } from "./transforms/linearize.ts";
export { evalShape, makeJaxpr } from "./transforms/makeJaxpr.ts";
export { blockUntilReady, clearCaches, devicePut } from "./transforms/misc.ts";
export { Compiled, Lowered } from "./transforms/stages.ts";
export { vmap } from "./transforms/vmap.ts";
export * as tree from "./tree/index.ts";
export * as treeUtil from "./tree/util.ts";
