/** The stages of a function on its way to the machine: `stages.Traced`, `stages.Lowered`, `stages.Compiled`. */
export { ArgInfo, Compiled, Lowered, Traced, Wrapped } from "./stages.ts";
