/** The operations that make, move and arrange elements. */
export * from "./broadcast.ts";
export * from "./concatenate.ts";
export * from "./creation.ts";
export * from "./pad.ts";
export * from "./reshape.ts";
export * from "./slice.ts";
export * from "./tile.ts";
