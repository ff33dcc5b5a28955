/** Reading and writing at computed places. */
export * from "./dynamicSlice.ts";
export * from "./gather.ts";
export { ScatterDimensionNumbers, type ScatterOptions } from "./scatter.ts";
export { type ScatterApplyOptions, scatterApply } from "./scatterApply.ts";
export {
  scatter,
  scatterAdd,
  scatterMax,
  scatterMin,
  scatterMul,
  scatterSub,
} from "./scatterOps.ts";
export { GatherScatterMode } from "./windows.ts";
