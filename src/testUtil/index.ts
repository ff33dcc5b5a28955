/** Numerical checks of derivatives, for tests: `testUtil.checkGrads`, ... */
export { type CheckGradsOptions, type CheckOptions, checkGrads, checkJvp, checkVjp } from "./checkGrads.ts";
