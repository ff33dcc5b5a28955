export { type AllToAllOptions, allToAll, pswapaxes } from "./allToAll.ts";
export type { AxisGroups, AxisNames } from "./axes.ts";
export { axisIndex } from "./axisIndex.ts";
export { type AllGatherOptions, allGather, type PsumScatterOptions, psumScatter } from "./gather.ts";
export { type Permutation, pbroadcast, ppermute, pshuffle } from "./permute.ts";
export { axisSize, type CollectiveOptions, pmax, pmean, pmin, psum } from "./reduce.ts";
export { pcast } from "./varying.ts";
