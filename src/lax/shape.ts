/** The operations that make, move and arrange elements. */
export * from "./broadcast.ts";
export * from "./concatenate.ts";
export {
  broadcastedIota,
  delta,
  empty,
  eye,
  type FullLikeOptions,
  full,
  fullLike,
  iota,
  tri,
  zerosLike,
} from "./creation.ts";
export * from "./pad.ts";
export * from "./reshape.ts";
export * from "./slice.ts";
export * from "./tile.ts";
