/** Loops and branches. */
export { type AssociativeScanOptions, associativeScan } from "./associativeScan.ts";
export { cond } from "./cond.ts";
export { customLinearSolve, type LinearSolveOptions } from "./customLinearSolve.ts";
export { customRoot } from "./customRoot.ts";
export { foriLoop } from "./foriLoop.ts";
export { type MapOptions, map } from "./map.ts";
export { type ScanOptions, scan } from "./scan.ts";
export { switchBranches as switch } from "./switch.ts";
export { whileLoop } from "./whileLoop.ts";
