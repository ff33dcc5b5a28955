/** Batching of the caller's making: `customBatching.customVmap`, ... */
export { type CustomVmapFunction, customVmap } from "./customVmap.ts";
export { sequentialVmap } from "./sequentialVmap.ts";
