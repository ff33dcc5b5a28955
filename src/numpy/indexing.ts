/** Reading and updating parts of arrays by index. */
export { iterateRows } from "./indexingBasic.ts";
export { getItem } from "./indexingGet.ts";
export { take, takeAlongAxis } from "./indexingTake.ts";
export { indexUpdate } from "./indexingUpdate.ts";
export { Slice, slice } from "./slice.ts";
