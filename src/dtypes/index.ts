export * from "./dtype.ts";
export * from "./floatFormat.ts";
export * from "./format.ts";
export * from "./info.ts";
export * from "./printFloat.ts";
export * from "./printOptions.ts";
export * from "./promotion.ts";
export * from "./typedArray.ts";
