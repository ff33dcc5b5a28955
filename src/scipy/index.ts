/** `scipy`: SciPy's functions on Fluxion's arrays. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import "../numpy/moreMethods.ts";

export * as fft from "./fft/index.ts";
export * as linalg from "./linalg/index.ts";
export * as sparse from "./sparse/index.ts";
export * as special from "./special/index.ts";
export * as stats from "./stats/index.ts";
