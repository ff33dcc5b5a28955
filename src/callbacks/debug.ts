/** Looking at the values of transformed and compiled functions: `debug.print`, `debug.callback`, ... */
export { breakpoint } from "./breakpoint.ts";
export { callback, type DebugCallbackOptions } from "./debugCallback.ts";
export { type DebugPrintOptions, log, print } from "./debugPrint.ts";
export { inspectArraySharding } from "./inspectSharding.ts";
export {
  type VisualizeOptions,
  visualizeArraySharding,
  visualizeSharding,
} from "./visualizeSharding.ts";
