/** `scipy`: SciPy's functions on Fluxion's arrays. */
import "../backends/install.ts";
import "../numpy/methods.ts";

export * as cluster from "./cluster/index.ts";
export * as fft from "./fft/index.ts";
export * as integrate from "./integrate/index.ts";
export * as interpolate from "./interpolate/index.ts";
export * as linalg from "./linalg/index.ts";
export * as ndimage from "./ndimage/index.ts";
export * as optimize from "./optimize/index.ts";
export * as signal from "./signal/index.ts";
export * as sparse from "./sparse/index.ts";
export * as special from "./special/index.ts";
export * as stats from "./stats/index.ts";
